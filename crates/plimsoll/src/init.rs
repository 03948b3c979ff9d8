//! Writes a plimsoll.toml that fits a folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use plimsoll_config::FILE_NAME;

use crate::args::{Common, Init};
use crate::status::Status;

/// How deep folders are looked into, and at how many files.
const DEEP: usize = 4;
const MOST: usize = 20_000;
/// Bytes of a YAML file in which what it is shows.
const HEAD: usize = 4096;

pub(crate) fn run(init: &Init, common: &Common) -> anyhow::Result<Status> {
    let folder = &init.folder;
    if !folder.is_dir() {
        bail!("{} is no folder; name the one that holds the project", folder.display());
    }
    let path = folder.join(FILE_NAME);
    if path.exists() && !init.force {
        bail!("{} is there already; change it, or replace it with --force", path.display());
    }
    let found = Found::look(folder);
    fs::write(&path, text(&found)).with_context(|| format!("cannot write {}", path.display()))?;
    if !common.quiet {
        let said = |what: &str, list: &[String]| match list {
            [] => format!("no {what}"),
            list => format!("{what}: {}", list.join(", ")),
        };
        eprintln!("{} written: {}; {}", path.display(), said("build files", &found.build), said("deployment", &found.deploy));
        eprintln!("next: name the image in it, then plimsoll check");
    }
    Ok(Status::Fine)
}

/// What a folder holds, as paths below it, in order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    build: Vec<String>,
    deploy: Vec<String>,
}

impl Found {
    fn look(folder: &Path) -> Self {
        let mut found = Self::default();
        let mut left = MOST;
        found.walk(folder, Path::new(""), 0, &mut left);
        found.build.sort();
        found.deploy.sort();
        found.deploy.dedup();
        // A folder that is named names what lies in it.
        let folders = found.deploy.clone();
        found.deploy.retain(|path| !folders.iter().any(|f| f != path && path.starts_with(&format!("{f}/"))));
        found
    }

    fn walk(&mut self, root: &Path, at: &Path, deep: usize, left: &mut usize) {
        let Ok(entries) = fs::read_dir(root.join(at)) else { return };
        let mut names: Vec<PathBuf> = entries.filter_map(|e| Some(at.join(e.ok()?.file_name()))).collect();
        names.sort();
        if names.iter().any(|p| p.ends_with("Chart.yaml") || p.ends_with("kustomization.yaml") || p.ends_with("kustomization.yml")) {
            self.deploy.push(shown(at));
            return;
        }
        for path in names {
            if *left == 0 {
                return;
            }
            *left -= 1;
            let (Some(name), Ok(meta)) = (path.file_name().and_then(|n| n.to_str()), fs::symlink_metadata(root.join(&path))) else {
                continue;
            };
            if meta.is_dir() {
                if deep < DEEP
                    && !name.starts_with('.')
                    && !matches!(name, "node_modules" | "vendor" | "target" | "testdata" | "tests" | "test")
                {
                    self.walk(root, &path, deep + 1, left);
                }
            } else if meta.is_file() {
                self.file(root, &path, name);
            }
        }
    }

    fn file(&mut self, root: &Path, path: &Path, name: &str) {
        let lower = name.to_ascii_lowercase();
        let is_build = matches!(lower.as_str(), "containerfile" | "dockerfile")
            || lower.starts_with("containerfile.")
            || (lower.starts_with("dockerfile.") && !lower.ends_with(".dockerignore"))
            || lower.ends_with(".containerfile")
            || lower.ends_with(".dockerfile");
        let is_unit = [".container", ".pod", ".kube"].iter().any(|end| lower.ends_with(end));
        let is_yaml = lower.ends_with(".yaml") || lower.ends_with(".yml");
        if is_build {
            self.build.push(shown(path));
        } else if is_unit || matches!(lower.as_str(), "compose.yaml" | "compose.yml" | "docker-compose.yaml" | "docker-compose.yml") {
            self.deploy.push(shown(path));
        } else if is_yaml && is_manifest(&root.join(path)) {
            // The manifests' folder, unless that is the project's own.
            let folder = path.parent().unwrap_or(path);
            self.deploy.push(if folder.as_os_str().is_empty() { shown(path) } else { shown(folder) });
        }
    }
}

