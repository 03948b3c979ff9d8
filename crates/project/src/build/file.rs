//! A Containerfile as facts.

use std::collections::BTreeMap;

use plimsoll_containerfile::{
    Arguments, CommandLine, Containerfile, Expanded, Instruction as Parsed, Keyword, Mount as ParsedMount, MountKind, Pair, Source, Stages,
    Text, Value, Variables, Word, duration,
};
use plimsoll_evidence::{
    Base, BuildFile, Expansion, Instruction, Mount, Placed, Probe, Run, Says, Setting, Stage, Start, Transfer, UnreadScript,
};
use plimsoll_shell::parse_with;

use super::commands::Arg;
use super::deeds::Reading;
use super::place::Locator;
use super::{credentials, deeds};

/// What holds at a point of a stage besides its variables.
#[derive(Debug, Clone, Default)]
struct State {
    /// What SHELL says.
    shell: Option<Vec<String>>,
    user: Option<String>,
}

/// The facts of a file, the references in it that lead nowhere left to the caller.
pub(super) fn facts(locator: &Locator<'_>, stages: &Stages, target: usize, contexts: &BTreeMap<String, String>) -> BuildFile {
    let reader = Reader { locator, stages, contexts };
    let needed = stages.needed(None).unwrap_or_default();
    let needed = match stages.stages.get(target).filter(|_| target + 1 != stages.stages.len()) {
        // The target by its own number: a name may be given twice.
        Some(_) => stages.needed(Some(&target.to_string())).unwrap_or(needed),
        None => needed,
    };
    let mut ends: Vec<State> = Vec::new();
    let mut facts = Vec::new();
    for (number, stage) in stages.stages.iter().enumerate() {
        let mut state = match stage.base {
            plimsoll_containerfile::Base::Stage(parent) => ends.get(parent).cloned().unwrap_or_default(),
            _ => State::default(),
        };
        let mut instructions = Vec::new();
        stages.visit(locator.file, number, |at, instruction, variables| {
            instructions.push(reader.instruction(instruction, Here { at, number, variables }, &mut state, false));
        });
        ends.push(state);
        facts.push(Stage {
            name: stage.name.as_ref().map(|n| n.text.clone()),
            from: locator.word(&stage.written),
            base: match stage.base {
                plimsoll_containerfile::Base::Scratch => Base::Scratch,
                plimsoll_containerfile::Base::Stage(parent) => Base::Stage(parent),
                plimsoll_containerfile::Base::Image if stage.written.text.is_empty() || stage.image.error.is_some() => Base::Unknown,
                plimsoll_containerfile::Base::Image => {
                    let image = expansion(&stage.image, &stage.written.text);
                    image.known().and_then(|name| reader.context(name)).unwrap_or(Base::Image(image))
                }
            },
            platform: stage.platform.as_ref().map(|p| expansion(p, &p.text)),
            needed: needed.contains(&number),
            instructions,
        });
    }
    let first = locator.file.instructions.iter().position(|i| i.keyword == Some(Keyword::From)).unwrap_or(locator.file.instructions.len());
    let arguments =
        locator.file.instructions.iter().take(first).filter(|i| i.keyword == Some(Keyword::Arg)).flat_map(|i| match &i.arguments {
            Arguments::Pairs(pairs) => reader.settings(pairs, stages.global()),
            _ => Vec::new(),
        });
    BuildFile {
        source: locator.origin.source,
        syntax: locator.file.directive("syntax").map(|word| {
            // Behind the reference options may stand.
            let reference = word.text.split_whitespace().next().unwrap_or_default().to_owned();
            locator.word(word).map(|_| reference)
        }),
        arguments: arguments.collect(),
        stages: facts,
        target,
        exposed: Vec::new(),
        services: Vec::new(),
    }
}

