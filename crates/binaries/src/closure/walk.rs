use std::collections::{HashMap, HashSet, VecDeque};

use plimsoll_evidence::{
    CapturedText, ElfFacts, ElfKind, FileId, FileKind, FileTree, ImageConfig, Link, Missing, OpenEnd, Opening, Reached, printable_line,
};
use plimsoll_shell::{Command, Script};

use super::libraries::Libraries;
use super::runtimes::{self, Runtime};

/// What a container gets where the image sets no PATH, as engines have it.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Links followed to one file, as in Linux's path resolution.
const MOST_LINKS: usize = 40;
/// Commands that shells run themselves (POSIX.1-2017, 2.14 and 1.6; bash(1)).
const BUILTINS: &[&str] = &[
    ":",
    "[",
    "[[",
    "alias",
    "bg",
    "break",
    "builtin",
    "caller",
    "cd",
    "command",
    "compgen",
    "complete",
    "continue",
    "declare",
    "dirs",
    "disown",
    "echo",
    "enable",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fc",
    "fg",
    "getopts",
    "hash",
    "help",
    "history",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
    "test",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "wait",
];

pub(super) struct Walk<'a> {
    tree: &'a FileTree,
    elfs: HashMap<&'a str, &'a ElfFacts>,
    texts: HashMap<&'a str, &'a CapturedText>,
    config: &'a ImageConfig,
    libraries: Libraries,
    search: Vec<String>,
    pub(super) reached: Vec<Reached>,
    places: HashMap<FileId, u32>,
    pub(super) missing: Vec<Missing>,
    pub(super) open_ends: Vec<OpenEnd>,
    todo: VecDeque<(u32, Vec<String>)>,
    runtimes: HashSet<(&'static str, String)>,
    names: HashSet<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(tree: &'a FileTree, elfs: &'a [ElfFacts], texts: &'a [CapturedText], config: &'a ImageConfig) -> Self {
        let path = config.env("PATH").unwrap_or(DEFAULT_PATH);
        Self {
            tree,
            elfs: elfs.iter().map(|e| (e.path.as_str(), e)).collect(),
            texts: texts.iter().map(|t| (t.path.as_str(), t)).collect(),
            config,
            libraries: Libraries::new(texts, config),
            search: path.split(':').filter(|d| d.starts_with('/')).map(str::to_owned).collect(),
            reached: Vec::new(),
            places: HashMap::new(),
            missing: Vec::new(),
            open_ends: Vec::new(),
            todo: VecDeque::new(),
            runtimes: HashSet::new(),
            names: HashSet::new(),
        }
    }

    /// A command of the config, word by word.
    pub(super) fn start(&mut self, command: &[String], how: Link) {
        let Some((program, arguments)) = command.split_first() else { return };
        let found = self.program(program);
        let place = found.and_then(|path| self.reach(&path, None, how, arguments.to_vec()));
        if place.is_none() {
            self.missing.push(Missing { wanted: program.clone(), by: None, how, line: None });
        }
        // Wrappers (`tini --`, `env`, `gosu`), shells given a text and programs named among the arguments: as a script would run them.
        let line = command.iter().map(|w| quoted(w)).collect::<Vec<_>>().join(" ");
        let script = self.parse(&line);
        self.commands(&script, place, &[], how);
    }

    /// A command of the config that a shell reads.
    pub(super) fn start_in_shell(&mut self, command: &[String], how: Link) {
        let shell = if self.config.shell.is_empty() { vec!["/bin/sh".to_owned(), "-c".to_owned()] } else { self.config.shell.clone() };
        let command: Vec<String> = shell.into_iter().chain([command.join(" ")]).collect();
        self.start(&command, how);
    }

    pub(super) fn run(&mut self) {
        while let Some((place, arguments)) = self.todo.pop_front() {
            let file = self.tree.file(self.reached[place as usize].file);
            let path = file.path.as_str();
            if let Some(elf) = self.elfs.get(path).copied() {
                self.elf(elf, place, &arguments);
            } else if let Some(text) = self.texts.get(path).copied() {
                self.script(text, place, &arguments);
            }
        }
    }

    fn parse(&self, text: &str) -> Script {
        plimsoll_shell::parse_with(text, |name| self.config.env(name).map(str::to_owned))
    }

    /// Reaches a path and, where it is a link, what it leads to. Gives the place of the file at its end, where there is one.
    fn reach(&mut self, path: &str, via: Option<u32>, how: Link, arguments: Vec<String>) -> Option<u32> {
        let mut chain = self.chain(path)?;
        let last = chain.pop();
        let (mut via, mut how) = (via, how);
        for link in chain {
            (via, how) = (Some(self.add(link, via, how).0), Link::Symlink);
        }
        let file = last?;
        let (place, new) = self.add(file, via, how);
        if new {
            self.todo.push_back((place, arguments));
        }
        Some(place)
    }

    fn add(&mut self, file: FileId, via: Option<u32>, how: Link) -> (u32, bool) {
        if let Some(&place) = self.places.get(&file) {
            return (place, false);
        }
        let place = self.reached.len() as u32;
        self.reached.push(Reached { file, via, how });
        self.places.insert(file, place);
        self.names.insert(self.tree.file(file).name().to_owned());
        (place, true)
    }

    /// The links that a path crosses by its own name, and the file at the end.
    fn chain(&self, path: &str) -> Option<Vec<FileId>> {
        let mut chain = Vec::new();
        let mut path = path.trim_start_matches('/').to_owned();
        for _ in 0..MOST_LINKS {
            let (directory, name) = path.rsplit_once('/').unwrap_or(("", path.as_str()));
            if matches!(name, "" | "." | "..") {
                chain.push(self.tree.resolve(&path)?);
                return Some(chain);
            }
            let directory = &self.tree.file(self.tree.resolve(directory)?).path;
            let id = self.tree.find(&if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") })?;
            chain.push(id);
            let file = self.tree.file(id);
            let (FileKind::Symlink, Some(target)) = (file.kind, &file.link) else { return Some(chain) };
            path = if target.starts_with('/') { target.trim_start_matches('/').to_owned() } else { format!("{directory}/{target}") };
        }
        None
    }

    fn is_file(&self, path: &str) -> bool {
        self.tree.resolve(path).is_some_and(|id| self.tree.file(id).kind == FileKind::Regular)
    }

    /// Where a runtime or shell finds a program.
    fn program(&self, name: &str) -> Option<String> {
        if name.starts_with('/') {
            return self.is_file(name).then(|| name.to_owned());
        }
        if name.contains('/') {
            let path = self.in_working_directory(name);
            return self.is_file(&path).then_some(path);
        }
        self.search
            .iter()
            .map(|d| format!("{}/{name}", d.trim_end_matches('/')))
            .find(|p| self.tree.resolve(p).is_some_and(|id| self.tree.file(id).is_executable()))
    }

    fn in_working_directory(&self, name: &str) -> String {
        if name.starts_with('/') { name.to_owned() } else { format!("{}/{name}", self.config.working_dir.trim_end_matches('/')) }
    }

    fn elf(&mut self, elf: &'a ElfFacts, place: u32, arguments: &[String]) {
        let by = self.reached[place as usize].file;
        if let Some(interpreter) = &elf.interpreter
            && self.reach(interpreter, Some(place), Link::Interpreter, Vec::new()).is_none()
        {
            self.missing.push(Missing { wanted: interpreter.clone(), by: Some(by), how: Link::Interpreter, line: None });
        }
        for name in &elf.needed {
            match self.library(elf, name) {
                Some(path) => {
                    self.reach(&path, Some(place), Link::Needed, Vec::new());
                }
                // A library that the process has loaded already satisfies a need wherever it lies.
                None if self.names.contains(name) => {}
                None => self.missing.push(Missing { wanted: name.clone(), by: Some(by), how: Link::Needed, line: None }),
            }
        }
        for name in &elf.library_names {
            if let Some(path) = self.library(elf, name) {
                self.reach(&path, Some(place), Link::Dlopen, Vec::new());
            }
        }
        let is_libc = elf.soname.as_deref().is_some_and(|s| s.starts_with("libc.so") || s.starts_with("libc.musl") || s.starts_with("ld-"));
        if elf.runs_shell && !is_libc && elf.kind == ElfKind::Executable {
            self.reach("bin/sh", Some(place), Link::Command, Vec::new());
        }
        let file = self.tree.file(by);
        if let Some(runtime) = runtimes::of_program(file.name()).filter(|_| elf.kind == ElfKind::Executable) {
            self.runtime(runtime, place, arguments);
        } else if elf.dlopens && !is_libc && elf.kind == ElfKind::Executable {
            self.open_ends.push(OpenEnd {
                by: Some(by),
                opens: Opening::Libraries,
                why: "loads libraries by names that may be made at run time".to_owned(),
            });
        }
    }

    fn library(&self, by: &ElfFacts, name: &str) -> Option<String> {
        self.libraries.find(self.tree, by, name, |id| {
            let file = self.tree.file(id);
            // The linker passes over files of another processor.
            file.kind == FileKind::Regular
                && self.elfs.get(file.path.as_str()).is_none_or(|e| e.bits == by.bits && e.architecture == by.architecture)
        })
    }

    fn runtime(&mut self, runtime: &'static Runtime, place: u32, arguments: &[String]) {
        let by = self.reached[place as usize].file;
        let mut directories: Vec<String> = runtime.directories.iter().map(|&d| d.to_owned()).collect();
        directories.extend(
            runtime
                .variables
                .iter()
                .filter_map(|v| self.config.env(v))
                .flat_map(|v| v.split(':'))
                .filter(|d| !d.is_empty())
                .map(|d| self.in_working_directory(d).trim_matches('/').to_owned()),
        );
        directories.extend(runtimes::java_home(&self.tree.file(by).path).map(str::to_owned));
        for argument in arguments.iter().filter(|a| !a.starts_with('-')) {
            let path = self.in_working_directory(argument);
            if let Some(id) = self.tree.resolve(&path).filter(|id| self.tree.file(*id).kind == FileKind::Regular) {
                self.reach(&path, Some(place), Link::Argument, Vec::new());
                // A program's own modules lie beside it.
                directories.push(self.tree.file(id).parent().to_owned());
                directories.extend(Self::modules_above(self.tree.file(id).parent(), runtime));
            }
        }
        let working = self.config.working_dir.trim_matches('/').to_owned();
        if !working.is_empty() {
            directories.extend(Self::modules_above(&working, runtime));
            directories.push(working);
        }
        for directory in directories {
            self.modules(&directory, place, runtime);
        }
        let why = format!("{} programs load modules and start programs by names that only a run tells", runtime.name);
        if self.runtimes.insert((runtime.name, String::new())) {
            self.open_ends.push(OpenEnd { by: Some(by), opens: Opening::Runtime, why });
        }
    }

    fn modules_above(directory: &str, runtime: &Runtime) -> Vec<String> {
        let Some(name) = runtime.beside else { return Vec::new() };
        let mut found = Vec::new();
        let mut at = Some(directory);
        while let Some(directory) = at {
            found.push(if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") });
            at = directory.rsplit_once('/').map(|(d, _)| d).or((!directory.is_empty()).then_some(""));
        }
        found
    }

    /// Everything in a directory that a runtime loads from. `usr/lib/python` stands for every version's.
    fn modules(&mut self, directory: &str, place: u32, runtime: &Runtime) {
        if directory.is_empty() || !self.runtimes.insert((runtime.name, directory.to_owned())) {
            return;
        }
        let start = self.tree.files.partition_point(|f| f.path.as_str() < directory);
        let tree = self.tree;
        let is_versioned = runtime.directories.contains(&directory);
        for (offset, file) in tree.files[start..].iter().enumerate().take_while(|(_, f)| f.path.starts_with(directory)) {
            let rest = &file.path[directory.len()..];
            let belongs = rest.starts_with('/') || (is_versioned && rest.starts_with(|c: char| c.is_ascii_digit()));
            if belongs && matches!(file.kind, FileKind::Regular | FileKind::Symlink) {
                let (at, new) = self.add((start + offset) as FileId, Some(place), Link::Module);
                // Native extensions need libraries of their own; other modules are data to the runtime.
                if new && self.elfs.contains_key(file.path.as_str()) {
                    self.todo.push_back((at, Vec::new()));
                }
            }
        }
    }

    fn script(&mut self, text: &'a CapturedText, place: u32, arguments: &[String]) {
        let by = self.reached[place as usize].file;
        let first = text.text.lines().next().unwrap_or_default();
        let interpreter = first.strip_prefix("#!").map(|l| l.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default();
        let mut is_shell = first.strip_prefix("#!").is_none();
        if let Some((program, words)) = interpreter.split_first() {
            if self.reach(program, Some(place), Link::Shebang, vec![self.tree.file(by).absolute()]).is_none() {
                self.missing.push(Missing { wanted: program.clone(), by: Some(by), how: Link::Shebang, line: Some(1) });
            }
            let mut name = program.rsplit('/').next().unwrap_or_default();
            if name == "env" {
                name = words.iter().map(String::as_str).find(|w| !w.starts_with('-') && !w.contains('=')).unwrap_or_default();
                match self.program(name) {
                    Some(path) => {
                        self.reach(&path, Some(place), Link::Shebang, vec![self.tree.file(by).absolute()]);
                    }
                    None => self.missing.push(Missing { wanted: name.to_owned(), by: Some(by), how: Link::Shebang, line: Some(1) }),
                }
            }
            is_shell = matches!(name, "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh" | "busybox");
        }
        if is_shell {
            if text.cut {
                self.open_ends.push(OpenEnd {
                    by: Some(by),
                    opens: Opening::Anything,
                    why: "the script is longer than what is read of it".to_owned(),
                });
            }
            let script = self.parse(&text.text);
            let known_missing = self.missing.len();
            self.commands(&script, Some(place), arguments, Link::Command);
            // A script that sets PATH finds programs where we do not look.
            if text.text.contains("PATH=") {
                self.missing.truncate(known_missing);
            }
        }
    }

    /// Whether it is the command that the config itself names, of which it is told already that it is missing.
    fn is_named_by_config(&self, program: &str) -> bool {
        let command = self.config.entrypoint.first().or(self.config.cmd.first());
        command.is_some_and(|c| c == program)
    }

    fn commands(&mut self, script: &Script, place: Option<u32>, arguments: &[String], how: Link) {
        let by = place.map(|p| self.reached[p as usize].file);
        if let Some(why) = &script.fatal {
            self.open_ends.push(OpenEnd { by, opens: Opening::Anything, why: format!("the script cannot be read to its end: {why}") });
        }
        for command in &script.commands {
            self.command(script, command, place, arguments, how);
        }
    }

    fn command(&mut self, script: &Script, command: &Command, place: Option<u32>, arguments: &[String], how: Link) {
        let by = place.map(|p| self.reached[p as usize].file);
        if command.words.is_empty() {
            return;
        }
        let at = command.program_at();
        if at.and_then(|at| command.words.get(at)).is_some_and(plimsoll_shell::Word::is_arguments)
            || command.words.iter().any(plimsoll_shell::Word::is_arguments) && at.is_none()
        {
            // The script hands over to what it was given.
            if let Some((program, rest)) = arguments.split_first() {
                match self.program(program) {
                    Some(path) => {
                        self.reach(&path, place, Link::Command, rest.to_vec());
                    }
                    None if command.exec => {
                        self.missing.push(Missing { wanted: program.clone(), by, how: Link::Argument, line: Some(command.line) });
                    }
                    None => {}
                }
            }
        }
        for name in command.programs() {
            let is_known = BUILTINS.contains(&name) || script.functions.iter().any(|f| f == name);
            if !is_known && let Some(path) = self.program(name) {
                self.reach(&path, place, how, static_arguments(command));
            }
        }
        match command.program_path() {
            Some("." | "source") => {
                if let Some(path) = command.arguments().first().and_then(|w| w.likely()).map(|w| self.in_working_directory(w)) {
                    self.reach(&path, place, Link::Command, Vec::new());
                }
            }
            Some(path) => {
                let name = path.rsplit('/').next().unwrap_or(path);
                let is_known = BUILTINS.contains(&name) || script.functions.iter().any(|f| f == name);
                match self.program(path) {
                    Some(found) => {
                        self.reach(&found, place, how, static_arguments(command));
                    }
                    None if is_known || command.is_conditional() || command.function.is_some() || self.is_named_by_config(path) => {}
                    None => self.missing.push(Missing { wanted: path.to_owned(), by, how: Link::Command, line: Some(command.line) }),
                }
            }
            None if command.words.iter().any(plimsoll_shell::Word::is_arguments) => {}
            None => {
                let why = format!(
                    "line {} runs a program whose name only a run tells: {}",
                    command.line,
                    printable_line(&command.words[0].text, 60)
                );
                self.open_ends.push(OpenEnd { by, opens: Opening::Anything, why });
            }
        }
        // Files named outright: scripts given to interpreters, configurations, archives.
        for word in command.words.iter().filter_map(|w| w.likely()).filter(|w| w.len() > 1 && w.contains(['/', '.'])) {
            let path = self.in_working_directory(word);
            if self.is_file(&path) {
                self.reach(&path, place, Link::Argument, Vec::new());
            }
        }
    }
}

fn static_arguments(command: &Command) -> Vec<String> {
    command.arguments().iter().filter_map(|w| w.likely()).map(str::to_owned).collect()
}

/// A word as a shell reads it back unchanged.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
