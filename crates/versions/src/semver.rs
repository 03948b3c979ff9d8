//! Semantic Versioning 2.0.0, section 11, with any number of components and a leading `v`.

use std::cmp::Ordering;

use crate::runs::{part, parts};

/// A version in its parts.
#[derive(Clone, Copy)]
struct Parts<'a> {
    core: &'a str,
    pre: Option<&'a str>,
    build: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.strip_prefix(['v', 'V', '=']).unwrap_or(text);
        let (rest, build) = text.split_once('+').map_or((text, None), |(rest, build)| (rest, Some(build)));
        let (core, pre) = rest.split_once('-').map_or((rest, None), |(core, pre)| (core, Some(pre)));
        Self { core, pre, build }
    }
}

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::of(a), Parts::of(b));
    core(a.core, b.core).then_with(|| pre(a.pre, b.pre))
}

/// As Dart does: a build counts, and is more than none.
pub(crate) fn compare_with_build(a: &str, b: &str) -> Ordering {
    let (x, y) = (Parts::of(a), Parts::of(b));
    compare(a, b).then_with(|| match (x.build, y.build) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(x), Some(y)) => identifiers(x, y),
    })
}

/// Numbers between dots; a missing one is zero. What is no number is less than all numbers.
pub(crate) fn core(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let (x, y) = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (x, y) => (x.unwrap_or("0"), y.unwrap_or("0")),
        };
        let order = part(x, y, Ordering::Greater);
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// A pre-release is less than the release.
fn pre(a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(x), Some(y)) => identifiers(x, y),
    }
}

/// Identifiers between dots: numbers before words, fewer before more.
fn identifiers(a: &str, b: &str) -> Ordering {
    parts(a.split('.'), b.split('.'), Ordering::Less)
}
