//! PHP's `version_compare` (PHP manual), with what Composer leaves out taken away: a leading `v`, a build behind `+`.

use std::cmp::Ordering;

use crate::runs::{is_number, numbers};

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (parts(a), parts(b));
    for n in 0..a.len().max(b.len()) {
        let order = match (a.get(n).map(String::as_str), b.get(n).map(String::as_str)) {
            (Some(x), Some(y)) => part(x, y),
            // More parts are more, unless what follows is less than a release.
            (Some(x), None) => {
                if is_number(x) {
                    Ordering::Greater
                } else {
                    word(x).cmp(&NUMBER)
                }
            }
            (None, Some(y)) => {
                if is_number(y) {
                    Ordering::Less
                } else {
                    NUMBER.cmp(&word(y))
                }
            }
            (None, None) => Ordering::Equal,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn part(a: &str, b: &str) -> Ordering {
    match (is_number(a), is_number(b)) {
        (true, true) => numbers(a, b),
        (false, false) => word(a).cmp(&word(b)),
        (true, false) => NUMBER.cmp(&word(b)),
        (false, true) => word(a).cmp(&NUMBER),
    }
}

/// The place of a number among words.
const NUMBER: u8 = 5;

/// The place of a word, by its beginning (`post` counts as `p`), beside [`NUMBER`]. Words that begin otherwise come first.
fn word(word: &str) -> u8 {
    let is = |name: &str| word.starts_with(name);
    match word {
        _ if is("dev") => 1,
        _ if is("a") => 2,
        _ if is("b") => 3,
        _ if is("RC") || is("rc") => 4,
        _ if is("p") => 6,
        _ => 0,
    }
}

/// Runs of digits and of letters, however parted.
fn parts(version: &str) -> Vec<String> {
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    let version = version.split('+').next().unwrap_or(version);
    let mut parts: Vec<String> = Vec::new();
    let mut last = None;
    for c in version.chars() {
        let kind = if c.is_ascii_digit() {
            Some(true)
        } else if matches!(c, '.' | '-' | '_' | ' ') {
            None
        } else {
            Some(false)
        };
        match (kind, last) {
            (None, _) => {}
            (Some(_), same) if same == kind => {
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
            }
            (Some(_), _) => parts.push(c.to_string()),
        }
        last = kind;
    }
    parts
}
