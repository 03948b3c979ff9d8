//! Archives among a layer's files, one level deep.

mod tarball;
mod zip;

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use plimsoll_evidence::{FileEntry, LayerFacts, Problem, ProblemKind, printable_line};
use plimsoll_layers::Spooled;

use crate::analyser::{add, line};
use crate::place::{self, Archive};
use crate::scan::{Subject, scan};
use crate::text::is_text;

/// Entries of one archive.
const MOST_ENTRIES: u64 = 20_000;
/// Bytes that are unpacked of one archive.
const MOST_UNPACKED: u64 = 64 << 20;
/// Bytes that are unpacked of one entry.
const MOST_OF_ENTRY: u64 = 16 << 20;
/// Bytes that are unpacked of compiled classes of one archive, and of one of them: in a large jar they are all there is,
/// and constants of a few classes are what is looked for.
const MOST_CLASSES: u64 = 8 << 20;
const MOST_OF_CLASS: u64 = 64 << 10;

/// An archive's bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bytes<'a> {
    /// In memory.
    Held(&'a [u8]),
    /// On disk.
    Spooled(Spooled<'a>),
}

/// Looks for credentials in an archive's entries. What cannot be unpacked, or would cost too much, is a problem.
pub(crate) fn look(kind: Archive, entry: &FileEntry, bytes: Bytes<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
    let mut unpacked = Unpacked { entry, facts, budget: MOST_UNPACKED, classes: MOST_CLASSES, entries: 0 };
    match kind {
        Archive::Zip => zip::look(bytes, &mut unpacked),
        Archive::Tar => tarball::look(bytes, &mut unpacked),
    }
    .map_err(|stop| stop.problem(entry))
}

/// Why an archive was not read to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A limit was reached; says which.
    Limit(String),
    /// It cannot be read further; says why.
    Damaged(String),
}

impl Stop {
    fn problem(self, entry: &FileEntry) -> Problem {
        let path = printable_line(&entry.path, 200);
        match self {
            Self::Limit(what) => Problem::hiding(ProblemKind::Limit, format!("/{path}: {what}; the rest was not searched for credentials")),
            Self::Damaged(what) => {
                Problem::hiding(ProblemKind::Malformed, format!("/{path}: {what}; the rest was not searched for credentials"))
            }
        }
    }
}

/// What was unpacked of an archive so far.
pub(crate) struct Unpacked<'a> {
    entry: &'a FileEntry,
    facts: &'a mut LayerFacts,
    budget: u64,
    classes: u64,
    entries: u64,
}

impl Unpacked<'_> {
    /// Counts an entry.
    fn count(&mut self) -> Result<(), Stop> {
        self.entries += 1;
        if self.entries > MOST_ENTRIES {
            return Err(Stop::Limit(format!("the archive has more than {MOST_ENTRIES} entries")));
        }
        Ok(())
    }

    /// Whether an entry of this name and size is unpacked at all.
    fn wants(&mut self, name: &str, size: u64) -> bool {
        let extension = name.rsplit('/').next().unwrap_or_default().rsplit_once('.').map_or("", |(_, e)| e);
        if size == 0 || name.ends_with('/') || NOTHING.contains(&extension) {
            return false;
        }
        if matches!(extension, "class" | "sig") {
            let wanted = size <= MOST_OF_CLASS && size <= self.classes;
            if wanted {
                self.classes -= size;
            }
            return wanted;
        }
        true
    }

    /// Unpacks an entry and searches it.
    fn search(&mut self, name: &str, from: impl Read) -> Result<(), Stop> {
        let mut bytes = Vec::new();
        let most = MOST_OF_ENTRY.min(self.budget);
        from.take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| Stop::Damaged(format!("{} cannot be unpacked: {}", printable_line(name, 200), e.kind())))?;
        if bytes.len() as u64 > most {
            return Err(Stop::Limit(format!(
                "{} unpacks to more than {most} bytes (of one entry {MOST_OF_ENTRY} are unpacked, of an archive {MOST_UNPACKED})",
                printable_line(name, 200)
            )));
        }
        self.budget -= bytes.len() as u64;
        if place::is_nothing(name, &bytes) {
            return Ok(());
        }
        // What lies in a package's archive is the package's own.
        let is_own = place::is_own(&self.entry.path) && place::is_own(name);
        let path = format!("{}/{name}", self.entry.path);
        let subject = Subject { path: &path, is_text: is_text(&bytes), is_own, cut: (false, false) };
        let hits = scan(subject, &bytes);
        add(self.facts, self.entry, Some(name), hits, |at| subject.is_text.then(|| line(&bytes, 0, at)));
        Ok(())
    }
}

/// Entries that hold no credential, or are archives themselves: nested ones are not opened.
const NOTHING: &[&str] = &[
    "png",
    "jpg",
    "jpeg",
    "gif",
    "ico",
    "svg",
    "woff",
    "woff2",
    "ttf",
    "otf",
    "eot",
    "jar",
    "war",
    "ear",
    "zip",
    "whl",
    "gz",
    "tgz",
    "bz2",
    "xz",
    "zst",
    "mo",
    "RSA",
    "DSA",
    "SF",
    "mp3",
    "mp4",
    "wav",
    "pdf",
    "so",
    "dll",
    "dylib",
    "exe",
    "lib",
    "a",
    "o",
    "pdb",
    "kotlin_module",
    "kotlin_metadata",
];

impl Bytes<'_> {
    fn len(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::Spooled(spooled) => spooled.len(),
        }
    }

    /// As many bytes as there are from an offset.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = self.len().saturating_sub(offset);
        let n = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        match self {
            Self::Held(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                into[..n].copy_from_slice(&bytes[from..from + n]);
            }
            Self::Spooled(spooled) => spooled.read_exact_at(&mut into[..n], offset)?,
        }
        Ok(n)
    }
}

/// An archive's bytes as a stream that can be wound.
struct Cursor<'a> {
    bytes: Bytes<'a>,
    at: u64,
}

impl<'a> Cursor<'a> {
    fn new(bytes: Bytes<'a>) -> Self {
        Self { bytes, at: 0 }
    }

    fn buffered(bytes: Bytes<'a>) -> BufReader<Self> {
        BufReader::with_capacity(64 << 10, Self::new(bytes))
    }
}

impl Read for Cursor<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.bytes.read_at(into, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Cursor<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.bytes.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
