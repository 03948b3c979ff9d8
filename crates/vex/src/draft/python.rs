//! Whether anything that a container runs names the modules of a Python distribution. An import statement or a string has to: what neither names
//! is not loaded, whatever else the program does. Names that come from outside the image, and those that are put together from parts, are beyond
//! what this can show.

use std::collections::{BTreeSet, HashMap, HashSet};

use plimsoll_evidence::{
    Ecosystem, Evidence, FileEntry, FileId, FileKind, ImageFacts, Inventory, Link, Package, VexJustification, Vulnerability,
};

use super::{MOST_FILES, Proof, starts, words};

mod place;

use place::{Places, is_packaging, is_python};

/// What the Python code, scripts and configurations of an image name.
#[derive(Debug, Clone, Default)]
pub struct PythonNamed {
    /// The names that were looked for, sorted: those of [`python_names`].
    pub names: Vec<String>,
    /// What files name, by path.
    pub of: HashMap<String, OfPython>,
    /// Why some of it could not be had; then nothing is proven by it.
    pub unread: Vec<String>,
}

/// What one file names.
#[derive(Debug, Clone, Default)]
pub struct OfPython {
    /// By place in [`PythonNamed::names`].
    pub names: Vec<u32>,
    /// Groups of entry points that it declares.
    pub groups: Vec<String>,
    /// Whether it asks for modules without naming a package to look in.
    pub lists: bool,
    /// Whether it is Python code.
    pub is_python: bool,
    /// Whether it is a script of another language that speaks of Python.
    pub is_script: bool,
    /// Whether it was not looked through.
    pub unread: bool,
}

/// The names to look for in an image whose findings are of Python distributions, and the programs to look through; none where there are none, or
/// where the container starts no Python.
pub fn python_names(evidence: &Evidence) -> Option<(Vec<String>, HashSet<String>)> {
    let (image, inventory, known) = (evidence.image.found()?, evidence.components.found()?, evidence.vulnerabilities.found()?);
    let is_its = |v: &Vulnerability| inventory.packages.get(v.component as usize).is_some_and(|p| p.ecosystem == Ecosystem::Python);
    let runs_python = image.closure.reached.iter().any(|r| image.tree.files.get(r.file as usize).is_some_and(|f| is_python(f.name())));
    if !runs_python || !known.found.iter().any(is_its) {
        return None;
    }
    let places = Places::of(&image.tree);
    let mut names: BTreeSet<String> = BTreeSet::new();
    for file in image.tree.files.iter().filter(|f| f.kind != FileKind::Directory) {
        names.extend(places.module(&file.path).map(str::to_owned));
        names.insert(file.name().to_owned());
    }
    let programs = programs(image).map(|f| f.path.clone()).collect();
    Some((names.into_iter().collect(), programs))
}

/// Programs that start, other than Python and shells: they may start Python by a command of their own.
fn programs(image: &ImageFacts) -> impl Iterator<Item = &FileEntry> {
    let files = image.closure.reached.iter().filter(|r| r.how != Link::Module).filter_map(|r| image.tree.files.get(r.file as usize));
    files.filter(|f| image.elf(&f.path).is_some() && !is_python(f.name()))
}

/// What of an image's Python code may run.
pub(super) struct PythonReach {
    /// What is named, and the file that names it first; none for the image's config and what an interpreter starts with.
    modules: HashMap<String, Option<FileId>>,
    files: BTreeSet<FileId>,
}

/// The code that may run; or why that cannot be told.
pub(super) fn reach(image: &ImageFacts, inventory: &Inventory, named: Option<&PythonNamed>) -> Result<PythonReach, String> {
    let Some(named) = named else { return Err("the container starts no Python that could be followed".to_owned()) };
    if let Some(why) = named.unread.first() {
        return Err(why.clone());
    }
    if let Some(other) = image.closure.reached.iter().filter_map(|r| image.tree.files.get(r.file as usize)).find(|f| {
        super::is_interpreter(f.name()) && !is_python(f.name()) && !super::reach::is_shell(f.name()) && image.elf(&f.path).is_some()
    }) {
        return Err(format!("{} runs beside Python, and what its programs start is not followed", other.absolute()));
    }
    let mut reach = Walk { image, inventory, named, places: Places::of(&image.tree), said: HashMap::new(), files: BTreeSet::new() };
    reach.run()?;
    let modules = reach.said.iter().filter_map(|(at, by)| Some((named.names.get(*at as usize)?.clone(), *by))).collect();
    Ok(PythonReach { modules, files: reach.files })
}

