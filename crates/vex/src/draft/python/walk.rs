//! What of an image's Python code may run: from what starts, on and on to what that names.

use std::collections::{BTreeSet, HashMap, HashSet};

use plimsoll_evidence::{Ecosystem, FileEntry, FileId, FileKind, ImageFacts, Inventory, Link, Package};

use super::library::{self, Library, TESTS};
use super::place::{self, Places, is_packaging};
use super::{OfPython, PythonNamed, PythonReach, names_by_itself, sayer};

pub(super) struct Walk<'a> {
    image: &'a ImageFacts,
    inventory: &'a Inventory,
    named: &'a PythonNamed,
    places: Places,
    library: Library,
    /// Names of what is no part of the library: a module there may have the name of one of the library's.
    others: HashSet<&'a str>,
    /// Names that anything reached says, by place, and who says them first.
    said: HashMap<u32, Option<FileId>>,
    /// Modules of the library that are imported, by their whole names, and who imports them first.
    imported: HashMap<String, Option<FileId>>,
    files: BTreeSet<FileId>,
}

/// A file that is a module, by its name.
pub(super) fn is_module(name: &str) -> bool {
    [".py", ".pyc", ".pyw", ".so"].iter().any(|end| name.ends_with(end))
}

impl<'a> Walk<'a> {
    pub(super) fn new(image: &'a ImageFacts, inventory: &'a Inventory, named: &'a PythonNamed) -> Self {
        let places = Places::of(&image.tree);
        let library = Library::of(&image.tree, &places);
        let mut others = HashSet::new();
        for file in image.tree.files.iter().filter(|f| f.kind != FileKind::Directory && !places.is_of_interpreter(&f.path)) {
            others.extend(places.module(&file.path));
            if places.site(&file.path).is_none() && is_module(file.name()) {
                others.extend(place::loose(&file.path));
            }
        }
        let (said, imported, files) = Default::default();
        Self { image, inventory, named, places, library, others, said, imported, files }
    }

    pub(super) fn run(mut self) -> Result<PythonReach, String> {
        for word in self.config_words() {
            self.say(&word, None);
            // `-m test` reaches even those.
            let first = word.split('.').next().unwrap_or(&word).to_owned();
            self.import_all(&first, None);
        }
        for name in place::AT_START.iter().chain(&place::BY_INTERPRETER) {
            self.import(name, None);
            if self.others.contains(name) {
                self.say(name, None);
            }
        }
        let shown: Vec<FileId> = self.image.closure.reached.iter().filter(|r| r.how != Link::Module).map(|r| r.file).collect();
        for id in shown {
            let file = self.image.tree.files.get(id as usize);
            if file.is_some_and(|f| self.image.elf(&f.path).is_none() || names_by_itself(self.image, f)) {
                self.add(id)?;
            }
        }
        loop {
            let before = (self.files.len(), self.said.len(), self.imported.len());
            for (id, file) in (0_u32..).zip(&self.image.tree.files) {
                if !self.files.contains(&id) && self.is_reached(id, file) {
                    self.add(id)?;
                }
            }
            for (module, by) in self.plugins() {
                self.say(&module, Some(by));
            }
            if (self.files.len(), self.said.len(), self.imported.len()) == before {
                let modules = self.said.iter().filter_map(|(at, by)| Some((self.named.names.get(*at as usize)?.clone(), *by))).collect();
                return Ok(PythonReach { modules, files: self.files });
            }
        }
    }

    /// Words of the command, the environment and the health check.
    fn config_words(&self) -> Vec<String> {
        let config = &self.image.config;
        let texts = self
            .image
            .closure
            .command
            .iter()
            .chain(config.env.iter().map(|(_, value)| value))
            .chain(config.healthcheck.iter().flat_map(|h| &h.test));
        let is_between = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.');
        texts.flat_map(|t| t.split(is_between)).map(|w| w.trim_matches(['.', '-'])).filter(|w| !w.is_empty()).map(str::to_owned).collect()
    }

    fn say(&mut self, word: &str, by: Option<FileId>) {
        for word in [word, word.split('.').next().unwrap_or(word)] {
            if let Ok(at) = self.named.names.binary_search_by(|n| n.as_str().cmp(word)) {
                self.said.entry(at as u32).or_insert(by);
            }
        }
    }

