//! Whether a version is affected (OSV schema 1.7, "Evaluation").

use std::cmp::Ordering;

use plimsoll_versions::Scheme;

use crate::record::{Event, Range};

/// Why a version is affected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The range, in words.
    pub(crate) range: String,
    /// The version that ends it and has no such fault.
    pub(crate) fixed: Option<String>,
    /// The last version that has it, where no fixed one is named.
    pub(crate) last: Option<String>,
}

/// Whether a version is in any of the ranges or is one of those that are named. `scheme` is the ecosystem's own order; without one, only
/// named versions and `SEMVER` ranges tell anything.
pub(crate) fn affected(version: &str, ranges: &[Range], versions: &[String], scheme: Option<Scheme>) -> Option<Hit> {
    let by_range = ranges.iter().find_map(|range| {
        // Bitnami says SEMVER, and counts its builds where SemVer has pre-releases.
        let scheme = if range.semver && scheme != Some(Scheme::Bitnami) { Some(Scheme::SemVer) } else { scheme };
        in_range(version, range, scheme?)
    });
    if by_range.is_some() {
        return by_range;
    }
    let same = |named: &String| named == version || scheme.is_some_and(|s| s.compare(named, version) == Ordering::Equal);
    let named = versions.iter().find(|v| same(v))?;
    // A version may be named besides a range that it is not in; what mends it is the nearest fixed version above.
    let fixed = scheme.and_then(|s| {
        let fixes = ranges.iter().flat_map(|r| &r.events).filter_map(|e| if let Event::Fixed(v) = e { Some(v) } else { None });
        fixes.filter(|f| s.compare(f, version) == Ordering::Greater).min_by(|a, b| s.compare(a, b)).cloned()
    });
    Some(Hit { range: format!("= {named}"), fixed, last: None })
}

