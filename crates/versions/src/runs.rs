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
