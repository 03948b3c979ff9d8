//! How bad a vulnerability is, by each who says so.

use plimsoll_evidence::{Rating, RatingKind, Severity, Vulnerability};

use super::Match;
use crate::cvss::{base_score, severity_of, severity_of_word};
use crate::record::Given;
use crate::store::{Database, DatabaseError};

/// Every rating of a finding's records: the distribution's first, then CVSS by version, newest first.
pub(super) fn ratings<'m>(group: &[&'m Match], source: &dyn Fn(&'m Match) -> &'m str) -> Vec<Rating> {
    let mut ratings: Vec<Rating> = Vec::new();
    for m in group {
        for given in m.entry.ratings.iter().chain(&m.text.ratings) {
            let rating = rating(given, source(m));
            if !ratings.iter().any(|r| r.by == rating.by && r.given == rating.given) {
                ratings.push(rating);
            }
        }
    }
    ratings.sort_by(|a, b| (a.kind, &a.by, &a.given).cmp(&(b.kind, &b.by, &b.given)));
    ratings
}

fn rating(given: &Given, by: &str) -> Rating {
    let word = |kind| Rating { by: by.to_owned(), kind, given: given.text.clone(), score: None, severity: severity_of_word(&given.text) };
    match given.kind {
        RatingKind::Distribution => word(RatingKind::Distribution),
        _ => match base_score(&given.text) {
            Some((kind, score)) => {
                Rating { by: by.to_owned(), kind, given: given.text.clone(), score: Some(score), severity: Some(severity_of(kind, score)) }
            }
            // A vector that cannot be read rates nothing, whatever its version.
            None if given.kind == RatingKind::Word => word(RatingKind::Word),
            None => Rating { severity: None::<Severity>, ..word(given.kind) },
        },
    }
}

/// Adds what the catalogues say. They are read only where something was found.
pub(super) fn add_catalogues(database: &Database, found: &mut [Vulnerability]) -> Result<(), DatabaseError> {
    if found.is_empty() {
        return Ok(());
    }
    let (exploited, scores) = (database.exploited()?, database.scores()?);
    for vulnerability in found {
        let cves = || vulnerability.ids.iter().filter(|id| id.starts_with("CVE-"));
        vulnerability.kev = cves().find_map(|id| exploited.get(id)).cloned();
        vulnerability.epss = scores.as_ref().and_then(|s| {
            // Of several ids the likelier counts.
            cves().filter_map(|id| s.get(id)).max_by(|a, b| a.score.total_cmp(&b.score))
        });
    }
    Ok(())
}
