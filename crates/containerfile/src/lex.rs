//! Words as BuildKit's own lexer sees them: quotes, escapes and `$` expansions. It is not the shell's.

use crate::pattern;

/// How deep `${a:-${b:-…}}` is followed.
const MOST_DEPTH: u32 = 64;

/// The longest text that expansion makes, in bytes: `ENV A=$A$A` doubles at each line.
pub(crate) const MOST_BYTES: usize = 64 << 10;

/// What is known of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// It has this value.
    Set(String),
    /// It has none.
    Unset,
    /// Only a build could tell.
    Unknown,
}

/// A text after expansion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The text. Expansions of unknown variables stand in it as they are written.
    pub text: String,
    /// The unknown variables that it depends on, in order of appearance.
    pub unknown: Vec<String>,
    /// The variables that have no value, and no default where they are used: each became nothing.
    pub unset: Vec<String>,
    /// Why it cannot be expanded; `text` is then as it is written.
    pub error: Option<String>,
}

impl Expanded {
    /// A text that needs no expansion.
    pub fn fixed(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The text, where all of it is known.
    pub fn known(&self) -> Option<&str> {
        (self.unknown.is_empty() && self.error.is_none()).then_some(self.text.as_str())
    }
}

/// Expands a word: quotes and escape characters are taken off, variables replaced.
pub fn expand(text: &str, escape: char, lookup: &dyn Fn(&str) -> Value) -> Expanded {
    let rules = Rules { escape, raw_quotes: false, raw_escapes: false, keep_unset: false };
    let mut lexer = Lexer::new(text, rules, lookup);
    match lexer.until(None, false) {
        Ok(out) => Expanded { text: out, unknown: lexer.unknown, unset: lexer.unset, error: None },
        Err(error) => Expanded { text: text.to_owned(), error: Some(error), ..Expanded::default() },
    }
}

/// How a text is read.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) escape: char,
    /// Whether quotes stay.
    pub(crate) raw_quotes: bool,
    /// Whether escape characters stay.
    pub(crate) raw_escapes: bool,
    /// Whether variables without a value stay as they are written.
    pub(crate) keep_unset: bool,
}

/// The words of a text without any variables.
pub(crate) fn words(text: &str, rules: Rules) -> Result<Vec<String>, String> {
    let mut lexer = Lexer::new(text, rules, &|_| Value::Unset);
    lexer.until(None, rules.raw_escapes)?;
    Ok(lexer.words.finish())
}

/// Words as they grow.
#[derive(Default)]
struct Words {
    done: Vec<String>,
    open: String,
    inside: bool,
}

impl Words {
    fn add(&mut self, text: &str) {
        for c in text.chars() {
            if !c.is_whitespace() {
                self.raw(c);
            } else if self.inside && !self.open.is_empty() {
                self.done.push(std::mem::take(&mut self.open));
                self.inside = false;
            }
        }
    }

    fn raw(&mut self, c: char) {
        self.open.push(c);
        self.inside = true;
    }

    fn raw_text(&mut self, text: &str) {
        self.open.push_str(text);
        self.inside = true;
    }

    fn finish(&mut self) -> Vec<String> {
        if !self.open.is_empty() {
            self.done.push(std::mem::take(&mut self.open));
        }
        std::mem::take(&mut self.done)
    }
}

