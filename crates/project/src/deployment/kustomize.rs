//! Folders with a kustomization: rendered by `kubectl kustomize` or `kustomize build`, never over the network.

mod origins;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use plimsoll_evidence::workload::Runner;
use plimsoll_evidence::{Deployment, Problem, ProblemKind, printable_line};
use plimsoll_yaml::{Limits, Node, Rules, parse_bytes};

use super::discover::{Named, stays_inside};
use super::kubernetes;
pub(crate) use origins::Origins;

use super::tool::{Rendered, run};
use crate::Sources;

/// The most kustomizations that are looked through.
const MOST_FOLDERS: usize = 500;

/// Renders a folder and reads what comes of it.
pub(crate) fn read(folder: &Named, sources: &mut Sources<'_>, run_tools: bool, into: &mut Deployment) {
    let shown = printable_line(&folder.name, 200);
    let by_hand = format!("name what `kubectl kustomize {shown}` writes");
    let mut hides = |kind, message: String| into.problems.push(Problem::hiding(kind, message));
    if !run_tools {
        hides(ProblemKind::Unsupported, format!("{shown} is a kustomization, and no tools are run: {by_hand}"));
        return;
    }
    let walked = walk(&folder.path);
    if let Some(remote) = &walked.remote {
        let message =
            format!("{shown} is built on {}, which lies on the network, and was not rendered: {by_hand}", printable_line(remote, 200));
        hides(ProblemKind::Unsupported, message);
        return;
    }
    let rendered = match run("kubectl", &["kustomize", "."], &folder.path) {
        Rendered::NotThere => run("kustomize", &["build", "."], &folder.path),
        other => other,
    };
    match rendered {
        Rendered::Text(bytes) => {
            let source = sources.add(&format!("{} (kubectl kustomize)", folder.name), &bytes);
            let origins = Origins::read(&walked.files, &folder.path, &folder.name, sources);
            kubernetes::read_rendered(source, Runner::Kubernetes, folder.asked, &origins, sources, into);
        }
        Rendered::NotThere => {
            hides(
                ProblemKind::Unsupported,
                format!("{shown} is a kustomization, and neither kubectl nor kustomize is installed: {by_hand}"),
            );
        }
        Rendered::Failed(why) => hides(ProblemKind::Malformed, format!("{shown} could not be rendered: {}", printable_line(&why, 300))),
    }
}

/// The folders that other kustomizations among those are built on: what they make is a part of what those make.
pub(crate) fn built_on(folders: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for folder in folders {
        let own = folder.canonicalize().ok();
        found.extend(walk(folder).folders.into_iter().filter(|b| Some(b) != own.as_ref()));
    }
    found
}

/// What a kustomization is built on.
#[derive(Debug, Default)]
struct Walked {
    /// Something that rendering would fetch.
    remote: Option<String>,
    /// Folders with a kustomization, links followed.
    folders: BTreeSet<PathBuf>,
    /// The files that those name as objects and patches: what is built on first.
    files: Vec<PathBuf>,
}

/// Looks through a kustomization and those that it is built on.
fn walk(folder: &Path) -> Walked {
    let mut walked = Walked::default();
    let mut left: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        let Some(bytes) = KUSTOMIZATIONS.iter().find_map(|name| small_file(&folder.join(name))) else { continue };
        if !walked.folders.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
            continue;
        }
        if walked.folders.len() > MOST_FOLDERS {
            walked.remote = Some(format!("more than {MOST_FOLDERS} folders"));
            break;
        }
        let stream = parse_bytes(&bytes, Rules::Kubernetes, &Limits::default());
        let mut files = Vec::new();
        for document in &stream.documents {
            if document.root.given("helmCharts").is_some() || document.root.given("helmChartInflationGenerator").is_some() {
                walked.remote = Some("a Helm chart".to_owned());
            }
            for text in BUILT_ON.iter().flat_map(|key| document.root.get(key).map(Node::items).unwrap_or_default()).filter_map(Node::text) {
                let below = folder.join(text);
                if below.is_dir() {
                    left.push(below);
                } else if below.exists() {
                    files.push(below);
                } else if looks_remote(text) {
                    walked.remote = Some(text.to_owned());
                }
            }
            let patches = PATCHES.iter().flat_map(|key| document.root.get(key).map(Node::items).unwrap_or_default());
            // A patch may be written into the kustomization itself.
            let paths = patches.filter_map(|p| p.get("path").unwrap_or(p).text()).filter(|t| !t.contains('\n'));
            files.extend(paths.map(|t| folder.join(t)).filter(|p| p.is_file()));
        }
        // Kustomize itself takes files from the folder of their kustomization alone.
        files.retain(|file| stays_inside(file, &folder));
        // Folders are looked at from the top down, and what lies lower is put together first.
        files.append(&mut walked.files);
        walked.files = files;
    }
    walked
}

const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// Lists of files and folders.
const BUILT_ON: [&str; 8] = ["resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators"];
const PATCHES: [&str; 3] = ["patches", "patchesStrategicMerge", "patchesJson6902"];

/// The bytes of a regular file of less than a mebibyte.
fn small_file(path: &Path) -> Option<Vec<u8>> {
    let meta = fs::metadata(path).ok()?;
    (meta.is_file() && meta.len() < 1 << 20).then(|| fs::read(path).ok()).flatten()
}

fn looks_remote(text: &str) -> bool {
    text.contains("://")
        || text.contains("?ref=")
        || text.contains("//")
        || text.starts_with("git@")
        || text.starts_with("github.com")
        || text.contains(".git")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kustomization_is_built_on_is_found_and_stays_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("base/kustomization.yaml", "resources: [a.yaml]\n");
        write("base/a.yaml", "kind: Pod\n");
        write("base/unnamed.yaml", "kind: Secret\n");
        write("secret.yaml", "kind: Secret\n");
        write(
            "over/Kustomization",
            "resources: [../base, ../secret.yaml, /etc/hostname]\npatches: [{path: p.yaml}, {patch: \"a: b\"}]\npatchesStrategicMerge: [q.yaml, \"a:\\n  b: c\\n\"]\n",
        );
        write("over/p.yaml", "");
        write("over/q.yaml", "");
        let walked = walk(&folder.path().join("over"));
        let names: Vec<_> = walked.files.iter().map(|f| f.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!((names.as_slice(), walked.folders.len(), walked.remote), (&["a.yaml", "p.yaml", "q.yaml"][..], 2, None));
        let parts = built_on(&[folder.path().join("over"), folder.path().join("base")]);
        assert_eq!(parts.into_iter().collect::<Vec<_>>(), [folder.path().join("base").canonicalize().unwrap()]);
        for remote in ["https://example.org/x.yaml", "github.com/acme/x//deploy?ref=v1", "git@example.org:x.git"] {
            write("far/kustomization.yaml", &format!("resources: [\"{remote}\"]\n"));
            write("near/kustomization.yaml", "resources: [../far]\n");
            assert_eq!(walk(&folder.path().join("near")).remote.as_deref(), Some(remote));
        }
        write("far/kustomization.yaml", "helmCharts: [{name: x}]\n");
        assert!(walk(&folder.path().join("far")).remote.is_some());
        // One that is built on itself ends.
        write("round/kustomization.yaml", "resources: [../round, .]\n");
        assert_eq!(walk(&folder.path().join("round")).folders.len(), 1);
    }
}
