//! PEP 440: `[epoch!]release[pre][post][dev][+local]`. What does not follow it sorts below all that does.

use std::cmp::Ordering;

use crate::runs::{is_number, numbers, parts, split_run};

/// A version in its parts; texts of digits may be of any length.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    epoch: &'a str,
    release: Vec<&'a str>,
    /// `a`, `b` or `rc`, as 0, 1, 2, and its number.
    pre: Option<(u8, &'a str)>,
    post: Option<&'a str>,
    dev: Option<&'a str>,
    local: Option<&'a str>,
}

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (low_a, low_b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    match (Parts::read(&low_a), Parts::read(&low_b)) {
        (Some(x), Some(y)) => x.compare(&y),
        (Some(_), None) => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        (None, None) => legacy(&low_a, &low_b),
    }
}

impl<'a> Parts<'a> {
    /// Reads a version in lower case.
    fn read(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, local) = text.split_once('+').map_or((text, None), |(text, local)| (text, Some(local)));
        if local.is_some_and(|l| !l.split(['.', '-', '_']).all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric()))) {
            return None;
        }
        let (epoch, text) = text.split_once('!').unwrap_or(("0", text));
        if !is_number(epoch) {
            return None;
        }
        let mut release = Vec::new();
        let mut rest = text;
        loop {
            let (number, after) = split_run(rest, |b| b.is_ascii_digit());
            if number.is_empty() {
                return None;
            }
            release.push(number);
            rest = after;
            match rest.strip_prefix('.') {
                Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
                _ => break,
            }
        }
        let pre = take(&mut rest, &[("alpha", 0), ("a", 0), ("beta", 1), ("b", 1), ("preview", 2), ("pre", 2), ("rc", 2), ("c", 2)]);
        let post = match rest.strip_prefix('-').map(|r| split_run(r, |b| b.is_ascii_digit())) {
            Some((number, after)) if !number.is_empty() => {
                rest = after;
                Some(number)
            }
            _ => take(&mut rest, &[("post", 0), ("rev", 0), ("r", 0)]).map(|(_, number)| number),
        };
        let dev = take(&mut rest, &[("dev", 0)]).map(|(_, number)| number);
        rest.is_empty().then_some(Self { epoch, release, pre, post, dev, local })
    }

    fn compare(&self, other: &Self) -> Ordering {
        numbers(self.epoch, other.epoch)
            .then_with(|| {
                let longer = self.release.len().max(other.release.len());
                let at = |parts: &Self, n: usize| parts.release.get(n).copied().unwrap_or("0").to_owned();
                (0..longer).map(|n| numbers(&at(self, n), &at(other, n))).find(|o| *o != Ordering::Equal).unwrap_or(Ordering::Equal)
            })
            .then_with(|| self.stage().cmp(&other.stage()))
            .then_with(|| numbers(self.pre.map_or("", |p| p.1), other.pre.map_or("", |p| p.1)))
            .then_with(|| optional(self.post, other.post))
            // A development release comes before what it leads to.
            .then_with(|| match (self.dev, other.dev) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(x), Some(y)) => numbers(x, y),
            })
            .then_with(|| local(self.local, other.local))
    }

    /// A development release of a release itself comes before its alpha.
    fn stage(&self) -> u8 {
        match self.pre {
            Some((kind, _)) => kind + 1,
            None if self.post.is_none() && self.dev.is_some() => 0,
            None => 4,
        }
    }
}

/// Takes `[.-_]name[.-_][number]` off the beginning: which name it was, and the number ("0" where there is none).
fn take<'a>(rest: &mut &'a str, names: &[(&str, u8)]) -> Option<(u8, &'a str)> {
    let text = rest.strip_prefix(['.', '-', '_']).unwrap_or(rest);
    let (kind, after) = names.iter().find_map(|(name, kind)| text.strip_prefix(name).map(|after| (*kind, after)))?;
    let numbered = after.strip_prefix(['.', '-', '_']).filter(|a| a.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(after);
    let (number, after) = split_run(numbered, |b| b.is_ascii_digit());
    // A letter behind the name makes it another word.
    if number.is_empty()
        && after.starts_with(|c: char| c.is_ascii_alphabetic())
        && !["post", "rev", "dev", "r"].iter().any(|n| after.starts_with(n))
    {
        return None;
    }
    *rest = after;
    Some((kind, if number.is_empty() { "0" } else { number }))
}

fn optional(a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a, b) {
        (Some(x), Some(y)) => numbers(x, y),
        (x, y) => x.is_some().cmp(&y.is_some()),
    }
}

/// Local versions: none before any, words before numbers, fewer parts before more.
fn local(a: Option<&str>, b: Option<&str>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else { return a.is_some().cmp(&b.is_some()) };
    parts(a.split(['.', '-', '_']), b.split(['.', '-', '_']), Ordering::Greater)
}

/// How setuptools ordered what is no version: runs of digits as numbers, `*final` behind pre-releases.
fn legacy(a: &str, b: &str) -> Ordering {
    let (a, b) = (legacy_key(a), legacy_key(b));
    a.cmp(&b)
}

fn legacy_key(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = text;
    let mut push = |part: String| {
        if part.starts_with('*') {
            if part.as_str() < "*final" {
                while parts.last().is_some_and(|p| p == "*final-") {
                    parts.pop();
                }
            }
            while parts.last().is_some_and(|p| p == "00000000") {
                parts.pop();
            }
        }
        parts.push(part);
    };
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_digit() {
            let (number, after) = split_run(rest, |b| b.is_ascii_digit());
            push(format!("{number:0>8}"));
            rest = after;
        } else if first.is_ascii_lowercase() {
            let (word, after) = split_run(rest, |b| b.is_ascii_lowercase());
            let word = match word {
                "pre" | "preview" | "rc" => "c",
                "dev" => "@",
                other => other,
            };
            push(format!("*{word}"));
            rest = after;
        } else {
            if first == '-' {
                push("*final-".to_owned());
            } else if first != '.' {
                push(format!("*{first}"));
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    push("*final".to_owned());
    parts
}
