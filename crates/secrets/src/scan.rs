//! The search for credentials in some bytes.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use regex::bytes::{Regex, RegexBuilder};

use crate::files;
use crate::generic;
use crate::hit::{Hit, settle};
use crate::known;
use crate::pem;
use crate::prefilter::{EVERYWHERE, Lead, OWN, TEXTS};
use crate::rule::{Form, Rule};
use crate::rules::rules;
use crate::text::{entropy, is_example};
use crate::url;

/// Bytes after a keyword that a token may take.
const TOKEN: usize = 8192;
/// Bytes either side of a keyword that count as its line.
const LINE: usize = 1024;
/// Bytes either side in which the words of [`Rule::near`] count.
const NEAR: usize = 256;
/// Text files above this are only searched for what has its own form: nobody writes configuration that long.
const SMALL: usize = 1 << 20;
/// Hits in one piece of bytes; more are a list, not credentials.
const MOST_HITS: usize = 200;

/// What is searched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// Path in the layer, or inside the archive.
    pub(crate) path: &'a str,
    /// Whether it is text.
    pub(crate) is_text: bool,
    /// Whether it may be configuration or the author's own: outside the directories of packages.
    pub(crate) is_own: bool,
    /// Whether bytes stand before, or after, that are not seen.
    pub(crate) cut: (bool, bool),
}

impl Subject<'_> {
    /// Whether these are all the file's bytes.
    pub(crate) fn is_whole(&self) -> bool {
        self.cut == (false, false)
    }
}

/// Everything found, one hit for each value, in order.
pub(crate) fn scan(subject: Subject<'_>, bytes: &[u8]) -> Vec<Hit> {
    let mut search = Search { subject, bytes, hits: Vec::new(), lines: HashSet::new() };
    EVERYWHERE.search(bytes, |start, end, lead| search.follow(start, end, lead));
    if subject.is_text {
        TEXTS.search(bytes, |start, end, lead| search.follow(start, end, lead));
    }
    if subject.is_whole() && bytes.len() <= SMALL {
        files::look(subject, bytes, &mut search.hits);
        if subject.is_text && subject.is_own {
            OWN.search(bytes, |start, end, lead| search.follow(start, end, lead));
        }
    }
    let mut hits = settle(search.hits);
    known::tell(subject.path, &mut hits);
    hits
}

struct Search<'a> {
    subject: Subject<'a>,
    bytes: &'a [u8],
    hits: Vec<Hit>,
    /// Lines that were looked at for assignments, by where they begin.
    lines: HashSet<(usize, &'static str)>,
}

impl Search<'_> {
    fn follow(&mut self, start: usize, end: usize, lead: Lead) {
        if self.hits.len() >= MOST_HITS {
            return;
        }
        match lead {
            Lead::Rule(rule) => match rule.form {
                Form::Token => self.token(rule, start),
                Form::Assigned if assigns(self.bytes, end) => self.assigned(rule, start, end),
                Form::Assigned => {}
                Form::Line => self.line(rule, start),
            },
            Lead::Armor => self.hits.extend(pem::armored(self.subject, self.bytes, start)),
            Lead::Putty => self.hits.extend(pem::putty(self.bytes, start)),
            Lead::Assignment => {
                if !assigns(self.bytes, end) {
                    return;
                }
                let line = line_around(self.bytes, start);
                if self.lines.insert((line.start, "")) {
                    generic::assignments(self.subject, self.bytes, line, &mut self.hits);
                }
            }
            Lead::Url => self.hits.extend(url::password(self.subject, self.bytes, start)),
        }
    }

    fn token(&mut self, rule: &'static Rule, start: usize) {
        let bytes = self.bytes;
        let begins = match start.checked_sub(1).map(|i| bytes[i]) {
            None => !self.subject.cut.0,
            // `\n` in a quoted text is no letter.
            Some(b'n' | b'r' | b't') if start >= 2 && bytes[start - 2] == b'\\' => true,
            Some(before) => !is_word(before),
        };
        if !begins {
            return;
        }
        let end = bytes.len().min(start + TOKEN);
        let Some(found) = expression(rule).captures(&bytes[start..end]) else { return };
        let (Some(all), Some(value)) = (found.get(0), found.get(1).or_else(|| found.get(0))) else { return };
        let after = bytes.get(start + all.end());
        if after.is_some_and(|b| is_word(*b)) || (after.is_none() && self.subject.cut.1) {
            return;
        }
        self.add(rule, start + value.start()..start + value.end());
    }

    fn assigned(&mut self, rule: &'static Rule, start: usize, end: usize) {
        let line = line_around(self.bytes, start);
        let Some(rest) = self.bytes.get(end..line.end) else { return };
        let Some(value) = expression(rule).captures(rest).and_then(|c| c.get(1)) else { return };
        let at = end + value.start()..end + value.end();
        let after = self.bytes.get(at.end);
        if after.is_some_and(|b| is_word(*b) || matches!(b, b'-' | b'/' | b'+' | b'=')) {
            return;
        }
        self.add(rule, at);
    }

    fn line(&mut self, rule: &'static Rule, start: usize) {
        let line = line_around(self.bytes, start);
        if !self.lines.insert((line.start, rule.name)) {
            return;
        }
        let found: Vec<Range<usize>> = expression(rule)
            .captures_iter(&self.bytes[line.clone()])
            .filter_map(|c| c.get(1))
            .map(|m| line.start + m.start()..line.start + m.end())
            .collect();
        for at in found {
            if self.bytes.get(at.end).is_none_or(|b| !is_word(*b)) {
                self.add(rule, at);
            }
        }
    }

    fn add(&mut self, rule: &'static Rule, at: Range<usize>) {
        let value = &self.bytes[at.clone()];
        if entropy(value) < rule.entropy
            || (is_example(value) && !rule.check.is_proof())
            || !rule.check.passes(value, self.subject.is_text && self.subject.is_own)
            || !self.is_near(rule, &at)
        {
            return;
        }
        self.hits.push(Hit::by_rule(rule, self.bytes, at));
    }

    fn is_near(&self, rule: &Rule, at: &Range<usize>) -> bool {
        if rule.near.is_empty() {
            return true;
        }
        let around = &self.bytes[at.start.saturating_sub(NEAR)..self.bytes.len().min(at.end + NEAR)];
        let lower = around.to_ascii_lowercase();
        rule.near.iter().any(|word| memchr::memmem::find(&lower, word.to_ascii_lowercase().as_bytes()).is_some())
    }
}

