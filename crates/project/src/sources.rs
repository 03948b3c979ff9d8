use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use plimsoll_evidence::{Problem, ProblemKind, SecretFind, SecretPlace, SourceText, printable_line};
use plimsoll_parallel::each;
use rustix::fs::{Mode, OFlags};

/// The most bytes of one text that are read. The longest of real manifests and build files are far below it.
const MOST_BYTES: u64 = 16 << 20;
/// The most bytes of all texts together.
const MOST_TOGETHER: u64 = 512 << 20;

/// The most texts that are read side by side.
pub(crate) const MOST_THREADS: usize = 8;

/// What stands for a character of a credential.
pub(crate) const VEIL: char = '•';

/// Finds the credentials of a text.
pub trait Conceal: Sync {
    /// Puts as many other characters in place of each credential as it has, none that mean anything to YAML or a shell, and tells what was found. `source` is the text's place in
    /// the list of sources.
    fn conceal(&self, source: u32, name: &str, text: &mut String) -> Vec<SecretFind>;
}

/// Conceals nothing: for tests of what reads texts without credentials.
#[derive(Debug, Clone, Copy)]
pub struct KeepAll;

impl Conceal for KeepAll {
    fn conceal(&self, _: u32, _: &str, _: &mut String) -> Vec<SecretFind> {
        Vec::new()
    }
}

/// A file that was looked at ahead of its turn.
enum Ahead {
    /// The texts before it took all the room that there is for all together.
    TooMuch,
    /// It was read before, or cannot be read.
    Unread,
    /// It was read and is not worth it.
    Unwanted,
    /// Its text, as long as it was in bytes, and what was found in it; places in it do not know their source yet.
    Text { length: u64, text: SourceText, found: Vec<SecretFind> },
}

/// The texts that were read, each once.
pub struct Sources<'a> {
    conceal: &'a dyn Conceal,
    texts: Vec<SourceText>,
    secrets: Vec<SecretFind>,
    read: HashMap<PathBuf, u32>,
    bytes: u64,
}

impl<'a> Sources<'a> {
    /// Nothing read yet.
    pub fn new(conceal: &'a dyn Conceal) -> Self {
        Self { conceal, texts: Vec::new(), secrets: Vec::new(), read: HashMap::new(), bytes: 0 }
    }

    /// Reads a text and gives its place in the list; one that was read before is not read again. `name` is what it is called in findings.
    ///
    /// # Errors
    /// A problem that names the file and the cause: it is not there, is no regular file, or is larger than 16 MiB.
    pub fn read(&mut self, path: &Path, name: &str) -> Result<u32, Problem> {
        if let Some(known) = self.read.get(path) {
            return Ok(*known);
        }
        let bytes = read_bounded(path, name, MOST_TOGETHER.saturating_sub(self.bytes))?;
        let source = self.add_owned(name, bytes);
        self.read.insert(path.to_owned(), source);
        Ok(source)
    }

    /// Reads many texts side by side, those that `wanted` says are worth it. They get their places in the order of the files. For each
    /// file whether it was read and is not worth it; what cannot be read is left to [`Sources::read`].
    pub(crate) fn read_ahead(&mut self, files: &[(&Path, &str)], wanted: impl Fn(usize, &[u8]) -> bool + Sync) -> Vec<bool> {
        let conceal = self.conceal;
        let left = MOST_TOGETHER.saturating_sub(self.bytes);
        let together = AtomicU64::new(0);
        let read = each(files, MOST_THREADS, |at, (path, name)| {
            if together.load(Ordering::Relaxed) > left {
                return Ahead::TooMuch;
            }
            let bytes = if self.read.contains_key(*path) { None } else { read_bounded(path, name, MOST_BYTES).ok() };
            match bytes {
                None => Ahead::Unread,
                Some(bytes) if !wanted(at, &bytes) => Ahead::Unwanted,
                Some(bytes) => {
                    let length = bytes.len() as u64;
                    together.fetch_add(length, Ordering::Relaxed);
                    let (text, found) = text_of(conceal, 0, name, bytes);
                    Ahead::Text { length, text, found }
                }
            }
        });
        let unwanted: Vec<bool> = read.iter().map(|ahead| matches!(ahead, Ahead::Unwanted)).collect();
        for ((path, _), ahead) in files.iter().zip(read) {
            match ahead {
                // Which text it was that found no room is chance: it and all behind it are read in their turn, as if nothing had been
                // read ahead.
                Ahead::TooMuch => break,
                Ahead::Text { length, text, mut found } if !self.read.contains_key(*path) && self.bytes + length <= MOST_TOGETHER => {
                    // Which place it gets is known only now.
                    let source = self.texts.len() as u32;
                    for find in &mut found {
                        if let SecretPlace::Source(place) = &mut find.place {
                            place.source = source;
                        }
                    }
                    self.read.insert((*path).to_owned(), source);
                    self.bytes += length;
                    self.texts.push(text);
                    self.secrets.extend(found);
                }
                _ => {}
            }
        }
        unwanted
    }

