//! Versions as requirements write them (`~> 4.2.11`, `>= 1.0, < 2.0`), turned into ranges: what is not patched and not unaffected is
//! affected.

use std::cmp::Ordering;

use plimsoll_versions::Scheme;

use crate::limits::word;
use crate::record::{Event, Range};

/// Where a span of versions begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    version: String,
    /// Whether the version itself is inside.
    inside: bool,
}

/// Versions between two bounds; without one, from the first or to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    low: Option<Bound>,
    high: Option<Bound>,
}

/// One requirement: terms joined by commas, all of which hold. None where a term is of another kind.
pub(crate) fn span(text: &str) -> Option<Span> {
    let mut span = Span { low: None, high: None };
    for term in text.split(',').map(str::trim).filter(|t| !t.is_empty()) {
        let digits = term.find(|c: char| c.is_ascii_digit() || c == 'v')?;
        let (operator, version) = (term[..digits].trim(), word(term[digits..].trim())?);
        let bound = |version: String, inside: bool| Some(Bound { version, inside });
        match operator {
            ">=" => span.low = bound(version, true),
            ">" => span.low = bound(version, false),
            "<" => span.high = bound(version, false),
            "<=" => span.high = bound(version, true),
            "=" | "==" | "" => span = Span { high: bound(version.clone(), true), low: bound(version, true) },
            "~>" | "~" => span = Span { high: bound(next(&version)?, false), low: bound(version, true) },
            "^" => span = Span { high: bound(caret(&version)?, false), low: bound(version, true) },
            _ => return None,
        }
    }
    Some(span)
}

/// A version right after one: no release lies between.
fn after(version: &str) -> String {
    format!("{version}.0.0.0.1")
}

/// The first version that `~>` leaves out: of 4.2.11 it is 4.3, of 4.2 it is 5.
fn next(version: &str) -> Option<String> {
    let mut parts: Vec<&str> = version.split(['.', '-']).take_while(|p| p.bytes().all(|b| b.is_ascii_digit())).collect();
    if parts.len() > 1 {
        parts.pop();
    }
    let last: u64 = parts.pop()?.parse().ok()?;
    let mut out: Vec<String> = parts.iter().map(|p| (*p).to_owned()).collect();
    out.push(last.checked_add(1)?.to_string());
    Some(out.join("."))
}

/// The first version that `^` leaves out: the next of the first number that is not zero.
fn caret(version: &str) -> Option<String> {
    let parts: Vec<u64> = version.split(['.', '-', '+']).map_while(|p| p.parse().ok()).collect();
    let at = parts.iter().position(|p| *p > 0).unwrap_or(parts.len().checked_sub(1)?);
    let mut out: Vec<String> = parts[..at].iter().map(u64::to_string).collect();
    out.push(parts[at].checked_add(1)?.to_string());
    Some(out.join("."))
}

/// The ranges between spans that are safe: everything else is affected.
pub(crate) fn between(safe: &[Span], scheme: Scheme, semver: bool) -> Vec<Range> {
    let by = |a: &Option<Bound>, b: &Option<Bound>| match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(a), Some(b)) => scheme.compare(&a.version, &b.version),
    };
    let mut safe: Vec<&Span> = safe.iter().collect();
    safe.sort_by(|a, b| by(&a.low, &b.low));
    let mut ranges = Vec::new();
    // Where the next affected range begins; none when nothing is left.
    let mut from = Some("0".to_owned());
    for span in safe {
        let Some(start) = from.clone() else { break };
        if let Some(low) = &span.low
            && (start == "0" || scheme.compare(&start, &low.version) == Ordering::Less)
        {
            let end = if low.inside { Event::Fixed(low.version.clone()) } else { Event::LastAffected(low.version.clone()) };
            ranges.push(Range { semver, events: vec![Event::Introduced(start.clone()), end] });
        }
        from = match &span.high {
            None => None,
            Some(high) if start != "0" && scheme.compare(&high.version, &start) == Ordering::Less => Some(start),
            Some(high) if high.inside => Some(after(&high.version)),
            Some(high) => Some(high.version.clone()),
        };
    }
    if let Some(start) = from {
        ranges.push(Range { semver, events: vec![Event::Introduced(start)] });
    }
    ranges
}

/// The range of a span that is affected.
pub(crate) fn within(span: Span) -> Range {
    let low = span.low.map_or_else(|| "0".to_owned(), |b| if b.inside { b.version } else { after(&b.version) });
    let high = span.high.map(|b| if b.inside { Event::LastAffected(b.version) } else { Event::Fixed(b.version) });
    Range { semver: false, events: std::iter::once(Event::Introduced(low)).chain(high).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantics::affected;

    #[test]
    fn what_is_not_safe_is_affected() {
        let safe: Vec<Span> = ["< 4.0.0", "~> 4.2.11", "~> 5.1.6, >= 5.1.6.1", ">= 5.2.2"].iter().map(|t| span(t).unwrap()).collect();
        let ranges = between(&safe, Scheme::RubyGems, false);
        let cases = [
            ("3.9", false),
            ("4.0.0", true),
            ("4.2.10", true),
            ("4.2.11", false),
            ("4.2.99", false),
            ("4.3.0", true),
            ("5.1.6", true),
            ("5.1.6.1", false),
            ("5.1.9", false),
            ("5.2.0", true),
            ("5.2.2", false),
            ("9", false),
        ];
        for (version, wanted) in cases {
            assert_eq!(affected(version, &ranges, &[], Some(Scheme::RubyGems)).is_some(), wanted, "{version}: {ranges:?}");
        }
        assert_eq!(
            affected("0.1", &between(&[], Scheme::RubyGems, false), &[], Some(Scheme::RubyGems)).map(|h| h.range).as_deref(),
            Some("every version")
        );
    }

    #[test]
    fn terms_are_read() {
        assert_eq!(next("4.2.11").as_deref(), Some("4.3"));
        assert_eq!(next("4.2").as_deref(), Some("5"));
        assert_eq!(
            (caret("1.2.3").as_deref(), caret("0.2.3").as_deref(), caret("0.0.3").as_deref()),
            (Some("2"), Some("0.3"), Some("0.0.4"))
        );
        assert!(span("!= 3").is_none() && span("*").is_none());
        let last = within(span(">= 1.0, <= 2.0").unwrap());
        assert!(affected("2.0", std::slice::from_ref(&last), &[], Some(Scheme::RubyGems)).is_some());
        assert!(affected("2.0.1", &[last], &[], Some(Scheme::RubyGems)).is_none());
    }
}
