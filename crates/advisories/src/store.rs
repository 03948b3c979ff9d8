//! The database: one file that never changes once it is there.
//!
//! ```text
//! magic (8 bytes) · schema (u32) · length of the head (u32) · SHA-256 of the head (32)
//! head: postcard of `Head`: state, sources, sections with their SHA-256, blocks
//! index: fst, from ecosystem NUL name to the place of its entries
//! entries: by package, what decides whether a version is affected: check (8) · postcard
//! texts: blocks of zstd, what is shown of a record once it matches
//! scores, exploited: the catalogues, read only where something was found
//! ```
//!
//! Numbers are little endian. The head and the index are checked when the file is opened, every other part when it is read. Equal input
//! gives equal bytes.

mod read;
mod write;

pub use read::{Database, DatabaseError, Nearest};
pub(crate) use read::{Reader, Text};
pub use write::put;
pub(crate) use write::{Contents, write};

use plimsoll_evidence::{AdvisoryDatabase, AffectedCode, FixState};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub(crate) use crate::record::Builds;
use crate::record::{Given, Range, Standing};

pub(crate) const MAGIC: &[u8; 8] = b"PLIMADV\0";
/// The form that is written. Every older one is read; version 1 is the first, and has no [`Builds`].
pub const SCHEMA: u32 = 2;
/// Magic, schema, length and digest of the head.
pub(crate) const PREFIX: usize = 8 + 4 + 4 + 32;
/// Bytes of the head at most.
pub(crate) const MOST_HEAD: u32 = 64 << 20;
/// Bytes of texts in one block, before they are packed: larger ones pack better, and smaller ones are read faster for a few records each.
pub(crate) const BLOCK: usize = 8 << 10;

/// What tells where everything is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) state: AdvisoryDatabase,
    /// Each ecosystem that any record speaks of, sorted.
    pub(crate) ecosystems: Vec<String>,
    pub(crate) index: Section,
    pub(crate) entries: Section,
    pub(crate) texts: Section,
    pub(crate) scores: Section,
    pub(crate) exploited: Section,
    pub(crate) blocks: Vec<Block>,
}

impl Head {
    pub(crate) fn sections(&self) -> [(&'static str, &Section); 5] {
        [
            ("index", &self.index),
            ("entries", &self.entries),
            ("texts", &self.texts),
            ("scores", &self.scores),
            ("exploited", &self.exploited),
        ]
    }
}

/// A part of the file, by its place after the head.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Section {
    pub(crate) start: u64,
    pub(crate) length: u64,
    pub(crate) sha256: [u8; 32],
}

/// A block of texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Block {
    /// The first record whose text is in it.
    pub(crate) first: u32,
    /// Its place in the section.
    pub(crate) start: u64,
    /// Its packed length.
    pub(crate) packed: u32,
    /// Its length.
    pub(crate) length: u32,
    pub(crate) check: [u8; 8],
}

/// What decides whether a version of one package is affected by one record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The record's number.
    pub(crate) record: u32,
    pub(crate) standing: Standing,
    pub(crate) ranges: Vec<Range>,
    pub(crate) versions: Vec<String>,
    pub(crate) ratings: Vec<Given>,
    pub(crate) fix: Option<FixState>,
    pub(crate) code: Vec<AffectedCode>,
    pub(crate) informational: Option<String>,
    pub(crate) builds: Builds,
}

/// An entry of the first form.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry1 {
    record: u32,
    standing: Standing,
    ranges: Vec<Range>,
    versions: Vec<String>,
    ratings: Vec<Given>,
    fix: Option<FixState>,
    code: Vec<AffectedCode>,
    informational: Option<String>,
}

impl From<Entry1> for Entry {
    fn from(old: Entry1) -> Self {
        let Entry1 { record, standing, ranges, versions, ratings, fix, code, informational } = old;
        Self { record, standing, ranges, versions, ratings, fix, code, informational, builds: Builds::default() }
    }
}

/// The key of a package in the index.
pub(crate) fn key(ecosystem: &str, name: &str) -> Vec<u8> {
    [ecosystem.as_bytes(), b"\0", name.as_bytes()].concat()
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The beginning of a digest: enough to tell that a part was read as it was written.
pub(crate) fn check(bytes: &[u8]) -> [u8; 8] {
    let mut out = [0; 8];
    out.copy_from_slice(&sha256(bytes)[..8]);
    out
}
