//! The widest reach of what a container starts: not only what is seen to be linked and started, but whatever anything reached names. A program
//! starts, loads or opens only what some text names to it: its own strings, a script, a configuration, its environment. What no such text names
//! is not run, whatever else the program does; names that come from outside the image are beyond what it can show.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

mod kinds;
mod processes;

use plimsoll_evidence::{ElfFacts, ElfKind, FileEntry, FileId, FileKind, ImageFacts, Link};

use kinds::{above, is_library, is_script, is_searched, runs_texts};
pub(super) use kinds::{is_c_library, is_shell};

/// What each file names, and what it can do.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// The names that files mention, by place.
    pub names: Vec<String>,
    /// What files mention, by path.
    pub of: HashMap<String, OfFile>,
    /// Why some of it could not be had; then nothing is proven by it.
    pub unread: Vec<String>,
}

/// What one file names.
#[derive(Debug, Clone, Default)]
pub struct OfFile {
    /// Names of files, by place in [`Named::names`].
    pub names: Vec<u32>,
    /// Paths of files and directories, by place in the tree.
    pub paths: Vec<FileId>,
    /// Whether it can start programs.
    pub starts: bool,
    /// Whether it can load libraries.
    pub loads: bool,
    /// Whether it was not looked through.
    pub unread: bool,
}

/// Directories in which so much lies that to name them is to name nothing in them.
const EVERYWHERE: [&str; 38] = [
    "",
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib64",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "srv",
    "sys",
    "tmp",
    "usr",
    "usr/bin",
    "usr/games",
    "usr/include",
    "usr/lib",
    "usr/lib64",
    "usr/libexec",
    "usr/local",
    "usr/local/bin",
    "usr/local/lib",
    "usr/local/sbin",
    "usr/local/share",
    "usr/sbin",
    "usr/share",
    "usr/src",
    "var",
    "var/cache",
    "var/lib",
    "var/log",
    "var/tmp",
];
/// Directories in which a name alone finds a program, beside those of `PATH`.
const PROGRAMS: [&str; 6] = ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"];
/// Files of a way that are shown.
const MOST_STEPS: usize = 16;
/// Where texts lie that are read for their own sake, whose words nothing runs: the linker's index, time zones, manuals, messages.
const NO_NAMES: [&str; 5] = ["etc/ld.so.cache", "usr/share/doc/", "usr/share/locale/", "usr/share/man/", "usr/share/zoneinfo/"];

/// The files that may be reached; or why that cannot be told.
pub(super) fn widest(image: &ImageFacts, named: &Named) -> Result<HashSet<FileId>, String> {
    if let Some(why) = named.unread.first() {
        return Err(why.clone());
    }
    let mut reach = Reach::new(image, named);
    let mut aside: HashSet<u32> = HashSet::new();
    for (at, reached) in (0_u32..).zip(&image.closure.reached) {
        let by = reached.via.and_then(|via| image.closure.reached.get(via as usize)).and_then(|r| image.tree.files.get(r.file as usize));
        // A shell that a program is thought to start by the words in it: here it counts where it imports what starts one.
        let is_guess = reached.how == Link::Command && by.is_some_and(|f| image.elf(&f.path).is_some());
        if is_guess || (reached.how == Link::Symlink && reached.via.is_some_and(|via| aside.contains(&via))) {
            aside.insert(at);
        } else {
            reach.add(reached.file, None);
        }
    }
    let config = &image.config;
    if let [only] = image.closure.command.as_slice()
        && is_shell(only.rsplit('/').next().unwrap_or(only))
    {
        return Err(format!("the image starts a shell, {only}, which runs whatever it is told"));
    }
    let words = image
        .closure
        .command
        .iter()
        .chain(config.env.iter().map(|(_, value)| value))
        .chain(config.healthcheck.iter().flat_map(|h| &h.test));
    for word in words.flat_map(|w| w.split(|c: char| c.is_whitespace() || "=:,;'\"".contains(c))) {
        reach.say(word);
    }
    reach.run()?;
    Ok(reach.files.into_keys().collect())
}

/// The file that names another first; none for the image's config.
#[derive(Clone, Copy)]
struct By(Option<FileId>);

