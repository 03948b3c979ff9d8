use serde::{Deserialize, Serialize};

use crate::{ElfFacts, FileEntry, PackageDatabase, Problem, SecretFind};

/// Everything learnt from one layer's bytes, and from them alone: so it can be computed in parallel and cached by diff ID.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LayerFacts {
    /// Bytes of the uncompressed tar.
    pub unpacked_bytes: u64,
    /// Tar entries read, whiteouts included.
    pub entry_count: u64,
    /// The layer's files in tar order; where a path stands twice, the last one counts, as when unpacking. Not part of the
    /// serialised form: they are most of it, and are stored apart.
    #[serde(skip)]
    pub files: Vec<FileEntry>,
    /// Deletions of what lies below.
    pub whiteouts: Vec<Whiteout>,
    /// Small texts kept for later stages: account databases, server configurations, scripts.
    pub texts: Vec<CapturedText>,
    /// ELF files.
    pub elfs: Vec<ElfFacts>,
    /// Package databases and packages' own records. Stored apart as well.
    #[serde(skip)]
    pub databases: Vec<PackageDatabase>,
    /// Digests of files, of those that were asked for. Each image asks for others, so none are among what is learnt of a layer at first.
    pub digests: Vec<crate::ComputedDigest>,
    /// Credentials.
    pub secrets: Vec<SecretFind>,
    /// What could not be read. Not part of the serialised form, which has to suit formats that do not name what they hold.
    #[serde(skip)]
    pub problems: Vec<Problem>,
}

/// A deletion (OCI image specification v1.1, layer.md, "Whiteouts").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whiteout {
    /// This path, and all below it, of lower layers.
    Path(String),
    /// All that lower layers have in this directory.
    Opaque(String),
}

/// A text file kept whole (or its beginning, up to the analyser's bound).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapturedText {
    /// Path, as in [`FileEntry::path`].
    pub path: String,
    /// The text; bytes that are not UTF-8 replaced by U+FFFD.
    pub text: String,
    /// Whether the file is longer than what was kept.
    pub cut: bool,
}
