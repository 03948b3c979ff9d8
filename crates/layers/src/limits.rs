/// What hostile input may cost at the most. Reaching a limit is a problem in the report, and the items that needed what
/// lies beyond it cannot pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Tar entries of one layer. Default: one million.
    pub entries: u64,
    /// Tar entries of all layers of an image together. Default: two million.
    pub entries_together: u64,
    /// Bytes of one layer's uncompressed tar. Default: 64 GiB.
    pub unpacked_bytes: u64,
    /// Uncompressed bytes for each compressed one, once `ratio_from` bytes are unpacked. Default: 250. Deflate cannot
    /// exceed 1,032; real layers stay below 20.
    pub ratio: u64,
    /// Uncompressed bytes below which the ratio does not matter. Default: 256 MiB.
    pub ratio_from: u64,
    /// Bytes of a path, as Linux's `PATH_MAX`. Default: 4096.
    pub path_bytes: usize,
    /// Bytes of a file that are held in memory; larger ones are spooled to disk or come in windows. Default: 64 MiB.
    pub held_bytes: u64,
    /// Bytes of all files held at a time, over all layers. Default: 80 MiB.
    pub held_together: u64,
    /// Bytes of a file that are spooled to disk; of a larger one the analysers that want it whole see nothing. Default: 2 GiB.
    pub spooled_bytes: u64,
    /// Problems kept of one layer; the rest is counted. Default: 200.
    pub problems: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            entries_together: 2_000_000,
            unpacked_bytes: 64 << 30,
            ratio: 250,
            ratio_from: 256 << 20,
            path_bytes: 4096,
            held_bytes: 64 << 20,
            held_together: 80 << 20,
            spooled_bytes: 2 << 30,
            problems: 200,
        }
    }
}
