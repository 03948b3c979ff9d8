//! Variables that have one constant value in the whole script.

use std::collections::BTreeMap;

use shuck_ast::{Assignment, AssignmentValue, Command, CompoundCommand, DeclOperand, Stmt, StmtSeq};

use crate::Environment;
use crate::walk::children;
use crate::word::{is_nothing, render};

/// What is known of a script's variables.
#[derive(Default)]
pub(crate) struct Variables {
    /// None: set more than once, or to what only a run could tell.
    known: BTreeMap<String, Option<String>>,
    environment: BTreeMap<String, String>,
    /// The words of `for` loops, by variable; none where one is not known, or where something else sets the variable too.
    loops: BTreeMap<String, Option<Vec<String>>>,
}

impl Variables {
    /// The most passes in which constants are put into other constants.
    const PASSES: usize = 3;

    /// Reads every assignment of a script. A variable that is set in two ways, by `read`, a loop or a nameless way, is not constant.
    pub(crate) fn of(source: &str, body: &StmtSeq, environment: &Environment<'_>) -> Self {
        let mut names = Vec::new();
        let mut assignments = Vec::new();
        collect(source, body, &mut assignments, &mut names);
        let mut this = Self::default();
        for name in words_with_dollar(source) {
            if let Some(value) = environment(name) {
                this.environment.insert(name.to_owned(), value);
            }
        }
        for _ in 0..Self::PASSES {
            let mut known: BTreeMap<String, Option<String>> = names.iter().map(|n| (n.clone(), None)).collect();
            for assignment in &assignments {
                let value = match &assignment.value {
                    AssignmentValue::Scalar(word) if !assignment.append && assignment.target.subscript.is_none() => {
                        render(source, word, &this).known().map(str::to_owned)
                    }
                    _ => None,
                };
                known
                    .entry(assignment.target.name.as_str().to_owned())
                    .and_modify(|old| {
                        if *old != value {
                            *old = None;
                        }
                    })
                    .or_insert(value);
            }
            if known == this.known {
                break;
            }
            this.known = known;
        }
        this.read_loops(source, body);
        for assignment in &assignments {
            if let Some(words) = this.loops.get_mut(assignment.target.name.as_str()) {
                *words = None;
            }
        }
        this
    }

    fn read_loops(&mut self, source: &str, body: &StmtSeq) {
        let mut todo: Vec<&Stmt> = body.stmts.iter().collect();
        let mut names = Vec::new();
        while let Some(stmt) = todo.pop() {
            if let Command::Compound(CompoundCommand::For(each)) = &stmt.command
                && let [target] = each.targets.as_slice()
                && let Some(name) = &target.name
            {
                let words: Option<Vec<String>> =
                    each.words.iter().flatten().map(|word| render(source, word, self).known().map(str::to_owned)).collect();
                let words = words.filter(|_| each.words.is_some() && !self.loops.contains_key(name.as_str()));
                self.loops.insert(name.as_str().to_owned(), words);
            }
            children(stmt, &mut todo, &mut names);
        }
    }

    /// The variables of loops whose words are all known.
    pub(crate) fn loops(&self) -> BTreeMap<String, Vec<String>> {
        self.loops.iter().filter_map(|(name, words)| Some((name.clone(), words.clone()?))).collect()
    }

    /// The one value that a variable can have.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        match self.known.get(name) {
            Some(value) => value.as_deref(),
            None => self.environment.get(name).map(String::as_str),
        }
    }
}

/// Names that stand behind a `$` somewhere: the only ones worth asking the environment for.
fn words_with_dollar(source: &str) -> impl Iterator<Item = &str> {
    source.split('$').skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.bytes().position(|b| !b.is_ascii_alphanumeric() && b != b'_').unwrap_or(rest.len());
        rest.get(..end).filter(|name| !name.is_empty())
    })
}

fn collect<'a>(source: &'a str, body: &'a StmtSeq, assignments: &mut Vec<&'a Assignment>, names: &mut Vec<String>) {
    let mut todo: Vec<&Stmt> = body.stmts.iter().collect();
    while let Some(stmt) = todo.pop() {
        match &stmt.command {
            Command::Simple(simple) => {
                // `A=b command` sets A for that command alone, yet a value seen there is one that A may have elsewhere too: kept as
                // a second setting rather than trusted.
                let alone = is_nothing(source, &simple.name);
                for assignment in &simple.assignments {
                    if alone {
                        assignments.push(assignment);
                    } else {
                        names.push(assignment.target.name.as_str().to_owned());
                    }
                }
                let name = simple.name.try_static_text(source);
                if matches!(name.as_deref(), Some("read" | "mapfile" | "readarray" | "getopts" | "unset" | "printf" | "eval")) {
                    names.extend(simple.args.iter().filter_map(|w| w.try_static_text(source)).map(std::borrow::Cow::into_owned));
                }
            }
            Command::Decl(decl) => {
                for operand in &decl.operands {
                    match operand {
                        DeclOperand::Assignment(assignment) => assignments.push(assignment),
                        DeclOperand::Name(_) | DeclOperand::Flag(_) | DeclOperand::Dynamic(_) => {}
                    }
                }
            }
            _ => {}
        }
        children(stmt, &mut todo, names);
    }
}
