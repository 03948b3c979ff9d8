//! Which modules and scripts the Python code of an image names. For commands that ask; what is looked for is part of no key, so what it finds must
//! not be kept in a cache.

use std::collections::{BTreeSet, HashMap, HashSet};

use plimsoll_evidence::{CapturedText, FileEntry, LayerFacts, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};
use plimsoll_python::{names, words};

use crate::mentions::UNREAD;

/// Bytes of a text that are read.
const MOST_TEXT: u64 = 8 << 20;
/// Bytes of a configuration that are read; a larger file is data.
const MOST_CONFIG: u64 = 1 << 20;
/// Directories in which no program finds its configuration but by a package's own code, or whose texts are a package manager's.
const NO_CONFIG: [&str; 9] = ["usr/", "var/lib/", "var/log/", "var/cache/", "proc/", "sys/", "dev/", "boot/", "root/.cache/"];

/// Looks in Python code, scripts and configurations for names of modules and scripts. What it finds of a file is a text under the file's path, a
/// line each: `n` and the place of a name among those that were looked for; `g` and the name of a group of entry points; [`LISTS`], [`PYTHON`],
/// [`SCRIPT`]; [`UNREAD`] where it was not looked through.
pub struct Modules {
    names: HashMap<String, u32>,
    programs: HashSet<String>,
}

/// The line that says that a file asks for modules without naming a package to look in.
pub const LISTS: &str = "lists";
/// The line that says that a file is Python code.
pub const PYTHON: &str = "python";
/// The line that says that a file is a script of another language that speaks of Python.
pub const SCRIPT: &str = "script";

/// What a file is to the search.
enum Kind {
    Python,
    /// Bytes of a compiled module, an extension or a program.
    Bytes,
    Script,
    EntryPoints,
    Config,
}

impl Modules {
    /// Looks for these names, sorted; the strings of these programs, by path, are looked through too.
    pub fn new(names: &[String], programs: HashSet<String>) -> Self {
        Self { names: names.iter().enumerate().map(|(at, name)| (name.clone(), at as u32)).collect(), programs }
    }

    fn kind(&self, path: &str, head: &[u8]) -> Option<Kind> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        // What is compiled there counts for nothing without its source beside it.
        if directory.ends_with("__pycache__") {
            return None;
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

impl Analyser for Modules {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "modules", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, head: &[u8]) -> Interest {
        match self.kind(&entry.path, head) {
            None => Interest::Nothing,
            Some(_) if entry.size == 0 => Interest::Nothing,
            Some(Kind::Config) if entry.size > MOST_CONFIG => Interest::Nothing,
            Some(Kind::Python | Kind::Script | Kind::EntryPoints) if entry.size > MOST_TEXT => Interest::Windows,
            Some(_) => Interest::Whole,
        }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let mut lines: BTreeSet<String> = BTreeSet::new();
        match content {
            Content::Whole(bytes) => self.look(&entry.path, bytes, &mut lines),
            Content::Window(window) if window.offset > 0 => return Ok(()),
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
                if named.enumerates {
                    lines.insert(LISTS.to_owned());
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
            Some(Kind::Bytes | Kind::Config) => self.take_all(&words(bytes), &mut found),
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
        let modules = Modules::new(&names, HashSet::from(["usr/bin/starter".to_owned()]));
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
            ("usr/bin/starter", b"\x7fELF\0python3 -m flask\0", &["flask"]),
            ("usr/bin/other", b"\x7fELF\0python3 -m flask\0", &[]),
            ("usr/bin/mod.so", b"\x7fELF\0yaml._yaml\0", &["yaml"]),
        ] {
            assert_eq!(found(path, bytes), wanted, "{path} {:?}", String::from_utf8_lossy(bytes));
        }
    }
}
