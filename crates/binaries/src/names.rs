//! Which of some names an ELF file holds: of Go's functions, and of dynamic and static symbols. For commands that ask; the names are part of no
//! key, so what it finds must not be kept in a cache.

use std::collections::BTreeSet;

use memchr::memmem::Finder;
use object::read::elf::{FileHeader, Sym};
use object::{Endianness, elf as spec};
use plimsoll_evidence::{CapturedText, FileEntry, LayerFacts, Problem, ProblemKind, printable_line};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

/// Bytes of a program that are looked through.
const MOST: u64 = 2 << 30;
/// Symbols of one file that are looked through.
const MOST_SYMBOLS: usize = 10_000_000;
/// The function that every program of Go starts with, as its table of functions has it: between the ends of two names.
const GO_START: &[u8] = b"\0runtime.main\0";
const STEP: usize = 4 << 20;

/// Looks for names in ELF files. What it finds of a file is a text under the file's path, a line each: [`NAMES`], [`GO`] where the names of Go's functions
/// are readable, `go NAME` for each wanted beginning of one that is there, [`SYMBOLS`] where a table of symbols is, `defines NAME`,
/// `imports NAME`.
pub struct Names {
    go: Vec<(String, Finder<'static>)>,
    start: Finder<'static>,
    symbols: BTreeSet<Vec<u8>>,
    longest: usize,
}

/// The first line of every text of [`Names`], which tells it from what others say of the same file.
pub const NAMES: &str = "names:";
/// The line that says that a file holds the names of its Go functions.
pub const GO: &str = "go";
/// The line that says that a file has a table of symbols that could be read.
pub const SYMBOLS: &str = "symbols";

impl Names {
    /// Looks for names of Go that begin so (`golang.org/x/net/html.`), and for symbols that are called so.
    pub fn new(go: BTreeSet<String>, symbols: BTreeSet<String>) -> Self {
        let longest = go.iter().map(String::len).max().unwrap_or(0).max(GO_START.len());
        Self {
            go: go.into_iter().map(|name| (name.clone(), Finder::new(&name).into_owned())).collect(),
            start: Finder::new(GO_START).into_owned(),
            symbols: symbols.into_iter().map(String::into_bytes).collect(),
            longest,
        }
    }
}

impl Analyser for Names {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "names", version: 3 }
    }

    fn wants(&self, _: &FileEntry, head: &[u8]) -> Interest {
        if head.starts_with(b"\x7fELF") { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let mut lines = BTreeSet::new();
        match content {
            Content::Whole(bytes) => {
                self.look_for_go(bytes, &mut lines);
                self.look_for_symbols(bytes, &mut lines);
            }
            Content::Spooled(spooled) if spooled.len() <= MOST && self.symbols.is_empty() => {
                let mut buffer = vec![0; STEP + self.longest];
                let mut offset = 0;
                while offset < spooled.len() {
                    let n = (spooled.len() - offset).min(buffer.len() as u64) as usize;
                    spooled.read_exact_at(&mut buffer[..n], offset).map_err(|e| unread(entry, &e.to_string()))?;
                    self.look_for_go(&buffer[..n], &mut lines);
                    offset += STEP as u64;
                }
            }
            Content::Spooled(_) | Content::Window(_) => return Err(unread(entry, TOO_LARGE)),
        }
        let text: String = std::iter::once(NAMES.to_owned()).chain(lines).map(|line| line + "\n").collect();
        facts.texts.push(CapturedText { path: entry.path.clone(), text, cut: false });
        Ok(())
    }
}

const TOO_LARGE: &str = "it is too large to be looked through for names of functions and symbols";

/// Whether a problem is that [`Names`] could not look through a file; others may have.
pub fn is_of_names(problem: &Problem) -> bool {
    problem.kind == ProblemKind::Limit && problem.message.ends_with(TOO_LARGE)
}

fn unread(entry: &FileEntry, what: &str) -> Problem {
    Problem::hiding(ProblemKind::Limit, format!("/{}: {what}", printable_line(&entry.path, 200)))
}

impl Names {
    /// Names of functions that were inlined stand in the table as well.
    fn look_for_go(&self, bytes: &[u8], lines: &mut BTreeSet<String>) {
        if self.start.find(bytes).is_some() {
            lines.insert(GO.to_owned());
        }
        for (name, finder) in &self.go {
            if finder.find(bytes).is_some() {
                lines.insert(format!("go {name}"));
            }
        }
    }

    fn look_for_symbols(&self, bytes: &[u8], lines: &mut BTreeSet<String>) {
        if self.symbols.is_empty() {
            return;
        }
        match bytes.get(4) {
            Some(2) => self.symbols_of::<spec::FileHeader64<Endianness>>(bytes, lines),
            Some(1) => self.symbols_of::<spec::FileHeader32<Endianness>>(bytes, lines),
            _ => None,
        };
    }

    fn symbols_of<H: FileHeader<Endian = Endianness>>(&self, bytes: &[u8], lines: &mut BTreeSet<String>) -> Option<()> {
        let header = H::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        let sections = header.sections(endian, bytes).ok()?;
        for kind in [spec::SHT_DYNSYM, spec::SHT_SYMTAB] {
            let Ok(table) = sections.symbols(endian, bytes, kind) else { continue };
            // More symbols than are looked through may be any.
            if !table.is_empty() && table.len() <= MOST_SYMBOLS {
                lines.insert(SYMBOLS.to_owned());
            }
            for symbol in table.iter().take(MOST_SYMBOLS) {
                let Ok(name) = table.symbol_name(endian, symbol) else { continue };
                // glibc's and others' versions: `name@VERSION` in static tables.
                let name = name.split(|b| *b == b'@').next().unwrap_or_default();
                if self.symbols.contains(name) {
                    let what = if symbol.is_undefined(endian) { "imports" } else { "defines" };
                    lines.insert(format!("{what} {}", String::from_utf8_lossy(name)));
                }
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::FileKind;

    use super::*;

    fn found(bytes: &[u8], go: &[&str]) -> String {
        let names = Names::new(go.iter().map(|n| (*n).to_owned()).collect(), BTreeSet::from(["x".to_owned()]));
        let entry = FileEntry {
            path: "app".to_owned(),
            kind: FileKind::Regular,
            mode: 0o755,
            uid: 0,
            gid: 0,
            size: bytes.len() as u64,
            mtime: 0,
            link: None,
            caps: None,
            layer: 0,
        };
        let mut facts = LayerFacts::default();
        names.analyse(&entry, Content::Whole(bytes), &mut facts).unwrap();
        facts.texts.remove(0).text
    }

    #[test]
    fn names_of_go_are_found_by_their_beginning() {
        let program = b"\x7fELF\0runtime.main\0golang.org/x/net/html.Parse\0";
        assert_eq!(found(program, &["golang.org/x/net/html.", "golang.org/x/net/http2."]), "names:\ngo\ngo golang.org/x/net/html.\n");
        assert_eq!(found(b"\x7fELF", &["a."]), "names:\n", "packed or stripped of its names");
    }
}
