//! Which modules and scripts the Python code of an image names. For commands that ask; what is looked for is part of no key, so what it finds must
//! not be kept in a cache.

mod compiled;

use std::collections::{BTreeSet, HashMap, HashSet};

use plimsoll_evidence::{CapturedText, FileEntry, LayerFacts, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};
use plimsoll_python::{names, words};

use crate::mentions::UNREAD;
use compiled::Compiled;

/// Bytes of a text that are read.
const MOST_TEXT: u64 = 8 << 20;
/// Bytes of a configuration that are read; a larger file is data.
const MOST_CONFIG: u64 = 1 << 20;
/// Directories in which no program finds its configuration but by a package's own code, or whose texts are a package manager's.
const NO_CONFIG: [&str; 9] = ["usr/", "var/lib/", "var/log/", "var/cache/", "proc/", "sys/", "dev/", "boot/", "root/.cache/"];

/// Looks in Python code, scripts and configurations for names of modules and scripts. What it finds of a file is a text under the file's path, a
/// line each: `n` and the place of a name among those that were looked for; `g` and the name of a group of entry points; [`LISTS`], [`PYTHON`],
/// [`SCRIPT`], [`ARCHIVE`]; [`UNREAD`] where it was not looked through. Of an interpreter's own library also `i` and the whole name of each
/// module that an import statement may load; [`ACTS`] and [`STARTS_PYTHON`].
pub struct Modules {
    names: HashMap<String, u32>,
    sorted: Vec<String>,
    programs: HashSet<String>,
    libraries: Vec<String>,
}

/// The line that says that a file asks for modules without naming a package to look in.
pub const LISTS: &str = "lists";
/// The line that says that a file is Python code.
pub const PYTHON: &str = "python";
/// The line that says that a file is a script of another language that speaks of Python.
pub const SCRIPT: &str = "script";
/// The line that says that a file is an archive from which modules can be imported.
pub const ARCHIVE: &str = "archive";
/// The line that says that Python code can load modules by their names, run text as code or start programs.
pub const ACTS: &str = "acts";
/// The line that says that Python code knows the interpreter's own path.
pub const STARTS_PYTHON: &str = "interpreter";
/// How an archive begins, and how the list of what is in one ends (APPNOTE.TXT 6.3.10, 4.3).
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// What a file is to the search.
enum Kind {
    Python,
    /// Bytes of a compiled module, an extension or a program.
    Bytes,
    Script,
    EntryPoints,
    Config,
    Archive,
}

impl Modules {
    /// Looks for these names, sorted; the strings of these programs, by path, are looked through too. What lies below these directories, with
    /// their ending slashes, is an interpreter's own library.
    pub fn new(names: &[String], programs: HashSet<String>, libraries: Vec<String>) -> Self {
        let by_name = names.iter().enumerate().map(|(at, name)| (name.clone(), at as u32)).collect();
        Self { names: by_name, sorted: names.to_vec(), programs, libraries }
    }

    /// Whether a file is of an interpreter's own library, and not of the packages that lie below it.
    fn is_of_library(&self, path: &str) -> bool {
        let below = self.libraries.iter().filter_map(|d| path.strip_prefix(d.as_str()));
        below.into_iter().any(|rest| !rest.starts_with("site-packages/") && !rest.starts_with("dist-packages/"))
    }

    fn kind(&self, path: &str, head: &[u8]) -> Option<Kind> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        // What is compiled there counts for nothing without its source beside it.
        if directory.ends_with("__pycache__") {
            return None;
        }
        if head.starts_with(ZIP[0]) {
            return Some(Kind::Archive);
        }
        if head.starts_with(b"#!") {
            let first = head.split(|b| *b == b'\n').next().unwrap_or_default();
            return Some(if memchr::memmem::find(first, b"python").is_some() { Kind::Python } else { Kind::Script });
        }
        let is_elf = head.starts_with(b"\x7fELF");
        if name.ends_with(".py") || name.ends_with(".pyw") {
            Some(Kind::Python)
        } else if name.ends_with(".pth") || name.ends_with(".pyc") || (is_elf && (self.programs.contains(path) || name.ends_with(".so"))) {
            Some(Kind::Bytes)
        } else if name == "entry_points.txt" {
            Some(Kind::EntryPoints)
        } else if is_elf || NO_CONFIG.iter().any(|d| path.starts_with(d)) || head.contains(&0) {
            None
        } else {
            Some(Kind::Config)
        }
    }

    fn take_all(&self, words: &[String], found: &mut BTreeSet<u32>) {
        for word in words {
            self.take(word, found);
        }
    }

    /// The names that a word may be: a script's or file's is the whole word, a module's what stands before the first dot.
    fn take(&self, word: &str, found: &mut BTreeSet<u32>) {
        found.extend(self.names.get(word));
        if let Some((first, _)) = word.split_once('.') {
            found.extend(self.names.get(first));
        }
    }
}

