//! Numbers between dots and dashes: Hackage, CRAN. What is missing is less than zero: 1.0 < 1.0.0.

use std::cmp::Ordering;

use crate::runs::parts;

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    parts(a.split(['.', '-']), b.split(['.', '-']), Ordering::Greater)
}
