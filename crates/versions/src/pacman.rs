//! pacman: `[epoch:]version[-release]`, each part by `alpm_pkg_vercmp`'s rules. They are rpm's of old but for what is left over: letters that
//! follow a number are before the number alone, and the number of separators counts.

use std::cmp::Ordering;

use crate::rpm::split;
use crate::runs::{numbers, split_run};

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let ((a_epoch, a_version, a_release), (b_epoch, b_version, b_release)) = (split(a), split(b));
    numbers(a_epoch, b_epoch).then_with(|| part(a_version, b_version)).then_with(|| match (a_release, b_release) {
        (Some(a), Some(b)) => part(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    })
}

fn part(mut a: &str, mut b: &str) -> Ordering {
    let is_letter = |s: &str| s.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    loop {
        match (a.is_empty(), b.is_empty()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return if is_letter(b) { Ordering::Greater } else { Ordering::Less },
            (false, true) => return if is_letter(a) { Ordering::Less } else { Ordering::Greater },
            (false, false) => {}
        }
        let ((gap_a, rest_a), (gap_b, rest_b)) =
            (split_run(a, |b| !b.is_ascii_alphanumeric()), split_run(b, |b| !b.is_ascii_alphanumeric()));
        if gap_a.len() != gap_b.len() {
            return gap_a.len().cmp(&gap_b.len());
        }
        let digits = |s: &str| s.bytes().next().is_some_and(|b| b.is_ascii_digit());
        if rest_a.is_empty() || rest_b.is_empty() {
            (a, b) = (rest_a, rest_b);
            continue;
        }
        let order = match (digits(rest_a), digits(rest_b)) {
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            (true, true) => {
                let ((x, after_a), (y, after_b)) = (split_run(rest_a, |b| b.is_ascii_digit()), split_run(rest_b, |b| b.is_ascii_digit()));
                (a, b) = (after_a, after_b);
                numbers(x, y)
            }
            (false, false) => {
                let ((x, after_a), (y, after_b)) =
                    (split_run(rest_a, |b| b.is_ascii_alphabetic()), split_run(rest_b, |b| b.is_ascii_alphabetic()));
                (a, b) = (after_a, after_b);
                x.cmp(y)
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}
