use serde::{Deserialize, Serialize};

/// A file's place in [`FileTree::files`].
pub type FileId = u32;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FileKind {
    /// Regular file.
    Regular,
    /// Directory.
    Directory,
    /// Symbolic link; `link` is its target as written.
    Symlink,
    /// Hard link inside its layer; `link` is the other name. Only in a layer's own facts: stacking turns it into what it names.
    HardLink,
    /// Character device.
    CharDevice,
    /// Block device.
    BlockDevice,
    /// FIFO.
    Fifo,
}

/// The capabilities in `security.capability` (capabilities(7), "File capabilities").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCaps {
    /// Permitted set, a bit each.
    pub permitted: u64,
    /// Inheritable set.
    pub inheritable: u64,
    /// Whether they take effect at once.
    pub effective: bool,
}

/// One file of a layer or of the stacked image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path without leading slash, `.`, `..` or doubled slashes; empty for the root itself. Bytes that are not UTF-8 are
    /// written `\xNN`.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Permission, set-id and sticky bits.
    pub mode: u32,
    /// Owner.
    pub uid: u64,
    /// Group.
    pub gid: u64,
    /// Size in bytes, of a regular file.
    pub size: u64,
    /// Modification time in seconds since 1970.
    pub mtime: i64,
    /// The target of a link.
    pub link: Option<String>,
    /// File capabilities.
    pub caps: Option<FileCaps>,
    /// The layer it comes from.
    pub layer: u32,
}

impl FileEntry {
    /// The path as a container sees it, with its leading slash.
    pub fn absolute(&self) -> String {
        format!("/{}", self.path)
    }

    /// The last part of the path.
    pub fn name(&self) -> &str {
        memchr::memrchr(b'/', self.path.as_bytes()).map_or(self.path.as_str(), |slash| &self.path[slash + 1..])
    }

    /// The directory it is in; empty for what lies at the root.
    pub fn parent(&self) -> &str {
        memchr::memrchr(b'/', self.path.as_bytes()).map_or("", |slash| &self.path[..slash])
    }

    /// A regular file that someone may execute.
    pub fn is_executable(&self) -> bool {
        self.kind == FileKind::Regular && self.mode & 0o111 != 0
    }
}

/// The files that a container of the image sees, and those that ship without being seen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FileTree {
    /// Visible files, sorted by path.
    pub files: Vec<FileEntry>,
    /// Files of lower layers that a later layer deletes or replaces: still in the image's bytes. Sorted by path, then layer.
    pub deleted: Vec<DeletedFile>,
}

/// A file that ships in a layer and that no container sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedFile {
    /// The file, in its layer.
    pub entry: FileEntry,
    /// The layer that hides it.
    pub by_layer: u32,
    /// Whether another file stands at its path now.
    pub replaced: bool,
}

impl FileTree {
    /// The place of the file at exactly this path (no leading slash; links are not followed).
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.files.binary_search_by(|f| f.path.as_str().cmp(path)).ok().map(|i| i as FileId)
    }

    /// How many visible files are regular ones.
    pub fn regular(&self) -> usize {
        self.files.iter().filter(|f| f.kind == FileKind::Regular).count()
    }

    /// The file at this place.
    pub fn file(&self, id: FileId) -> &FileEntry {
        &self.files[id as usize]
    }

    /// The visible files below a directory (its own entry left out), in order.
    pub fn below<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = (FileId, &'a FileEntry)> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let start = self.files.partition_point(|f| f.path.as_str() < prefix.as_str());
        self.files[start..]
            .iter()
            .enumerate()
            .take_while(move |(_, f)| f.path.starts_with(&prefix))
            .filter(|(_, f)| !f.path.is_empty())
            .map(move |(i, f)| ((start + i) as FileId, f))
    }

    /// Follows every symbolic link of a path inside the image only: an absolute target starts at the image's root, `..`
    /// stops there, forty links are the most (as in Linux's path resolution). A relative `path` starts at the root.
    pub fn resolve(&self, path: &str) -> Option<FileId> {
        const MOST_LINKS: usize = 40;
        let mut todo: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut at = String::new();
        let mut last = self.find("");
        let mut links = 0;
        while let Some(part) = todo.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    at.truncate(at.rfind('/').unwrap_or(0));
                    last = self.find(&at);
                    continue;
                }
                _ => {}
            }
            let next = if at.is_empty() { part } else { format!("{at}/{part}") };
            let id = self.find(&next)?;
            let file = self.file(id);
            if file.kind == FileKind::Symlink {
                links += 1;
                if links > MOST_LINKS {
                    return None;
                }
                let target = file.link.as_deref().unwrap_or_default();
                if target.starts_with('/') {
                    at.clear();
                    last = self.find("");
                }
                todo.extend(target.split('/').rev().map(str::to_owned));
                // A target of PATH_MAX bytes has at most this many parts; forty of them stay bounded.
                if todo.len() > 4096 * 2 {
                    return None;
                }
            } else {
                at = next;
                last = Some(id);
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, kind: FileKind, link: Option<&str>) -> FileEntry {
        FileEntry {
            path: path.to_owned(),
            kind,
            mode: 0o755,
            uid: 0,
            gid: 0,
            size: 0,
            mtime: 0,
            link: link.map(str::to_owned),
            caps: None,
            layer: 0,
        }
    }

    fn tree(mut files: Vec<FileEntry>) -> FileTree {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        FileTree { files, deleted: Vec::new() }
    }

    #[test]
    fn links_are_followed_inside_the_image_only() {
        use FileKind::{Directory, Regular, Symlink};
        let t = tree(vec![
            entry("", Directory, None),
            entry("bin", Symlink, Some("usr/bin")),
            entry("usr", Directory, None),
            entry("usr/bin", Directory, None),
            entry("usr/bin/sh", Symlink, Some("/bin/dash")),
            entry("usr/bin/dash", Regular, None),
            entry("up", Symlink, Some("../../../usr/bin/dash")),
            entry("loop", Symlink, Some("loop")),
            entry("gone", Symlink, Some("nowhere")),
        ]);
        let dash = t.find("usr/bin/dash");
        for path in ["/bin/sh", "bin/./sh", "/usr/../bin//sh", "up"] {
            assert_eq!(t.resolve(path), dash, "{path}");
        }
        assert_eq!(t.resolve("/loop"), None);
        assert_eq!(t.resolve("/gone"), None);
        assert_eq!(t.resolve("/../.."), t.find(""));
    }

    #[test]
    fn below_lists_a_directory_only() {
        use FileKind::{Directory, Regular};
        let t = tree(vec![
            entry("a", Directory, None),
            entry("a-b", Regular, None),
            entry("a/x", Regular, None),
            entry("a/y/z", Regular, None),
            entry("b", Regular, None),
        ]);
        let names: Vec<_> = t.below("a").map(|(_, f)| f.path.as_str()).collect();
        assert_eq!(names, ["a/x", "a/y/z"]);
        assert_eq!(t.below("").count(), 5);
    }
}
