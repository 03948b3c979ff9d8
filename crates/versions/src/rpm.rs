//! rpm: `[epoch:]version[-release]`, each part by `rpmvercmp`.

use std::cmp::Ordering;

use crate::runs::{numbers, split_run};

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let ((a_epoch, a_version, a_release), (b_epoch, b_version, b_release)) = (split(a), split(b));
    numbers(a_epoch, b_epoch).then_with(|| part(a_version, b_version)).then_with(|| match (a_release, b_release) {
        (Some(a), Some(b)) => part(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    })
}

pub(crate) fn split(version: &str) -> (&str, &str, Option<&str>) {
    let (epoch, rest) = match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|b| b.is_ascii_digit()) => (epoch, rest),
        _ => ("", version),
    };
    let (version, release) = rest.rsplit_once('-').map_or((rest, None), |(version, release)| (version, Some(release)));
    (epoch, version, release)
}

/// Runs of digits and of letters; what stands between only parts them. `~` sorts before the end, `^` after it but before more.
#[allow(clippy::match_same_arms, reason = "each arm is one rule")]
fn part(mut a: &str, mut b: &str) -> Ordering {
    let is_separator = |b: u8| !b.is_ascii_alphanumeric() && b != b'~' && b != b'^';
    loop {
        a = split_run(a, is_separator).1;
        b = split_run(b, is_separator).1;
        let (first_a, first_b) = (a.bytes().next(), b.bytes().next());
        match (first_a, first_b) {
            (Some(b'~'), Some(b'~')) | (Some(b'^'), Some(b'^')) => {
                (a, b) = (&a[1..], &b[1..]);
                continue;
            }
            (Some(b'~'), _) => return Ordering::Less,
            (_, Some(b'~')) => return Ordering::Greater,
            (Some(b'^'), None) => return Ordering::Greater,
            (None, Some(b'^')) => return Ordering::Less,
            (Some(b'^'), Some(_)) => return Ordering::Less,
            (Some(_), Some(b'^')) => return Ordering::Greater,
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(_), Some(_)) => {}
        }
        let digits = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_digit());
        let order = match (digits(first_a), digits(first_b)) {
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            (true, true) => {
                let ((x, rest_a), (y, rest_b)) = (split_run(a, |b| b.is_ascii_digit()), split_run(b, |b| b.is_ascii_digit()));
                (a, b) = (rest_a, rest_b);
                numbers(x, y)
            }
            (false, false) => {
                let ((x, rest_a), (y, rest_b)) = (split_run(a, |b| b.is_ascii_alphabetic()), split_run(b, |b| b.is_ascii_alphabetic()));
                (a, b) = (rest_a, rest_b);
                x.cmp(y)
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}
