//! A second pass over an image, for the names that a question is about: Go's functions and symbols of ELF files.

use std::collections::BTreeSet;

use plimsoll_binaries::{
    ACTS, ARCHIVE, GO, LISTS, LOADS, Mentions, Modules, NAMES, Names, NodeCode, PYTHON, SCRIPT, STARTS, STARTS_PYTHON, SYMBOLS, UNREAD,
    is_of_names, node as node_code,
};
use plimsoll_evidence::{CapturedText, Evidence, FileTree, Problem};
use plimsoll_inventory::{JavaCode, java_code};
use plimsoll_layers::Analyser;
use plimsoll_vex::{Held, Holder, JavaNamed, Named, NodeNamed, OfFile, OfJava, OfNode, OfPython, PythonNamed, PythonWanted, Symbols};

use crate::args::{Common, ReadingOptions};
use crate::reading::one_image_afresh;

/// What a second pass found.
pub(crate) struct Looked {
    symbols: Vec<String>,
    /// The names of files that were looked for in each other.
    files: Vec<String>,
    /// None where nothing was looked for.
    evidence: Option<Evidence>,
}

/// Looks for beginnings of names of Go's functions and for symbols, and in every file of `tree` for the names of the others and for what it can
/// start and load: all in one pass. Nothing is kept of it, since the names are part of no key.
pub(crate) fn look_for(
    go: BTreeSet<String>,
    symbols: &[String],
    tree: Option<&FileTree>,
    image: &str,
    reading: &ReadingOptions,
    common: &Common,
) -> anyhow::Result<Looked> {
    let mut looked = Looked { symbols: symbols.to_vec(), files: Vec::new(), evidence: None };
    let mut analysers: Vec<Box<dyn Analyser>> = Vec::new();
    if !go.is_empty() || !symbols.is_empty() {
        analysers.push(Box::new(Names::new(go, symbols.iter().cloned().collect())));
    }
    if let Some(tree) = tree {
        let mentions = Mentions::new(tree);
        looked.files = mentions.names().to_vec();
        analysers.push(Box::new(mentions));
    }
    if !analysers.is_empty() {
        looked.evidence = Some(one_image_afresh(image, reading, common, &analysers)?);
    }
    Ok(looked)
}

/// Whether a text says what names of functions and symbols a file holds, and not what it mentions.
fn is_by_names(text: &CapturedText) -> bool {
    text.text.lines().next() == Some(NAMES)
}

/// Looks through Python code, scripts and configurations for the names of modules and scripts.
pub(crate) fn look_for_modules(
    wanted: PythonWanted,
    image: &str,
    reading: &ReadingOptions,
    common: &Common,
) -> anyhow::Result<PythonNamed> {
    let analyser: Vec<Box<dyn Analyser>> = vec![Box::new(Modules::new(&wanted.names, wanted.programs, wanted.libraries))];
    let looked = one_image_afresh(image, reading, common, &analyser)?;
    let unread = looked.problems.iter().filter(|p| p.hides).map(|p| p.message.clone()).collect();
    let mut code = PythonNamed { names: wanted.names, unread, ..PythonNamed::default() };
    for text in looked.image.found().map(|i| i.texts.as_slice()).unwrap_or_default() {
        let mut of = OfPython::default();
        for line in text.text.lines() {
            match (line, line.get(..1), line.get(1..).and_then(|rest| rest.parse().ok())) {
                (UNREAD, ..) => of.unread = true,
                (LISTS, ..) => of.lists = true,
                (PYTHON, ..) => of.is_python = true,
                (SCRIPT, ..) => of.is_script = true,
                (ARCHIVE, ..) => of.is_archive = true,
                (ACTS, ..) => of.acts = true,
                (STARTS_PYTHON, ..) => of.starts_python = true,
                (_, Some("i"), _) => of.imports.push(line[1..].to_owned()),
                (_, Some("n"), Some(at)) => of.names.push(at),
                (_, Some("g"), _) => of.groups.push(line[1..].to_owned()),
                // A line that was taken for a secret, or of a later form.
                _ => of.unread = true,
            }
        }
        code.of.insert(text.path.clone(), of);
    }
    Ok(code)
}

