//! From a tar stream to a layer's facts.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead, Write};

use plimsoll_evidence::{FileEntry, FileKind, LayerFacts, Problem, ProblemKind, Whiteout, printable_line};

use crate::analyser::{Analyser, Content, Interest, Spooled, Window};
use crate::budget::Budget;
use crate::capability;
use crate::limits::Limits;
use crate::path::{self, BadPath};
use crate::tar::{EntryType, Header, TarError, TarReader};

/// Bytes of a file's beginning that analysers decide on.
const HEAD: usize = 512;
/// Bytes of a window over a file that is not held, and how many of them the next window repeats.
const WINDOW: usize = 1 << 20;
const OVERLAP: usize = 16 << 10;
/// Files below this take no share of the budget: the buffers in flight are as large.
const UNCOUNTED: u64 = 1 << 20;

/// Reads a layer's uncompressed tar to its end and asks the analysers about each regular file. What cannot be read is a
/// problem in the facts; an error of the stream itself ends the reading and is returned beside what was learnt.
pub fn collect(stream: impl BufRead, analysers: &[Box<dyn Analyser>], limits: &Limits, budget: &Budget) -> (LayerFacts, Option<TarError>) {
    let mut collector = Collector {
        tar: TarReader::new(stream),
        analysers,
        limits,
        budget,
        facts: LayerFacts::default(),
        links: HashMap::new(),
        paths: HashSet::new(),
        hashing: RandomState::new(),
        repeated: HashMap::new(),
        held: Vec::new(),
        more_problems: 0,
    };
    let error = collector.run().err();
    let Collector { mut facts, more_problems, repeated, .. } = collector;
    forget_overwritten(&mut facts, &repeated);
    if more_problems > 0 {
        facts.problems.push(Problem::hiding(ProblemKind::Limit, format!("{more_problems} more problems of this layer are not listed")));
    }
    (facts, error)
}

struct Collector<'a, R> {
    tar: TarReader<R>,
    analysers: &'a [Box<dyn Analyser>],
    limits: &'a Limits,
    budget: &'a Budget,
    facts: LayerFacts,
    /// The symbolic links this layer has made so far: an engine that unpacks it follows them.
    links: HashMap<String, String>,
    /// A hash of every path so far (two that share one cost a needless entry below, no more), and of paths that came again
    /// how many facts there were before the last time.
    paths: HashSet<u64>,
    hashing: RandomState,
    repeated: HashMap<String, FactCounts>,
    held: Vec<u8>,
    more_problems: usize,
}

/// How many facts of each kind there are.
#[derive(Clone, Copy)]
struct FactCounts {
    texts: usize,
    elfs: usize,
    databases: usize,
}

/// Where a path stands in a layer twice, the facts about the first file are about bytes that no container sees. (Secrets
/// stay: they ship.)
fn forget_overwritten(facts: &mut LayerFacts, repeated: &HashMap<String, FactCounts>) {
    fn keep_last<T>(facts: &mut Vec<T>, path: impl Fn(&T) -> &str, first: impl Fn(&str) -> Option<usize>) {
        let mut index = 0;
        facts.retain(|fact| {
            index += 1;
            first(path(fact)).is_none_or(|first| index > first)
        });
    }
    if repeated.is_empty() {
        return;
    }
    keep_last(&mut facts.texts, |t| &t.path, |p| repeated.get(p).map(|c| c.texts));
    keep_last(&mut facts.elfs, |e| &e.path, |p| repeated.get(p).map(|c| c.elfs));
    keep_last(&mut facts.databases, |d| &d.path, |p| repeated.get(p).map(|c| c.databases));
}

