//! What the named files and folders hold, by their names.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};

use plimsoll_evidence::{Problem, ProblemKind, printable_line};
use plimsoll_parallel::each;

use crate::sources::MOST_THREADS;

/// How deep folders are followed, and how many files are looked at.
const MOST_DEPTH: usize = 32;
const MOST_FILES: usize = 50_000;

/// A file and what it is called in findings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    /// The user named this very file.
    pub(crate) asked: bool,
    /// The folder that nothing named in this file may lead out of.
    pub(crate) root: PathBuf,
}

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// YAML or JSON.
    Text(Named),
    /// A Helm chart: a folder, or an archive.
    Chart(Named),
    /// A folder with a kustomization.
    Kustomization(Named),
    /// A unit of Quadlet or systemd.
    Unit(Named),
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) inputs: Vec<Input>,
    pub(crate) compose: ComposeFiles,
    pub(crate) problems: Vec<Problem>,
    files: usize,
}

/// Compose files, those that the user named and those of folders.
#[derive(Debug, Default)]
pub(crate) struct ComposeFiles {
    named: Vec<Named>,
    folders: BTreeMap<PathBuf, Vec<Named>>,
}

impl ComposeFiles {
    pub(crate) fn add(&mut self, file: Named) {
        if file.asked {
            self.named.push(file);
        } else {
            let folder = file.path.parent().map(Path::to_owned).unwrap_or_default();
            self.folders.entry(folder).or_default().push(file);
        }
    }

    /// Which files make one project: the named ones together; of a folder, the default file with its override, as Compose itself takes
    /// them. Where a folder has no default file, each of its files is one.
    pub(crate) fn into_projects(self) -> Vec<Vec<Named>> {
        let mut projects = Vec::new();
        if !self.named.is_empty() {
            projects.push(self.named);
        }
        for files in self.folders.into_values() {
            let at = |wanted: &str| files.iter().find(|f| f.path.file_name().is_some_and(|n| n == wanted));
            let base = DEFAULTS.iter().find_map(|name| at(name));
            let over = OVERRIDES.iter().find_map(|name| at(name));
            match base {
                Some(base) => {
                    projects.push(std::iter::once(base).chain(over).cloned().collect());
                }
                None => projects.extend(files.into_iter().map(|file| vec![file])),
            }
        }
        projects
    }
}

const DEFAULTS: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDES: [&str; 4] =
    ["compose.override.yaml", "compose.override.yml", "docker-compose.override.yml", "docker-compose.override.yaml"];
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
const UNITS: [&str; 8] = [".container", ".pod", ".kube", ".volume", ".network", ".image", ".build", ".service"];

/// Whether a file's name is one that Compose files have.
pub(crate) fn is_compose_name(name: &str) -> bool {
    let yaml = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    yaml.is_some_and(|stem| {
        stem == "compose" || stem == "docker-compose" || stem.starts_with("compose.") || stem.starts_with("docker-compose.")
    })
}

/// Finds what a path that the user named holds.
pub(crate) fn discover(path: &Path, found: &mut Found) {
    let name = path.display().to_string();
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) => {
            let message = format!("{} cannot be read: {error}", printable_line(&name, 300));
            found.problems.push(Problem::hiding(ProblemKind::Io, message));
            return;
        }
    };
    if meta.is_dir() {
        let root = path.to_owned();
        folder(path, name.trim_end_matches('/'), &root, 0, list(path), found);
        return;
    }
    file(path, name, found);
}

/// Finds what a file that the user named is, by its name.
pub(crate) fn file(path: &Path, name: String, found: &mut Found) {
    let root = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    let file_name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let named = Named { path: path.to_owned(), name, asked: true, root: root.clone() };
    if KUSTOMIZATIONS.contains(&file_name.as_str()) {
        let name = root.display().to_string();
        found.inputs.push(Input::Kustomization(Named { path: root.clone(), name, asked: true, root }));
    } else if file_name.ends_with(".tgz") || file_name.ends_with(".tar.gz") {
        found.inputs.push(Input::Chart(named));
    } else if UNITS.iter().any(|ext| file_name.ends_with(ext)) {
        found.inputs.push(Input::Unit(named));
    } else if is_compose_name(&file_name) {
        found.compose.add(named);
    } else {
        found.inputs.push(Input::Text(named));
    }
}