struct Lexer<'a> {
    rest: &'a str,
    rules: Rules,
    lookup: &'a dyn Fn(&str) -> Value,
    words: Words,
    unknown: Vec<String>,
    unset: Vec<String>,
    depth: u32,
    made: usize,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, rules: Rules, lookup: &'a dyn Fn(&str) -> Value) -> Self {
        Self { rest: text, rules, lookup, words: Words::default(), unknown: Vec::new(), unset: Vec::new(), depth: 0, made: 0 }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        Some(c)
    }

    /// Reads up to `stop`, or to the end where there is none.
    fn until(&mut self, stop: Option<char>, raw_escapes: bool) -> Result<String, String> {
        if self.depth > MOST_DEPTH {
            return Err("expansions are nested too deep".to_owned());
        }
        self.depth += 1;
        let outer = std::mem::replace(&mut self.rules.raw_escapes, raw_escapes);
        let words = std::mem::take(&mut self.words);
        let out = self.run(stop);
        self.rules.raw_escapes = outer;
        if self.depth > 1 {
            // BuildKit shares the buffer of the open word between the levels, and so loses what stands before `${x:-y}` in it.
            // Whether a here-document begins depends on that.
            self.words = Words { open: String::new(), ..words };
        }
        self.depth -= 1;
        out
    }

    fn run(&mut self, stop: Option<char>) -> Result<String, String> {
        let mut out = String::new();
        while let Some(c) = self.peek() {
            if stop == Some(c) {
                self.next();
                return Ok(out);
            }
            match c {
                '$' => {
                    let value = self.dollar()?;
                    self.words.add(&value);
                    out.push_str(&value);
                }
                '<' => {
                    let sign = self.less();
                    self.words.raw_text(&sign);
                    out.push_str(&sign);
                }
                '\'' => {
                    let text = self.single()?;
                    self.words.raw_text(&text);
                    out.push_str(&text);
                }
                '"' => {
                    let text = self.double()?;
                    self.words.raw_text(&text);
                    out.push_str(&text);
                }
                _ => {
                    self.next();
                    if c == self.rules.escape {
                        if self.rules.raw_escapes {
                            self.words.raw(c);
                            out.push(c);
                        }
                        let Some(next) = self.next() else { break };
                        self.words.raw(next);
                        out.push(next);
                    } else {
                        self.words.add(c.encode_utf8(&mut [0; 4]));
                        out.push(c);
                    }
                }
            }
            self.bounded(out.len())?;
        }
        match stop {
            Some(stop) => Err(format!("`{stop}` is missing")),
            None => Ok(out),
        }
    }

    fn bounded(&self, length: usize) -> Result<(), String> {
        // The text itself may be as long as it is; only what values add to it is limited.
        if self.made > MOST_BYTES && length > MOST_BYTES { Err("it becomes too long when it is expanded".to_owned()) } else { Ok(()) }
    }

    fn single(&mut self) -> Result<String, String> {
        self.next();
        let end = self.rest.find('\'').ok_or("a single quote is not closed")?;
        let inner = self.rest.get(..end).unwrap_or_default();
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        Ok(if self.rules.raw_quotes { format!("'{inner}'") } else { inner.to_owned() })
    }

    fn double(&mut self) -> Result<String, String> {
        let mut out = String::new();
        self.next();
        if self.rules.raw_quotes {
            out.push('"');
        }
        loop {
            match self.peek() {
                None => return Err("a double quote is not closed".to_owned()),
                Some('"') => {
                    self.next();
                    if self.rules.raw_quotes {
                        out.push('"');
                    }
                    return Ok(out);
                }
                Some('$') => {
                    let value = self.dollar()?;
                    out.push_str(&value);
                }
                Some(mut c) => {
                    self.next();
                    if c == self.rules.escape {
                        if self.rules.raw_escapes {
                            out.push(c);
                        }
                        match self.peek() {
                            None => continue,
                            Some(next) if next == '"' || next == '$' || next == self.rules.escape => {
                                self.next();
                                c = next;
                            }
                            Some(_) => {}
                        }
                    }
                    out.push(c);
                }
            }
            self.bounded(out.len())?;
        }
    }

    /// `<`, or `<<` with the blanks behind it: a here-document's word may stand apart from its sign.
    fn less(&mut self) -> String {
        self.next();
        if self.peek() != Some('<') {
            return "<".to_owned();
        }
        self.next();
        let mut sign = "<<".to_owned();
        while let Some(c @ ('\t' | '\r' | ' ')) = self.peek() {
            sign.push(c);
            self.next();
        }
        sign
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek() {
            if name.is_empty() {
                if c.is_numeric() {
                    while let Some(digit) = self.peek().filter(|c| c.is_numeric()) {
                        self.next();
                        name.push(digit);
                    }
                    return name;
                }
                if matches!(c, '@' | '*' | '#' | '?' | '-' | '$' | '!') {
                    self.next();
                    return c.to_string();
                }
            }
            if !c.is_alphanumeric() && c != '_' {
                break;
            }
            self.next();
            name.push(c);
        }
        name
    }

    fn value(&mut self, name: &str) -> Value {
        let value = (self.lookup)(name);
        match &value {
            Value::Set(text) => self.made = self.made.saturating_add(text.len()),
            Value::Unset => {}
            Value::Unknown => note(&mut self.unknown, name),
        }
        value
    }

    fn dollar(&mut self) -> Result<String, String> {
        self.next();
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return Ok(match self.value(&name) {
                Value::Set(value) => value,
                Value::Unset if !self.rules.keep_unset => self.nothing(&name),
                Value::Unset | Value::Unknown => format!("${name}"),
            });
        }
        self.next();
        match self.peek() {
            None => return Err("`${` is not closed".to_owned()),
            Some('{' | '}' | ':') => return Err("`${` is not followed by a name".to_owned()),
            Some(_) => {}
        }
        let name = self.name();
        match self.next() {
            Some('}') => Ok(match self.value(&name) {
                Value::Set(value) => value,
                Value::Unset if !self.rules.keep_unset => self.nothing(&name),
                Value::Unset | Value::Unknown => format!("${{{name}}}"),
            }),
            Some(':') => {
                let operator = self.next();
                if matches!(operator, Some('#' | '%')) {
                    return Err(format!("`${{{name}:{}` is no substitution", operator.unwrap_or_default()));
                }
                self.operation(&name, operator, true)
            }
            Some('/') => self.replacement(&name),
            operator => self.operation(&name, operator, false),
        }
    }

    /// A variable that became nothing.
    fn nothing(&mut self, name: &str) -> String {
        note(&mut self.unset, name);
        String::new()
    }

    /// `${name-word}` and its kin.
    fn operation(&mut self, name: &str, operator: Option<char>, or_empty: bool) -> Result<String, String> {
        let colon = if or_empty { ":" } else { "" };
        let Some(operator @ ('+' | '-' | '?' | '#' | '%')) = operator else {
            return Err(format!("`${{{name}{colon}{}` is no substitution", operator.map(String::from).unwrap_or_default()));
        };
        let (unknown, unset) = (self.unknown.len(), self.unset.len());
        let word = self.until(Some('}'), matches!(operator, '#' | '%'))?;
        let value = self.value(name);
        let kept = format!("${{{name}{colon}{operator}{word}}}");
        let value = match value {
            Value::Unknown => return Ok(kept),
            Value::Unset if self.rules.keep_unset => return Ok(kept),
            Value::Unset => None,
            Value::Set(value) => Some(value),
        };
        let usable = value.as_ref().is_some_and(|value| !or_empty || !value.is_empty());
        // What the unused word would have needed does not matter.
        let word_used = match operator {
            '-' => !usable,
            '+' => usable,
            _ => true,
        };
        if !word_used {
            self.unknown.truncate(unknown);
            self.unset.truncate(unset);
        }
        match operator {
            '-' => Ok(if usable { value.unwrap_or_default() } else { word }),
            '+' => Ok(if usable { word } else { String::new() }),
            '?' if usable => Ok(value.unwrap_or_default()),
            '?' if word.is_empty() => Err(format!("the variable {name} has no value")),
            '?' => Err(format!("{name}: {word}")),
            sign => {
                let value = value.unwrap_or_else(|| self.nothing(name));
                let longest = word.starts_with(sign);
                let pattern = if longest { word.get(1..).unwrap_or_default() } else { &word };
                if sign == '#' {
                    pattern::without_prefix(&value, pattern, longest)
                } else {
                    pattern::without_suffix(&value, pattern, longest)
                }
            }
        }
    }

    /// `${name/pattern/replacement}`.
    fn replacement(&mut self, name: &str) -> Result<String, String> {
        let all = self.peek() == Some('/');
        if all {
            self.next();
        }
        let pattern = self.until(Some('/'), true)?;
        let replacement = self.until(Some('}'), true)?;
        let kept = format!("${{{name}/{pattern}/{replacement}}}");
        let value = match self.value(name) {
            Value::Unknown => return Ok(kept),
            Value::Unset if self.rules.keep_unset => return Ok(kept),
            Value::Unset => self.nothing(name),
            Value::Set(value) => value,
        };
        pattern::replaced(&value, &pattern, &replacement, all)
    }
}

fn note(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|n| n == name) {
        names.push(name.to_owned());
    }
}
