use std::collections::BTreeMap;
use std::ops::Range;

use crate::prefix;

/// What was read of a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// Its commands, in the order in which they are written; the commands of a word's substitutions stand before the
    /// command that the word belongs to.
    pub commands: Vec<Command>,
    /// Names of the functions it defines, sorted.
    pub functions: Vec<String>,
    /// Why it could not be read to its end. Then the commands are what was read before, and the rest is unknown.
    pub fatal: Option<String>,
    /// Whether parts of it do not follow the grammar and were skipped.
    pub recovered: bool,
    /// Whether it may end with another status than 0; so may what only a run could tell. `curl … || true` may not, nor may `…; exit 0`.
    pub may_fail: bool,
    /// Variables of `for` loops over words that are all known, and which nothing else sets: the words, in order.
    pub loops: BTreeMap<String, Vec<String>>,
    /// Variables that it sets, in order: for itself, for one command, or by `export` and its kin.
    pub assignments: Vec<Assignment>,
}

/// A variable that is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Its name.
    pub name: String,
    /// What it is set to; the span is that of the value.
    pub value: Word,
}

impl Script {
    pub(crate) fn unread(why: String) -> Self {
        Self { fatal: Some(why), may_fail: true, ..Self::default() }
    }

    /// Whether all of it was read.
    pub fn is_whole(&self) -> bool {
        self.fatal.is_none() && !self.recovered
    }
}

/// One simple command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// Line of its first word, from 1.
    pub line: u32,
    /// Bytes of the script from its first word to its last one. What stands in a script given to `sh -c` and its like has the
    /// bytes of the command that it is given to, and so have its words.
    pub span: Range<usize>,
    /// Its words, the name first. Empty for assignments and redirections alone.
    pub words: Vec<Word>,
    /// Its redirections to and from files (not here-documents, not copies of descriptors).
    pub redirects: Vec<Redirect>,
    /// The command that reads its output through a pipe, by place in [`Script::commands`].
    pub piped_into: Option<usize>,
    /// Whether it replaces the shell: `exec` is its first word.
    pub exec: bool,
    /// Whether it runs in the background.
    pub background: bool,
    /// The function whose body it stands in.
    pub function: Option<String>,
    /// When it runs at all.
    pub condition: Condition,
    /// How many command substitutions it stands in.
    pub substitution_depth: u32,
}

/// What a command waits for. Several may hold at once: `if a; then b && c; fi`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Condition {
    /// It stands in a branch or in the body of a loop.
    pub in_branch: bool,
    /// It stands after `&&`.
    pub after_success: bool,
    /// It stands after `||`.
    pub after_failure: bool,
}

/// A word of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// The text after quote removal; expansions that are not known stand as they are written: `$HOME/bin`.
    pub text: String,
    /// Whether `text` holds expansions that only a run could tell.
    pub dynamic: bool,
    /// The text with each `${NAME:-default}` that is not known replaced by its default, where that makes it static.
    pub fallback: Option<String>,
    /// Its bytes in the script; empty where it stands in none.
    pub span: Range<usize>,
}

/// A redirection to or from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The file.
    pub target: Word,
    /// Whether the file is written (else it is read).
    pub writes: bool,
}

impl Word {
    /// A word without expansions.
    pub fn fixed(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Its text, where that is known without a run.
    pub fn known(&self) -> Option<&str> {
        (!self.dynamic).then_some(self.text.as_str())
    }

    /// Its text where that is known, else the text that it has when no variable overrides its defaults.
    pub fn likely(&self) -> Option<&str> {
        self.known().or(self.fallback.as_deref())
    }

    /// Whether it stands for the arguments that the script was given: `"$@"`, `$*`.
    pub fn is_arguments(&self) -> bool {
        matches!(self.text.as_str(), "$@" | "$*" | "${@}" | "${*}")
    }
}

impl PartialEq<str> for Word {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for Word {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

impl Command {
    /// The name of what it runs in the end, without directories: behind `exec`, `env`, `sudo`, `nice`, `timeout`, `gosu`, `tini`
    /// and their like. None where there are no words or the name is known only to a run.
    pub fn program(&self) -> Option<&str> {
        let path = self.program_path()?;
        Some(path.rsplit('/').next().unwrap_or(path))
    }

    /// As [`Command::program`], with its directories as they are written.
    pub fn program_path(&self) -> Option<&str> {
        self.words.get(self.program_at()?)?.likely()
    }

    /// The place in `words` of what it runs in the end.
    pub fn program_at(&self) -> Option<usize> {
        prefix::program_at(&self.words)
    }

    /// Whether it may not run at all.
    pub fn is_conditional(&self) -> bool {
        self.condition != Condition::default()
    }

    /// The words after [`Command::program`].
    pub fn arguments(&self) -> &[Word] {
        self.program_at().and_then(|at| self.words.get(at + 1..)).unwrap_or_default()
    }

    /// Names of every program that it runs, in order, without directories: `env`, `sudo` and then the program itself.
    /// Shell words such as `exec` and `command` are left out.
    pub fn programs(&self) -> Vec<&str> {
        prefix::chain(&self.words)
            .into_iter()
            .filter_map(|at| self.words.get(at)?.likely())
            .map(|path| path.rsplit('/').next().unwrap_or(path))
            .filter(|name| !prefix::is_shell_word(name))
            .collect()
    }

    /// The command as one line of text.
    pub fn shown(&self) -> String {
        self.words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}