/// Whether a file's beginning names a kind that runs containers.
fn is_manifest(path: &Path) -> bool {
    use std::io::Read as _;
    let mut head = Vec::new();
    if fs::File::open(path).and_then(|f| f.take(HEAD as u64).read_to_end(&mut head)).is_err() {
        return false;
    }
    let head = String::from_utf8_lossy(&head);
    let has = |key: &str| head.lines().any(|line| line.starts_with(key));
    has("apiVersion:") && has("kind:")
}

/// With `/` between its parts; `.` for the folder itself.
fn shown(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|p| p.to_string_lossy()).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

fn text(found: &Found) -> String {
    let quoted = |list: &[String]| list.iter().map(|p| format!("{p:?}")).collect::<Vec<_>>().join(", ");
    let line = |key: &str, list: &[String], example: &str| match list {
        [] => format!("# {key} = [{example:?}]"),
        list => format!("{key} = [{}]", quoted(list)),
    };
    format!(
        "# What plimsoll check looks at here, and what it asks for. Paths are relative to this file.\n\
         \n\
         # The image: a layout (oci:DIR), an archive, a registry's name, or what an engine holds (podman:NAME).\n\
         # Without it, only what declares it is checked.\n\
         # image = \"oci:build/image\"\n\
         \n\
         # What builds it. Findings in the image then name the line that brought them.\n\
         {}\n\
         # The stage that ships, and the folder of the build context, where they are not the last one and the file's own.\n\
         # target = \"release\"\n\
         # context = \".\"\n\
         \n\
         # What runs it: manifests or folders of them, charts, Compose files, Quadlet units.\n\
         {}\n\
         \n\
         # Why this container does the host's work, so that it may have the host's privileges. Most have no such reason.\n\
         # infrastructure = \"ships the logs of its node\"\n\
         \n\
         [registries]\n\
         # Where base images may come from, with a path where not all of a registry is trusted.\n\
         # trusted = [\"registry.example.org/base\"]\n\
         # Where else images of a registry lie; asked before the registry itself.\n\
         # mirrors = {{ \"docker.io\" = \"mirror.example.org/hub\" }}\n\
         \n\
         [advisories]\n\
         # Where plimsoll db update takes the whole database from, in place of making it of the public archives.\n\
         # from = \"docker://registry.example.org/mirror/advisories:latest\"\n\
         \n\
         [items.minimal-base-image]\n\
         # The lowest rung that is minimal enough: general-purpose, minimal-distribution (the checklist's), distroless, static.\n\
         # rung = \"distroless\"\n\
         \n\
         [items.component-updates]\n\
         # Days after which an image that was not rebuilt is out of date.\n\
         # rebuild-days = 90\n",
        line("build", &found.build, "Containerfile"),
        line("deploy", &found.deploy, "deploy"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("Dockerfile", "FROM x"),
            ("build/app.Dockerfile", "FROM x"),
            ("build/Dockerfile.dockerignore", ""),
            ("node_modules/a/Dockerfile", "FROM x"),
            ("compose.yaml", "services: {}"),
            ("deploy/base/web.yaml", "apiVersion: apps/v1\nkind: Deployment\n"),
            ("deploy/base/db.yaml", "# the database\napiVersion: v1\nkind: Service\n"),
            ("chart/Chart.yaml", "name: x"),
            ("chart/templates/web.yaml", "apiVersion: v1\nkind: {{ x }}\n"),
            (".github/workflows/ci.yml", "on: push"),
            ("units/web.container", "[Container]"),
            ("values.yaml", "a: 1"),
        ] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = Found::look(dir.path());
        assert_eq!(found.build, ["Dockerfile", "build/app.Dockerfile"]);
        assert_eq!(found.deploy, ["chart", "compose.yaml", "deploy/base", "units/web.container"]);
        let config = plimsoll_config::read("f", &text(&found)).unwrap();
        assert_eq!(config.build.len() + config.deploy.len(), 6);
        assert!(plimsoll_config::read("f", &text(&Found::default())).unwrap().build.is_empty());
    }

    #[test]
    fn every_setting_that_is_shown_is_one() {
        let shown = text(&Found::default());
        let set: String = shown
            .lines()
            .map(|l| l.strip_prefix("# ").filter(|l| l.contains(" = ")).unwrap_or(l))
            .fold(String::new(), |all, line| all + line + "\n");
        let config = plimsoll_config::read("f", &set).unwrap();
        assert!(config.image.is_some() && config.infrastructure.is_some() && !config.registries.trusted.is_empty());
        assert_eq!(config.registries.mirrors.len(), 1);
        assert!(config.advisories.from.is_some());
    }
}
