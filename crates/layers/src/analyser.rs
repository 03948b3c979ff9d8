use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use plimsoll_evidence::{FileEntry, LayerFacts, Problem};

/// An analyser's name and version. Both are part of the layer cache's key: a change in what an analyser finds raises its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnalyserId {
    /// Unique among analysers.
    pub name: &'static str,
    /// Raised with every change of what it finds.
    pub version: u32,
}

/// How much of a file an analyser wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Nothing: `analyse` is not called.
    Nothing,
    /// The whole file, at any offset: it comes as [`Content::Whole`], or as [`Content::Spooled`] where it is larger than what is held in memory.
    Whole,
    /// Every byte once, in order: it comes as [`Content::Whole`], or as one [`Content::Window`] after another where it is larger than what is held in memory.
    Windows,
}

/// A regular file's bytes, or a part of them.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// All of them.
    Whole(&'a [u8]),
    /// All of them, on disk.
    Spooled(Spooled<'a>),
    /// A part of them.
    Window(Window<'a>),
}

/// A file too large for memory, kept in an unlinked temporary file while it is analysed.
#[derive(Debug, Clone, Copy)]
pub struct Spooled<'a> {
    file: &'a File,
    len: u64,
}

/// A part of a file that is larger than what is held in memory. Windows overlap, so that nothing is torn at their edges.
#[derive(Debug, Clone, Copy)]
pub struct Window<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// How many of them, at the start, the window before ended with.
    pub overlap: usize,
    /// Where `bytes` starts in the file.
    pub offset: u64,
    /// Line feeds in the file before `bytes`.
    pub lines_before: u64,
}

impl<'a> Spooled<'a> {
    /// A view of the first `len` bytes of a temporary file.
    pub fn new(file: &'a File, len: u64) -> Self {
        Self { file, len }
    }

    /// The file's size in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Fills `into` from `offset`; fails with `UnexpectedEof` where the file is shorter.
    pub fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        if offset.checked_add(into.len() as u64).is_none_or(|end| end > self.len) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.read_exact_at(into, offset)
    }
}

/// Finds something in files. One analyser, one idea; it sees each regular file of a layer once and must not depend on
/// the order of files, other layers or anything outside.
pub trait Analyser: Send + Sync {
    /// Name and version.
    fn id(&self) -> AnalyserId;

    /// Whether it wants the bytes of a regular file, from its header and up to its first 512 bytes. Called for every
    /// regular file: cheap, and reads nothing else.
    fn wants(&self, entry: &FileEntry, head: &[u8]) -> Interest;

    /// Looks at the bytes and adds what it finds. A problem is kept in the layer's facts and the pass goes on; bounded
    /// time and memory for any bytes, and no panic.
    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem>;
}
