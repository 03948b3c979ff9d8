//! Which files of an image another file names, and whether it can start programs or load libraries. A program starts, loads or opens only what some text names to it: its own strings, a script, a
//! configuration. For commands that ask; what is looked for is part of no key, so what it finds must not be kept in a cache.

mod format;

use std::collections::{BTreeSet, HashMap, HashSet};

use object::read::elf::{FileHeader, SectionHeader, Sym};
use object::{Endianness, elf as spec};
use plimsoll_evidence::{CapturedText, FileEntry, FileKind, FileTree, LayerFacts, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use format::Part;

/// Bytes of a file that is no ELF file that are read; larger ones are data, and are named as not read.
const MOST_TEXT: u64 = 8 << 20;
/// Bytes of a name that is put together with what follows it, at the least: `git-%s`.
const LEAST_BEGINNING: usize = 3;
/// Sections of a program's own bytes that hold tables and no strings. Tables of names have types of their own.
const NO_STRINGS: [&[u8]; 7] = [b".eh_frame", b".eh_frame_hdr", b".gcc_except_table", b".got", b".got.plt", b".plt", b".plt.got"];

/// Looks in files for the names of others. What it finds of a file is a text under the file's path, a line each: `n` and the place of a name in
/// [`Mentions::names`], `p` and the place of a path in the tree; [`STARTS`], [`LOADS`] for what an ELF file imports; [`UNREAD`] where it was not
/// looked through.
pub struct Mentions {
    names: HashMap<Vec<u8>, u32>,
    sorted: Vec<String>,
    paths: HashMap<Vec<u8>, u32>,
}

/// The line that says that a file was not looked through.
pub const UNREAD: &str = "unread";
/// The line that says that an ELF file can start programs: by a function that it imports, or for all that is known by itself.
pub const STARTS: &str = "starts";
/// The line that says that an ELF file can load libraries while it runs.
pub const LOADS: &str = "loads";

/// Functions of a C library that start a program (POSIX.1-2017; Linux). That one calls the kernel by number is not expected.
const STARTING: [&[u8]; 14] = [
    b"execl",
    b"execle",
    b"execlp",
    b"execv",
    b"execve",
    b"execveat",
    b"execvp",
    b"execvpe",
    b"fexecve",
    b"popen",
    b"posix_spawn",
    b"posix_spawnp",
    b"system",
    b"wordexp",
];
/// Words after which a shell's command names another.
const BEFORE: [&[u8]; 12] = [b"exec", b"env", b"sudo", b"nice", b"nohup", b"command", b"xargs", b"then", b"do", b"else", b"if", b"-c"];
/// Functions of a C library that load a library.
const LOADING: [&[u8]; 2] = [b"dlmopen", b"dlopen"];

impl Mentions {
    /// Looks for the names of all files of a tree, and for their paths and those of their directories.
    pub fn new(tree: &FileTree) -> Self {
        let sorted: BTreeSet<&str> = tree.files.iter().filter(|f| f.kind != FileKind::Directory).map(FileEntry::name).collect();
        let sorted: Vec<String> = sorted.into_iter().filter(|n| !n.is_empty()).map(str::to_owned).collect();
        let names = sorted.iter().enumerate().map(|(at, name)| (name.clone().into_bytes(), at as u32)).collect();
        let mut paths: HashMap<Vec<u8>, u32> = HashMap::new();
        for (at, file) in tree.files.iter().enumerate() {
            paths.insert(file.path.clone().into_bytes(), at as u32);
        }
        // The same directory by the names that links give it: `/bin` for `/usr/bin`.
        for link in tree.files.iter().filter(|f| f.kind == FileKind::Symlink && !f.path.contains('/')) {
            let Some(target) = tree.resolve(&link.path).map(|id| tree.file(id)).filter(|f| f.kind == FileKind::Directory) else { continue };
            for (at, below) in tree.below(&target.path) {
                paths.entry(format!("{}{}", link.path, &below.path[target.path.len()..]).into_bytes()).or_insert(at);
            }
        }
        Self { names, sorted, paths }
    }

    /// The names that are looked for, sorted.
    pub fn names(&self) -> &[String] {
        &self.sorted
    }
}

/// What one file names.
#[derive(Default)]
struct Found {
    names: BTreeSet<u32>,
    paths: BTreeSet<u32>,
    /// Formats that were looked at.
    patterns: HashSet<Vec<u8>>,
    starts: bool,
    loads: bool,
}

impl Analyser for Mentions {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "mentions", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, head: &[u8]) -> Interest {
        if entry.size == 0 {
            Interest::Nothing
        } else if head.starts_with(b"\x7fELF") || entry.size <= MOST_TEXT {
            Interest::Whole
        } else {
            Interest::Windows
        }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let Content::Whole(bytes) = content else {
            let is_first = !matches!(content, Content::Window(w) if w.offset > 0);
            if is_first {
                facts.texts.push(CapturedText { path: entry.path.clone(), text: format!("{UNREAD}\n"), cut: false });
            }
            return Ok(());
        };
        let mut found = Found::default();
        let is_read = if bytes.starts_with(b"\x7fELF") {
            self.elf(bytes, &mut found)
        } else if bytes.len() as u64 > MOST_TEXT {
            false
        } else {
            self.text(bytes, &mut found);
            true
        };
        let mut text: String = found.names.iter().map(|n| format!("n{n}\n")).chain(found.paths.iter().map(|p| format!("p{p}\n"))).collect();
        for (line, holds) in [(UNREAD, !is_read), (STARTS, found.starts), (LOADS, found.loads)] {
            if holds {
                text.push_str(line);
                text.push('\n');
            }
        }
        if !text.is_empty() {
            facts.texts.push(CapturedText { path: entry.path.clone(), text, cut: false });
        }
        Ok(())
    }
}