    /// Imports a module of the library, and the packages that it is in.
    fn import(&mut self, name: &str, by: Option<FileId>) {
        let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
        for whole in ends.map(|end| &name[..end]) {
            if !self.imported.contains_key(whole) && self.library.has(whole) {
                self.imported.insert(whole.to_owned(), by);
                // It puts their name together from the machine's.
                let made =
                    if whole == "sysconfig" { self.library.beginning("_sysconfigdata_").map(str::to_owned).collect() } else { Vec::new() };
                self.imported.extend(made.into_iter().map(|name| (name, by)));
            }
        }
    }

    /// Imports all modules of a package of the library.
    fn import_all(&mut self, package: &str, by: Option<FileId>) {
        let those: Vec<String> = self.library.below(package).filter(|name| !self.imported.contains_key(*name)).map(str::to_owned).collect();
        self.imported.extend(those.into_iter().map(|name| (name, by)));
    }

    fn is_said(&self, name: &str) -> bool {
        self.named.names.binary_search_by(|n| n.as_str().cmp(name)).is_ok_and(|at| self.said.contains_key(&(at as u32)))
    }

    fn add(&mut self, id: FileId) -> Result<(), String> {
        let Some(file) = self.image.tree.files.get(id as usize) else { return Ok(()) };
        if !self.files.insert(id) {
            return Ok(());
        }
        if file.kind == FileKind::Symlink {
            return self.follow(file);
        }
        let named = self.named;
        let Some(of) = named.of.get(&file.path) else { return Ok(()) };
        if of.unread {
            return Err(format!("the words of {} cannot be read: it is too large, or they are compressed", file.absolute()));
        }
        if of.is_archive && place::may_hold_modules(file.name()) {
            return Err(format!("{} is an archive, and modules that may be imported from it are not read", file.absolute()));
        }
        if self.is_of_library(file) && of.is_python {
            self.take_of_library(id, of);
            return Ok(());
        }
        // The interpreter's own library lists modules for its documentation alone.
        if of.lists && !self.is_of_library(file) {
            let way = self.places.module(&file.path).map_or_else(String::new, |m| format!("; {m} is named by {}", self.sayer(m)));
            return Err(format!("{} loads whatever modules there are{way}", file.absolute()));
        }
        for at in &of.names {
            self.said.entry(*at).or_insert(Some(id));
            if let Some(name) = named.names.get(*at as usize).filter(|n| n.contains('.')) {
                self.import(name, Some(id));
            }
        }
        Ok(())
    }

    /// Whether a file is of the library of `CPython`, of which is known how it loads modules.
    fn is_of_library(&self, file: &FileEntry) -> bool {
        (self.places.is_of_interpreter(&file.path) && !file.path.contains("pypy")) || library::is_installer(&self.places, &file.path)
    }

    /// What a module of the library names: its imports, and its words where it can do something with them.
    fn take_of_library(&mut self, id: FileId, of: &OfPython) {
        let own = self.library.name(id).and_then(|name| name.split('.').next()).unwrap_or_default().to_owned();
        let imports: Vec<String> = of.imports.iter().filter_map(|name| self.library.absolute(id, name)).collect();
        for name in imports {
            let first = name.split('.').next().unwrap_or(&name);
            // None but its tests call what imports its tests.
            if first == TESTS && own != TESTS {
                continue;
            }
            if self.library.has(first) {
                self.import(&name, Some(id));
            }
            if !self.library.has(first) || self.others.contains(first) {
                self.say(first, Some(id));
            }
        }
        if of.acts {
            self.import_all(&own, Some(id));
        }
        let named = self.named;
        for at in &of.names {
            let Some(name) = named.names.get(*at as usize) else { continue };
            let is_other = !self.library.has(name) || self.others.contains(name.as_str());
            if of.starts_python || (of.acts && is_other) {
                self.said.entry(*at).or_insert(Some(id));
            }
        }
    }

    /// What a link leads to: a file, or all that is in a directory.
    fn follow(&mut self, link: &FileEntry) -> Result<(), String> {
        let tree = &self.image.tree;
        let Some(target) = tree.resolve(&link.path).filter(|t| *t != 0) else { return Ok(()) };
        let Some(file) = tree.files.get(target as usize) else { return Ok(()) };
        if file.kind != FileKind::Directory {
            return self.add(target);
        }
        for (id, _) in tree.below(&file.path).filter(|(_, f)| f.kind == FileKind::Regular) {
            self.add(id)?;
        }
        Ok(())
    }

    /// Who says a name first, for people.
    fn sayer(&self, name: &str) -> String {
        let at = self.named.names.binary_search_by(|n| n.as_str().cmp(name)).map_or(u32::MAX, |at| at as u32);
        sayer(self.image, self.said.get(&at).copied().flatten())
    }