/// Whether a library lies where those of the system do, apart from any of Python's.
fn is_of_system(path: &str) -> bool {
    path.ends_with(".so") && ["lib/", "lib64/", "usr/lib/", "usr/lib64/"].iter().any(|d| path.starts_with(d)) && !path.contains("/python")
}

impl Analyser for Modules {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "modules", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, head: &[u8]) -> Interest {
        match self.kind(&entry.path, head) {
            None => Interest::Nothing,
            Some(_) if entry.size == 0 => Interest::Nothing,
            Some(Kind::Config) if entry.size > MOST_CONFIG => Interest::Nothing,
            Some(Kind::Archive) => Interest::Windows,
            Some(Kind::Python | Kind::Script | Kind::EntryPoints) if entry.size > MOST_TEXT => Interest::Windows,
            Some(_) => Interest::Whole,
        }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let mut lines: BTreeSet<String> = BTreeSet::new();
        match content {
            Content::Whole(bytes) => self.look(&entry.path, bytes, &mut lines),
            Content::Window(window) if window.offset > 0 => return Ok(()),
            Content::Window(window) if window.bytes.starts_with(ZIP[0]) => {
                lines.insert(ARCHIVE.to_owned());
            }
            _ => {
                lines.insert(UNREAD.to_owned());
            }
        }
        if !lines.is_empty() {
            let text = lines.into_iter().map(|line| line + "\n").collect();
            facts.texts.push(CapturedText { path: entry.path.clone(), text, cut: false });
        }
        Ok(())
    }
}