/// What is named, and by whom.
#[derive(Default)]
struct Words<'a> {
    names: HashMap<&'a str, By>,
    paths: HashMap<FileId, By>,
}

impl<'a> Words<'a> {
    fn take(&mut self, named: &'a Named, of: &OfFile, by: FileId) {
        for name in of.names.iter().filter_map(|n| named.names.get(*n as usize)) {
            self.names.entry(name).or_insert(By(Some(by)));
        }
        for path in &of.paths {
            self.paths.entry(*path).or_insert(By(Some(by)));
        }
    }
}

struct Reach<'a> {
    image: &'a ImageFacts,
    named: &'a Named,
    /// Each file that is reached, and the one that reaches or names it first; none for what starts.
    files: HashMap<FileId, Option<FileId>>,
    todo: Vec<FileId>,
    /// Words of all that is reached: what they name may be read.
    read: Words<'a>,
    /// Words of those that can start programs: texts, and the strings of a process one of whose parts can.
    start: Words<'a>,
    /// Words of those that can load libraries.
    load: Words<'a>,
    /// Scripts, and texts that they name.
    scripts: HashSet<FileId>,
    /// Texts that programs name.
    texts: Vec<FileId>,
    /// The needed libraries of an ELF file.
    linked: HashMap<FileId, Vec<FileId>>,
}

impl<'a> Reach<'a> {
    fn new(image: &'a ImageFacts, named: &'a Named) -> Self {
        let (read, start, load) = Default::default();
        let (files, todo, linked, scripts, texts) = Default::default();
        Self { image, named, files, todo, read, start, load, scripts, texts, linked }
    }

    fn add(&mut self, file: FileId, by: Option<FileId>) {
        if let Entry::Vacant(place) = self.files.entry(file) {
            place.insert(by);
            self.todo.push(file);
        }
    }