/// Whether a sign of assignment follows a name that goes on at `at`: most words in texts are followed by other words, and
/// this is far cheaper than an expression.
fn assigns(bytes: &[u8], at: usize) -> bool {
    const MOST: usize = 56;
    let rest = &bytes[at..bytes.len().min(at + MOST)];
    for byte in rest {
        match byte {
            b'=' | b':' | b'>' | b',' => return true,
            b if is_word(*b) => {}
            b'.' | b'-' | b' ' | b'\t' | b'"' | b'\'' | b'`' | b']' | b')' | b'\\' => {}
            _ => return false,
        }
    }
    false
}

pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The line around a place, without its end; of a very long one the part near the place.
pub(crate) fn line_around(bytes: &[u8], at: usize) -> Range<usize> {
    let low = at.saturating_sub(LINE);
    let high = bytes.len().min(at + LINE);
    let start = memchr::memrchr(b'\n', &bytes[low..at]).map_or(low, |i| low + i + 1);
    let end = memchr::memchr(b'\n', &bytes[at..high]).map_or(high, |i| at + i);
    start..end
}

/// The rule's compiled expression; compiled when its keyword is first met.
fn expression(rule: &'static Rule) -> &'static Regex {
    static COMPILED: LazyLock<HashMap<&'static str, OnceLock<Regex>>> =
        LazyLock::new(|| rules().map(|r| (r.name, OnceLock::new())).collect());
    static NEVER: LazyLock<Regex> = LazyLock::new(never);
    let Some(cell) = COMPILED.get(rule.name) else { return &NEVER };
    cell.get_or_init(|| compile(&source(rule)).unwrap_or_else(|_| never()))
}

/// What a rule's keyword, name or line is matched with.
fn source(rule: &Rule) -> String {
    match rule.form {
        Form::Token => format!(r"\A(?:{})", rule.pattern),
        Form::Assigned => format!(r#"\A[\w.\- ]{{0,40}}?\\?["'`]?[\])]?\s{{0,4}}(?:=>|:=|=|:|>|,)\s{{0,4}}\\?["'`]?({})"#, rule.pattern),
        Form::Line => rule.pattern.to_owned(),
    }
}

pub(crate) fn compile(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).unicode(false).size_limit(4 << 20).build()
}

/// An expression of this crate, which its tests compile; were one broken, it would match nothing.
pub(crate) fn compiled(source: &str) -> Regex {
    compile(source).unwrap_or_else(|_| never())
}

#[expect(clippy::unwrap_used, reason = "the expression is fixed; the tests compile it")]
fn never() -> Regex {
    compile(r"[^\x00-\xff]").unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles() {
        assert!(!never().is_match(b"anything"));
        for rule in rules() {
            let regex = compile(&source(rule)).unwrap_or_else(|e| panic!("{}: {e}", rule.name));
            let groups = regex.captures_len() - 1;
            assert!(groups <= 1 && (groups == 1 || rule.form == Form::Token), "{}: {groups} groups", rule.name);
        }
    }
}
