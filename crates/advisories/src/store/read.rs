//! Reading. Nothing that the file says is believed before it is checked: places lie inside of the file, lengths are bounded.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fst::automaton::Levenshtein;
use fst::{IntoStreamer as _, Map, Streamer as _};
use plimsoll_evidence::{AdvisoryDatabase, Epss, Kev};
use serde::{Deserialize, Serialize};

use super::write::SCORE_STEPS;
use super::{Entry, Entry1, Head, MAGIC, MOST_HEAD, PREFIX, SCHEMA, Section, check, key, sha256};
use crate::record::Given;

/// Bytes of one package's entries at most.
const MOST_ENTRIES: u32 = 256 << 20;
/// Bytes of one block of texts at most, unpacked.
const MOST_BLOCK: u32 = 64 << 20;
/// Bytes that are read of a package's entries at once.
const FIRST_READ: usize = 4 << 10;
/// Unpacked blocks that are kept.
const KEPT_BLOCKS: usize = 64;

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It is not there, or cannot be read.
    #[error("the advisory database {} cannot be read ({cause}); make one with plimsoll db update or plimsoll db build", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It is no database, or not as it was written.
    #[error("the advisory database {} is damaged: {cause}; make it again with plimsoll db update or plimsoll db build", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// A newer Plimsoll wrote it.
    #[error("the advisory database {} is of form {schema} and this Plimsoll reads up to {SCHEMA}; use a newer Plimsoll, or make the database with this one", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its form.
        schema: u32,
    },
}

/// What is shown of a record once it matches.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Text {
    pub(crate) id: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) mends: Vec<String>,
    pub(crate) summary: String,
    pub(crate) published: Option<i64>,
    pub(crate) modified: Option<i64>,
    pub(crate) ratings: Vec<Given>,
    pub(crate) references: Vec<String>,
    pub(crate) informational: Option<String>,
    /// Place in the state's sources.
    pub(crate) source: u32,
}

/// An open database. Its index is in memory; everything else is read where it is asked for.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    file: File,
    head: Head,
    identity: [u8; 32],
    index: Map<Vec<u8>>,
    /// Where the sections begin.
    base: u64,
    length: u64,
}

/// A known name near to one that is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// The name.
    pub name: String,
    /// Letters that differ.
    pub distance: u32,
}

