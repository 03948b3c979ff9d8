//! NuGet: SemVer in which letters' case does not count.

use std::cmp::Ordering;

use crate::semver;

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    semver::compare(&a.to_ascii_lowercase(), &b.to_ascii_lowercase())
}
