//! What the orders have in common: runs of digits as numbers of any length.

use std::cmp::Ordering;

/// Two runs of digits as numbers. They may be of any length; an empty one is zero.
pub(crate) fn numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Splits off the run at the beginning for whose bytes `is` holds.
pub(crate) fn split_run(text: &str, is: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|b| !is(b)).unwrap_or(text.len());
    // A run of ASCII bytes ends at a character's boundary; other runs are cut there too.
    let end = (end..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text.split_at(end)
}

/// Whether a text is digits and not empty.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Two parts of a version: numbers as such, others by their letters. `number` is the order of a number beside what is none.
pub(crate) fn part(a: &str, b: &str, number: Ordering) -> Ordering {
    match (is_number(a), is_number(b)) {
        (true, true) => numbers(a, b),
        (true, false) => number,
        (false, true) => number.reverse(),
        (false, false) => a.cmp(b),
    }
}

/// Parts in turn; fewer before more.
pub(crate) fn parts<'a>(mut a: impl Iterator<Item = &'a str>, mut b: impl Iterator<Item = &'a str>, number: Ordering) -> Ordering {
    loop {
        let order = match (a.next(), b.next()) {
            (Some(x), Some(y)) => part(x, y, number),
            (None, None) => return Ordering::Equal,
            (x, y) => return x.is_some().cmp(&y.is_some()),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}
