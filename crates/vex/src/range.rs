//! Ranges of versions as package-url writes them (VERS specification): `vers:deb/>=1.0|<1.4-2`.

use std::cmp::Ordering;

use plimsoll_purl::decode;
use plimsoll_versions::Scheme;

/// Constraints that one range may have.
const MOST: usize = 1000;

/// A range that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    scheme: Scheme,
    kind: String,
    /// In the order of their versions.
    constraints: Vec<(Comparator, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparator {
    Any,
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Range {
    /// Reads a range; none where it is no such text, or of versions whose order is not known.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (kind, constraints) = text.trim().strip_prefix("vers:")?.split_once('/')?;
        let kind = kind.to_ascii_lowercase();
        let scheme = match kind.as_str() {
            "deb" => Scheme::Debian,
            "apk" | "alpine" => Scheme::Alpine,
            "rpm" => Scheme::Rpm,
            "maven" => Scheme::Maven,
            "pypi" => Scheme::Pypi,
            "npm" | "golang" | "cargo" | "hex" | "swift" | "semver" => Scheme::SemVer,
            "gem" => Scheme::RubyGems,
            "nuget" => Scheme::NuGet,
            "composer" => Scheme::Packagist,
            "pub" => Scheme::Pub,
            "cran" | "hackage" => Scheme::Numbers,
            _ => return None,
        };
        let parts: Vec<&str> = constraints.split('|').map(str::trim).filter(|c| !c.is_empty()).collect();
        if parts.is_empty() || parts.len() > MOST {
            return None;
        }
        let mut constraints = parts.into_iter().map(constraint).collect::<Option<Vec<_>>>()?;
        if constraints.iter().any(|(c, _)| *c == Comparator::Any) && constraints.len() > 1 {
            return None;
        }
        constraints.sort_by(|a, b| scheme.compare(&a.1, &b.1));
        Some(Self { scheme, kind, constraints })
    }

    /// Whether it is of versions of a package URL's type.
    pub(crate) fn is_of(&self, kind: &str) -> bool {
        self.kind == kind || (self.scheme == Scheme::Alpine && kind == "apk") || (self.kind == "semver" && kind != "deb" && kind != "rpm")
    }

    /// Whether a version lies in it (VERS specification, "Checking if a version is contained within a range").
    pub(crate) fn holds(&self, version: &str) -> bool {
        use Comparator::{Any, AtLeast, AtMost, Equal, Less, More, NotEqual};
        let order = |of: &str| self.scheme.compare(version, of);
        if let Some((comparator, _)) =
            self.constraints.iter().find(|(c, v)| *c == Any || (!matches!(c, Less | More) && order(v) == Ordering::Equal))
        {
            return *comparator != NotEqual;
        }
        let bounds: Vec<_> = self.constraints.iter().filter(|(c, _)| !matches!(c, Any | Equal | NotEqual)).collect();
        if bounds.is_empty() {
            // All but those that are named.
            return self.constraints.iter().all(|(c, _)| *c == NotEqual);
        }
        let is_upper = |c: Comparator| matches!(c, Less | AtMost);
        let is_lower = |c: Comparator| matches!(c, More | AtLeast);
        let below = |v: &str| order(v) == Ordering::Less;
        let above = |v: &str| order(v) == Ordering::Greater;
        let first = bounds.first().is_some_and(|(c, v)| is_upper(*c) && below(v));
        let last = bounds.last().is_some_and(|(c, v)| is_lower(*c) && above(v));
        let between = bounds.windows(2).any(|pair| {
            let [(low, from), (high, to)] = pair else { return false };
            is_lower(*low) && is_upper(*high) && above(from) && below(to)
        });
        first || last || between
    }
}

fn constraint(text: &str) -> Option<(Comparator, String)> {
    if text == "*" {
        return Some((Comparator::Any, String::new()));
    }
    let (comparator, rest) = [
        (">=", Comparator::AtLeast),
        ("<=", Comparator::AtMost),
        ("!=", Comparator::NotEqual),
        ("<", Comparator::Less),
        (">", Comparator::More),
        ("=", Comparator::Equal),
    ]
    .into_iter()
    .find_map(|(sign, comparator)| Some((comparator, text.strip_prefix(sign)?)))
    .unwrap_or((Comparator::Equal, text));
    let version = decode(rest.trim())?.into_owned();
    (!version.is_empty() && !version.contains(['<', '>', '=', '!', '*', '|'])).then_some((comparator, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_lie_in_ranges() {
        for (range, inside, outside) in [
            ("vers:deb/*", &["1", "9:9"][..], &[][..]),
            ("vers:deb/1.0-1", &["1.0-1"], &["1.0-2", "0.9"]),
            ("vers:deb/<1.4-2", &["1.4-1", "0", "1.4-2~rc1"], &["1.4-2", "1:0"]),
            ("vers:deb/<1%3A1.4", &["1:1.3", "2"], &["1:1.4"]),
            ("vers:rpm/>=1.0|<=1.4", &["1.0", "1.4", "1.2"], &["0.9", "1.5"]),
            ("vers:npm/>1.0.0|<1.2.0|>=2.0.0|<2.1.0", &["1.1.0", "2.0.0"], &["1.0.0", "1.2.0", "1.9.0", "2.1.0"]),
            ("vers:pypi/>=2", &["2", "3"], &["2rc1", "1"]),
            ("vers:maven/!=1.0", &["0.9", "1.1"], &["1.0"]),
            ("vers:maven/<=1.2|!=1.1", &["1.0", "1.2"], &["1.1", "1.3"]),
            ("vers:golang/=1.2.0|>=1.3.0", &["1.2.0", "1.4.0"], &["1.2.1"]),
        ] {
            let parsed = Range::parse(range).unwrap();
            assert!(inside.iter().all(|v| parsed.holds(v)) && !outside.iter().any(|v| parsed.holds(v)), "{range}");
        }
    }

    #[test]
    fn what_is_no_range_is_none() {
        for text in
            ["", "<1", "vers:deb", "vers:deb/", "vers:odd/<1", "vers:deb/*|1", "vers:deb/<", "vers:deb/<<1", "vers:deb/%zz", "vers:deb/1%"]
        {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }

    #[test]
    fn any_text_is_read() {
        use proptest::prelude::*;
        proptest!(|(text in "vers:(deb|npm|maven)/[0-9a-z.|<>=!*%~:-]{0,40}", version in "[0-9a-z.~:-]{0,12}")| {
            if let Some(range) = Range::parse(&text) {
                range.holds(&version);
            }
        });
    }
}
