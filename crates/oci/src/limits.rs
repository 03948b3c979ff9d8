//! How much of a foreign image is read before it is called hostile.

/// Bounds on what is read while an image is opened. The defaults let every image through that registries take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest manifest or index, in bytes. 4 MiB: what registries take (distribution specification v1.1, "Pushing Manifests").
    pub manifest_bytes: u64,
    /// Largest image config, in bytes. 4 MiB.
    pub config_bytes: u64,
    /// How deep indexes may lie in indexes. 8.
    pub index_depth: usize,
    /// How many manifests and indexes are read for one reference. 1,000.
    pub documents: usize,
    /// How many bytes all of those may have together. 64 MiB.
    pub document_bytes: u64,
    /// How many descriptors all indexes of one reference may hold. 10,000.
    pub index_entries: usize,
    /// How many layers an image may have. 4,096; engines stop at about 127.
    pub layers: usize,
    /// How many entries the tar of an archive may have. 100,000.
    pub archive_entries: usize,
    /// Most bytes that an archive from a pipe, an engine or a decompressor may take on disk. 32 GiB.
    pub spool_bytes: u64,
    /// How many times its compressed size an archive may unpack to, beyond the first 256 MiB. 200.
    pub spool_ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            manifest_bytes: 4 << 20,
            config_bytes: 4 << 20,
            index_depth: 8,
            documents: 1_000,
            document_bytes: 64 << 20,
            index_entries: 10_000,
            layers: 4_096,
            archive_entries: 100_000,
            spool_bytes: 32 << 30,
            spool_ratio: 200,
        }
    }
}