/// What stands in a folder, by name.
type Listing = std::io::Result<Vec<(OsString, FileType)>>;

/// How many folders are listed ahead, side by side.
const AHEAD: usize = 256;

fn list(path: &Path) -> Listing {
    let mut entries: Vec<_> = fs::read_dir(path)?.filter_map(|e| Some((e.as_ref().ok()?.file_name(), e.ok()?.file_type().ok()?))).collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(entries)
}

/// Whether a folder is followed: hidden ones are tools' own, and drop-ins are read with their unit.
fn is_followed(entry: &str) -> bool {
    !entry.starts_with('.') && entry != "node_modules" && !entry.ends_with(".d")
}

fn folder(path: &Path, name: &str, root: &Path, depth: usize, listing: Listing, found: &mut Found) {
    let named = |path: &Path, name: String| Named { path: path.to_owned(), name, asked: false, root: root.to_owned() };
    if depth > MOST_DEPTH {
        let message = format!("{}: folders are followed {MOST_DEPTH} deep", printable_line(name, 300));
        found.problems.push(Problem::hiding(ProblemKind::Limit, message));
        return;
    }
    let entries = match listing {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("{} cannot be read: {error}", printable_line(name, 300));
            found.problems.push(Problem::hiding(ProblemKind::Io, message));
            return;
        }
    };
    let has = |wanted: &str| entries.iter().any(|(n, kind)| n == wanted && !kind.is_dir());
    if has("Chart.yaml") {
        found.inputs.push(Input::Chart(named(path, name.to_owned())));
        return;
    }
    if KUSTOMIZATIONS.iter().any(|k| has(k)) {
        found.inputs.push(Input::Kustomization(named(path, name.to_owned())));
        return;
    }
    let folders: Vec<PathBuf> = entries
        .iter()
        .filter(|(entry, kind)| kind.is_dir() && depth < MOST_DEPTH && entry.to_str().is_some_and(is_followed))
        .map(|(entry, _)| path.join(entry))
        .collect();
    let mut ahead = folders.chunks(AHEAD).flat_map(|some| each(some, MOST_THREADS, |_, folder| list(folder)));
    for (entry, kind) in entries {
        let Some(entry) = entry.to_str() else { continue };
        let below = path.join(entry);
        let below_name = format!("{name}/{entry}");
        if kind.is_dir() {
            if is_followed(entry) {
                let listing = ahead.next().unwrap_or_else(|| Ok(Vec::new()));
                folder(&below, &below_name, root, depth + 1, listing, found);
            }
            continue;
        }
        found.files += 1;
        if found.files > MOST_FILES {
            if found.files == MOST_FILES + 1 {
                let message = format!("more than {MOST_FILES} files; the rest was not looked at");
                found.problems.push(Problem::hiding(ProblemKind::Limit, message));
            }
            return;
        }
        let yaml = entry.ends_with(".yaml") || entry.ends_with(".yml") || entry.ends_with(".json");
        let unit = UNITS.iter().any(|ext| entry.ends_with(ext));
        if !yaml && !unit {
            continue;
        }
        if kind.is_symlink() && !stays_inside(&below, root) {
            let message = format!("{} leads out of the folder and was not followed", printable_line(&below_name, 300));
            found.problems.push(Problem::hiding(ProblemKind::Escape, message));
            continue;
        }
        if !kind.is_file() && !fs::metadata(&below).is_ok_and(|m| m.is_file()) {
            continue;
        }
        let file = named(&below, below_name);
        if unit {
            found.inputs.push(Input::Unit(file));
        } else if is_compose_name(entry) {
            found.compose.add(file);
        } else {
            found.inputs.push(Input::Text(file));
        }
    }
}

/// Whether a path, links followed, lies in a folder.
pub(crate) fn stays_inside(path: &Path, root: &Path) -> bool {
    match (path.canonicalize(), root.canonicalize()) {
        (Ok(path), Ok(root)) => path.starts_with(root),
        _ => false,
    }
}