struct Walk<'a> {
    image: &'a ImageFacts,
    inventory: &'a Inventory,
    named: &'a PythonNamed,
    places: Places,
    /// Names that anything reached says, by place, and who says them first.
    said: HashMap<u32, Option<FileId>>,
    files: BTreeSet<FileId>,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), String> {
        for word in self.config_words() {
            self.say(&word, None);
        }
        for name in place::AT_START {
            self.say(name, None);
        }
        let shown: Vec<FileId> = self.image.closure.reached.iter().filter(|r| r.how != Link::Module).map(|r| r.file).collect();
        for id in shown {
            self.add(id)?;
        }
        loop {
            let before = (self.files.len(), self.said.len());
            for (id, file) in (0_u32..).zip(&self.image.tree.files) {
                if !self.files.contains(&id) && self.is_reached(id, file) {
                    self.add(id)?;
                }
            }
            for (module, by) in self.plugins() {
                self.say(&module, Some(by));
            }
            if (self.files.len(), self.said.len()) == before {
                return Ok(());
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

    fn is_said(&self, name: &str) -> bool {
        self.named.names.binary_search_by(|n| n.as_str().cmp(name)).is_ok_and(|at| self.said.contains_key(&(at as u32)))
    }

    fn add(&mut self, id: FileId) -> Result<(), String> {
        let Some(file) = self.image.tree.files.get(id as usize) else { return Ok(()) };
        if !self.files.insert(id) {
            return Ok(());
        }
        let Some(of) = self.named.of.get(&file.path) else { return Ok(()) };
        if of.unread {
            return Err(format!("{} is too large for its words to be read", file.absolute()));
        }
        // The interpreter's own library lists modules for its documentation alone.
        if of.lists && !self.places.is_of_interpreter(&file.path) {
            let way = self.places.module(&file.path).map_or_else(String::new, |m| format!("; {m} is named by {}", self.sayer(m)));
            return Err(format!("{} loads whatever modules there are{way}", file.absolute()));
        }
        for name in &of.names {
            self.said.entry(*name).or_insert(Some(id));
        }
        Ok(())
    }

    /// Who says a name first, for people.
    fn sayer(&self, name: &str) -> String {
        let at = self.named.names.binary_search_by(|n| n.as_str().cmp(name)).map_or(u32::MAX, |at| at as u32);
        sayer(self.image, self.said.get(&at).copied().flatten())
    }

    fn is_reached(&self, id: FileId, file: &FileEntry) -> bool {
        if file.kind != FileKind::Regular {
            return false;
        }
        if file.name().ends_with(".pth") {
            return self.places.site(&file.path).is_some();
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
        if of.is_python {
            let stem = file.name().strip_suffix(".py").unwrap_or(file.name());
            return !is_owned || self.is_said(file.name()) || self.is_said(stem);
        }
        // A configuration, which nobody's package brought. What package managers read counts where a program speaks of it.
        !is_owned && self.places.site(&file.path).is_none() && (!is_packaging(file.name()) || self.is_said_by_own(file.name()))
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

fn sayer(image: &ImageFacts, by: Option<FileId>) -> String {
    by.and_then(|id| image.tree.files.get(id as usize)).map_or_else(|| "what the image starts".to_owned(), FileEntry::absolute)
}

/// The proof that nothing names a module or script of a distribution.
pub(super) fn not_named(
    vulnerability: &Vulnerability,
    package: &Package,
    image: &ImageFacts,
    inventory: &Inventory,
    reach: &PythonReach,
) -> Result<Proof, String> {
    let places = Places::of(&image.tree);
    let modules: BTreeSet<String> = places.modules_of(image, inventory, vulnerability.component).into_iter().collect();
    if modules.is_empty() {
        return Err("which modules it has is not known".to_owned());
    }
    if let Some((module, by)) = modules.iter().find_map(|m| Some((m, reach.modules.get(m)?))) {
        return Err(format!("{} may run, and names its module {module}", sayer(image, *by)));
    }
    let own: Vec<&FileEntry> = (0_u32..)
        .zip(&image.tree.files)
        .filter(|(id, f)| f.kind == FileKind::Regular && inventory.owners.get(*id as usize) == Some(&vulnerability.component))
        .map(|(_, f)| f)
        .collect();
    if let Some(file) = image.tree.files.iter().zip(0_u32..).find(|(f, id)| {
        reach.files.contains(id) && inventory.owners.get(*id as usize) == Some(&vulnerability.component) && !f.name().ends_with(".pth")
    }) {
        return Err(format!("what starts reaches {}", file.0.absolute()));
    }
    let paths: BTreeSet<String> = own.iter().map(|f| f.absolute()).collect();
    let more_files = paths.len().saturating_sub(MOST_FILES);
    let starts = starts(image);
    let list = modules.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    Ok(Proof {
        justification: VexJustification::VulnerableCodeNotInExecutePath,
        words: format!(
            "{} {} has the {} {list}. None of the {} of code and configuration that {} may reach names {}: in no import statement, in no string, and no command, environment or entry point does. It holds for the command, environment and configuration that the image itself has; a name that comes from outside of it, or that is put together from parts, is not seen.",
            package.name,
            package.version,
            if modules.len() == 1 { "module" } else { "modules" },
            words(reach.files.len(), "file", "files"),
            starts.join(", "),
            if modules.len() == 1 { "it" } else { "one of them" },
        ),
        files: paths.into_iter().take(MOST_FILES).collect(),
        more_files,
        starts,
    })
}
