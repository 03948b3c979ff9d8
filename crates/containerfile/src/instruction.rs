//! One instruction out of its line.

use crate::json::{Array, array};
use crate::split::{blank_separated, first, flags, quoted_words, trimmed, whole};
use crate::{Arguments, CommandLine, Flag, Instruction, Keyword, Pair, Problem, Text, Word, flags as known_flags, heredoc};

/// Reads an instruction. Where it cannot be read, its arguments are [`Arguments::Unread`] and the problem says why.
pub(crate) fn read(line: &Text, escape: char, nested: bool) -> (Instruction, Option<Problem>) {
    let line = trimmed(line);
    let (name, rest) = first(&line);
    let (flags, arguments) = rest.map(|rest| flags(&rest, escape)).unwrap_or_default();
    let keyword = Keyword::of(&name.text);
    let span = line.whole();
    let result = match keyword {
        Some(keyword) => read_arguments(keyword, &name, &flags, &arguments, escape, nested),
        None => Err(Problem { message: unknown(&name.text), span: name.span }),
    };
    let (arguments, problem) = match result {
        Ok((arguments, problem)) => (arguments, problem),
        Err(problem) => (Arguments::Unread, Some(problem)),
    };
    (Instruction { keyword, name, flags, arguments, heredocs: Vec::new(), text: line, span, last_line: 0 }, problem)
}

fn unknown(name: &str) -> String {
    if name.is_empty() {
        return "a line that only continues holds no instruction".to_owned();
    }
    let shown: String = name.chars().take(40).collect();
    let capitals = shown.to_uppercase();
    let near = Keyword::ALL.into_iter().map(|k| (distance(k.name(), &capitals), k)).min();
    // Two letters of four may differ where they are only swapped: FORM is FROM.
    let near = near
        .filter(|(far, k)| far.saturating_mul(2) < capitals.len() || (*far == 2 && sorted(k.name()) == sorted(&capitals)))
        .map(|(_, k)| k);
    match near {
        Some(keyword) => format!("there is no instruction `{shown}`; did you mean {}?", keyword.name()),
        None => format!("there is no instruction `{shown}`"),
    }
}

fn sorted(name: &str) -> Vec<char> {
    let mut letters: Vec<char> = name.chars().collect();
    letters.sort_unstable();
    letters
}

/// How many letters differ between two short names; many where they cannot be near.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut previous = i + 1;
        let mut line = vec![previous];
        for (j, y) in b.iter().enumerate() {
            let diagonal = row.get(j).copied().unwrap_or_default() + usize::from(x != y);
            let above = row.get(j + 1).copied().unwrap_or_default() + 1;
            previous = diagonal.min(above).min(previous + 1);
            line.push(previous);
        }
        row = line;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

/// A JSON array of strings as words; None for anything that is no JSON array.
fn json(text: &Text) -> Result<Option<Vec<Word>>, Problem> {
    match array(text.as_str()) {
        Array::Strings(strings) => {
            Ok(Some(strings.into_iter().map(|(value, at)| Word { text: value, span: text.span(at.start, at.end) }).collect()))
        }
        Array::Mixed => Err(Problem { message: "a JSON array here holds strings only".to_owned(), span: text.whole() }),
        Array::Not => Ok(None),
    }
}

fn command(text: &Text) -> Result<CommandLine, Problem> {
    Ok(match json(text)? {
        Some(words) => CommandLine::Exec(words),
        None => CommandLine::Shell(text.clone()),
    })
}

/// What one instruction is read from.
struct Source<'a> {
    keyword: Keyword,
    name: &'a Word,
    rest: &'a Text,
    escape: char,
}

type Read = Result<(Arguments, Option<Problem>), Problem>;