/// Looks through Java archives for what they are made to load.
pub(crate) fn look_for_java(image: &str, reading: &ReadingOptions, common: &Common) -> anyhow::Result<JavaNamed> {
    let analyser: Vec<Box<dyn Analyser>> = vec![Box::new(JavaCode)];
    let looked = one_image_afresh(image, reading, common, &analyser)?;
    let unread = looked.problems.iter().filter(|p| p.hides).map(|p| p.message.clone()).collect();
    let mut named = JavaNamed { unread, ..JavaNamed::default() };
    for text in looked.image.found().map(|i| i.texts.as_slice()).unwrap_or_default() {
        let mut of = OfJava::default();
        for line in text.text.lines() {
            let rest = |begin: &str| line.strip_prefix(begin).map(str::to_owned);
            if let Some(class) = rest(java_code::CLASS) {
                of.classes.push(class);
            } else if let Some(class) = rest(java_code::USES) {
                of.uses.push(class);
            } else if let Some(call) = rest(java_code::CALLS) {
                of.calls.push(call);
            } else if let Some(entry) = rest(java_code::PATH) {
                of.path.push(entry);
            } else if line == java_code::MORE {
                of.more = true;
            } else if !line.starts_with(java_code::MAIN) {
                // What could not be read, or a line that was taken for a secret, or of a later form.
                of.unread = true;
            }
        }
        named.of.insert(text.path.clone(), of);
    }
    Ok(named)
}

/// Looks through scripts for what they load, and for these names of packages.
pub(crate) fn look_for_node(names: Vec<String>, image: &str, reading: &ReadingOptions, common: &Common) -> anyhow::Result<NodeNamed> {
    let analyser: Vec<Box<dyn Analyser>> = vec![Box::new(NodeCode::new(&names))];
    let looked = one_image_afresh(image, reading, common, &analyser)?;
    let unread = looked.problems.iter().filter(|p| p.hides).map(|p| p.message.clone()).collect();
    let mut code = NodeNamed { names, unread, ..NodeNamed::default() };
    for text in looked.image.found().map(|i| i.texts.as_slice()).unwrap_or_default() {
        let mut of = OfNode::default();
        for line in text.text.lines() {
            let rest = |begin: &str| line.strip_prefix(begin).map(str::to_owned);
            if let Some(load) = rest(node_code::LOADS) {
                of.loads.push(load);
            } else if let Some(what) = rest(node_code::DANGER) {
                of.more.push(what);
            } else if let Some(what) = rest(node_code::SERVES) {
                of.serves = Some(what);
            } else if let Some(digest) = rest(node_code::DIGEST) {
                of.digest = Some(digest);
            } else if let Some(at) = rest(node_code::NAME).and_then(|at| at.parse().ok()) {
                of.names.push(at);
            } else if let Some(path) = rest(node_code::MAIN) {
                of.mains.push(path);
            } else if let Some(name) = rest(node_code::SELF) {
                of.own_name = Some(name);
            } else if line == node_code::CONFIG {
                of.is_config = true;
            } else if line == node_code::IMPORTS {
                of.imports = true;
            } else if line == node_code::RENDERS {
                of.renders = true;
            } else if line == node_code::ANY {
                of.any = true;
            } else {
                // What could not be read, or a line that was taken for a secret, or of a later form.
                of.unread = true;
            }
        }
        code.of.insert(text.path.clone(), of);
    }
    Ok(code)
}

impl Looked {
    fn texts(&self) -> &[CapturedText] {
        self.evidence.as_ref().and_then(|e| e.image.found()).map_or(&[], |i| i.texts.as_slice())
    }

    /// Why files were not looked through for names of functions and symbols.
    fn unread(&self) -> Vec<String> {
        self.hidden(|_| true)
    }

    fn hidden(&self, counts: impl Fn(&Problem) -> bool) -> Vec<String> {
        let problems = self.evidence.iter().flat_map(|e| &e.problems);
        problems.filter(|p| p.hides && counts(p)).map(|p| p.message.clone()).collect()
    }

    /// What files hold of each other's names.
    pub(crate) fn mentions(&self) -> Named {
        // That a program is too large for its symbols says nothing of what it mentions.
        let unread = self.hidden(|problem| !is_of_names(problem));
        let mut named = Named { names: self.files.clone(), unread, ..Named::default() };
        for text in self.texts().iter().filter(|t| !is_by_names(t)) {
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
        named
    }

    /// What a program holds of the names of Go's functions.
    pub(crate) fn held(&self, path: &str) -> Held {
        if !self.unread().is_empty() {
            return Held::Unknown;
        }
        let lines = || self.texts().iter().filter(|t| t.path == path && is_by_names(t)).flat_map(|t| t.text.lines());
        if lines().all(|line| line != GO) {
            return Held::Unknown;
        }
        Held::Names(lines().filter_map(|line| line.strip_prefix("go ")).map(str::to_owned).collect())
    }

    /// Who has to do with the symbols; none where none were looked for.
    pub(crate) fn symbols(&self) -> Option<Symbols> {
        if self.symbols.is_empty() {
            return None;
        }
        let mut found = Symbols { wanted: self.symbols.clone(), unread: self.unread(), ..Symbols::default() };
        for text in self.texts().iter().filter(|t| is_by_names(t)) {
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