    fn file(&self, id: FileId) -> Option<&'a FileEntry> {
        self.image.tree.files.get(id as usize)
    }

    /// The way to a file, for people.
    fn way(&self, file: FileId) -> String {
        let mut way = vec![file];
        while let Some(Some(by)) = way.last().and_then(|at| self.files.get(at))
            && way.len() < MOST_STEPS
        {
            way.push(*by);
        }
        way.iter().rev().filter_map(|id| self.file(*id)).map(FileEntry::absolute).collect::<Vec<_>>().join(" → ")
    }

    /// A word of the command, the environment or the health check.
    fn say(&mut self, word: &str) {
        let (named, tree) = (self.named, &self.image.tree);
        let name = word.rsplit('/').next().unwrap_or(word);
        let name = named.names.binary_search_by(|n| n.as_str().cmp(name)).ok().and_then(|at| named.names.get(at));
        let paths: Vec<FileId> = if word.starts_with('/') {
            tree.resolve(word).into_iter().chain(tree.find(word.trim_matches('/'))).collect()
        } else {
            Vec::new()
        };
        for words in [&mut self.read, &mut self.start, &mut self.load] {
            words.names.extend(name.map(|n| (n.as_str(), By(None))));
            words.paths.extend(paths.iter().map(|p| (*p, By(None))));
        }
    }

    /// Goes on until nothing new is named.
    fn run(&mut self) -> Result<(), String> {
        loop {
            while let Some(file) = self.todo.pop() {
                self.follow(file)?;
            }
            self.count_processes()?;
            let before = self.files.len();
            for id in 0..self.image.tree.files.len() as FileId {
                if !self.files.contains_key(&id)
                    && let Some(By(by)) = self.namer(id)
                {
                    self.add(id, by);
                }
            }
            if self.files.len() == before && self.todo.is_empty() {
                return Ok(());
            }
        }
    }

    fn follow(&mut self, id: FileId) -> Result<(), String> {
        let Some(file) = self.file(id) else { return Ok(()) };
        match file.kind {
            FileKind::Symlink => {
                if let Some(target) = self.image.tree.resolve(&file.path) {
                    self.add(target, Some(id));
                }
                return Ok(());
            }
            FileKind::Regular => {}
            _ => return Ok(()),
        }
        let of = self.named.of.get(&file.path);
        if let Some(elf) = self.image.elf(&file.path) {
            if elf.kind == ElfKind::Executable && runs_texts(file.name()) {
                return Err(format!(
                    "{} runs programs of its language, which name things in more ways than are followed: {}",
                    file.absolute(),
                    self.way(id)
                ));
            }
            self.link(elf, id);
            // A shell starts and reads what its scripts say, and its own words are of its language.
            if let Some(of) = of.filter(|_| !is_shell(file.name())) {
                self.read.take(self.named, of, id);
            }
            return Ok(());
        }
        if let Some(of) = of.filter(|_| !NO_NAMES.iter().any(|n| file.path.starts_with(n))) {
            if of.unread && (file.is_executable() || is_script(file.name())) {
                return Err(format!("{} is too large for its words to be read: {}", file.absolute(), self.way(id)));
            }
            self.read.take(self.named, of, id);
            // A script runs what it names, and so does what it reads in. What a program reads counts by what that program can do.
            let of_script = match self.files.get(&id) {
                Some(Some(by)) => self.scripts.contains(by),
                _ => true,
            };
            if of_script || file.is_executable() || is_script(file.name()) {
                self.scripts.insert(id);
                self.start.take(self.named, of, id);
                self.load.take(self.named, of, id);
            } else {
                self.texts.push(id);
            }
        }
        Ok(())
    }

    /// Every file of the name of a needed library, wherever it lies.
    fn link(&mut self, elf: &ElfFacts, by: FileId) {
        let interpreter = elf.interpreter.as_deref().and_then(|i| i.rsplit('/').next());
        let wanted: Vec<&str> = elf.needed.iter().map(String::as_str).chain(interpreter).collect();
        let tree = &self.image.tree;
        let those: Vec<FileId> = (0_u32..).zip(&tree.files).filter(|(_, f)| wanted.contains(&f.name())).map(|(at, _)| at).collect();
        for library in &those {
            self.add(*library, Some(by));
        }
        let real = those.into_iter().filter_map(|l| tree.resolve(&tree.files.get(l as usize)?.path));
        self.linked.insert(by, real.collect());
    }

    /// Who names this file in a way in which it could be started, loaded or read; none where nobody does.
    fn namer(&self, id: FileId) -> Option<By> {
        let tree = &self.image.tree;
        let file = self.file(id)?;
        let real = match file.kind {
            FileKind::Regular => file,
            FileKind::Symlink => self.file(tree.resolve(&file.path)?)?,
            _ => return None,
        };
        if real.kind != FileKind::Regular {
            return None;
        }
        let (is_lib, is_program) = (is_library(file.name()), self.image.elf(&real.path).is_some() || real.is_executable());
        let words = if is_lib {
            &self.load
        } else if is_program {
            &self.start
        } else {
            &self.read
        };
        if let Some(by) = words.paths.get(&id) {
            return Some(*by);
        }
        let parent = file.parent();
        let named = words.names.get(file.name()).copied();
        let directory =
            |path: &str| if EVERYWHERE.contains(&path) || is_searched(path) { None } else { words.paths.get(&tree.find(path)?).copied() };
        let within = || above(parent, directory);
        if is_lib {
            // A C library makes the names of name services itself, from what /etc/nsswitch.conf says.
            // The same of converters of character sets, which it has a list of.
            if file.name().starts_with("libnss_") || parent.ends_with("/gconv") {
                return Some(By(None));
            }
            // Where a linker looks by itself a name is enough; elsewhere a directory has to be known too.
            return if is_searched(parent) { named } else { directory(parent).or_else(|| named.filter(|_| within().is_some())) };
        }
        if is_program {
            let is_found = PROGRAMS.contains(&parent) || self.searched().any(|d| d == parent);
            return directory(parent).or_else(|| named.filter(|_| is_found || within().is_some()));
        }
        if is_script(file.name()) && named.is_some() {
            return named;
        }
        within().or_else(|| named.filter(|_| tree.find(parent).is_some_and(|d| words.paths.contains_key(&d))))
    }

    /// Directories of `PATH`.
    fn searched(&self) -> impl Iterator<Item = &str> {
        self.image.config.env("PATH").unwrap_or_default().split(':').map(|d| d.trim_matches('/'))
    }
}
