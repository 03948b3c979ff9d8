//! Scripts of the build context that RUN, ENTRYPOINT and CMD run: what they do is a part of what the instruction does.

use std::collections::BTreeSet;

use plimsoll_evidence::{BuildFile, Deed, Instruction, Place, Placed, Says, UnreadScript};
use plimsoll_shell::parse;

use super::context::Context;
use super::copies::{Copies, Origin};
use super::file::is_shell;
use super::{deeds, requirements};
use crate::Sources;

/// How deep scripts that run scripts are followed, and how many one instruction runs.
const MOST_DEPTH: usize = 5;
const MOST_SCRIPTS: usize = 100;
/// The words of a start command among which its script is looked for.
const MOST_WORDS: usize = 6;

/// What the scripts of one instruction do, and which were not read.
#[derive(Default)]
struct Done {
    deeds: Vec<Deed>,
    unread: Vec<UnreadScript>,
    seen: BTreeSet<String>,
}

/// Reads the scripts that the instructions of needed stages run, and adds what they do.
pub(super) fn read(file: &mut BuildFile, context: Option<&Context>, sources: &mut Sources<'_>) {
    let mut reader = Reader { copies: Copies { file, context }, sources };
    let starts: Vec<Place> = ["ENTRYPOINT", "CMD"].into_iter().filter_map(|name| file.last(name)).map(|i| i.place).collect();
    let mut found: Vec<(Place, Done)> = Vec::new();
    for (number, stage) in file.needed() {
        for instruction in stage.instructions.iter().filter(|i| !i.on_build) {
            let mut done = Done::default();
            match &instruction.says {
                Says::Run(run) => {
                    let paths = run.unread_scripts.iter().map(|script| &script.path);
                    for path in paths.take(MOST_SCRIPTS) {
                        reader.script(number, Some(instruction.place), path, 0, &mut done);
                    }
                    let mut own = run.deeds.clone();
                    own.append(&mut done.deeds);
                    requirements::resolve(&mut own, reader.copies, number, instruction.place, reader.sources);
                    done.deeds = own;
                }
                Says::Start(_) if starts.contains(&instruction.place) => reader.start(file.target, instruction, &mut done),
                _ => {}
            }
            found.push((instruction.place, done));
        }
    }
    // What the target starts may be said by a stage that is in its line only.
    let mut found: std::collections::BTreeMap<Place, Done> = found.into_iter().collect();
    for instruction in file.stages.iter_mut().flat_map(|stage| &mut stage.instructions) {
        let done = found.remove(&instruction.place).unwrap_or_default();
        match &mut instruction.says {
            Says::Run(run) => {
                if !done.deeds.is_empty() {
                    run.deeds = done.deeds;
                }
                run.unread_scripts = done.unread;
            }
            Says::Start(start) => {
                start.deeds.extend(done.deeds);
                start.unread_scripts = done.unread;
            }
            Says::Probe(Some(probe)) => probe.command.unread_scripts.clear(),
            _ => {}
        }
    }
}

struct Reader<'a, 's, 't> {
    copies: Copies<'a>,
    sources: &'s mut Sources<'t>,
}

impl Reader<'_, '_, '_> {
    /// The script among the words of a start command: the first that is a file of the context. A word that is a script by its name is
    /// named where none is.
    fn start(&mut self, target: usize, instruction: &Instruction, done: &mut Done) {
        let Says::Start(start) = &instruction.says else { return };
        let words = start.words.iter().flat_map(|w| if start.shell { w.split_whitespace().collect() } else { vec![w.as_str()] });
        let words: Vec<&str> = words.take(MOST_WORDS).filter(|w| w.contains('/') || w.contains('.')).filter(|w| !w.contains('$')).collect();
        let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
        let at = |word: &str| Placed::new(word.to_owned(), instruction.place);
        for by_name in [false, true] {
            for word in &words {
                // A step may link or move what was copied: then the name alone leads to it.
                let origin = self.copies.origin(target, None, &if by_name { name(word) } else { (*word).to_owned() });
                if let Origin::File(path) = origin {
                    return self.file(target, None, &at(word), &path, 0, done);
                }
            }
        }
        let script = words.iter().find(|word| is_script_name(&name(word)));
        if let Some(word) = script {
            done.unread
                .push(UnreadScript { path: at(word), why: "it is not in the build context, or comes from the base image".to_owned() });
        }
    }

    /// A script that a command of a step runs.
    fn script(&mut self, stage: usize, at: Option<Place>, path: &Placed<String>, depth: usize, done: &mut Done) {
        // Wrappers of build tools are told by what they fetch.
        if path.value.ends_with("gradlew") || path.value.ends_with("mvnw") {
            return;
        }
        match self.copies.origin(stage, at, &path.value) {
            Origin::File(found) => self.file(stage, at, path, &found, depth, done),
            Origin::Lacking => {
                let why = "it is copied, and is not in the build context that was read".to_owned();
                done.unread.push(UnreadScript { path: path.clone(), why });
            }
            Origin::Elsewhere => {}
        }
    }

    fn file(&mut self, stage: usize, at: Option<Place>, path: &Placed<String>, found: &str, depth: usize, done: &mut Done) {
        let Some(context) = self.copies.context else { return };
        if !done.seen.insert(found.to_owned()) || done.seen.len() > MOST_SCRIPTS {
            return;
        }
        let mut unread = |why: &str| done.unread.push(UnreadScript { path: path.clone(), why: why.to_owned() });
        let Some(text) = context.text(found) else { return unread("it is no text, or larger than 1 MiB") };
        match program(&text) {
            Some(program) if is_shell(&program) => {}
            Some(program) => return unread(&format!("it is a program for {program}")),
            None if is_script_name(found) => {}
            // What starts is a program as a rule, and what is in a program is not asked here.
            None => return,
        }
        let Some(full) = context.inside(found) else { return };
        let Ok(source) = self.sources.read(&full, &context.name(found)) else { return unread("it cannot be read") };
        let text = self.sources.text(source).to_owned();
        let parsed = parse(&text);
        let reading = deeds::of(&parsed, &text, &|range| place(source, &text, range));
        done.deeds.extend(reading.deeds);
        if let Some(why) = reading.unread {
            unread(&why);
        }
        if depth < MOST_DEPTH {
            for call in &reading.calls {
                self.script(stage, at, call, depth + 1, done);
            }
        }
    }
}

/// The program that the first line names.
fn program(text: &str) -> Option<String> {
    let first = text.lines().next()?.strip_prefix("#!")?;
    let mut words = first.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    words.find(|word| *word != "env" && !word.starts_with('-')).map(str::to_owned)
}

/// Whether a file of this name is a shell's script as a rule.
fn is_script_name(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or_default();
    [".sh", ".bash", ".ash", ".ksh"].iter().any(|end| name.ends_with(end)) || name == "entrypoint" || name == "docker-entrypoint"
}

/// The place of some bytes of a text.
fn place(source: u32, text: &str, range: std::ops::Range<usize>) -> Place {
    let before = text.get(..range.start).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let covered = text.get(range).unwrap_or_default().lines().next().unwrap_or_default();
    Place {
        source,
        line: before.matches('\n').count() as u32 + 1,
        column: before.get(start..).unwrap_or_default().chars().count() as u32 + 1,
        width: covered.chars().count() as u32,
    }
}
