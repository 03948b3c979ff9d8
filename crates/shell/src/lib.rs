#![doc = include_str!("../README.md")]

mod command;
mod prefix;
mod status;
mod variables;
mod walk;
mod word;

pub use command::{Assignment, Command, Condition, Redirect, Script, Word};

use variables::Variables;
use walk::Walker;

/// The most bytes of a script that are read; what is longer comes back with [`Script::fatal`] set.
pub const MOST_BYTES: usize = 4 << 20;

/// The commands of a script, in the order in which they are written.
pub fn parse(text: &str) -> Script {
    parse_with(text, |_| None)
}

/// As [`parse`], with the environment that the script starts with: variables that the script never sets itself are
/// resolved from it.
pub fn parse_with(text: &str, environment: impl Fn(&str) -> Option<String>) -> Script {
    parse_nested(text, &environment, 0)
}

/// What runs where a program is started with these words and no shell reads them: one command, and behind `sh -c` the commands of the
/// script that it is given, in the environment that the program starts with.
pub fn of_words<S: AsRef<str>>(words: &[S], environment: impl Fn(&str) -> Option<String>) -> Script {
    let words: Vec<Word> = words.iter().map(|word| Word::fixed(word.as_ref())).collect();
    if words.is_empty() {
        return Script::default();
    }
    let alone = status::of_words(&words);
    let variables = Variables::default();
    let mut walker = Walker::new("", &variables, &environment, 0);
    let inner = walker.words(words);
    let may_fail = alone.unwrap_or_else(|| inner.unwrap_or(true));
    Script { may_fail, ..walker.finish() }
}

/// How deep `sh -c 'sh -c "…"'` is followed.
const MOST_NESTED_SCRIPTS: u32 = 4;

/// The syntax tree; none where the parser breaks. `shuck-parser` 0.2.8 slices through characters in backquotes between double quotes
/// (`"\"`𝒩`"`), and a script of an image must not end the whole check.
fn tree(text: &str) -> Option<shuck_parser::parser::ParseResult> {
    std::panic::catch_unwind(|| shuck_parser::parser::Parser::new(text).parse()).ok()
}

type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

fn parse_nested(text: &str, environment: &Environment<'_>, depth: u32) -> Script {
    if depth > MOST_NESTED_SCRIPTS {
        return Script::unread("scripts given to sh -c are nested too deep to follow".to_owned());
    }
    if text.len() > MOST_BYTES {
        return Script::unread(format!("the script has {} bytes, and at most {MOST_BYTES} are read", text.len()));
    }
    let masked;
    let (text, parsed) = if let Some(parsed) = tree(text) {
        (text, parsed)
    } else {
        // What breaks the parser is a slice through the middle of a character: without such characters it reads the same commands.
        masked = text.chars().map(|c| if c.is_ascii() { c.to_string() } else { "x".repeat(c.len_utf8()) }).collect::<String>();
        let Some(parsed) = tree(&masked) else { return Script::unread("the script breaks the parser".to_owned()) };
        (masked.as_str(), parsed)
    };
    let variables = Variables::of(text, &parsed.file.body, environment);
    let mut walker = Walker::new(text, &variables, environment, depth);
    walker.sequence(&parsed.file.body);
    let mut script = walker.finish();
    script.loops.extend(variables.loops());
    if script.fatal.is_none() {
        script.fatal = parsed.terminal_error.map(|e| e.to_string());
    }
    script.recovered |= !parsed.diagnostics.is_empty();
    script.may_fail = !script.is_whole() || status::may_fail(text, &parsed.file.body, &variables, &script.functions, environment, depth);
    script
}
