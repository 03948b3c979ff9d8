//! From file to file by what each loads.

use std::collections::{BTreeSet, HashMap};

use plimsoll_evidence::{FileEntry, FileId, ImageFacts};

use super::resolve::Resolver;
use super::{NodeNamed, known};

/// Files of a way that are shown.
const MOST_STEPS: usize = 8;

pub(super) struct Walk<'a> {
    image: &'a ImageFacts,
    resolver: Resolver<'a>,
    /// Each file, and the one that loads it first.
    pub(super) files: HashMap<FileId, Option<FileId>>,
    todo: Vec<FileId>,
    /// Files that load by names which their callers give.
    loaders: Vec<FileId>,
    /// How many files are followed for being known.
    pub(super) known: usize,
    /// Whether one that loads by names is made to.
    pub(super) by_names: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(image: &'a ImageFacts, named: &'a NodeNamed) -> Self {
        Self {
            image,
            resolver: Resolver { tree: &image.tree, named },
            files: HashMap::new(),
            todo: Vec::new(),
            loaders: Vec::new(),
            known: 0,
            by_names: false,
        }
    }

    pub(super) fn start(&mut self, script: &str) -> Result<(), String> {
        let found = self.resolver.load("", &format!("/{script}"))?;
        if found.is_empty() {
            return Err(format!("/{script} is not in the image"));
        }
        self.add(found, None);
        Ok(())
    }

    fn add(&mut self, found: Vec<FileId>, by: Option<FileId>) {
        for id in found {
            if let std::collections::hash_map::Entry::Vacant(place) = self.files.entry(id) {
                place.insert(by);
                self.todo.push(id);
            }
        }
    }

    fn file(&self, id: FileId) -> Option<&'a FileEntry> {
        self.image.tree.files.get(id as usize)
    }

    /// The way to a file, for people.
    fn way(&self, id: FileId) -> String {
        let mut way = vec![id];
        while let Some(Some(by)) = way.last().and_then(|at| self.files.get(at))
            && way.len() < MOST_STEPS
        {
            way.push(*by);
        }
        way.iter().rev().filter_map(|id| self.file(*id)).map(FileEntry::absolute).collect::<Vec<_>>().join(" → ")
    }

    /// Goes on until nothing new is loaded.
    pub(super) fn run(&mut self) -> Result<(), String> {
        loop {
            while let Some(id) = self.todo.pop() {
                self.follow(id)?;
            }
            self.by_names = self.by_names || self.is_rendered();
            if !self.by_names || !self.take_names()? {
                return Ok(());
            }
        }
    }

    fn follow(&mut self, id: FileId) -> Result<(), String> {
        let Some(file) = self.file(id) else { return Ok(()) };
        let is_empty = file.size == 0 && !self.resolver.named.of.contains_key(&file.path);
        if file.name().ends_with(".json") || is_empty {
            return Ok(());
        }
        if file.name().ends_with(".node") {
            return Err(format!("native code is loaded, which may load anything: {}", self.way(id)));
        }
        let Some(of) = self.resolver.named.of.get(&file.path).filter(|of| !of.unread) else {
            return Err(format!("{} could not be looked through: {}", file.absolute(), self.way(id)));
        };
        if let Some(what) = &of.serves {
            return Err(format!("{} has {what}, by which it may hand out files of packages: {}", file.absolute(), self.way(id)));
        }
        if let Some(more) = of.more.first() {
            let Some(known) = of.digest.as_deref().and_then(known::known) else {
                return Err(format!("{} has {more}, by which it may load more than is written: {}", file.absolute(), self.way(id)));
            };
            self.known += 1;
            if known.by_names {
                self.loaders.push(id);
            }
        }
        for load in &of.loads {
            let found = self.resolver.load(file.parent(), load).map_err(|why| format!("{why}: {}", self.way(id)))?;
            self.add(found, Some(id));
        }
        Ok(())
    }

    /// Adds the packages whose names stand in strings of what is reached, in a configuration, in the environment, or as the ending of a file that no
    /// package brought; whether there were any that are new.
    fn take_names(&mut self) -> Result<bool, String> {
        let before = self.files.len();
        let named = self.resolver.named;
        if let Some((path, _)) = named.of.iter().find(|(_, of)| of.is_config && of.unread) {
            return Err(format!("/{path} could not be looked through, and may name what is loaded"));
        }
        let texts = named.of.iter().filter(|(path, of)| {
            let is_reached = || self.image.tree.find(path).is_some_and(|id| self.files.contains_key(&id));
            of.is_config || is_reached()
        });
        let mut all: BTreeSet<&str> =
            texts.flat_map(|(_, of)| &of.names).filter_map(|at| named.names.get(*at as usize)).map(String::as_str).collect();
        let spoken =
            self.image.config.env.iter().map(|(_, value)| value.as_str()).chain(self.image.closure.command.iter().map(String::as_str));
        let is_known = |word: &&str| named.names.binary_search_by(|n| n.as_str().cmp(word)).is_ok();
        all.extend(spoken.flat_map(|v| v.split(|c: char| !(c.is_ascii_alphanumeric() || "@/-_".contains(c)))).filter(is_known));
        let own = self.image.tree.files.iter().filter(|f| !f.path.contains("node_modules/"));
        all.extend(own.filter_map(|f| f.name().rsplit_once('.')).map(|(_, ending)| ending).filter(is_known));
        // The file that loads by names looks in its own folders.
        for name in all {
            let found = self.named_anywhere(name)?;
            self.add(found, None);
        }
        Ok(self.files.len() > before)
    }

    /// Whether a file that is not of the package of one that loads by names has the word by which that is made to.
    fn is_rendered(&self) -> bool {
        let package = |path: &str| path.rfind("node_modules/").map(|at| path[..at].len()).unwrap_or_default();
        self.loaders.iter().filter_map(|id| self.file(*id)).any(|loader| {
            let start = package(&loader.path);
            let name = loader.path[start..].split('/').take(2).collect::<Vec<_>>().join("/");
            let own = format!("{}{name}/", &loader.path[..start]);
            let others = self.files.keys().filter_map(|id| self.file(*id)).filter(|f| !f.path.starts_with(&own));
            others.filter_map(|f| self.resolver.named.of.get(&f.path)).any(|of| of.renders)
        })
    }

    fn named_anywhere(&self, name: &str) -> Result<Vec<FileId>, String> {
        let mut found = Vec::new();
        for loader in self.loaders.iter().filter_map(|id| self.file(*id)) {
            found.extend(self.resolver.load(loader.parent(), name)?);
        }
        Ok(found)
    }
}
