//! A second pass over an image, for the names that a question is about: Go's functions and symbols of ELF files.

use std::collections::{BTreeSet, HashSet};

use plimsoll_binaries::{GO, LISTS, LOADS, Mentions, Modules, Names, PYTHON, SCRIPT, STARTS, SYMBOLS, UNREAD};
use plimsoll_evidence::{CapturedText, Evidence, FileTree};
use plimsoll_layers::Analyser;
use plimsoll_vex::{Held, Holder, Named, OfFile, OfPython, PythonNamed, Symbols};

use crate::args::{Common, ReadingOptions};
use crate::reading::one_image_afresh;

/// What a second pass found.
pub(crate) struct Looked {
    symbols: Vec<String>,
    /// None where nothing was looked for.
    evidence: Option<Evidence>,
}

/// Looks for beginnings of names of Go's functions, and for symbols. Nothing is kept of it: the names are part of no key.
pub(crate) fn look_for(
    go: BTreeSet<String>,
    symbols: &[String],
    image: &str,
    reading: &ReadingOptions,
    common: &Common,
) -> anyhow::Result<Looked> {
    let symbols = symbols.to_vec();
    if go.is_empty() && symbols.is_empty() {
        return Ok(Looked { symbols, evidence: None });
    }
    let analyser: Vec<Box<dyn Analyser>> = vec![Box::new(Names::new(go, symbols.iter().cloned().collect()))];
    Ok(Looked { evidence: Some(one_image_afresh(image, reading, common, &analyser)?), symbols })
}

/// Looks through every file for the names of others, and for what it can start and load.
pub(crate) fn look_for_mentions(tree: &FileTree, image: &str, reading: &ReadingOptions, common: &Common) -> anyhow::Result<Named> {
    let mentions = Mentions::new(tree);
    let all = mentions.names().to_vec();
    let analyser: Vec<Box<dyn Analyser>> = vec![Box::new(mentions)];
    let looked = one_image_afresh(image, reading, common, &analyser)?;
    let unread = looked.problems.iter().filter(|p| p.hides).map(|p| p.message.clone()).collect();
    let mut named = Named { names: all, unread, ..Named::default() };
    for text in looked.image.found().map(|i| i.texts.as_slice()).unwrap_or_default() {
        let mut of = OfFile::default();
        for line in text.text.lines() {
            match (line, line.get(..1), line.get(1..).and_then(|rest| rest.parse().ok())) {
                (UNREAD, ..) => of.unread = true,
                (STARTS, ..) => of.starts = true,
                (LOADS, ..) => of.loads = true,
                (_, Some("n"), Some(at)) => of.names.push(at),
                (_, Some("p"), Some(at)) => of.paths.push(at),
                // A line that was taken for a secret, or of a later form.
                _ => of.unread = true,
            }
        }
        named.of.insert(text.path.clone(), of);
    }
    Ok(named)
}

/// Looks through Python code, scripts and configurations for the names of modules and scripts.
pub(crate) fn look_for_modules(
    names: Vec<String>,
    programs: HashSet<String>,
    image: &str,
    reading: &ReadingOptions,
    common: &Common,
) -> anyhow::Result<PythonNamed> {
    let analyser: Vec<Box<dyn Analyser>> = vec![Box::new(Modules::new(&names, programs))];
    let looked = one_image_afresh(image, reading, common, &analyser)?;
    let unread = looked.problems.iter().filter(|p| p.hides).map(|p| p.message.clone()).collect();
    let mut named = PythonNamed { names, unread, ..PythonNamed::default() };
    for text in looked.image.found().map(|i| i.texts.as_slice()).unwrap_or_default() {
        let mut of = OfPython::default();
        for line in text.text.lines() {
            match (line, line.get(..1), line.get(1..).and_then(|rest| rest.parse().ok())) {
                (UNREAD, ..) => of.unread = true,
                (LISTS, ..) => of.lists = true,
                (PYTHON, ..) => of.is_python = true,
                (SCRIPT, ..) => of.is_script = true,
                (_, Some("n"), Some(at)) => of.names.push(at),
                (_, Some("g"), _) => of.groups.push(line[1..].to_owned()),
                // A line that was taken for a secret, or of a later form.
                _ => of.unread = true,
            }
        }
        named.of.insert(text.path.clone(), of);
    }
    Ok(named)
}

impl Looked {
    fn texts(&self) -> &[CapturedText] {
        self.evidence.as_ref().and_then(|e| e.image.found()).map_or(&[], |i| i.texts.as_slice())
    }

    /// Why files were not looked through.
    fn unread(&self) -> Vec<String> {
        let problems = self.evidence.iter().flat_map(|e| &e.problems);
        problems.filter(|p| p.hides).map(|p| p.message.clone()).collect()
    }

    /// What a program holds of the names of Go's functions.
    pub(crate) fn held(&self, path: &str) -> Held {
        let image = self.evidence.as_ref().filter(|_| self.unread().is_empty()).and_then(|e| e.image.found());
        let Some(text) = image.and_then(|i| i.text(path)).map(|t| t.text.as_str()) else { return Held::Unknown };
        if text.lines().all(|line| line != GO) {
            return Held::Unknown;
        }
        Held::Names(text.lines().filter_map(|line| line.strip_prefix("go ")).map(str::to_owned).collect())
    }

    /// Who has to do with the symbols; none where none were looked for.
    pub(crate) fn symbols(&self) -> Option<Symbols> {
        if self.symbols.is_empty() {
            return None;
        }
        let mut found = Symbols { wanted: self.symbols.clone(), unread: self.unread(), ..Symbols::default() };
        for text in self.texts() {
            for line in text.text.lines() {
                let (symbol, defines) = match (line.strip_prefix("defines "), line.strip_prefix("imports ")) {
                    (Some(symbol), _) => (symbol, true),
                    (_, Some(symbol)) => (symbol, false),
                    _ if line == SYMBOLS => {
                        found.readable.push(text.path.clone());
                        continue;
                    }
                    _ => continue,
                };
                found.holders.push(Holder { path: text.path.clone(), symbol: symbol.to_owned(), defines });
            }
        }
        found.readable.sort();
        found.holders.sort();
        Some(found)
    }
}
