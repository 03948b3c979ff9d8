//! Where in the image a component of a bill is.

use std::collections::HashMap;

use plimsoll_evidence::{FileId, FileKind, FileTree};

use crate::bill::{Bill, Component, Kind};

/// Steps from a component to what contains it.
const MOST_STEPS: usize = 8;
/// Bytes of a path; Linux has no longer ones.
const MOST_PATH: usize = 4096;

/// The components that contain others, by the others' references. Trivy names a program's file only in the entry that its libraries hang on.
pub(super) struct Containers<'a>(HashMap<&'a str, &'a Component>);

impl<'a> Containers<'a> {
    pub(super) fn new(bill: &'a Bill) -> Self {
        let mut containers = HashMap::new();
        for component in bill.components.iter().filter(|c| c.purl.is_none() && c.kind != Kind::OperatingSystem) {
            for inner in component.contains.iter().chain(component.depends.iter().flatten()) {
                containers.entry(inner.as_str()).or_insert(component);
            }
        }
        Self(containers)
    }

    /// The file that a bill names for a component: its own, else that of what contains it.
    pub(super) fn file(&self, component: &'a Component, tree: &FileTree) -> Option<String> {
        let mut at = component;
        for _ in 0..MOST_STEPS {
            if let Some(file) = &at.file {
                return Some(file.clone());
            }
            at = self.0.get(at.reference.as_str())?;
            if find(tree, &at.name).is_some() {
                return Some(at.name.clone());
            }
        }
        None
    }
}

/// The regular file that a path of a bill lies at or in: `/app.jar:BOOT-INF/lib/a.jar`, `app.jar/BOOT-INF/lib/a.jar` and
/// `app.jar!BOOT-INF/lib/a.jar` are in `app.jar`.
pub(super) fn find(tree: &FileTree, path: &str) -> Option<FileId> {
    if path.len() > MOST_PATH {
        return None;
    }
    let regular = |path: &str| tree.resolve(path).filter(|id| tree.file(*id).kind == FileKind::Regular);
    if !path.contains(['/', '.']) && !path.starts_with('/') && tree.find(path).is_none() {
        return None;
    }
    if let Some(file) = regular(path) {
        return Some(file);
    }
    let cuts = path.char_indices().filter(|(at, c)| *at > 0 && matches!(c, ':' | '!' | '/')).map(|(at, _)| at);
    cuts.collect::<Vec<_>>().into_iter().rev().find_map(|at| regular(&path[..at]))
}

/// Whether a file that a later layer deleted or replaced was at a path.
pub(super) fn was_there(tree: &FileTree, path: &str) -> bool {
    let path = path.trim_start_matches('/');
    tree.deleted.binary_search_by(|d| d.entry.path.as_str().cmp(path)).is_ok()
}