    /// Adds a text that lies in no file of its own, such as a member of a chart's archive.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> u32 {
        self.add_owned(name, bytes.to_vec())
    }

    fn add_owned(&mut self, name: &str, bytes: Vec<u8>) -> u32 {
        let source = self.texts.len() as u32;
        self.bytes += bytes.len() as u64;
        let (text, found) = text_of(self.conceal, source, name, bytes);
        self.secrets.extend(found);
        self.texts.push(text);
        source
    }

    /// Conceals parts of a text that only what parsed it knows to be credentials: as many bullets as they have characters, so that
    /// lines and columns stay as they are. Bytes move: what was parsed has to be parsed again.
    pub fn veil(&mut self, source: u32, ranges: &[std::ops::Range<usize>]) {
        let Some(text) = self.texts.get_mut(source as usize) else { return };
        let mut out = String::with_capacity(text.text.len());
        for (at, character) in text.text.char_indices() {
            let inside = ranges.iter().any(|range| range.contains(&at));
            out.push(if inside && !character.is_whitespace() { VEIL } else { character });
        }
        text.text = out;
    }

    /// Adds a text as what lies at a path, so that reading the path gives it.
    pub(crate) fn put(&mut self, path: &Path, name: &str, bytes: &[u8]) -> u32 {
        let source = self.add(name, bytes);
        self.read.insert(path.to_owned(), source);
        source
    }

    /// Whether what lies at a path was read.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.read.contains_key(path)
    }

    /// A text that was read.
    pub fn text(&self, source: u32) -> &str {
        self.texts.get(source as usize).map_or("", |t| t.text.as_str())
    }

    /// Every text that was read.
    pub fn texts(&self) -> &[SourceText] {
        &self.texts
    }

    /// Its name.
    pub fn name(&self, source: u32) -> &str {
        self.texts.get(source as usize).map_or("", |t| t.name.as_str())
    }

    /// The file that a text was read from; none where it lies in no file.
    pub(crate) fn path(&self, source: u32) -> Option<&Path> {
        self.read.iter().find(|(_, known)| **known == source).map(|(path, _)| path.as_path())
    }

    /// The texts, and the credentials found in them.
    pub fn finish(self) -> (Vec<SourceText>, Vec<SecretFind>) {
        (self.texts, self.secrets)
    }
}

/// A text without its credentials, and those.
fn text_of(conceal: &dyn Conceal, source: u32, name: &str, bytes: Vec<u8>) -> (SourceText, Vec<SecretFind>) {
    // What is not UTF-8 becomes U+FFFD, so that the rest of the text is judged.
    let mut text = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    let found = conceal.conceal(source, name, &mut text);
    (SourceText { name: name.to_owned(), text }, found)
}

/// The bytes of a regular file. Opening does not wait for the writer of a FIFO.
fn read_bounded(path: &Path, name: &str, left: u64) -> Result<Vec<u8>, Problem> {
    let shown = printable_line(name, 300);
    let fails = |cause: String| Problem::hiding(ProblemKind::Io, format!("{shown} cannot be read: {cause}"));
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())
        .map_err(|error| fails(std::io::Error::from(error).to_string()))?;
    let file = File::from(file);
    let meta = file.metadata().map_err(|error| fails(error.to_string()))?;
    if !meta.is_file() {
        return Err(fails("it is no regular file".to_owned()));
    }
    let most = MOST_BYTES.min(left);
    if meta.len() > most {
        let message = format!("{shown} was not read: it has {} bytes, and the limit is {most}", meta.len());
        return Err(Problem::hiding(ProblemKind::Limit, message));
    }
    let mut bytes = Vec::with_capacity(meta.len() as usize);
    // A file that grows while it is read is cut at the limit as well.
    file.take(most).read_to_end(&mut bytes).map_err(|error| fails(error.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_text_is_read_once_and_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, b"x\xffy").unwrap();
        let mut sources = Sources::new(&KeepAll);
        assert_eq!((sources.read(&path, "a").unwrap(), sources.read(&path, "a").unwrap()), (0, 0));
        assert_eq!((sources.text(0), sources.name(0), sources.text(7)), ("x\u{fffd}y", "a", ""));
        let big = dir.path().join("big");
        File::create(&big).unwrap().set_len(2 << 30).unwrap();
        assert_eq!(sources.read(&big, "big").unwrap_err().kind, ProblemKind::Limit);
        let absent = sources.read(&dir.path().join("none"), "none").unwrap_err();
        assert!(absent.message.starts_with("none cannot be read: No such file"), "{}", absent.message);
        assert!(sources.read(dir.path(), "dir").unwrap_err().message.ends_with("it is no regular file"));
        assert_eq!(sources.finish().0.len(), 1);
    }
}