fn read_arguments(keyword: Keyword, name: &Word, flags: &[Flag], rest: &Text, escape: char, nested: bool) -> Read {
    let source = Source { keyword, name, rest, escape };
    let mut inner = None;
    let arguments = match keyword {
        Keyword::From => source.from()?,
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint => Arguments::Command(command(rest)?),
        Keyword::Healthcheck => source.healthcheck(flags)?,
        Keyword::Shell => source.shell()?,
        Keyword::Copy | Keyword::Add => source.transfer()?,
        Keyword::Env | Keyword::Label => Arguments::Pairs(source.pairs()?),
        Keyword::Arg => Arguments::Pairs(source.optional_pairs()?),
        Keyword::Expose => Arguments::Words(source.words(blank_separated(rest))?),
        Keyword::Volume => Arguments::Words(source.volumes()?),
        Keyword::User | Keyword::Workdir | Keyword::Stopsignal | Keyword::Maintainer => Arguments::Single(source.single()?),
        Keyword::Onbuild => {
            let (trigger, problem) = source.trigger(nested)?;
            inner = problem;
            Arguments::Trigger(Box::new(trigger))
        }
    };
    let none = matches!(arguments, Arguments::Healthcheck(None));
    match known_flags::check(keyword, flags).filter(|_| !none) {
        Some(problem) => Err(problem),
        None => Ok((arguments, inner)),
    }
}

