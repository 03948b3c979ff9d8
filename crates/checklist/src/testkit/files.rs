//! Files of the image.

use plimsoll_evidence::{DeletedFile, ElfFacts, FileCaps, FileEntry, FileKind};

use super::Kit;

impl Kit {
    fn entry(&mut self, path: &str, kind: FileKind, mode: u32, uid: u64, gid: u64) -> &mut FileEntry {
        self.image.tree.files.retain(|f| f.path != path);
        let layer = self.image.layers.len() as u32 - 1;
        let file = FileEntry { path: path.to_owned(), kind, mode, uid, gid, size: 100, mtime: 0, link: None, caps: None, layer };
        let at = self.image.tree.files.partition_point(|f| f.path.as_str() < path);
        self.image.tree.files.insert(at, file);
        &mut self.image.tree.files[at]
    }

    /// The directories above a path that are not there yet.
    fn parents(&mut self, path: &str) {
        for (end, _) in path.match_indices('/') {
            if self.image.tree.find(&path[..end]).is_none() {
                self.entry(&path[..end], FileKind::Directory, 0o755, 0, 0).size = 0;
            }
        }
    }

    /// A directory.
    #[must_use]
    pub fn dir(mut self, path: &str, mode: u32, uid: u64, gid: u64) -> Self {
        self.parents(path);
        self.entry(path, FileKind::Directory, mode, uid, gid).size = 0;
        self
    }

    /// A regular file of root.
    #[must_use]
    pub fn file(self, path: &str, mode: u32) -> Self {
        self.file_as(path, mode, 0, 0)
    }

    /// A regular file.
    #[must_use]
    pub fn file_as(mut self, path: &str, mode: u32, uid: u64, gid: u64) -> Self {
        self.parents(path);
        self.entry(path, FileKind::Regular, mode, uid, gid);
        self
    }

    /// A regular file of this size.
    #[must_use]
    pub fn sized(mut self, path: &str, size: u64) -> Self {
        self.parents(path);
        self.entry(path, FileKind::Regular, 0o644, 0, 0).size = size;
        self
    }

    /// A symbolic link.
    #[must_use]
    pub fn link(mut self, path: &str, target: &str) -> Self {
        self.parents(path);
        self.entry(path, FileKind::Symlink, 0o777, 0, 0).link = Some(target.to_owned());
        self
    }

    /// A file of another kind.
    #[must_use]
    pub fn special(mut self, path: &str, kind: FileKind) -> Self {
        self.parents(path);
        self.entry(path, kind, 0o666, 0, 0);
        self
    }

    /// File capabilities, effective, by bit numbers.
    #[must_use]
    pub fn caps(mut self, path: &str, bits: &[u32]) -> Self {
        let permitted = bits.iter().fold(0, |set, bit| set | 1_u64 << bit);
        self.entry(path, FileKind::Regular, 0o755, 0, 0).caps = Some(FileCaps { permitted, inheritable: 0, effective: true });
        self
    }

    /// A file that a later layer deletes.
    #[must_use]
    pub fn deleted(mut self, path: &str, size: u64) -> Self {
        let layer = self.image.layers.len() as u32 - 1;
        let entry = FileEntry {
            path: path.to_owned(),
            kind: FileKind::Regular,
            mode: 0o644,
            uid: 0,
            gid: 0,
            size,
            mtime: 0,
            link: None,
            caps: None,
            layer,
        };
        self.image.tree.deleted.push(DeletedFile { entry, by_layer: layer + 1, replaced: false });
        self
    }

    /// A captured text, and its file where that is not there yet.
    #[must_use]
    pub fn text(mut self, path: &str, text: &str) -> Self {
        if self.image.tree.find(path).is_none() {
            self = self.file(path, 0o644);
        }
        self.image.texts.retain(|t| t.path != path);
        self.image.texts.push(plimsoll_evidence::CapturedText { path: path.to_owned(), text: text.to_owned(), cut: false });
        self.image.texts.sort_by(|a, b| a.path.cmp(&b.path));
        self
    }

    /// An executable text.
    #[must_use]
    pub fn script(self, path: &str, text: &str) -> Self {
        self.file(path, 0o755).text(path, text)
    }

    /// An ELF file, and its file where that is not there yet.
    #[must_use]
    pub fn elf(mut self, facts: ElfFacts) -> Self {
        if self.image.tree.find(&facts.path).is_none() {
            self = self.file(&facts.path, 0o755);
        }
        self.image.elfs.push(facts);
        self.image.elfs.sort_by(|a, b| a.path.cmp(&b.path));
        self
    }
}