impl Mentions {
    /// Strings of a program, each ended by a zero as C's are. False where it has none that could be told apart.
    fn elf(&self, bytes: &[u8], found: &mut Found) -> bool {
        let read = match bytes.get(4) {
            Some(2) => self.sections_of::<spec::FileHeader64<Endianness>>(bytes, found),
            Some(1) => self.sections_of::<spec::FileHeader32<Endianness>>(bytes, found),
            _ => None,
        };
        // What is linked statically may do all by itself.
        let is_dynamic = read == Some(true);
        found.starts |= !is_dynamic;
        found.loads |= !is_dynamic;
        is_dynamic
    }

    /// Whether there is a table of dynamic symbols.
    fn sections_of<H: FileHeader<Endian = Endianness>>(&self, bytes: &[u8], found: &mut Found) -> Option<bool> {
        let header = H::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        let sections = header.sections(endian, bytes).ok()?;
        let symbols = sections.symbols(endian, bytes, spec::SHT_DYNSYM).ok()?;
        for symbol in symbols.iter().filter(|s| s.is_undefined(endian)) {
            let Ok(name) = symbols.symbol_name(endian, symbol) else { continue };
            found.starts |= STARTING.contains(&name);
            found.loads |= LOADING.contains(&name);
        }
        for section in sections.iter() {
            let flags = section.sh_flags(endian);
            let is_code = flags.0 & spec::SHF_EXECINSTR.0 != 0;
            let is_loaded = flags.0 & spec::SHF_ALLOC.0 != 0 && section.sh_type(endian) == spec::SHT_PROGBITS;
            if !is_loaded || sections.section_name(endian, section).is_ok_and(|n| NO_STRINGS.contains(&n)) {
                continue;
            }
            let data = section.data(endian, bytes).unwrap_or_default();
            if is_code {
                self.in_code(data, found);
                continue;
            }
            data.split(|b| *b == 0).filter(|s| s.len() > 1 && is_printable(s)).for_each(|s| self.string(s, found));
        }
        Some(!symbols.is_empty())
    }

    /// Short strings that a compiler wrote into instructions.
    fn in_code(&self, code: &[u8], found: &mut Found) {
        for end in memchr::memchr_iter(0, code) {
            let start = code[..end].iter().rev().take(8).take_while(|b| is_of_name(**b)).count();
            for length in LEAST_BEGINNING..=start {
                self.name(&code[end - length..end], found);
            }
        }
    }

