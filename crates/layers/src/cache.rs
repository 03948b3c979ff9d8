//! Facts of layers, kept by diff ID.
//!
//! An entry is one file below the cache's directory: `layers/<key>/<diff ID>`, where the key is a hash of the format's and
//! every analyser's version. It is written beside its place and renamed, so parallel runs share it safely; it carries a
//! checksum, and one that does not verify is as if it were not there. The directory may be deleted at any time.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use flate2::Crc;
use plimsoll_evidence::{Digest, LayerFacts, Problem};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::analyser::Analyser;

/// Raised when the shape of what is stored changes.
const FORMAT: u32 = 11;
const MAGIC: &[u8; 8] = b"PLIMSOLL";

/// A cache of layers' facts.
#[derive(Debug, Clone)]
pub struct Cache {
    directory: PathBuf,
    most_bytes: u64,
    /// What analysers were asked beside their names, where that is not the same for every image.
    question: Option<[u8; 32]>,
}

/// What a cache takes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheUse {
    /// Entries of every version.
    pub entries: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    /// Bytes beyond which the entries longest unused are removed.
    pub most_bytes: u64,
}

/// What is stored beside the files and the databases.
#[derive(Serialize, Deserialize)]
struct Entry<F> {
    /// Digests of stored blobs that were read and gave this diff ID.
    stored: BTreeSet<Digest>,
    /// Problems hold places, whose form in JSON names its variants; they are stored as JSON text.
    problems: String,
    facts: F,
}

impl Cache {
    /// A cache in a directory, which is made when first written to. Beyond `most_bytes` the entries longest unused go.
    pub fn new(directory: PathBuf, most_bytes: u64) -> Self {
        Self { directory, most_bytes, question: None }
    }