impl Source<'_> {
    fn wrong(&self, message: impl Into<String>) -> Problem {
        Problem { message: message.into(), span: self.name.span }
    }

    fn missing(&self) -> Problem {
        self.wrong(format!("{} needs at least one argument", self.keyword.name()))
    }

    fn words(&self, words: Vec<Word>) -> Result<Vec<Word>, Problem> {
        if words.is_empty() { Err(self.missing()) } else { Ok(words) }
    }

    fn single(&self) -> Result<Word, Problem> {
        let word = whole(self.rest);
        if word.text.is_empty() { Err(self.wrong(format!("{} needs exactly one argument", self.keyword.name()))) } else { Ok(word) }
    }

    fn from(&self) -> Result<Arguments, Problem> {
        let words = blank_separated(self.rest);
        let (image, name) = match words.as_slice() {
            [image] => (image, None),
            [image, sign, name] if sign.text.eq_ignore_ascii_case("as") => (image, Some(name)),
            _ => return Err(self.wrong("FROM takes an image, or an image, `AS` and a name")),
        };
        let name = name.map(|name| Word { text: name.text.to_lowercase(), span: name.span });
        if let Some(name) = &name {
            let mut bytes = name.text.bytes();
            let begins = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
            if !begins || !bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.')) {
                let message = format!("`{}` cannot name a stage: letters, digits, `-`, `_` and `.`, a letter first", name.text);
                return Err(Problem { message, span: name.span });
            }
        }
        Ok(Arguments::From { image: image.clone(), name })
    }

    fn healthcheck(&self, flags: &[Flag]) -> Result<Arguments, Problem> {
        let all = self.rest.as_str();
        if all.is_empty() {
            return Err(self.missing());
        }
        let end = all.find(char::is_whitespace).unwrap_or(all.len());
        let kind = all.get(..end).unwrap_or_default();
        let rest = trimmed(&self.rest.part(end, all.len()));
        match kind.to_ascii_uppercase().as_str() {
            "NONE" if rest.as_str().is_empty() => Ok(Arguments::Healthcheck(None)),
            "NONE" => Err(Problem { message: "HEALTHCHECK NONE takes no arguments".to_owned(), span: rest.whole() }),
            "CMD" => {
                // BuildKit looks at the flags first.
                if let Some(problem) = known_flags::check(self.keyword, flags) {
                    return Err(problem);
                }
                let command = command(&rest)?;
                let empty = match &command {
                    CommandLine::Exec(words) => words.is_empty(),
                    CommandLine::Shell(text) => text.as_str().is_empty(),
                };
                if empty {
                    return Err(self.wrong("a command is missing behind HEALTHCHECK CMD"));
                }
                Ok(Arguments::Healthcheck(Some(command)))
            }
            _ => Err(Problem { message: format!("HEALTHCHECK is followed by CMD or NONE, not by `{kind}`"), span: self.rest.span(0, end) }),
        }
    }

    fn shell(&self) -> Result<Arguments, Problem> {
        match json(self.rest)? {
            Some(words) => Ok(Arguments::Words(self.words(words)?)),
            None if self.rest.as_str().is_empty() => Err(self.missing()),
            None => Err(Problem { message: "SHELL takes a JSON array: SHELL [\"/bin/bash\", \"-c\"]".to_owned(), span: self.rest.whole() }),
        }
    }

    fn transfer(&self) -> Result<Arguments, Problem> {
        let (mut words, json) = match json(self.rest)? {
            Some(words) => (words, true),
            None => (blank_separated(self.rest), false),
        };
        let name = self.keyword.name();
        if words.len() < 2 {
            return Err(self.wrong(format!("{name} needs a source and a destination")));
        }
        let Some(destination) = words.pop() else { return Err(self.missing()) };
        if heredoc::announced(&destination.text).is_some() {
            return Err(Problem { message: format!("{name} cannot copy to a here-document"), span: destination.span });
        }
        Ok(Arguments::Transfer { sources: words, destination, json })
    }

    fn volumes(&self) -> Result<Vec<Word>, Problem> {
        let words = match json(self.rest)? {
            Some(words) => words,
            None => blank_separated(self.rest),
        };
        match words.iter().find(|w| w.text.trim().is_empty()) {
            Some(empty) => Err(Problem { message: "a volume's path is empty".to_owned(), span: empty.span }),
            None => self.words(words),
        }
    }

    fn pairs(&self) -> Result<Vec<Pair>, Problem> {
        let words = quoted_words(self.rest, self.escape);
        let Some((_, head)) = words.first() else { return Err(self.missing()) };
        if !head.text.contains('=') {
            let (name, Some(value)) = first(self.rest) else {
                return Err(self.wrong(format!("{} needs a name and a value", self.keyword.name())));
            };
            return Ok(vec![Pair { name, value: Some(whole(&value)), old_form: true }]);
        }
        words.iter().map(|(at, word)| self.pair(*at, word)).collect()
    }

    fn optional_pairs(&self) -> Result<Vec<Pair>, Problem> {
        let words = quoted_words(self.rest, self.escape);
        if words.is_empty() {
            return Err(self.missing());
        }
        words
            .into_iter()
            .map(
                |(at, word)| {
                    if word.text.contains('=') { self.pair(at, &word) } else { Ok(Pair { name: word, value: None, old_form: false }) }
                },
            )
            .collect()
    }

    /// A word split at its first `=`.
    fn pair(&self, at: usize, word: &Word) -> Result<Pair, Problem> {
        let Some((name, value)) = word.text.split_once('=') else {
            let shown: String = word.text.chars().take(40).collect();
            return Err(Problem { message: format!("`{shown}` has no `=`: it has to be name=value"), span: word.span });
        };
        if name.is_empty() {
            return Err(Problem { message: format!("a name is missing before `=` in {}", self.keyword.name()), span: word.span });
        }
        let equals = at + name.len();
        Ok(Pair {
            name: Word { text: name.to_owned(), span: self.rest.span(at, equals) },
            value: Some(Word { text: value.to_owned(), span: self.rest.span(equals + 1, equals + 1 + value.len()) }),
            old_form: false,
        })
    }

    fn trigger(&self, nested: bool) -> Result<(Instruction, Option<Problem>), Problem> {
        if self.rest.as_str().is_empty() {
            return Err(self.missing());
        }
        if nested {
            return Err(self.wrong("ONBUILD cannot keep another ONBUILD"));
        }
        let (trigger, problem) = read(self.rest, self.escape, true);
        match trigger.keyword {
            Some(keyword @ (Keyword::Onbuild | Keyword::From | Keyword::Maintainer)) => {
                Err(Problem { message: format!("ONBUILD cannot keep {}", keyword.name()), span: trigger.name.span })
            }
            _ => Ok((trigger, problem)),
        }
    }
}
