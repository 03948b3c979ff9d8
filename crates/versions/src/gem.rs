//! Ruby's `Gem::Version`: runs of digits and of letters; letters make a pre-release, and zeros before them or at the end do not count.

use std::cmp::Ordering;

use crate::runs::numbers;

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (segments(a), segments(b));
    for n in 0..a.len().max(b.len()) {
        let order = match (a.get(n).copied().unwrap_or("0"), b.get(n).copied().unwrap_or("0")) {
            (x, y) if is_word(x) && is_word(y) => x.cmp(y),
            (x, _) if is_word(x) => Ordering::Less,
            (_, y) if is_word(y) => Ordering::Greater,
            (x, y) => numbers(x, y),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn is_word(segment: &str) -> bool {
    !segment.bytes().all(|b| b.is_ascii_digit())
}

fn segments(version: &str) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for part in version.split('.').flat_map(dashes) {
        let mut rest = part;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
            all.push(&rest[..end]);
            rest = &rest[end..];
        }
    }
    // The numbers before the first word, and all behind, each without the zeros at their ends.
    let word = all.iter().position(|s| is_word(s)).unwrap_or(all.len());
    let mut pre = all.split_off(word);
    for half in [&mut all, &mut pre] {
        while half.last().is_some_and(|s| s.bytes().all(|b| b == b'0')) {
            half.pop();
        }
    }
    all.append(&mut pre);
    all
}

/// A dash stands for `.pre.`.
fn dashes(part: &str) -> impl Iterator<Item = &str> {
    part.split('-').enumerate().flat_map(|(n, piece)| if n == 0 { [None, Some(piece)] } else { [Some("pre"), Some(piece)] }).flatten()
}