/// A text after expansion, in the evidence's terms: a variable that became nothing is not known either, and the text stays as it is
/// written.
fn expansion(expanded: &Expanded, written: &str) -> Expansion {
    if !expanded.unset.is_empty() {
        let unknown = expanded.unknown.iter().chain(&expanded.unset).cloned().collect();
        return Expansion { text: written.to_owned(), unknown };
    }
    let mut unknown = expanded.unknown.clone();
    if let Some(error) = &expanded.error {
        unknown.push(error.clone());
    }
    Expansion { text: expanded.text.clone(), unknown }
}

/// An instruction's place in the file, and the variables that hold there.
#[derive(Clone, Copy)]
struct Here<'v> {
    at: usize,
    number: usize,
    variables: &'v Variables,
}

struct Reader<'a> {
    locator: &'a Locator<'a>,
    stages: &'a Stages,
    contexts: &'a BTreeMap<String, String>,
}

impl Reader<'_> {
    /// What a further context of this name is: it comes before a stage or an image of the name.
    fn context(&self, name: &str) -> Option<Base> {
        let short = name.strip_prefix("docker.io/").map_or(name, |n| n.strip_prefix("library/").unwrap_or(n));
        let context = self.contexts.get(name).or_else(|| self.contexts.get(short))?;
        Some(match context.strip_prefix("docker-image://") {
            Some(reference) => Base::Image(Expansion::fixed(reference)),
            None if context.is_empty() || super::remote(context) && !context.starts_with("oci-layout://") => Base::Unknown,
            None => Base::Context(context.clone()),
        })
    }

    fn file(&self) -> &Containerfile {
        self.locator.file
    }

    fn expand(&self, word: &Word, variables: &Variables) -> Placed<Expansion> {
        self.locator.word(word).map(|text| expansion(&variables.expand(&text, self.file().escape), &text))
    }

    fn instruction(&self, parsed: &Parsed, here: Here<'_>, state: &mut State, on_build: bool) -> Instruction {
        let place = self.locator.place(parsed.span);
        let variables = here.variables;
        let name = parsed.keyword.map_or_else(|| parsed.name.text.to_uppercase(), |k| k.name().to_owned());
        let says = match (&parsed.arguments, parsed.keyword) {
            (Arguments::Trigger(inner), _) => {
                // What it does later changes nothing here.
                let mut later = state.clone();
                return Instruction { place, ..self.instruction(inner, here, &mut later, true) };
            }
            (Arguments::Single(word), keyword) => {
                let value = self.expand(word, variables);
                if keyword == Some(Keyword::User) {
                    state.user = Some(value.value.text.clone());
                }
                Says::Word(value)
            }
            (Arguments::Words(words), Some(Keyword::Shell)) => {
                state.shell = Some(words.iter().map(|w| w.text.clone()).collect());
                // SHELL knows no variables.
                Says::Words(words.iter().map(|w| self.locator.word(w).map(Expansion::fixed)).collect())
            }
            (Arguments::Words(words), _) => Says::Words(words.iter().flat_map(|w| self.many(w, variables)).collect()),
            (Arguments::Pairs(pairs), _) => Says::Settings(self.settings(pairs, Some(variables))),
            (Arguments::Command(line), Some(Keyword::Run)) => Says::Run(self.run(here, parsed, line, state)),
            (Arguments::Command(line), _) => Says::Start(self.start(line, variables, state)),
            (Arguments::Healthcheck(line), _) => Says::Probe(line.as_ref().map(|line| self.probe(parsed, line, variables, state))),
            (Arguments::Transfer { sources, destination, .. }, _) => Says::Copy(self.transfer(here, parsed, sources, destination)),
            (Arguments::From { .. } | Arguments::Unread, _) => Says::Unread,
        };
        Instruction { place, name, on_build, says }
    }

    /// `EXPOSE $PORTS` may name several.
    fn many(&self, word: &Word, variables: &Variables) -> Vec<Placed<Expansion>> {
        let value = self.expand(word, variables);
        let texts: Vec<String> = value.value.text.split_whitespace().map(str::to_owned).collect();
        if texts.len() < 2 {
            return vec![value];
        }
        texts.into_iter().map(|text| Placed::new(Expansion { text, unknown: value.value.unknown.clone() }, value.place)).collect()
    }

    fn settings(&self, pairs: &[Pair], variables: Option<&Variables>) -> Vec<Setting> {
        let expand = |word: &Word| match variables {
            Some(variables) => self.expand(word, variables),
            None => self.locator.word(word).map(Expansion::fixed),
        };
        pairs
            .iter()
            .map(|pair| {
                let name = expand(&pair.name).map(|e| e.text);
                let secret_name = credentials::is_secret_name(&name.value);
                let credential = secret_name && pair.value.as_ref().is_some_and(|v| credentials::is_written(&v.text));
                Setting { secret_name, credential, value: pair.value.as_ref().map(expand), name }
            })
            .collect()
    }

    /// What `--from` of an instruction names.
    fn source(&self, here: Here<'_>, written: &str) -> Base {
        if let Some(context) = self.context(written) {
            return context;
        }
        let found =
            self.stages.stages.get(here.number).and_then(|s| s.uses.iter().find(|u| u.instruction == here.at && u.written.text == written));
        match found.map(|u| &u.source) {
            Some(Source::Stage(number)) => Base::Stage(*number),
            Some(Source::Image(name)) => Base::Image(Expansion::fixed(name.clone())),
            Some(Source::Nothing) => Base::Unknown,
            // In a trigger, which no stage of this file runs.
            None if written.contains('$') => Base::Unknown,
            None => Base::Image(Expansion::fixed(written)),
        }
    }

    fn transfer(&self, here: Here<'_>, parsed: &Parsed, sources: &[Word], destination: &Word) -> Transfer {
        let variables = here.variables;
        let flag = |name: &str| parsed.flag(name).and_then(|f| f.value.as_ref());
        let expanded = |name: &str| flag(name).map(|v| self.expand(v, variables).value.text);
        Transfer {
            sources: sources.iter().map(|w| self.expand(w, variables)).collect(),
            destination: self.expand(destination, variables),
            from: flag("from").map(|word| (self.locator.word(word), self.source(here, &word.text))),
            checksum: expanded("checksum"),
            owner: expanded("chown"),
            mode: expanded("chmod"),
        }
    }

    fn run(&self, here: Here<'_>, parsed: &Parsed, line: &CommandLine, state: &State) -> Run {
        let variables = here.variables;
        let flag = |name: &str| parsed.flag(name).and_then(|f| f.value.as_ref()).map(|v| v.text.clone());
        let mounts = parsed.flags.iter().filter(|f| f.name == "mount").filter_map(|flag| {
            let value = flag.value.as_ref()?;
            let mount = ParsedMount::parse(&value.text).ok()?;
            let kind = match mount.kind {
                MountKind::Bind => "bind",
                MountKind::Cache => "cache",
                MountKind::Tmpfs => "tmpfs",
                MountKind::Secret => "secret",
                MountKind::Ssh => "ssh",
                MountKind::Unknown => "",
            };
            Some(Mount {
                place: self.locator.place(flag.span),
                kind: kind.to_owned(),
                from: mount.from.map(|from| {
                    let base = self.source(here, &from);
                    (from, base)
                }),
                target: mount.target,
                id: mount.id,
            })
        });
        let mounts = mounts.collect();
        let Reading { deeds, unread, calls } = match (line, parsed.script()) {
            (CommandLine::Shell(_), Some(script)) => self.script(&script, variables, state),
            _ => self.exec(line, variables),
        };
        let (network, security, user) = (flag("network"), flag("security"), state.user.clone());
        Run { mounts, network, security, deeds, unread, unread_scripts: to_read(calls), user }
    }

    fn start(&self, line: &CommandLine, variables: &Variables, state: &State) -> Start {
        let (words, shell, reading) = match line {
            CommandLine::Shell(text) => (vec![text.as_str().to_owned()], true, self.script(text, variables, state)),
            CommandLine::Exec(words) => (words.iter().map(|w| w.text.clone()).collect(), false, self.exec(line, variables)),
        };
        Start { words, shell, deeds: reading.deeds, unread_scripts: to_read(reading.calls) }
    }

    fn probe(&self, parsed: &Parsed, line: &CommandLine, variables: &Variables, state: &State) -> Probe {
        let flag = |name: &str| parsed.flag(name).and_then(|f| f.value.as_ref()).map(|v| v.text.as_str());
        let time = |name: &str| flag(name).and_then(duration).unwrap_or_default();
        Probe {
            command: self.start(line, variables, state),
            interval: time("interval"),
            timeout: time("timeout"),
            start_period: time("start-period"),
            retries: flag("retries").and_then(|r| r.parse().ok()).unwrap_or_default(),
        }
    }

    fn script(&self, text: &Text, variables: &Variables, state: &State) -> Reading {
        if let Some(why) = self.foreign_shell(text, state) {
            return Reading { unread: Some(why), ..Reading::default() };
        }
        let script = parse_with(text.as_str(), |name| value(variables, name));
        deeds::of(&script, text.as_str(), &|range| self.locator.within(text, range))
    }

    /// Why a text is nothing that a shell of Unix reads.
    fn foreign_shell(&self, text: &Text, state: &State) -> Option<String> {
        if let Some(first) = text.as_str().strip_prefix("#!").and_then(|rest| rest.lines().next()) {
            let program = first.split_whitespace().map(|w| w.rsplit('/').next().unwrap_or(w)).find(|w| *w != "env" && !w.starts_with('-'));
            return program.filter(|p| !is_shell(p)).map(|p| format!("it is a program for {p}"));
        }
        match &state.shell {
            Some(shell) => {
                let program = shell.first().map(|w| w.rsplit(['/', '\\']).next().unwrap_or(w)).unwrap_or_default();
                let program = program.strip_suffix(".exe").unwrap_or(program);
                (!is_shell(program)).then(|| format!("SHELL makes it a script for {program}"))
            }
            None => (self.file().escape == '`').then(|| "it is written for the shell of Windows".to_owned()),
        }
    }

    /// An exec form; `["sh", "-c", "…"]` is a script.
    fn exec(&self, line: &CommandLine, variables: &Variables) -> Reading {
        let CommandLine::Exec(words) = line else { return Reading::default() };
        let at = words.iter().position(|w| w.text.starts_with('-') && !w.text.starts_with("--") && w.text.ends_with('c'));
        let is_script = words.first().is_some_and(|w| is_shell(w.text.rsplit('/').next().unwrap_or_default()));
        if let Some(script) = at.filter(|_| is_script).and_then(|at| words.get(at + 1)) {
            let parsed = parse_with(&script.text, |name| value(variables, name));
            let place = self.locator.place(script.span);
            return deeds::of(&parsed, &script.text, &|_| place);
        }
        let args: Vec<Arg> = words.iter().map(|w| Arg { text: w.text.clone(), known: true, place: self.locator.place(w.span) }).collect();
        deeds::of_exec(&args)
    }
}

/// What is run by its path, until the context tells which of them are scripts of it.
fn to_read(calls: Vec<Placed<String>>) -> Vec<UnreadScript> {
    calls.into_iter().map(|path| UnreadScript { path, why: String::new() }).collect()
}

pub(super) fn is_shell(program: &str) -> bool {
    matches!(program, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "busybox")
}

fn value(variables: &Variables, name: &str) -> Option<String> {
    match variables.get(name) {
        Value::Set(value) => Some(value),
        Value::Unset | Value::Unknown => None,
    }
}