fn in_range(version: &str, range: &Range, scheme: Scheme) -> Option<Hit> {
    let compare = |a: &str, b: &str| match (a, b) {
        // `0` in `introduced` is before every version, pre-releases of 0 too.
        ("0", "0") => Ordering::Equal,
        ("0", _) => Ordering::Less,
        (_, "0") => Ordering::Greater,
        _ => scheme.compare(a, b),
    };
    let limits = || range.events.iter().filter_map(|e| if let Event::Limit(v) = e { Some(v) } else { None });
    if limits().next().is_some() && !limits().any(|l| l == "*" || scheme.compare(version, l) == Ordering::Less) {
        return None;
    }
    let mut events: Vec<&Event> = range.events.iter().filter(|e| !matches!(e, Event::Limit(_))).collect();
    // Of events at one version the introduction comes last: it holds again from there on.
    let rank = |e: &Event| u8::from(matches!(e, Event::Introduced(_)));
    events.sort_by(|a, b| compare(a.version(), b.version()).then_with(|| rank(a).cmp(&rank(b))));
    let mut since: Option<(usize, &str)> = None;
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Introduced(v) if v == "0" || scheme.compare(version, v) != Ordering::Less => {
                since = since.or(Some((at, v)));
            }
            Event::Fixed(v) if scheme.compare(version, v) != Ordering::Less => since = None,
            Event::LastAffected(v) if scheme.compare(version, v) == Ordering::Greater => since = None,
            _ => {}
        }
    }
    let (at, since) = since?;
    let rest = events.get(at + 1..).unwrap_or_default();
    let fixed = rest.iter().find_map(|e| match e {
        Event::Fixed(v) if scheme.compare(v, version) == Ordering::Greater => Some(v.clone()),
        _ => None,
    });
    let last =
        if fixed.is_some() { None } else { rest.iter().find_map(|e| if let Event::LastAffected(v) = e { Some(v.clone()) } else { None }) };
    let upper = match (&fixed, &last) {
        (Some(v), _) => format!("< {v}"),
        (None, Some(v)) => format!("<= {v}"),
        (None, None) => String::new(),
    };
    let lower = if since == "0" || since == "0.0.0-0" { String::new() } else { format!(">= {since}") };
    let range = match (lower.is_empty(), upper.is_empty()) {
        (true, true) => "every version".to_owned(),
        (true, false) => upper,
        (false, true) => lower,
        (false, false) => format!("{lower}, {upper}"),
    };
    Some(Hit { range, fixed, last })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(events: &[(&str, &str)]) -> Range {
        let event = |(kind, v): &(&str, &str)| match *kind {
            "i" => Event::Introduced((*v).to_owned()),
            "f" => Event::Fixed((*v).to_owned()),
            "l" => Event::LastAffected((*v).to_owned()),
            _ => Event::Limit((*v).to_owned()),
        };
        Range { semver: true, events: events.iter().map(event).collect() }
    }

    /// A version, ranges, named versions, and the range it is in with the version that mends it.
    type Case<'a> = (&'a str, &'a [Range], &'a [&'a str], Option<(&'a str, Option<&'a str>)>);

    #[test]
    fn versions_in_ranges() {
        let two = range(&[("f", "1.0.2"), ("i", "1.0.0"), ("i", "3.0.0"), ("f", "3.2.5")]);
        let cases: &[Case<'_>] = &[
            ("1.0.1", std::slice::from_ref(&two), &[], Some((">= 1.0.0, < 1.0.2", Some("1.0.2")))),
            ("1.0.2", std::slice::from_ref(&two), &[], None),
            ("0.9.0", std::slice::from_ref(&two), &[], None),
            ("3.2.4", std::slice::from_ref(&two), &[], Some((">= 3.0.0, < 3.2.5", Some("3.2.5")))),
            ("3.2.5", std::slice::from_ref(&two), &[], None),
            ("2.0.0", std::slice::from_ref(&two), &["2.0.0"], Some(("= 2.0.0", Some("3.2.5")))),
            ("0.0.1", &[range(&[("i", "0")])], &[], Some(("every version", None))),
            ("0.0.0-alpha", &[range(&[("i", "0"), ("f", "1.0.0")])], &[], Some(("< 1.0.0", Some("1.0.0")))),
            ("1.0.0-rc.1", &[range(&[("i", "0"), ("f", "1.0.0")])], &[], Some(("< 1.0.0", Some("1.0.0")))),
            ("2.0.0", &[range(&[("i", "1.0.0"), ("l", "2.0.0")])], &[], Some((">= 1.0.0, <= 2.0.0", None))),
            ("2.0.1", &[range(&[("i", "1.0.0"), ("l", "2.0.0")])], &[], None),
            ("2.0.1", &[range(&[("i", "1.0.0"), ("x", "2.0.0")])], &[], None),
            ("1.9.9", &[range(&[("i", "1.0.0"), ("x", "2.0.0")])], &[], Some((">= 1.0.0", None))),
            ("1.9.9", &[range(&[("i", "1.0.0"), ("x", "*")])], &[], Some((">= 1.0.0", None))),
            (
                "1.0.0",
                &[range(&[("i", "0"), ("f", "1.0.0"), ("i", "1.0.0"), ("f", "1.1.0")])],
                &[],
                Some((">= 1.0.0, < 1.1.0", Some("1.1.0"))),
            ),
            ("1.0.0", &[], &["1.0.0"], Some(("= 1.0.0", None))),
            ("1.0.0", &[], &["1.0.1"], None),
            ("1.0.0", &[range(&[("f", "2.0.0")])], &[], None),
            ("v1.0.1", std::slice::from_ref(&two), &[], Some((">= 1.0.0, < 1.0.2", Some("1.0.2")))),
        ];
        for (version, ranges, versions, wanted) in cases {
            let versions: Vec<String> = versions.iter().map(|v| (*v).to_owned()).collect();
            let hit = affected(version, ranges, &versions, Some(Scheme::SemVer));
            let got = hit.as_ref().map(|h| (h.range.as_str(), h.fixed.as_deref()));
            assert_eq!(got, *wanted, "{version} in {ranges:?} or {versions:?}");
        }
    }

    #[test]
    fn a_build_of_bitnami_is_no_pre_release() {
        let ranges = [range(&[("i", "17.0.0"), ("f", "17.2.0")])];
        let is_affected = |version: &str| affected(version, &ranges, &[], Some(Scheme::Bitnami)).is_some();
        assert!(is_affected("17.1.0-3") && is_affected("17.1.0") && is_affected("17.2.0-rc1"));
        assert!(!is_affected("17.2.0-8") && !is_affected("17.2.0"));
    }

    #[test]
    fn without_an_order_only_what_is_named_counts() {
        let ecosystem = Range { semver: false, ..range(&[("i", "0")]) };
        assert_eq!(affected("1", std::slice::from_ref(&ecosystem), &[], None), None);
        assert!(affected("1", &[ecosystem], &["1".to_owned()], None).is_some());
    }

    #[test]
    fn a_hundred_thousand_ranges_take_no_time() {
        let ranges: Vec<Range> = (0..100_000).map(|n| range(&[("i", &format!("1.{n}.1")), ("f", &format!("1.{n}.2"))])).collect();
        let started = std::time::Instant::now();
        assert_eq!(affected("2.0.0", &ranges, &[], Some(Scheme::SemVer)), None);
        assert!(affected("1.99999.1", &ranges, &[], Some(Scheme::SemVer)).is_some());
        assert!(started.elapsed().as_secs() < 5);
    }
}