impl Modules {
    fn look(&self, path: &str, bytes: &[u8], lines: &mut BTreeSet<String>) {
        let mut found = BTreeSet::new();
        match self.kind(path, bytes) {
            Some(Kind::Python) => {
                lines.insert(PYTHON.to_owned());
                let named = names(bytes);
                self.take_all(&named.imports, &mut found);
                self.take_all(&named.words, &mut found);
                self.take_all(&named.modules, &mut found);
                let is_library = self.is_of_library(path);
                for (line, holds) in [
                    (LISTS, named.enumerates),
                    (ACTS, is_library && named.acts),
                    (STARTS_PYTHON, is_library && named.starts_python),
                    (ARCHIVE, memchr::memmem::find(bytes, ZIP[1]).is_some()),
                ] {
                    if holds {
                        lines.insert(line.to_owned());
                    }
                }
                if is_library {
                    let is_one_line = |name: &&String| !name.contains(['\n', '\r']);
                    lines.extend(named.modules.iter().filter(is_one_line).map(|name| format!("i{name}")));
                }
            }
            Some(Kind::EntryPoints) => {
                let text = String::from_utf8_lossy(bytes);
                let groups = text.lines().filter_map(|line| line.trim().strip_prefix('[')?.strip_suffix(']'));
                lines.extend(groups.map(|group| format!("g{}", group.trim())));
            }
            Some(Kind::Script) => {
                if memchr::memmem::find(bytes, b"python").is_some() {
                    lines.insert(SCRIPT.to_owned());
                }
                self.take_all(&words(bytes), &mut found);
            }
            Some(Kind::Bytes) if self.programs.contains(path) && !compiled::may_start(bytes) => {}
            Some(Kind::Bytes) if !self.programs.contains(path) && is_of_system(path) && !compiled::is_extension(bytes) => {}
            Some(Kind::Bytes) => {
                let words = words(bytes);
                self.take_all(&words, &mut found);
                match Compiled::of(bytes) {
                    Compiled::Ended => {}
                    Compiled::Endless => compiled::take_parts(&words, &self.sorted, &mut found),
                    Compiled::Packed => {
                        lines.insert(UNREAD.to_owned());
                    }
                }
            }
            Some(Kind::Config) => self.take_all(&words(bytes), &mut found),
            Some(Kind::Archive) => {
                lines.insert(ARCHIVE.to_owned());
            }
            None => {}
        }
        lines.extend(found.into_iter().map(|at| format!("n{at}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, bytes: &[u8]) -> Vec<String> {
        let names: Vec<String> = ["django", "django-admin", "flask", "lxml", "yaml"].map(str::to_owned).to_vec();
        let modules = Modules::new(&names, HashSet::from(["usr/bin/starter".to_owned()]), vec!["usr/lib/python3.11/".to_owned()]);
        let mut lines = BTreeSet::new();
        modules.look(path, bytes, &mut lines);
        lines
            .into_iter()
            .map(|line| match line.strip_prefix('n').and_then(|at| at.parse::<usize>().ok()) {
                Some(at) => names[at].clone(),
                None => line,
            })
            .collect()
    }

    #[test]
    fn each_kind_of_file_names_in_its_own_way() {
        for (path, bytes, wanted) in [
            ("app/a.py", &b"'''django'''\nimport flask\n# yaml\nload('lxml.etree')"[..], &["flask", "lxml", "python"][..]),
            ("usr/bin/run", b"#!/usr/bin/python3 -s\nfrom yaml import load", &["yaml", "python"]),
            ("usr/bin/run", b"#!/bin/sh\nexec python3 -m django\n", &["django", "script"]),
            ("usr/bin/run", b"#!/bin/sh\nexec django-admin\n", &["django-admin"]),
            ("usr/lib/python3/dist-packages/a.pth", b"import yaml; yaml.x()", &["yaml"]),
            ("srv/__pycache__/a.pyc", b"\xa7\r\r\n\0\0\xda\x06django\0", &[]),
            ("srv/a.pyc", b"\xa7\r\r\n\0\0\xda\x06django\0", &["django"]),
            (
                "srv/a-1.dist-info/entry_points.txt",
                b"[console_scripts]\na = flask:b\n [ flask.commands ]\n[x]\n",
                &["gconsole_scripts", "gflask.commands", "gx"],
            ),
            ("app/requirements.txt", b"Django==1\nlxml==2\n", &["lxml"]),
            ("app/settings.yml", b"apps: [django.contrib]", &["django"]),
            ("usr/share/doc/a.txt", b"django", &[]),
            ("usr/bin/starter", b"\x7fELF\0libc.so.6\0execve\0python3 -m flask\0", &["flask"]),
            ("usr/bin/starter", b"\x7fELF\0libc.so.6\0PyRun_SimpleString\0import flask\0", &["flask"]),
            ("usr/bin/starter", b"\x7fELF\0libc.so.6\0python3 -m flask\0", &[]),
            ("usr/bin/starter", b"\x7fELF\0python3 -m flask\0", &["flask"]),
            ("usr/bin/other", b"\x7fELF\0python3 -m flask\0", &[]),
            ("usr/bin/mod.so", b"\x7fELF\0yaml._yaml\0", &["yaml"]),
            ("usr/lib/gconv/mod.so", b"\x7fELF\0yaml._yaml\0", &[]),
            ("usr/lib/other/mod.so", b"\x7fELF\0yaml._yaml\0PyInit_mod\0", &["yaml"]),
            ("usr/bin/mod.so", b"\x7fELF\0/rustc/1\0readyamlbefore\0", &["yaml"]),
            ("usr/bin/mod.so", b"\x7fELF\0readyamlbefore\0", &[]),
            ("usr/bin/mod.so", b"\x7fELF\0cython_runtime\0zlib\0decompress\0", &["unread"]),
            ("app/a.egg", b"PK\x03\x04django", &["archive"]),
            ("app/a.pyz", b"#!/usr/bin/env python3\nPK\x03\x04xPK\x05\x06", &["archive", "python"]),
            (
                "usr/lib/python3.11/a.py",
                b"from . import b\nimport c.d\nexec(x)\nsys.executable",
                &["acts", "i.", "i.b", "ic.d", "interpreter", "python"],
            ),
        ] {
            assert_eq!(found(path, bytes), wanted, "{path} {:?}", String::from_utf8_lossy(bytes));
        }
    }
}