impl<R: BufRead> Collector<'_, R> {
    fn run(&mut self) -> Result<(), TarError> {
        while let Some(header) = self.tar.next_entry()? {
            self.facts.entry_count += 1;
            if self.facts.entry_count > self.limits.entries {
                self.problem(Problem::hiding(
                    ProblemKind::Limit,
                    format!("the layer has more than {} entries; the rest was not read", self.limits.entries),
                ));
                return Ok(());
            }
            self.entry(&header)?;
        }
        let stray = self.tar.drain()?;
        if stray > 0 {
            self.problem(Problem::noted(
                ProblemKind::Malformed,
                "bytes follow the archive's end; engines ignore them, they ship all the same",
            ));
        }
        Ok(())
    }

    fn problem(&mut self, problem: Problem) {
        if self.facts.problems.len() < self.limits.problems {
            self.facts.problems.push(problem);
        } else {
            self.more_problems += 1;
        }
    }

    fn entry(&mut self, header: &Header) -> Result<(), TarError> {
        let Some(path) = self.place(&header.path) else { return Ok(()) };
        let name = path.rsplit('/').next().unwrap_or_default();
        if let Some(hidden) = name.strip_prefix(".wh.") {
            let parent = path.rsplit_once('/').map_or("", |(p, _)| p);
            if hidden == ".wh..opq" {
                self.facts.whiteouts.push(Whiteout::Opaque(parent.to_owned()));
            } else if !hidden.starts_with(".wh.") && !hidden.is_empty() {
                // Other names with a doubled prefix are AUFS's own and mean nothing in a layer.
                let path = if parent.is_empty() { hidden.to_owned() } else { format!("{parent}/{hidden}") };
                self.links.remove(&path);
                self.facts.whiteouts.push(Whiteout::Path(path));
            }
            return Ok(());
        }
        let kind = match header.kind {
            EntryType::Regular => FileKind::Regular,
            EntryType::Directory => FileKind::Directory,
            EntryType::Symlink => FileKind::Symlink,
            EntryType::HardLink => FileKind::HardLink,
            EntryType::CharDevice => FileKind::CharDevice,
            EntryType::BlockDevice => FileKind::BlockDevice,
            EntryType::Fifo => FileKind::Fifo,
            EntryType::Unknown(flag) => {
                self.problem(Problem::hiding(
                    ProblemKind::Unsupported,
                    format!(
                        "/{}: tar entry of unknown type {flag:#04x} was passed over; engines refuse such a layer",
                        printable_line(&path, 200)
                    ),
                ));
                return Ok(());
            }
        };
        let link = match kind {
            FileKind::Symlink => Some(path::target(&header.link)),
            FileKind::HardLink => match self.place(&header.link) {
                Some(target) => Some(target),
                None => return Ok(()),
            },
            _ => None,
        };
        match &link {
            Some(target) if kind == FileKind::Symlink => {
                self.links.insert(path.clone(), target.clone());
            }
            _ => {
                self.links.remove(&path);
            }
        }
        if header.sparse {
            self.problem(Problem::hiding(
                ProblemKind::Unsupported,
                format!("/{}: a sparse file; its data was read without its holes", printable_line(&path, 200)),
            ));
        }
        let id = |value: i64| u64::try_from(value).unwrap_or(u64::MAX);
        let entry = FileEntry {
            path,
            kind,
            mode: (header.mode & 0o7777) as u32,
            uid: id(header.uid),
            gid: id(header.gid),
            size: if kind == FileKind::Regular { header.size } else { 0 },
            mtime: header.mtime,
            link,
            caps: header.capability.as_deref().and_then(capability::decode),
            layer: 0,
        };
        if !self.paths.insert(self.hashing.hash_one(&entry.path)) {
            let counts = FactCounts { texts: self.facts.texts.len(), elfs: self.facts.elfs.len(), databases: self.facts.databases.len() };
            self.repeated.insert(entry.path.clone(), counts);
        }
        if kind == FileKind::Regular && header.size > 0 {
            self.content(&entry)?;
        }
        self.facts.files.push(entry);
        Ok(())
    }

    /// Where an entry of this name lands: cleaned, and with the links among its directories followed as engines follow them
    /// while unpacking, inside the image's root.
    fn place(&mut self, stored: &[u8]) -> Option<String> {
        let shown = || printable_line(&String::from_utf8_lossy(stored), 200);
        match path::clean(stored, self.limits.path_bytes) {
            Ok(path) => {
                let followed = self.follow(&path);
                if followed.is_none() {
                    self.problem(Problem::hiding(
                        ProblemKind::Escape,
                        format!("{}: its directories are links that lead in a circle; the entry was passed over", shown()),
                    ));
                }
                followed
            }
            Err(BadPath::Escapes) => {
                self.problem(Problem::hiding(
                    ProblemKind::Escape,
                    format!("{}: the name climbs out of the image; the entry was passed over (engines refuse such a layer)", shown()),
                ));
                None
            }
            Err(BadPath::Nul) => {
                self.problem(Problem::hiding(
                    ProblemKind::Malformed,
                    format!("{}: the name has a NUL; the entry was passed over", shown()),
                ));
                None
            }
            Err(BadPath::TooLong) => {
                self.problem(Problem::hiding(
                    ProblemKind::Limit,
                    format!(
                        "{}: the name has {} bytes, more than {}; the entry was passed over",
                        shown(),
                        stored.len(),
                        self.limits.path_bytes
                    ),
                ));
                None
            }
        }
    }

    fn follow(&self, path: &str) -> Option<String> {
        const MOST_LINKS: usize = 40;
        if self.links.is_empty() || !path.contains('/') {
            return Some(path.to_owned());
        }
        let mut path = path.to_owned();
        let mut links = 0;
        let mut checked = 0;
        // `checked` is the length of the leading directories known to be no links.
        while let Some(slash) = path[checked..].find('/').map(|i| i + checked) {
            let Some(target) = self.links.get(&path[..slash]) else {
                checked = slash + 1;
                continue;
            };
            links += 1;
            if links > MOST_LINKS || path.len() > self.limits.path_bytes {
                return None;
            }
            let parent = path[..slash].rsplit_once('/').map_or("", |(p, _)| p);
            let joined = if target.starts_with('/') {
                format!("{target}/{}", &path[slash + 1..])
            } else {
                format!("{parent}/{target}/{}", &path[slash + 1..])
            };
            path = clamp(&joined);
            checked = 0;
        }
        Some(path)
    }

    fn content(&mut self, entry: &FileEntry) -> Result<(), TarError> {
        let size = entry.size;
        let first = self.tar.data()?;
        // Most files lie within one buffer and are looked at where they are.
        if first.len() as u64 == size {
            let mut problems = Vec::new();
            let head = &first[..first.len().min(HEAD)];
            for analyser in self.analysers {
                if analyser.wants(entry, head) != Interest::Nothing
                    && let Err(problem) = analyser.analyse(entry, Content::Whole(first), &mut self.facts)
                {
                    problems.push(problem);
                }
            }
            self.tar.consume(size as usize);
            for problem in problems {
                self.problem(problem);
            }
            return Ok(());
        }
        let mut head = Vec::with_capacity(HEAD);
        self.held.clear();
        while (head.len() as u64) < size.min(HEAD as u64) {
            let some = self.tar.data()?;
            let n = some.len().min(HEAD - head.len());
            head.extend_from_slice(&some[..n]);
            self.tar.consume(n);
        }
        let wants: Vec<Interest> = self.analysers.iter().map(|a| a.wants(entry, &head)).collect();
        if wants.iter().all(|w| *w == Interest::Nothing) {
            return Ok(());
        }
        if size <= self.limits.held_bytes { self.held_content(entry, &head, &wants) } else { self.large_content(entry, &head, &wants) }
    }

    fn held_content(&mut self, entry: &FileEntry, first: &[u8], wants: &[Interest]) -> Result<(), TarError> {
        let budget = self.budget;
        let _share = (entry.size > UNCOUNTED).then(|| budget.take(entry.size));
        let mut held = std::mem::take(&mut self.held);
        // Never more than is held of any file, and a page that is not written to costs nothing: a header that lies gains nothing. Growing
        // as bytes arrive would copy a large file several times.
        held.reserve_exact(usize::try_from(entry.size).unwrap_or_default());
        held.extend_from_slice(first);
        while (held.len() as u64) < entry.size {
            let some = self.tar.data()?;
            let n = some.len();
            held.extend_from_slice(some);
            self.tar.consume(n);
        }
        for (analyser, want) in self.analysers.iter().zip(wants) {
            if *want != Interest::Nothing
                && let Err(problem) = analyser.analyse(entry, Content::Whole(&held), &mut self.facts)
            {
                self.problem(problem);
            }
        }
        if held.capacity() as u64 <= UNCOUNTED * 4 {
            self.held = held;
        }
        Ok(())
    }

    fn large_content(&mut self, entry: &FileEntry, head: &[u8], wants: &[Interest]) -> Result<(), TarError> {
        let wants_whole = wants.contains(&Interest::Whole);
        let mut spool = if wants_whole && entry.size <= self.limits.spooled_bytes { tempfile::tempfile().ok() } else { None };
        if wants_whole && spool.is_none() {
            self.problem(Problem::hiding(
                ProblemKind::Limit,
                format!(
                    "/{}: {} bytes are more than is looked at whole (or no temporary file could be made); some checks did not see it",
                    printable_line(&entry.path, 200),
                    entry.size
                ),
            ));
        }
        let mut window = Vec::with_capacity(WINDOW);
        window.extend_from_slice(head);
        let (mut offset, mut overlap, mut lines) = (0u64, 0usize, 0u64);
        let mut spooled = 0u64;
        loop {
            while window.len() < WINDOW && offset + (window.len() as u64) < entry.size {
                let some = self.tar.data()?;
                let n = some.len().min(WINDOW - window.len());
                window.extend_from_slice(&some[..n]);
                self.tar.consume(n);
            }
            if let Some(file) = &mut spool {
                match file.write_all(&window[overlap..]) {
                    Ok(()) => spooled += (window.len() - overlap) as u64,
                    Err(error) => {
                        spool = None;
                        self.problem(Problem::hiding(
                            ProblemKind::Io,
                            format!("/{}: cannot be kept on disk while it is read: {error}", printable_line(&entry.path, 200)),
                        ));
                    }
                }
            }
            for (analyser, want) in self.analysers.iter().zip(wants) {
                let content = Content::Window(Window { bytes: &window, overlap, offset, lines_before: lines });
                if *want == Interest::Windows
                    && let Err(problem) = analyser.analyse(entry, content, &mut self.facts)
                {
                    self.problem(problem);
                }
            }
            if offset + window.len() as u64 >= entry.size {
                break;
            }
            let step = window.len() - OVERLAP;
            lines += memchr::memchr_iter(b'\n', &window[..step]).count() as u64;
            offset += step as u64;
            window.drain(..step);
            overlap = OVERLAP;
        }
        if let Some(file) = spool {
            self.spooled_content(entry, &file, spooled, wants);
        }
        Ok(())
    }

    fn spooled_content(&mut self, entry: &FileEntry, file: &File, len: u64, wants: &[Interest]) {
        for (analyser, want) in self.analysers.iter().zip(wants) {
            if *want == Interest::Whole
                && let Err(problem) = analyser.analyse(entry, Content::Spooled(Spooled::new(file, len)), &mut self.facts)
            {
                self.problem(problem);
            }
        }
    }
}

/// Lexical cleaning in which `..` at the root stays there, as in a chroot.
fn clamp(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
