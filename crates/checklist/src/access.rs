//! What a user may do with the image's files, by their modes alone.

use std::cell::RefCell;
use std::collections::HashMap;

use plimsoll_evidence::{FileEntry, FileId, FileKind, FileTree};

/// What somebody wants of a file; values are the bits of a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    Read = 4,
    Write = 2,
    Execute = 1,
}

/// The tree as one user sees it.
pub(crate) struct View<'a> {
    tree: &'a FileTree,
    uid: u64,
    gids: Vec<u64>,
    /// For each directory: whether all of the way to it may be walked, and what stands in the way.
    ways: RefCell<HashMap<String, Option<FileId>>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(tree: &'a FileTree, uid: u64, gids: Vec<u64>) -> Self {
        Self { tree, uid, gids, ways: RefCell::default() }
    }

    /// Whether the file's own mode allows it.
    pub(crate) fn mode_allows(&self, file: &FileEntry, want: Want) -> bool {
        let bit = want as u32;
        if self.uid == 0 {
            // Root needs an execute bit of somebody to execute a file, and nothing for the rest.
            return want != Want::Execute || file.kind == FileKind::Directory || file.mode & 0o111 != 0;
        }
        let shift = if file.uid == self.uid {
            6
        } else if self.gids.contains(&file.gid) {
            3
        } else {
            0
        };
        file.mode & (bit << shift) != 0
    }

    /// Whether the user may do it, or the file or directory that stands in the way.
    pub(crate) fn can(&self, id: FileId, want: Want) -> Result<(), &'a FileEntry> {
        let file = self.tree.file(id);
        if let Some(obstacle) = self.obstacle(file.parent()) {
            return Err(self.tree.file(obstacle));
        }
        if self.mode_allows(file, want) { Ok(()) } else { Err(file) }
    }

    /// Whether the user could write at a path: the file itself, into the directory, or where nothing is there, into the nearest
    /// directory above. The error is what stands in the way, or none where that is the root itself and the tree has no entry for it.
    pub(crate) fn can_write_at(&self, path: &str) -> Result<(), Option<&'a FileEntry>> {
        let mut at = path.trim_matches('/').to_owned();
        loop {
            if let Some(id) = self.tree.resolve(&at) {
                self.can(id, Want::Write).map_err(Some)?;
                let file = self.tree.file(id);
                return if file.kind == FileKind::Directory { self.can(id, Want::Execute).map_err(Some) } else { Ok(()) };
            }
            if at.is_empty() {
                // No entry for the root: runtimes make it as root's with mode 0755.
                return if self.uid == 0 { Ok(()) } else { Err(None) };
            }
            at.truncate(at.rfind('/').unwrap_or(0));
        }
    }

    /// The first directory on the way that may not be searched. A directory without an entry is made with mode 0755.
    fn obstacle(&self, directory: &str) -> Option<FileId> {
        if let Some(known) = self.ways.borrow().get(directory) {
            return *known;
        }
        let mut obstacle = None;
        let mut ends: Vec<usize> = directory.match_indices('/').map(|(i, _)| i).collect();
        ends.push(directory.len());
        for end in std::iter::once(0).chain(ends) {
            if let Some(id) = self.tree.find(&directory[..end]) {
                let file = self.tree.file(id);
                if file.kind == FileKind::Directory && !self.mode_allows(file, Want::Execute) {
                    obstacle = Some(id);
                    break;
                }
            }
        }
        self.ways.borrow_mut().insert(directory.to_owned(), obstacle);
        obstacle
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn modes_are_read_as_the_kernel_reads_them() {
        let image = Kit::new()
            .dir("app", 0o750, 0, 0)
            .file_as("app/run", 0o755, 0, 0)
            .file_as("app/own", 0o077, 5, 5)
            .dir("open", 0o777, 0, 0)
            .file_as("open/secret", 0o600, 0, 0)
            .link("to", "/open")
            .image();
        let can = |uid, gids: &[u64], path: &str, want| {
            let view = View::new(&image.tree, uid, gids.to_vec());
            view.can(image.tree.find(path).unwrap(), want).map_err(|f| f.path.clone())
        };
        assert_eq!(can(7, &[7], "app/run", Want::Execute), Err("app".to_owned()));
        assert_eq!(can(7, &[0], "app/run", Want::Execute), Ok(()));
        assert_eq!(can(0, &[0], "app/own", Want::Execute), Ok(()));
        // The owner's bits count for the owner even where others have more.
        assert_eq!(can(5, &[0], "app/own", Want::Read), Err("app/own".to_owned()));
        assert_eq!(can(7, &[7], "open/secret", Want::Read), Err("open/secret".to_owned()));
        assert_eq!(can(0, &[], "open/secret", Want::Execute), Err("open/secret".to_owned()));
        let view = View::new(&image.tree, 7, vec![7]);
        assert!(view.can_write_at("/open/new/deep").is_ok());
        assert!(view.can_write_at("/to/new").is_ok());
        assert_eq!(view.can_write_at("/nowhere/x").unwrap_err().map(|f| f.path.as_str()), Some(""));
        assert!(view.can_write_at("/open/secret").is_err());
    }
}
