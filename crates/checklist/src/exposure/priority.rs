//! Which vulnerabilities matter first: by exploitation that is seen, exploitation that is likely, severity, and whether there is a fix.

use plimsoll_evidence::{FixState, Severity, Vulnerability};
use schemars::JsonSchema;
use serde::Serialize;

/// From this probability on, exploitation within 30 days comes before all else. Our own choice, as is the next: few vulnerabilities are
/// scored so high.
const LIKELY: f64 = 0.36;
/// From this probability on it is well above what most have.
const RAISED: f64 = 0.088;

/// How soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Before anything else.
    Now,
    /// With the next release.
    Soon,
    /// With the regular updates.
    Planned,
    /// To be watched.
    Watch,
}

impl Level {
    /// Every level, most pressing first.
    pub const ALL: [Self; 4] = [Self::Now, Self::Soon, Self::Planned, Self::Watch];

    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Soon => "soon",
            Self::Planned => "planned",
            Self::Watch => "watch",
        }
    }
}

/// How soon a vulnerability is to be dealt with, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Priority {
    /// How soon.
    pub level: Level,
    /// Why, a reason each.
    pub why: Vec<String>,
}

/// The priority of a vulnerability.
pub fn priority(vulnerability: &Vulnerability) -> Priority {
    let mut why = Vec::new();
    if let Some(kind) = &vulnerability.informational {
        return Priority { level: Level::Watch, why: vec![format!("no vulnerability, but news of the component: {kind}")] };
    }
    let fixed = vulnerability.fix == FixState::Fixed;
    let severity = vulnerability.severity();
    let by_severity = match (severity, fixed) {
        (Some(Severity::Critical), true) => Level::Now,
        (Some(Severity::Critical), false) | (Some(Severity::High), true) => Level::Soon,
        (Some(Severity::High), false) | (Some(Severity::Medium) | None, _) => Level::Planned,
        (Some(Severity::Low | Severity::Info), _) => Level::Watch,
    };
    let mut level = by_severity;
    if let Some(kev) = &vulnerability.kev {
        level = Level::Now;
        let ransomware = if kev.ransomware { ", by ransomware too" } else { "" };
        why.push(format!("it is being exploited{ransomware} (KEV, {})", kev.added));
    }
    if let Some(epss) = &vulnerability.epss {
        let percent = epss.score * 100.0;
        if epss.score >= LIKELY {
            level = Level::Now;
            why.push(format!("it is likely to be exploited within 30 days (EPSS {percent:.0} %)"));
        } else if epss.score >= RAISED {
            level = level.min(Level::Soon);
            why.push(format!("it is more likely to be exploited than most (EPSS {percent:.0} %)"));
        }
    }
    why.push(match vulnerability.rating() {
        Some(r) => {
            let score = r.score.map(|s| format!(" {s:.1}")).unwrap_or_default();
            format!("{}{score} by {}", severity.map_or("unrated", Severity::name), r.by)
        }
        None => "nobody rates how bad it is".to_owned(),
    });
    why.push(match vulnerability.fix {
        FixState::Fixed => format!("fixed in {}", vulnerability.fixed_in.join(", ")),
        FixState::NotFixed => "no fixed version yet".to_owned(),
        FixState::WillNotFix => "its maintainer will not fix it".to_owned(),
        FixState::Unknown => "the records name no fixed version".to_owned(),
    });
    Priority { level, why }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::{Epss, Kev, Rating, RatingKind};

    use super::*;

    fn rated(severity: Option<Severity>, fix: FixState) -> Vulnerability {
        let rating = Rating { by: "NVD".to_owned(), kind: RatingKind::Cvss3, given: String::new(), score: Some(5.0), severity };
        Vulnerability { ratings: vec![rating], fix, ..Vulnerability::default() }
    }

    #[test]
    fn all_four_count() {
        use FixState::{Fixed, NotFixed};
        let with_epss = |score, v: Vulnerability| Vulnerability { epss: Some(Epss { score, percentile: 0.9 }), ..v };
        let cases = [
            (rated(Some(Severity::Critical), Fixed), Level::Now),
            (rated(Some(Severity::Critical), NotFixed), Level::Soon),
            (rated(Some(Severity::High), Fixed), Level::Soon),
            (rated(Some(Severity::High), NotFixed), Level::Planned),
            (rated(None, Fixed), Level::Planned),
            (rated(Some(Severity::Low), Fixed), Level::Watch),
            (with_epss(0.5, rated(Some(Severity::Low), NotFixed)), Level::Now),
            (with_epss(0.1, rated(Some(Severity::Low), NotFixed)), Level::Soon),
            (with_epss(0.01, rated(Some(Severity::Low), NotFixed)), Level::Watch),
            (Vulnerability { kev: Some(Kev::default()), ..rated(Some(Severity::Low), NotFixed) }, Level::Now),
            (Vulnerability { informational: Some("unmaintained".to_owned()), ..rated(Some(Severity::Critical), Fixed) }, Level::Watch),
        ];
        for (v, wanted) in cases {
            let priority = priority(&v);
            assert_eq!(priority.level, wanted, "{v:?}");
            assert!(!priority.why.is_empty());
        }
    }
}