impl Database {
    /// Opens a file and checks its head and its index.
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        let unreadable = |cause| DatabaseError::Unreadable { path: path.to_owned(), cause };
        let damaged = |cause: &str| DatabaseError::Damaged { path: path.to_owned(), cause: cause.to_owned() };
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut prefix = [0; PREFIX];
        read_at(&file, &mut prefix, 0).map_err(|_| damaged("it is too short"))?;
        if prefix[..8] != *MAGIC {
            return Err(damaged("it is no advisory database"));
        }
        let number = |at: usize| u32::from_le_bytes([prefix[at], prefix[at + 1], prefix[at + 2], prefix[at + 3]]);
        let (schema, size) = (number(8), number(12));
        if schema > SCHEMA {
            return Err(DatabaseError::TooNew { path: path.to_owned(), schema });
        }
        if schema == 0 || size > MOST_HEAD || u64::from(size) > length {
            return Err(damaged("its head is larger than the file"));
        }
        let mut head = vec![0; size as usize];
        read_at(&file, &mut head, PREFIX as u64).map_err(|_| damaged("it ends inside of its head"))?;
        let identity = sha256(&head);
        if identity != prefix[16..48] {
            return Err(damaged("its head is not as it was written"));
        }
        let head: Head = postcard::from_bytes(&head).map_err(|_| damaged("its head cannot be read"))?;
        let base = PREFIX as u64 + u64::from(size);
        let end = |s: &Section| base.checked_add(s.start).and_then(|at| at.checked_add(s.length));
        if head.sections().iter().any(|(_, s)| end(s).is_none_or(|end| end > length)) {
            return Err(damaged("it ends before a part that its head names"));
        }
        let index = section(&file, base, &head.index).map_err(|e| damaged(&e))?;
        let index = Map::new(index).map_err(|_| damaged("its index cannot be read"))?;
        Ok(Self { path: path.to_owned(), file, head, identity, index, base, length })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.length
    }

    /// What tells it from every other: the digest of its head, which has those of every part, in hexadecimal.
    pub fn identity(&self) -> String {
        self.identity.iter().flat_map(|b| [b >> 4, b & 15]).filter_map(|n| char::from_digit(n.into(), 16)).collect()
    }

    /// What it holds, and how old it is.
    pub fn state(&self) -> &AdvisoryDatabase {
        &self.head.state
    }

    /// Every ecosystem that it has records of, as OSV names them, sorted.
    pub fn ecosystems(&self) -> &[String] {
        &self.head.ecosystems
    }

    /// Reads the whole file and compares it with its digests.
    pub fn verify(&self) -> Result<(), DatabaseError> {
        for (name, part) in self.head.sections() {
            section(&self.file, self.base, part).map_err(|cause| self.damaged(format!("{name}: {cause}")))?;
        }
        Ok(())
    }

    /// How many packages of an ecosystem any record speaks of.
    pub fn known_in(&self, ecosystem: &str) -> u64 {
        let prefix = key(ecosystem, "");
        let mut stream = self.index.range().ge(&prefix).into_stream();
        let mut count = 0;
        while stream.next().is_some_and(|(bytes, _)| bytes.starts_with(&prefix)) {
            count += 1;
        }
        count
    }

    /// Whether any record speaks of a package, by the name that its ecosystem compares.
    pub fn knows(&self, ecosystem: &str, name: &str) -> bool {
        self.index.contains_key(key(ecosystem, name))
    }

    /// The known names of an ecosystem that are nearest to a name: at most two letters differ.
    pub fn nearest(&self, ecosystem: &str, name: &str) -> Vec<Nearest> {
        const MOST: usize = 5;
        let wanted = String::from_utf8_lossy(&key(ecosystem, name)).into_owned();
        // A long name has too many neighbours at two letters.
        let Some(automaton) = [2, 1].into_iter().find_map(|d| Levenshtein::new(&wanted, d).ok()) else { return Vec::new() };
        let mut found = Vec::new();
        let mut stream = self.index.search(&automaton).into_stream();
        while let Some((bytes, _)) = stream.next() {
            let Some(known) = bytes.strip_prefix(key(ecosystem, "").as_slice()) else { continue };
            let known = String::from_utf8_lossy(known).into_owned();
            found.push(Nearest { distance: edits(name, &known), name: known });
            if found.len() >= 64 {
                break;
            }
        }
        found.sort_by(|a, b| a.distance.cmp(&b.distance).then_with(|| a.name.cmp(&b.name)));
        found.truncate(MOST);
        found
    }

    /// Names of packages that contain a word, each with its ecosystem: at most so many.
    pub fn search(&self, word: &str, most: usize) -> Vec<(String, String)> {
        let word = word.to_ascii_lowercase();
        let mut found = Vec::new();
        let mut stream = self.index.stream();
        while let Some((bytes, _)) = stream.next() {
            let text = String::from_utf8_lossy(bytes);
            let Some((ecosystem, name)) = text.split_once('\0') else { continue };
            if name.to_ascii_lowercase().contains(&word) {
                found.push((ecosystem.to_owned(), name.to_owned()));
            }
        }
        // The nearest to the word first: the shortest of those that contain it.
        found.sort_by(|a, b| (a.1.len(), &a.1, &a.0).cmp(&(b.1.len(), &b.1, &b.0)));
        found.truncate(most);
        found
    }

    /// Every name of an ecosystem that any record speaks of, in order.
    pub(crate) fn each_name(&self, ecosystem: &str, mut with: impl FnMut(&str)) {
        let prefix = key(ecosystem, "");
        let mut stream = self.index.range().ge(&prefix).into_stream();
        while let Some((bytes, _)) = stream.next() {
            let Some(name) = bytes.strip_prefix(prefix.as_slice()) else { break };
            with(&String::from_utf8_lossy(name));
        }
    }

    /// How many records speak of a package, by the name that its ecosystem compares.
    pub fn records_of(&self, ecosystem: &str, name: &str) -> Result<u64, DatabaseError> {
        Ok(self.entries(ecosystem, name)?.len() as u64)
    }

    /// The id of every record.
    pub fn ids(&self) -> Result<Vec<String>, DatabaseError> {
        let mut reader = Reader::new(self);
        (0..u32::try_from(self.head.state.records).unwrap_or(u32::MAX)).map(|record| reader.text(record).map(|t| t.id)).collect()
    }

    pub(crate) fn damaged(&self, cause: impl Into<String>) -> DatabaseError {
        DatabaseError::Damaged { path: self.path.clone(), cause: cause.into() }
    }

    /// The entries of a package.
    pub(crate) fn entries(&self, ecosystem: &str, name: &str) -> Result<Vec<Entry>, DatabaseError> {
        let Some(at) = self.index.get(key(ecosystem, name)) else { return Ok(Vec::new()) };
        let part = &self.head.entries;
        let lying = || self.damaged(format!("the records of {name} are not where its index says"));
        let left = part.length.checked_sub(at).ok_or_else(lying)?;
        let start = self.base + part.start + at;
        // One read is enough for nearly all.
        let mut bytes = vec![0; FIRST_READ.min(left as usize)];
        read_at(&self.file, &mut bytes, start).map_err(|_| lying())?;
        let [a, b, c, d, ..] = bytes[..] else { return Err(lying()) };
        let size = u32::from_le_bytes([a, b, c, d]);
        let whole = u64::from(size) + 12;
        if size > MOST_ENTRIES || whole > left {
            return Err(lying());
        }
        let had = bytes.len();
        bytes.resize(whole as usize, 0);
        if had < bytes.len() {
            read_at(&self.file, &mut bytes[had..], start + had as u64).map_err(|_| lying())?;
        }
        let (prefix, body) = bytes.split_at(12);
        if check(body) != prefix[4..] {
            return Err(self.damaged(format!("the records of {name} are not as they were written")));
        }
        let unreadable = |_| self.damaged(format!("the records of {name} cannot be read"));
        if self.head.state.schema == 1 {
            let old: Vec<Entry1> = postcard::from_bytes(body).map_err(unreadable)?;
            return Ok(old.into_iter().map(Entry::from).collect());
        }
        postcard::from_bytes(body).map_err(unreadable)
    }

    /// The catalogue of exploited vulnerabilities.
    pub(crate) fn exploited(&self) -> Result<BTreeMap<String, Kev>, DatabaseError> {
        let bytes = section(&self.file, self.base, &self.head.exploited).map_err(|e| self.damaged(e))?;
        if bytes.is_empty() {
            return Ok(BTreeMap::new());
        }
        postcard::from_bytes(&bytes).map_err(|_| self.damaged("the catalogue of exploited vulnerabilities cannot be read"))
    }

    /// The prediction scores.
    pub(crate) fn scores(&self) -> Result<Option<Scores>, DatabaseError> {
        let bytes = section(&self.file, self.base, &self.head.scores).map_err(|e| self.damaged(e))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        Map::new(bytes).map(|map| Some(Scores(map))).map_err(|_| self.damaged("the prediction scores cannot be read"))
    }
}

