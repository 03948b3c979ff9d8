//! apk: `digits{.digits}[letter]{_suffix[number]}[~hash][-rnumber]` (apk-tools, apk-package(5)).

use std::cmp::Ordering;

use crate::runs::{numbers, split_run};

/// What sorts before a version without a suffix, and what after it.
const BEFORE: [&str; 4] = ["alpha", "beta", "pre", "rc"];
const AFTER: [&str; 5] = ["cvs", "svn", "git", "hg", "p"];

/// One piece of a version, as far as the rules go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// The first run of digits.
    First(&'a str),
    /// A further run of digits, behind a dot.
    Digits(&'a str),
    Letter(u8),
    /// A suffix, by its place before (below zero) or after a version without one.
    Suffix(i8),
    SuffixNumber(&'a str),
    Hash(&'a str),
    Revision(&'a str),
    End,
    /// What follows no rule; nothing behind it is read.
    Invalid,
}

impl Token<'_> {
    /// The place in the order of kinds: what stands earlier in a version is more.
    fn kind(self) -> u8 {
        match self {
            Self::Invalid => 0,
            Self::End => 1,
            Self::Revision(_) => 2,
            Self::Hash(_) => 3,
            Self::SuffixNumber(_) => 4,
            Self::Suffix(_) => 5,
            Self::Digits("") => 6,
            Self::Letter(_) => 7,
            Self::Digits(_) => 8,
            Self::First(_) => 9,
        }
    }
}

struct Tokens<'a> {
    rest: &'a str,
    last: Option<Token<'a>>,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Token<'a> {
        let token = self.read();
        self.last = Some(token);
        token
    }

    fn read(&mut self) -> Token<'a> {
        let rest = self.rest;
        let digits = |b: u8| b.is_ascii_digit();
        let last = match self.last {
            None => {
                let (number, rest) = split_run(rest, digits);
                self.rest = rest;
                return if number.is_empty() { Token::Invalid } else { Token::First(number) };
            }
            Some(last @ (Token::End | Token::Invalid)) => return last,
            Some(last) => last,
        };
        let Some(first) = rest.bytes().next() else { return Token::End };
        match first {
            // Old versions have nothing between two dots, which is zero, and numbers behind a letter: 5.9.2p1.
            b'.' if matches!(last, Token::First(_) | Token::Digits(_) | Token::Letter(_)) => {
                let (number, after) = split_run(&rest[1..], digits);
                self.rest = after;
                return Token::Digits(number);
            }
            b'0'..=b'9' if matches!(last, Token::Letter(_)) => {
                let (number, after) = split_run(rest, digits);
                self.rest = after;
                return Token::Digits(number);
            }
            b'a'..=b'z' if matches!(last, Token::First(_) | Token::Digits(_)) => {
                self.rest = &rest[1..];
                return Token::Letter(first);
            }
            b'_' if last.kind() >= 4 => {
                let (name, after) = split_run(&rest[1..], |b| b.is_ascii_lowercase());
                let before = BEFORE.iter().position(|s| *s == name).map(|at| at as i8 - BEFORE.len() as i8);
                let place = before.or_else(|| AFTER.iter().position(|s| *s == name).map(|at| at as i8 + 1));
                if let Some(place) = place {
                    self.rest = after;
                    return Token::Suffix(place);
                }
            }
            b'0'..=b'9' if matches!(last, Token::Suffix(_)) => {
                let (number, after) = split_run(rest, digits);
                self.rest = after;
                return Token::SuffixNumber(number);
            }
            b'~' if last.kind() >= 4 => {
                let (hash, after) = split_run(&rest[1..], |b| b.is_ascii_hexdigit());
                if !hash.is_empty() {
                    self.rest = after;
                    return Token::Hash(hash);
                }
            }
            b'-' if last.kind() >= 3 && rest.as_bytes().get(1) == Some(&b'r') => {
                let (number, after) = split_run(&rest[2..], digits);
                if !number.is_empty() || !after.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                    self.rest = after;
                    return Token::Revision(number);
                }
            }
            _ => {}
        }
        Token::Invalid
    }
}

#[allow(clippy::match_same_arms, reason = "each arm is one rule")]
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let is_version = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    if !is_version(a) && !is_version(b) {
        return a.cmp(b);
    }
    let (mut a, mut b) = (Tokens { rest: a, last: None }, Tokens { rest: b, last: None });
    loop {
        let (x, y) = (a.next(), b.next());
        let order = match (x, y) {
            (Token::End, Token::End) => return Ordering::Equal,
            // Nothing is known of what follows no rule.
            (Token::Invalid, Token::Invalid) => return Ordering::Equal,
            (Token::First(x), Token::First(y))
            | (Token::SuffixNumber(x), Token::SuffixNumber(y))
            | (Token::Revision(x), Token::Revision(y)) => numbers(x, y),
            (Token::Digits(x), Token::Digits(y)) => digits(x, y),
            (Token::Letter(x), Token::Letter(y)) => x.cmp(&y),
            (Token::Suffix(x), Token::Suffix(y)) => x.cmp(&y),
            (Token::Hash(x), Token::Hash(y)) => x.cmp(y),
            // A suffix of what comes before a release sorts below whatever else may stand there.
            (Token::Suffix(x), other) if x < 0 => {
                return if matches!(other, Token::Invalid) { Ordering::Greater } else { Ordering::Less };
            }
            (other, Token::Suffix(y)) if y < 0 => {
                return if matches!(other, Token::Invalid) { Ordering::Less } else { Ordering::Greater };
            }
            (x, y) => return x.kind().cmp(&y.kind()),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Behind a dot, a number with a leading zero is a decimal fraction: both are compared as texts then.
fn digits(a: &str, b: &str) -> Ordering {
    if a.starts_with('0') || b.starts_with('0') { a.cmp(b) } else { numbers(a, b) }
}
