//! By when a vulnerability is to be dealt with.

use plimsoll_evidence::{Severity, Vulnerability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dates::day;

const DAY: i64 = 86_400;

/// Days within which vulnerabilities are dealt with, by severity. The defaults: 15 and 30 days are what CISA's Binding Operational Directive
/// 19-02 gives for critical and high ones, 90 and 180 what `FedRAMP` gives for moderate and low ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Deadlines {
    /// For critical ones.
    pub critical: u32,
    /// For high ones.
    pub high: u32,
    /// For medium ones, and for those that nobody rates.
    pub medium: u32,
    /// For low ones.
    pub low: u32,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { critical: 15, high: 30, medium: 90, low: 180 }
    }
}

impl Deadlines {
    /// Days for a severity; none for what does not have to be dealt with.
    pub fn days(&self, severity: Option<Severity>) -> Option<u32> {
        match severity {
            Some(Severity::Critical) => Some(self.critical),
            Some(Severity::High) => Some(self.high),
            Some(Severity::Medium) | None => Some(self.medium),
            Some(Severity::Low) => Some(self.low),
            Some(Severity::Info) => None,
        }
    }
}

/// When a vulnerability is due. Times are in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Due {
    /// From when on the days count: the day on which it was first seen in the image, else (where nobody keeps that) published.
    pub from: i64,
    /// The end.
    pub until: i64,
    /// Days left at the time of judging; fewer than none when it is overdue. None where that time is not known.
    pub days_left: Option<i64>,
}

impl Due {
    /// Whether the end is past.
    pub fn is_over(&self) -> bool {
        self.days_left.is_some_and(|d| d < 0)
    }
}

/// When a vulnerability is due: so many days after it was first seen, else published (where no record says when: last changed), and no later than the catalogue of
/// exploited ones asks. None where nothing says when it became known, and for what is no vulnerability.
pub fn due(vulnerability: &Vulnerability, deadlines: &Deadlines, now: Option<i64>) -> Option<Due> {
    if vulnerability.informational.is_some() {
        return None;
    }
    let exploited = vulnerability.kev.as_ref().and_then(|k| k.due.as_deref()).and_then(day);
    let from = vulnerability.first_seen.or(vulnerability.published).or(vulnerability.modified);
    let by_severity = deadlines.days(vulnerability.severity()).zip(from).map(|(days, from)| from.saturating_add(i64::from(days) * DAY));
    let until = match (by_severity, exploited) {
        (Some(a), Some(b)) => a.min(b),
        (a, b) => a.or(b)?,
    };
    // The whole last day counts.
    let days_left = now.map(|now| (until.saturating_sub(now)).div_euclid(DAY));
    Some(Due { from: from.unwrap_or(until), until, days_left })
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::{Kev, Rating, RatingKind};

    use super::*;

    #[test]
    fn days_count_from_the_day_of_publication() {
        let rated = |severity| Vulnerability {
            published: day("2026-01-01"),
            ratings: vec![Rating {
                by: String::new(),
                kind: RatingKind::Word,
                given: String::new(),
                score: None,
                severity: Some(severity),
            }],
            ..Vulnerability::default()
        };
        let left = |v: &Vulnerability| due(v, &Deadlines::default(), day("2026-01-21")).and_then(|d| d.days_left);
        assert_eq!(left(&rated(Severity::Critical)), Some(-5));
        assert_eq!(left(&rated(Severity::High)), Some(10));
        let seen = |at| Vulnerability { first_seen: day(at), ..rated(Severity::High) };
        assert_eq!((left(&seen("2026-01-16")), left(&seen("2025-12-20"))), (Some(25), Some(-2)), "from the day on which it was first seen");
        assert_eq!(left(&rated(Severity::Info)), None);
        assert_eq!(left(&Vulnerability::default()), None);
        let exploited = Kev { due: Some("2026-01-20".to_owned()), ..Kev::default() };
        assert_eq!(left(&Vulnerability { kev: Some(exploited), ..rated(Severity::Low) }), Some(-1));
        assert!(due(&rated(Severity::Low), &Deadlines::default(), None).is_some_and(|d| !d.is_over()));
    }
}
