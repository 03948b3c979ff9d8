//! The commands of a script, with what loops, functions and the file's variables make of their words.

use std::ops::Range;

use plimsoll_evidence::Place;
use plimsoll_shell::{Command, Script, Word};

/// The most words that one word of a loop or function may become.
const MOST_VALUES: usize = 200;

/// A word of a command.
#[derive(Debug, Clone)]
pub(super) struct Arg {
    pub(super) text: String,
    /// Whether all of it is known without a run.
    pub(super) known: bool,
    pub(super) place: Place,
}

/// A command that a step runs.
#[derive(Debug, Clone)]
pub(super) struct Ran {
    /// What it runs in the end, without directories; empty where only a run could tell.
    pub(super) program: String,
    /// The same as it is written, with directories.
    pub(super) path: String,
    /// The programs before it that run it: `sudo`, `env`.
    pub(super) through: Vec<String>,
    /// Its arguments.
    pub(super) args: Vec<Arg>,
    pub(super) place: Place,
    pub(super) shown: String,
    /// Whether it stands in a branch or loop.
    pub(super) maybe: bool,
    /// The command that reads its output.
    pub(super) piped_into: Option<usize>,
    /// How many substitutions it stands in.
    pub(super) depth: u32,
    /// Files that it writes by redirection.
    pub(super) writes: Vec<String>,
}

impl Ran {
    /// The arguments that are no options.
    pub(super) fn operands(&self) -> impl Iterator<Item = &Arg> {
        self.args.iter().filter(|a| !a.text.starts_with('-') || a.text == "-")
    }

    /// Whether an option is given, as a word of its own or with `=value`.
    pub(super) fn has(&self, option: &str) -> bool {
        self.args.iter().any(|a| a.text == option || a.text.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')))
    }

    /// The value of an option: the next word, or what stands behind `=`.
    pub(super) fn value(&self, options: &[&str]) -> Option<&Arg> {
        self.args.windows(2).find(|pair| options.contains(&pair[0].text.as_str())).map(|pair| &pair[1])
    }

    /// As [`Ran::value`], with `--option=value` too.
    pub(super) fn setting(&self, options: &[&str]) -> Option<String> {
        self.value(options).map(|a| a.text.clone()).or_else(|| {
            self.args.iter().find_map(|a| {
                let (name, value) = a.text.split_once('=')?;
                options.contains(&name).then(|| value.to_owned())
            })
        })
    }
}

/// Tells where bytes of the script stand in the build file.
pub(super) type Locate<'a> = dyn Fn(Range<usize>) -> Place + 'a;

/// The commands of a script in order. `text` is the script.
pub(super) fn of_script(script: &Script, text: &str, locate: &Locate<'_>) -> Vec<Ran> {
    let context = Context { script, text, locate };
    script.commands.iter().map(|command| context.command(command)).collect()
}

/// The one command of an exec form.
pub(super) fn of_words(words: &[Arg]) -> Option<Ran> {
    let plain = Command { words: words.iter().map(|w| Word::fixed(w.text.clone())).collect(), ..Command::default() };
    let at = plain.program_at()?;
    Some(Ran {
        program: plain.program().unwrap_or_default().to_owned(),
        path: plain.program_path().unwrap_or_default().to_owned(),
        through: through(&plain),
        args: words.get(at + 1..).unwrap_or_default().to_vec(),
        place: words.first()?.place,
        shown: plain.shown(),
        maybe: false,
        piped_into: None,
        depth: 0,
        writes: Vec::new(),
    })
}

fn through(command: &Command) -> Vec<String> {
    let mut programs: Vec<String> = command.programs().into_iter().map(str::to_owned).collect();
    programs.pop();
    programs
}

struct Context<'a> {
    script: &'a Script,
    text: &'a str,
    locate: &'a Locate<'a>,
}

impl Context<'_> {
    fn command(&self, command: &Command) -> Ran {
        Ran {
            program: command.program().unwrap_or_default().to_owned(),
            path: command.program_path().unwrap_or_default().to_owned(),
            through: through(command),
            args: command.arguments().iter().flat_map(|word| self.words(command, word)).collect(),
            place: (self.locate)(command.span.clone()),
            shown: command.shown(),
            // What follows `&&` runs in every build that succeeds.
            maybe: (command.condition.in_branch || command.condition.after_failure) && self.script.loops.is_empty(),
            piped_into: command.piped_into,
            depth: command.substitution_depth,
            writes: command.redirects.iter().filter(|r| r.writes).map(|r| r.target.text.clone()).collect(),
        }
    }

    /// What a word becomes: more than one where a loop gives it several values, or where an unquoted variable holds blanks.
    fn words(&self, command: &Command, word: &Word) -> Vec<Arg> {
        let place = (self.locate)(word.span.clone());
        let one = |text: &str, known: bool| Arg { text: text.to_owned(), known, place };
        let written = self.text.get(word.span.clone()).unwrap_or_default();
        if !word.dynamic {
            let splits = written.contains('$') && !written.starts_with('"') && word.text.contains(char::is_whitespace);
            return if splits { word.text.split_whitespace().map(|w| one(w, true)).collect() } else { vec![one(&word.text, true)] };
        }
        let mut texts = vec![word.text.clone()];
        let mut replaced = false;
        for (name, values) in &self.script.loops {
            let (plain, braced) = (format!("${name}"), format!("${{{name}}}"));
            if word.text.contains(&plain) || word.text.contains(&braced) {
                texts =
                    texts.iter().flat_map(|t| values.iter().map(|v| t.replace(&braced, v).replace(&plain, v))).take(MOST_VALUES).collect();
                replaced = true;
            }
        }
        if let Some(function) = &command.function {
            let given = self.call_arguments(function, word);
            if !given.is_empty() {
                return given;
            }
        }
        if replaced {
            return texts.iter().map(|t| one(t, !t.contains('$'))).collect();
        }
        match &word.fallback {
            Some(text) => vec![one(text, true)],
            None => vec![one(&word.text, false)],
        }
    }

    /// What a function's own arguments are, over all calls: for `"$@"` and `$1`.
    fn call_arguments(&self, function: &str, word: &Word) -> Vec<Arg> {
        let nth = match word.text.as_str() {
            _ if word.is_arguments() => None,
            text => match text.trim_start_matches(['$', '{']).trim_end_matches('}').parse::<usize>() {
                Ok(nth @ 1..=9) => Some(nth - 1),
                _ => return Vec::new(),
            },
        };
        let calls = self
            .script
            .commands
            .iter()
            .filter(|c| c.words.first().is_some_and(|w| w == function) && c.function.as_deref() != Some(function));
        let all = calls.flat_map(|call| {
            let words = call.words.get(1..).unwrap_or_default();
            let picked: Vec<&Word> = match nth {
                None => words.iter().collect(),
                Some(nth) => words.get(nth).into_iter().collect(),
            };
            picked.into_iter().map(|w| Arg { text: w.text.clone(), known: !w.dynamic, place: (self.locate)(w.span.clone()) })
        });
        all.take(MOST_VALUES).collect()
    }
}