    fn is_reached(&self, id: FileId, file: &FileEntry) -> bool {
        match file.kind {
            FileKind::Regular => {}
            FileKind::Symlink => return self.is_link_reached(id, file),
            _ => return false,
        }
        if file.name().ends_with(".pth") {
            return self.places.site(&file.path).is_some();
        }
        if self.named.of.get(&file.path).is_some_and(|of| of.is_archive) && self.is_archive_reached(id, file) {
            return true;
        }
        if let Some(module) = self.library.name(id) {
            return self.imported.contains_key(module) || self.is_said_of_library(module);
        }
        if let Some(module) = self.places.module(&file.path) {
            // A compiled module counts where its source is not beside it.
            return self.is_said(module);
        }
        let Some(of) = self.named.of.get(&file.path) else { return false };
        let is_owned = self.inventory.owner(id).is_some();
        if of.is_script {
            return true;
        }
        if of.is_python || is_module(file.name()) {
            return !is_owned || self.is_said(file.name()) || place::loose(&file.path).any(|name| self.is_said(name));
        }
        // A configuration, which nobody's package brought. What package managers read counts where a program speaks of it.
        !is_owned && self.places.site(&file.path).is_none() && (!is_packaging(file.name()) || self.is_said_by_own(file.name()))
    }

    /// Whether what is no part of the library says a package of it. The tests' name is a word like any other.
    fn is_said_of_library(&self, module: &str) -> bool {
        let first = module.split('.').next().unwrap_or(module);
        first != TESTS && self.is_said(first)
    }

    /// A link counts as what it is called, wherever it leads.
    fn is_link_reached(&self, id: FileId, link: &FileEntry) -> bool {
        match (self.library.name(id), self.places.site(&link.path)) {
            (Some(module), _) => self.imported.contains_key(module) || self.is_said_of_library(module),
            (None, Some(site)) => {
                let first = link.path[site.len()..].split('/').next().unwrap_or_default();
                self.is_said(self.places.module(&link.path).unwrap_or(first))
            }
            (None, None) => is_module(link.name()) && (self.inventory.owner(id).is_none() || self.is_said(link.name())),
        }
    }

    /// Whether an archive may be searched for modules: by its name, or since something names it.
    fn is_archive_reached(&self, id: FileId, file: &FileEntry) -> bool {
        let is_its_kind = place::is_named_as_modules(file.name());
        let is_beside = self.places.site(&file.path).is_some_and(|site| !file.path[site.len()..].contains('/'));
        let is_installer = file.name().ends_with(".whl") && (self.imported.contains_key("ensurepip") || self.is_said("ensurepip"));
        self.is_said(file.name())
            || place::is_library_archive(&file.path)
            || is_installer
            || (is_its_kind && (is_beside || self.inventory.owner(id).is_none() && self.places.site(&file.path).is_none()))
    }

    /// Whether code of no package says a name.
    fn is_said_by_own(&self, name: &str) -> bool {
        let Ok(at) = self.named.names.binary_search_by(|n| n.as_str().cmp(name)) else { return false };
        let own = self.files.iter().filter(|id| self.inventory.owner(**id).is_none());
        own.filter_map(|id| self.image.tree.files.get(*id as usize))
            .filter_map(|f| self.named.of.get(&f.path))
            .any(|of| of.is_python && of.names.contains(&(at as u32)))
    }

    /// Modules of distributions that declare entry points for what is reached, or for what is not known.
    fn plugins(&self) -> Vec<(String, FileId)> {
        let mut modules = Vec::new();
        for (path, of) in &self.named.of {
            let asks = |group: &String| {
                let first = group.split('.').next().unwrap_or(group);
                let is_here = self.named.names.binary_search_by(|n| n.as_str().cmp(first)).is_ok();
                !matches!(group.as_str(), "console_scripts" | "gui_scripts") && (!is_here || self.is_said(first))
            };
            let Some(by) = self.image.tree.find(path).filter(|_| of.groups.iter().any(asks)) else { continue };
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            let is_its =
                |p: &Package| p.ecosystem == Ecosystem::Python && p.recorded_in.rsplit_once('/').is_some_and(|(d, _)| d == directory);
            for (at, _) in (0_u32..).zip(&self.inventory.packages).filter(|(_, p)| is_its(p)) {
                modules.extend(self.places.modules_of(self.image, self.inventory, at).into_iter().map(|m| (m, by)));
            }
        }
        modules
    }
}
