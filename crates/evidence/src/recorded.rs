use serde::{Deserialize, Serialize};

use crate::OwnedPaths;

/// A digest that a package manager keeps of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FileDigest {
    /// Of dpkg, and of rpm before 4.6.
    Md5([u8; 16]),
    /// Of apk.
    Sha1([u8; 20]),
    /// Of rpm, pacman and Python's `RECORD`.
    Sha256([u8; 32]),
    /// By an algorithm that is not computed here.
    Other,
}

/// What a package manager's record says of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFile {
    /// Its digest.
    pub digest: FileDigest,
    /// Its size in bytes, where that is recorded.
    pub size: Option<u64>,
    /// When the package was built, in seconds since 1970: a file of its that is newer was touched since. `None` where the time of the
    /// record's own file says so.
    pub built: Option<i64>,
    /// Whether it is a configuration, which is there to be changed.
    pub config: bool,
}

impl RecordedFile {
    /// A file of which only a digest is known.
    pub fn new(digest: FileDigest) -> Self {
        Self { digest, size: None, built: None, config: false }
    }
}

/// Files with what a record says of each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFiles {
    paths: OwnedPaths,
    files: Vec<RecordedFile>,
}

impl RecordedFiles {
    /// Adds a file of the package at this place in the database.
    pub fn push(&mut self, owner: u32, path: &str, file: RecordedFile) {
        let before = self.paths.len();
        self.paths.push(owner, path);
        if self.paths.len() > before {
            self.files.push(file);
        }
    }

    /// Each with its owner and path, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &str, &RecordedFile)> {
        self.paths.iter().zip(&self.files).map(|((owner, path), file)| (owner, path, file))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// A digest that was computed of a file, because someone asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComputedDigest {
    /// The file, as in [`crate::FileEntry::path`].
    pub path: String,
    /// Its digest, of each algorithm that was asked for.
    pub digest: FileDigest,
    /// Whether it is something that runs, by its first bytes.
    pub code: bool,
}

/// The files of packages against the digests that their managers keep. What differs and what is gone is told file by file, the rest is
/// counted: a file whose digest was not recomputed is never counted as one that agrees.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FileChecks {
    /// Packages with a record of digests, by place in [`crate::Inventory::packages`], sorted.
    pub packages: Vec<PackageFiles>,
    /// Files that are not those that their package brought, sorted by package and path.
    pub changed: Vec<ChangedFile>,
    /// Files that are gone, sorted by package and path.
    pub missing: Vec<MissingFile>,
}

/// How the files of one package fare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageFiles {
    /// The package.
    pub package: u32,
    /// Files whose recomputed digest is the recorded one.
    pub agree: u32,
    /// Files that lie where the package's own layer put them, no newer than the package, and that were not recomputed.
    pub untouched: u32,
    /// Files whose digest was needed and could not be had: another algorithm, a layer that was not read.
    pub uncomputed: u32,
}

/// What kind of file differs or is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FileNature {
    /// A program, a library, a script.
    Code,
    /// What the package itself calls a configuration.
    Config,
    /// Anything else.
    Data,
}

/// A file that is not the one that its package brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// The package.
    pub package: u32,
    /// The file, as in [`crate::FileEntry::path`].
    pub path: String,
    /// What it is.
    pub nature: FileNature,
    /// Whether a later layer than the package's put it there.
    pub later: bool,
    /// The algorithm by which it differs: `MD5`, `SHA-1`, `SHA-256`, or `type` where it is no regular file any more.
    pub by: String,
}

/// A file that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingFile {
    /// The package.
    pub package: u32,
    /// Where it was, as in [`crate::FileEntry::path`].
    pub path: String,
    /// What it was, by its path.
    pub nature: FileNature,
    /// The layer that deleted it; `None` where no layer has it.
    pub by_layer: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_files_come_back_as_they_were_added() {
        let mut all = RecordedFiles::default();
        assert!(all.is_empty());
        let one = RecordedFile { size: Some(3), ..RecordedFile::new(FileDigest::Md5([7; 16])) };
        all.push(4, "usr/bin/a", one);
        all.push(0, "", RecordedFile::new(FileDigest::Other));
        assert_eq!(all.iter().collect::<Vec<_>>(), [(4, "usr/bin/a", &one), (0, "", &RecordedFile::new(FileDigest::Other))]);
    }
}
