//! Bitnami's versions: the program's own, by Semantic Versioning, and a number that counts Bitnami's builds of it: `17.2.0-8` is the
//! ninth build of 17.2.0, not a pre-release of it. Its records name the program's version alone, mostly.

use std::cmp::Ordering;

use crate::runs::part;
use crate::semver;

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let ((a, a_build), (b, b_build)) = (split(a), split(b));
    semver::compare(a, b).then_with(|| part(a_build, b_build, Ordering::Greater))
}

/// The program's version, and the number of the build; 0 where there is none. What has another hyphen is a pre-release.
fn split(version: &str) -> (&str, &str) {
    match version.split_once('-') {
        Some((release, build)) if !build.is_empty() && build.bytes().all(|b| b.is_ascii_digit()) => (release, build),
        _ => (version, "0"),
    }
}