    /// The same cache for analysers that are asked something, such as about files that they are told: what they find is kept apart by it.
    pub fn asked(&self, question: &[u8]) -> Self {
        Self { question: Some(Sha256::digest(question).into()), ..self.clone() }
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The facts of a layer, where this stored blob is known to unpack to this diff ID and these analysers have seen it.
    pub fn get(&self, diff_id: &Digest, stored: &Digest, analysers: &[Box<dyn Analyser>]) -> Option<LayerFacts> {
        let path = self.path(diff_id, analysers);
        let entry = read(&path)?;
        if !entry.stored.contains(stored) {
            return None;
        }
        // The time of last use; failing to set it costs nothing but order.
        let _ = fs::File::options().append(true).open(&path).and_then(|f| f.set_modified(SystemTime::now()));
        let problems: Vec<Problem> = serde_json::from_str(&entry.problems).ok()?;
        Some(LayerFacts { problems, ..entry.facts })
    }

    /// Keeps the facts of a layer that was read whole and whose digests agree.
    pub fn put(&self, diff_id: &Digest, stored: &Digest, analysers: &[Box<dyn Analyser>], facts: &LayerFacts) -> io::Result<()> {
        let path = self.path(diff_id, analysers);
        let mut known = read(&path).map(|e| e.stored).unwrap_or_default();
        known.insert(stored.clone());
        let problems = serde_json::to_string(&facts.problems).map_err(io::Error::other)?;
        let directory = path.parent().unwrap_or(&self.directory);
        fs::create_dir_all(directory)?;
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(MAGIC)?;
        file.write_all(&[0; HEAD])?;
        // It writes a few bytes at a time.
        let to = BufWriter::with_capacity(BUFFER, Summing { to: file, sum: Crc::new(), bytes: 0 });
        let mut to = postcard::to_io(&facts.files, to).map_err(io::Error::other)?;
        to.flush()?;
        let files_end = to.get_ref().bytes;
        let mut to = postcard::to_io(&facts.databases, to).map_err(io::Error::other)?;
        to.flush()?;
        let ends = [files_end, to.get_ref().bytes].map(u64::to_le_bytes).concat();
        let written = postcard::to_io(&Entry { stored: known, problems, facts }, to).map_err(io::Error::other)?;
        let Summing { to: mut file, mut sum, .. } = written.into_inner().map_err(io::IntoInnerError::into_error)?;
        sum.update(&ends);
        file.seek(SeekFrom::Start(MAGIC.len() as u64))?;
        file.write_all(&sum.sum().to_le_bytes())?;
        file.write_all(&ends)?;
        file.persist(&path).map_err(|e| e.error)?;
        self.trim()
    }

    /// How much it holds.
    pub fn usage(&self) -> io::Result<CacheUse> {
        let entries = self.entries()?;
        Ok(CacheUse { entries: entries.len() as u64, bytes: entries.iter().map(|e| e.bytes).sum(), most_bytes: self.most_bytes })
    }

    /// Removes every entry; says what went.
    pub fn clear(&self) -> io::Result<CacheUse> {
        let before = self.usage()?;
        for entry in self.entries()? {
            remove(&entry.path)?;
        }
        Ok(before)
    }

    fn trim(&self) -> io::Result<()> {
        let mut entries = self.entries()?;
        let mut bytes: u64 = entries.iter().map(|e| e.bytes).sum();
        entries.sort_by_key(|e| e.used);
        for entry in entries {
            if bytes <= self.most_bytes {
                break;
            }
            remove(&entry.path)?;
            bytes -= entry.bytes;
        }
        Ok(())
    }

    fn entries(&self) -> io::Result<Vec<Kept>> {
        let mut kept = Vec::new();
        let root = self.directory.join("layers");
        for version in list(&root)? {
            for path in list(&version)? {
                // Another run may remove it meanwhile.
                if let Ok(meta) = fs::symlink_metadata(&path)
                    && meta.is_file()
                {
                    kept.push(Kept { path, bytes: meta.len(), used: meta.modified().unwrap_or(SystemTime::UNIX_EPOCH) });
                }
            }
        }
        Ok(kept)
    }

    fn path(&self, diff_id: &Digest, analysers: &[Box<dyn Analyser>]) -> PathBuf {
        let mut ids: Vec<_> = analysers.iter().map(|a| a.id()).collect();
        ids.sort_unstable();
        let mut hash = Sha256::new();
        hash.update(FORMAT.to_le_bytes());
        hash.update(env!("CARGO_PKG_VERSION").as_bytes());
        for id in ids {
            hash.update(id.name.as_bytes());
            hash.update([0]);
            hash.update(id.version.to_le_bytes());
        }
        if let Some(question) = &self.question {
            hash.update([0xff]);
            hash.update(question);
        }
        let key = Digest::sha256(&hash.finalize().into());
        self.directory.join("layers").join(&key.hex()[..16]).join(format!("{}-{}", diff_id.algorithm().name(), diff_id.hex()))
    }
}

struct Kept {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// Bytes of the checksum, and of the places where the first two parts end, all before what they are about. The checksum is against
/// decay: whoever may write here can write any checksum too, and a cryptographic one took a tenth of a warm check.
const SUM: usize = size_of::<u32>();
const ENDS: usize = 2 * size_of::<u64>();
const HEAD: usize = SUM + ENDS;
const BUFFER: usize = 64 << 10;

/// Sums up what is written.
struct Summing<W> {
    to: W,
    sum: Crc,
    bytes: u64,
}

impl<W: Write> Write for Summing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.to.write(bytes)?;
        self.sum.update(&bytes[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Files and databases are most of an entry; the three parts are read back side by side. What does not verify is read for nothing, and
/// thrown away.
fn read(path: &Path) -> Option<Entry<LayerFacts>> {
    let bytes = fs::read(path).ok()?;
    let (sum, rest) = bytes.strip_prefix(MAGIC)?.split_at_checked(SUM)?;
    let (ends, payload) = rest.split_at_checked(ENDS)?;
    let (files_end, databases_end) = ends.split_at_checked(size_of::<u64>())?;
    let end = |bytes: &[u8]| usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok();
    let (files_end, databases_end) = (end(files_end)?, end(databases_end)?);
    let files = payload.get(..files_end)?;
    let databases = payload.get(files_end..databases_end)?;
    let rest = payload.get(databases_end..)?;
    std::thread::scope(|scope| {
        let rest = scope.spawn(|| postcard::from_bytes::<Entry<LayerFacts>>(rest).ok());
        let databases = scope.spawn(|| postcard::from_bytes(databases).ok());
        let files = postcard::from_bytes(files).ok();
        let mut found = Crc::new();
        found.update(payload);
        found.update(ends);
        let verified = found.sum().to_le_bytes() == sum;
        let mut entry = rest.join().ok().flatten().filter(|_| verified)?;
        entry.facts.databases = databases.join().ok().flatten()?;
        entry.facts.files = files?;
        Some(entry)
    })
}

fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|e| e.map(|e| e.path())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
