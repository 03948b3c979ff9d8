//! What is known besides advisories: CISA's catalogue of exploited vulnerabilities (JSON) and FIRST's prediction scores (CSV).

use std::collections::BTreeMap;

use plimsoll_evidence::{Epss, Kev};
use serde::Deserialize;

use crate::limits::word;

/// A catalogue with the day that it says it is of.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Catalogue<T> {
    pub(crate) date: Option<String>,
    pub(crate) entries: BTreeMap<String, T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    catalog_version: String,
    #[serde(default)]
    date_released: String,
    vulnerabilities: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "cveID")]
    cve: String,
    #[serde(rename = "dateAdded", default)]
    added: String,
    #[serde(rename = "dueDate")]
    due: Option<String>,
    #[serde(rename = "knownRansomwareCampaignUse", default)]
    ransomware: String,
    #[serde(rename = "requiredAction", default)]
    action: String,
}

/// The catalogue of exploited vulnerabilities; none where the text is other JSON.
pub(crate) fn kev(bytes: &[u8]) -> Option<Catalogue<Kev>> {
    let document: Document = serde_json::from_slice(bytes).ok()?;
    let date = document.date_released.get(..10).map_or_else(|| document.catalog_version.replace('.', "-"), str::to_owned);
    let entry = |e: Entry| {
        let kev = Kev {
            added: word(&e.added)?,
            due: e.due.as_deref().and_then(word),
            ransomware: e.ransomware == "Known",
            action: crate::limits::summary(&e.action),
        };
        Some((word(&e.cve)?, kev))
    };
    Some(Catalogue { date: word(&date), entries: document.vulnerabilities.into_iter().filter_map(entry).collect() })
}

/// The prediction scores. `None` where the text is another table; an error where it is cut or wrong.
pub(crate) fn epss(text: &str) -> Option<Result<Catalogue<Epss>, String>> {
    let mut date = None;
    let mut is_first = false;
    let mut lines = text.lines().enumerate();
    let mut next = lines.next()?;
    if let Some(remarks) = next.1.strip_prefix('#') {
        date = remarks.split(',').find_map(|r| r.trim().strip_prefix("score_date:")).and_then(|d| d.get(..10)).and_then(word);
        is_first = remarks.contains("model_version") || date.is_some();
        next = lines.next()?;
    }
    let columns: Vec<&str> = next.1.split(',').map(str::trim).collect();
    let place = |name: &str| columns.iter().position(|c| *c == name);
    let (Some(cve), Some(score), Some(percentile)) = (place("cve"), place("epss"), place("percentile")) else {
        return is_first.then(|| Err("it has no columns cve, epss and percentile".to_owned()));
    };
    let mut entries = BTreeMap::new();
    for (at, line) in lines.filter(|(_, l)| !l.trim().is_empty()) {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let number = |place: usize| fields.get(place)?.parse::<f64>().ok().filter(|n| (0.0..=1.0).contains(n));
        let (Some(id), Some(score), Some(percentile)) = (fields.get(cve).and_then(|c| word(c)), number(score), number(percentile)) else {
            return Some(Err(format!("line {} is no id with two numbers from 0 to 1", at + 1)));
        };
        entries.insert(id, Epss { score, percentile });
    }
    Some(Ok(Catalogue { date, entries }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_read() {
        let text = "#model_version:v2023.03.01,score_date:2024-10-25T00:00:00+0000\ncve,epss,percentile\nCVE-1999-0005,0.91963,0.99030\n";
        let scores = epss(text).unwrap().unwrap();
        assert_eq!(scores.date.as_deref(), Some("2024-10-25"));
        assert_eq!(scores.entries["CVE-1999-0005"], Epss { score: 0.91963, percentile: 0.9903 });
        assert!(epss("#model_version:v1\ninvalid,header\n").unwrap().is_err());
        assert!(epss("cve,epss,percentile\nCVE-1,2,0\n").unwrap().is_err());
        assert!(epss("name,count\na,1\n").is_none());
        assert_eq!(epss("#model_version:v1\ncve,epss,percentile\n").unwrap().unwrap().date, None);
    }

    #[test]
    fn the_catalogue_is_read() {
        let text = br#"{"catalogVersion":"2025.08.25","dateReleased":"2025-08-25T17:04:19Z","vulnerabilities":[
            {"cveID":"CVE-2025-48384","dateAdded":"2025-08-25","dueDate":"2025-09-15","knownRansomwareCampaignUse":"Known","requiredAction":"Apply."}]}"#;
        let catalogue = kev(text).unwrap();
        assert_eq!(catalogue.date.as_deref(), Some("2025-08-25"));
        assert!(catalogue.entries["CVE-2025-48384"].ransomware);
        assert!(kev(b"{}").is_none());
    }
}
