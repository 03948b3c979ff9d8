//! Scores of CVSS vectors: the base score, so that vectors with and without temporal, threat or environmental metrics compare.

use plimsoll_evidence::{RatingKind, Severity};

/// The mandatory metrics of CVSS 2.0, 3.x and 4.0.
const BASE_2: [&str; 6] = ["AV", "AC", "Au", "C", "I", "A"];
const BASE_3: [&str; 8] = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"];
const BASE_4: [&str; 11] = ["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"];
const LONGEST: usize = 512;

/// The version of a vector and its base score from 0 to 10; none of a text that is no vector.
pub fn base_score(vector: &str) -> Option<(RatingKind, f64)> {
    let vector = vector.trim();
    if vector.len() > LONGEST || !vector.is_ascii() {
        return None;
    }
    let (kind, prefix, metrics) = match vector.split_once('/') {
        Some(("CVSS:4.0", rest)) => (RatingKind::Cvss4, "CVSS:4.0/", rest),
        Some(("CVSS:3.1", rest)) => (RatingKind::Cvss3, "CVSS:3.1/", rest),
        Some(("CVSS:3.0", rest)) => (RatingKind::Cvss3, "CVSS:3.0/", rest),
        _ => (RatingKind::Cvss2, "", vector.trim_start_matches('(').trim_end_matches(')')),
    };
    let base: &[&str] = match kind {
        RatingKind::Cvss4 => &BASE_4,
        RatingKind::Cvss3 => &BASE_3,
        _ => &BASE_2,
    };
    // What is optional may be wrong as well: the vector is read whole before its rest is left out.
    if kind == RatingKind::Cvss2 {
        metrics.parse::<cvss::v2::Vector>().ok()?;
    } else {
        vector.parse::<cvss::Cvss>().ok()?;
    }
    let own: Vec<&str> = metrics.split('/').filter(|m| m.split_once(':').is_some_and(|(name, _)| base.contains(&name))).collect();
    if own.len() != base.len() {
        return None;
    }
    let text = format!("{prefix}{}", own.join("/"));
    let score = match kind {
        RatingKind::Cvss4 => text.parse::<cvss::v4::Vector>().ok()?.score().value(),
        RatingKind::Cvss3 => text.parse::<cvss::v3::Vector>().ok()?.score().value(),
        _ => text.parse::<cvss::v2::Vector>().ok()?.score().value(),
    };
    score.is_finite().then(|| (kind, (score * 10.0).round() / 10.0))
}

/// The qualitative rating of a score (CVSS 3.1, section 5; CVSS 4.0, section 6). Version 2 defines none; NVD's has no `critical`.
pub fn severity_of(kind: RatingKind, score: f64) -> Severity {
    match score {
        s if s >= 9.0 && kind != RatingKind::Cvss2 => Severity::Critical,
        s if s >= 7.0 => Severity::High,
        s if s >= 4.0 => Severity::Medium,
        s if s > 0.0 => Severity::Low,
        _ => Severity::Info,
    }
}

/// What a publisher's word comes to; none of a word that says nothing (`not yet assigned`, `unknown`).
pub(crate) fn severity_of_word(word: &str) -> Option<Severity> {
    Some(match word.trim().trim_end_matches('*').to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" | "important" => Severity::High,
        "medium" | "moderate" => Severity::Medium,
        "low" => Severity::Low,
        "negligible" | "unimportant" | "none" => Severity::Info,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_scores() {
        // FIRST's own examples (CVSS 3.1 and 4.0 examples documents), and what must not be taken for a vector.
        let cases = [
            ("AV:N/AC:L/Au:N/C:N/I:N/A:C", Some(7.8)),
            ("AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C", Some(7.8)),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Some(9.8)),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:C", Some(9.8)),
            ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", Some(6.4)),
            ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", Some(7.3)),
            ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U", Some(7.3)),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", None),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:ZZ", None),
            ("CVSS:9.9/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None),
            ("7.5", None),
            ("", None),
        ];
        for (vector, wanted) in cases {
            assert_eq!(base_score(vector).map(|(_, s)| s), wanted, "{vector}");
        }
    }

    #[test]
    fn words_and_scores_come_to_severities() {
        assert_eq!(severity_of(RatingKind::Cvss3, 9.0), Severity::Critical);
        assert_eq!(severity_of(RatingKind::Cvss2, 10.0), Severity::High);
        assert_eq!(severity_of(RatingKind::Cvss4, 0.0), Severity::Info);
        assert_eq!(severity_of_word("high**"), Some(Severity::High));
        assert_eq!(severity_of_word("not yet assigned"), None);
    }
}