    /// A string of a program: a name by itself, a path, a command, or what a name is put together from.
    fn string(&self, string: &[u8], found: &mut Found) {
        self.name(string, found);
        self.paths_in(string, found);
        if string.iter().any(u8::is_ascii_whitespace) {
            // Where a shell would look for a command.
            let starts = string.split(|b| b"|;&(`{\n".contains(b));
            let words = starts.filter_map(|part| part.split(|b| b.is_ascii_whitespace() || b"\"'".contains(b)).find(|w| !w.is_empty()));
            words.for_each(|w| self.name(w, found));
            let mut after = false;
            for word in string.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()) {
                if after {
                    self.name(word, found);
                }
                after = BEFORE.contains(&word);
            }
        }
        for part in string.split(|b| !is_of_name(*b) && *b != b'%') {
            if part.contains(&b'%') && found.patterns.insert(part.to_vec()) {
                self.pattern(part, found);
            }
        }
        if string.len() >= LEAST_BEGINNING && string.last().is_some_and(|b| b"-._".contains(b)) && string.iter().all(|b| is_of_name(*b)) {
            self.begins(string, found);
        }
    }

    /// A script or a configuration: every word may be a name.
    fn text(&self, text: &[u8], found: &mut Found) {
        self.paths_in(text, found);
        for word in text.split(|b| !is_of_name(*b)).filter(|w| !w.is_empty()) {
            self.name(word, found);
            let trimmed = trim(word);
            if trimmed.len() < word.len() {
                self.name(trimmed, found);
            }
        }
    }

    fn name(&self, name: &[u8], found: &mut Found) {
        if let Some(at) = self.names.get(name) {
            found.names.insert(*at);
        }
    }

    /// Paths, and the names that they end with: as they stand, and up to what often stands around them.
    fn paths_in(&self, text: &[u8], found: &mut Found) {
        for run in text.split(|b| !is_of_name(*b) && *b != b'/').filter(|r| r.contains(&b'/')) {
            self.path(run, found);
            if run.iter().any(|b| b":@~".contains(b)) || run.ends_with(b".") {
                run.split(|b| b":@~".contains(b)).for_each(|part| self.path(part, found));
            }
        }
    }

    fn path(&self, path: &[u8], found: &mut Found) {
        for path in [path, path.strip_suffix(b".").unwrap_or(path)] {
            let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
            let path = &path[..end];
            if let Some(last) = path.rsplit(|b| *b == b'/').next() {
                self.name(last, found);
            }
            if let Some(at) = path.strip_prefix(b"/").and_then(|p| self.paths.get(p)) {
                found.paths.insert(*at);
            }
        }
    }

    /// Names that begin so.
    fn begins(&self, beginning: &[u8], found: &mut Found) {
        let start = self.sorted.partition_point(|n| n.as_bytes() < beginning);
        let those = self.sorted[start..].iter().take_while(|n| n.as_bytes().starts_with(beginning));
        found.names.extend(those.enumerate().map(|(at, _)| (start + at) as u32));
    }

    /// Names that printf(3) may make of a format: `git-%s`, `libfoo.so.%d`.
    fn pattern(&self, pattern: &[u8], found: &mut Found) {
        let Some(parts) = Part::of(pattern) else { return };
        let first = match parts.first() {
            Some(Part::Literal(first)) => first.clone(),
            _ => Vec::new(),
        };
        let start = self.sorted.partition_point(|n| n.as_bytes() < first.as_slice());
        let those = self.sorted[start..].iter().enumerate().take_while(|(_, n)| n.as_bytes().starts_with(&first));
        found.names.extend(those.filter(|(_, n)| Part::fit(&parts, n.as_bytes())).map(|(at, _)| (start + at) as u32));
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.+-[@:~".contains(&byte) || byte >= 0x80
}

fn is_printable(text: &[u8]) -> bool {
    text.iter().all(|b| *b >= 0x20 && *b != 0x7f || b.is_ascii_whitespace())
}

fn trim(word: &[u8]) -> &[u8] {
    let is_edge = |b: &u8| b".-:@~".contains(b);
    let start = word.iter().position(|b| !is_edge(b)).unwrap_or(word.len());
    let end = word.iter().rposition(|b| !is_edge(b)).map_or(start, |at| at + 1);
    &word[start..end.max(start)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentions(names: &[&str]) -> Mentions {
        let entry = |path: &str| FileEntry {
            path: path.to_owned(),
            kind: FileKind::Regular,
            mode: 0o755,
            uid: 0,
            gid: 0,
            size: 1,
            mtime: 0,
            link: None,
            caps: None,
            layer: 0,
        };
        let mut files: Vec<FileEntry> = names.iter().map(|n| entry(n)).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Mentions::new(&FileTree { files, deleted: Vec::new() })
    }

    #[test]
    fn names_stand_in_strings_in_many_ways() {
        let all = [
            "usr/bin/git",
            "usr/lib/git-core/git-log",
            "usr/bin/curl",
            "usr/lib/libz.so.1",
            "usr/lib/libz.so.1x",
            "etc/app.conf",
            "usr/bin/tc",
        ];
        let mentions = mentions(&all);
        let said = |string: &str| -> Vec<&str> {
            let mut found = Found::default();
            mentions.string(string.as_bytes(), &mut found);
            found.names.iter().map(|n| mentions.names()[*n as usize].as_str()).collect()
        };
        for (string, names) in [
            ("curl", &["curl"][..]),
            ("curling", &[]),
            ("use curl for it", &[]),
            ("curl for it", &["curl"]),
            ("cd /tmp && curl -s", &["curl"]),
            ("exec curl", &["curl"]),
            ("/usr/bin/curl", &["curl"]),
            ("%s/curl", &["curl"]),
            ("git-%s", &["git-log"]),
            ("git-", &["git-log"]),
            ("libz.so.%d", &["libz.so.1"]),
            ("libz.so.%s", &["libz.so.1", "libz.so.1x"]),
            ("%d.%d.%d", &[]),
            ("lib%s", &[]),
            ("lib%s.so.1", &["libz.so.1"]),
            ("/etc/app.conf: bad", &["app.conf"]),
            ("see /etc/app.conf.", &["app.conf"]),
            ("/usr/bin/tc:/usr/bin/git", &["git", "tc"]),
        ] {
            assert_eq!(said(string), names, "{string}");
        }
    }

    #[test]
    fn any_bytes_are_looked_through() {
        use proptest::prelude::*;
        let mentions = mentions(&["bin/sh", "lib/libc.so.6"]);
        proptest!(|(bytes in proptest::collection::vec(any::<u8>(), 0..600))| {
            let mut found = Found::default();
            mentions.text(&bytes, &mut found);
            mentions.string(&bytes, &mut found);
            mentions.in_code(&bytes, &mut found);
            mentions.elf(&[b"\x7fELF\x02\x01\x01", bytes.as_slice()].concat(), &mut found);
        });
    }
}
