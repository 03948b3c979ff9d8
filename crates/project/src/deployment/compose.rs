//! Compose files, by the Compose specification and what compose-go makes of it.

mod builds;
mod extends;
mod health;
mod interpolate;
mod keys;
mod merge;
pub(crate) mod ports;
pub(crate) mod security;
pub(crate) mod service;
mod shared;
pub(crate) mod volumes;

use std::path::{Path, PathBuf};

use plimsoll_evidence::workload::{ConfigMap, DuplicateKey, SecretEntry, SecretObject};
use plimsoll_evidence::{Deployment, Place, Placed, ProblemKind};
use plimsoll_yaml::{Limits, Node, Rules, parse_with};

use super::discover::{Named, stays_inside};
use super::fields::{Complaints, key_place, place};
use crate::Sources;
use interpolate::Environment;

/// The most files that one project includes.
const MOST_FILES: usize = 200;

/// What is being read of one project.
pub(crate) struct Project<'s, 'a> {
    sources: &'s mut Sources<'a>,
    into: &'s mut Deployment,
    /// The files that were read, so that none is read in a circle.
    files: Vec<PathBuf>,
    /// Nothing may lead out of this folder.
    root: PathBuf,
}

/// Reads the files of one project, merged in their order; gives what its services are built from, each with the place of the service.
pub(crate) fn read(files: &[Named], sources: &mut Sources<'_>, into: &mut Deployment) -> Vec<(Place, crate::build::Input)> {
    let Some(first) = files.first() else { return Vec::new() };
    let mut project = Project { sources, into, files: Vec::new(), root: first.root.clone() };
    let folder = folder_of(&first.path);
    let environment = Environment::of_folder(&folder, first, project.sources);
    let mut whole: Option<Node> = None;
    for file in files {
        if let Some(node) = project.load(file, &environment) {
            whole = Some(match whole.take() {
                None => node,
                Some(base) => merge::merge(base, node),
            });
        }
    }
    let Some(whole) = whole else { return Vec::new() };
    let whole = merge::settle(whole);
    let title = first.name.clone();
    project.services(&whole, &title);
    project.objects(&whole);
    let mut complaints = Complaints::new(project.sources, "Compose");
    let found = builds::read(&whole, files, project.sources, &mut complaints);
    project.into.problems.append(&mut complaints.problems);
    found
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

impl Project<'_, '_> {
    /// One file with its variables put in, what it extends merged under its services, and what it includes beside them.
    fn load(&mut self, file: &Named, environment: &Environment) -> Option<Node> {
        if self.files.len() >= MOST_FILES {
            let message = format!("{}: more than {MOST_FILES} files in one project; the rest was not read", file.name);
            self.into.problems.push(plimsoll_evidence::Problem::hiding(ProblemKind::Limit, message));
            return None;
        }
        self.files.push(file.path.clone());
        let source = match self.sources.read(&file.path, &file.name) {
            Ok(source) => source,
            Err(problem) => {
                self.into.problems.push(problem);
                return None;
            }
        };
        let stream = parse_with(self.sources.text(source), Rules::Compose, &Limits { source, ..Limits::default() });
        let mut complaints = Complaints::new(self.sources, "Compose");
        stream.errors.iter().for_each(|error| complaints.unreadable(error));
        let mut whole: Option<Node> = None;
        // Several documents of one file are merged like several files.
        for document in stream.documents {
            for duplicate in &document.duplicates {
                let key = Placed::new(duplicate.key.clone(), place(duplicate.again));
                complaints.hides(
                    ProblemKind::Malformed,
                    key.place,
                    format!("the key {:?} is given twice, and Compose refuses the file", key.value),
                );
                self.into.duplicate_keys.push(DuplicateKey { key, first: place(duplicate.first) });
            }
            let mut root = document.root;
            if root.is_null() {
                continue;
            }
            if root.mapping().is_none() {
                complaints.hides(ProblemKind::Malformed, place(root.place), format!("{}: a Compose file is a mapping", file.name));
                continue;
            }
            environment.put_in(&mut root, &mut complaints);
            whole = Some(match whole.take() {
                None => root,
                Some(base) => merge::merge(base, root),
            });
        }
        self.into.problems.append(&mut complaints.problems);
        let mut whole = whole?;
        merge::normalise(&mut whole);
        let included = self.included(&whole, file, environment);
        self.extend_services(&mut whole, file, environment);
        // What is written in the file itself counts before what it includes.
        Some(included.into_iter().rev().fold(whole, |whole, other| merge::merge(other, whole)))
    }

    /// The files that `include` names, each as a project of its own folder.
    fn included(&mut self, whole: &Node, file: &Named, environment: &Environment) -> Vec<Node> {
        let mut found = Vec::new();
        for item in whole.get("include").map(Node::items).unwrap_or_default() {
            let paths = item.get("path").unwrap_or(item);
            let paths: Vec<&Node> = match paths.sequence() {
                Some(items) => items.iter().collect(),
                None => vec![paths],
            };
            let mut together: Option<Node> = None;
            for path in paths {
                let Some(named) = self.beside(path, file, "include") else { continue };
                let own = Environment::of_folder(&folder_of(&named.path), &named, self.sources).under(environment);
                if let Some(node) = self.load(&named, &own) {
                    together = Some(match together.take() {
                        None => node,
                        Some(base) => merge::merge(base, node),
                    });
                }
            }
            found.extend(together);
        }
        found
    }

    /// The file that a node names, relative to the file that it stands in; none, with a problem, where it cannot be read.
    pub(super) fn beside(&mut self, path: &Node, file: &Named, what: &str) -> Option<Named> {
        let text = path.text().unwrap_or_default();
        let mut complaints = Complaints::new(self.sources, "Compose");
        let at = place(path.place);
        let target = folder_of(&file.path).join(text);
        let mut refuse = |kind, message: String| {
            complaints.hides(kind, at, message);
            self.into.problems.append(&mut complaints.problems);
            None
        };
        if text.is_empty() || text.contains("://") || text.starts_with("git@") {
            return refuse(ProblemKind::Unsupported, format!("{what} names {text:?}, which is no file beside this one, and was not read"));
        }
        if !target.exists() {
            return refuse(ProblemKind::Io, format!("{what} names {text}, which is not there"));
        }
        if !stays_inside(&target, &self.root) {
            return refuse(ProblemKind::Escape, format!("{what} names {text}, which leads out of the folder, and was not read"));
        }
        if self.files.contains(&target) {
            return refuse(ProblemKind::Malformed, format!("{what} names {text}, which is being read already"));
        }
        let base = file.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let name = if base.is_empty() { text.to_owned() } else { format!("{base}/{text}") };
        Some(Named { path: target, name, asked: false, root: self.root.clone() })
    }

    /// Secrets and configs at the top of the files.
    fn objects(&mut self, whole: &Node) {
        for entry in whole.get("secrets").map(Node::entries).unwrap_or_default() {
            let Some(name) = entry.key.text() else { continue };
            self.into.secrets.push(SecretObject {
                name: name.to_owned(),
                namespace: None,
                place: key_place(entry),
                kind: None,
                // A secret's value never stands in the file: it comes from a file, a variable or from elsewhere.
                entries: Vec::<SecretEntry>::new(),
            });
        }
        for entry in whole.get("configs").map(Node::entries).unwrap_or_default() {
            let Some(name) = entry.key.text() else { continue };
            let content =
                entry.value.get("content").and_then(|c| Some(Placed::new(("content".to_owned(), c.text()?.to_owned()), place(c.place))));
            self.into.config_maps.push(ConfigMap {
                name: name.to_owned(),
                namespace: None,
                place: key_place(entry),
                keys: Vec::new(),
                values: content.into_iter().collect(),
            });
        }
    }
}