/// Prediction scores by CVE id.
pub(crate) struct Scores(Map<Vec<u8>>);

impl Scores {
    pub(crate) fn get(&self, id: &str) -> Option<Epss> {
        let value = self.0.get(id)?;
        let unit = |n: u64| n as f64 / SCORE_STEPS;
        Some(Epss { score: unit(value >> 32), percentile: unit(value & 0xffff_ffff) })
    }
}

/// Letters to change, add or leave out to make one word of the other.
fn edits(a: &str, b: &str) -> u32 {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<u32> = (0..=b.len() as u32).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i as u32 + 1);
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + u32::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Reads texts of records; keeps the blocks that it unpacked last.
pub(crate) struct Reader<'a> {
    database: &'a Database,
    blocks: HashMap<usize, Arc<Vec<u8>>>,
    order: VecDeque<usize>,
    /// Made once: it costs more than a block does.
    unpacker: Option<zstd::bulk::Decompressor<'static>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(database: &'a Database) -> Self {
        Self { database, blocks: HashMap::new(), order: VecDeque::new(), unpacker: None }
    }

    /// The text of a record.
    pub(crate) fn text(&mut self, record: u32) -> Result<Text, DatabaseError> {
        let blocks = &self.database.head.blocks;
        let lying = || self.database.damaged(format!("record {record} is not where its head says"));
        let at = blocks.partition_point(|b| b.first <= record).checked_sub(1).ok_or_else(lying)?;
        let first = blocks[at].first;
        let block = match self.blocks.get(&at) {
            Some(block) => Arc::clone(block),
            None => self.unpack(at)?,
        };
        let mut rest = block.as_slice();
        let mut skip = record - first;
        loop {
            let (size, after) = rest.split_first_chunk::<4>().ok_or_else(|| self.database.damaged("a block of texts is cut"))?;
            let size = u32::from_le_bytes(*size) as usize;
            let (text, after) = after.split_at_checked(size).ok_or_else(|| self.database.damaged("a block of texts is cut"))?;
            if skip == 0 {
                return postcard::from_bytes(text).map_err(|_| self.database.damaged(format!("record {record} cannot be read")));
            }
            skip -= 1;
            rest = after;
        }
    }

    fn unpack(&mut self, at: usize) -> Result<Arc<Vec<u8>>, DatabaseError> {
        let database = self.database;
        let block = &database.head.blocks[at];
        let part = &database.head.texts;
        let inside = block.start.checked_add(u64::from(block.packed)).is_some_and(|end| end <= part.length);
        if !inside || block.length > MOST_BLOCK {
            return Err(database.damaged("a block of texts lies outside of the file"));
        }
        let mut packed = vec![0; block.packed as usize];
        read_at(&database.file, &mut packed, database.base + part.start + block.start)
            .map_err(|_| database.damaged("a block of texts cannot be read"))?;
        let damaged = || database.damaged("a block of texts cannot be unpacked");
        let unpacker = match &mut self.unpacker {
            Some(unpacker) => unpacker,
            none => none.insert(zstd::bulk::Decompressor::new().map_err(|_| damaged())?),
        };
        let raw = unpacker.decompress(&packed, block.length as usize).map_err(|_| damaged())?;
        if check(&raw) != block.check {
            return Err(database.damaged("a block of texts is not as it was written"));
        }
        let raw = Arc::new(raw);
        if self.order.len() >= KEPT_BLOCKS
            && let Some(oldest) = self.order.pop_front()
        {
            self.blocks.remove(&oldest);
        }
        self.order.push_back(at);
        self.blocks.insert(at, Arc::clone(&raw));
        Ok(raw)
    }
}

/// A whole part of the file, compared with its digest.
fn section(file: &File, base: u64, part: &Section) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; usize::try_from(part.length).map_err(|_| "it is too large".to_owned())?];
    read_at(file, &mut bytes, base + part.start).map_err(|_| "it cannot be read".to_owned())?;
    if sha256(&bytes) != part.sha256 {
        return Err("it is not as it was written".to_owned());
    }
    Ok(bytes)
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, at)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, buffer: &mut [u8], at: u64) -> io::Result<()> {
    use std::io::{Read as _, Seek as _};
    file.seek(io::SeekFrom::Start(at))?;
    file.read_exact(buffer)
}
