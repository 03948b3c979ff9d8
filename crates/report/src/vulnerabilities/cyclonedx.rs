//! Findings as CycloneDX 1.6 and 1.7 have them (ECMA-424, `vulnerabilities`): beside the bill of materials whose components have them.

use std::collections::BTreeMap;

use plimsoll_checklist::exposure::Said;
use plimsoll_evidence::{Rating, RatingKind, Severity, printable, printable_line};
use serde_json::{Map, Value, json};

use super::{VulnerabilityFinding, VulnerabilityReport};

/// What is told of one vulnerability, and the components that have it.
type Entry = (Map<String, Value>, Vec<Value>);

/// Puts the findings of a report into a bill of materials in JSON. `references` are those by which the bill calls the components, in the order
/// of the inventory.
pub fn vulnerabilities_cyclonedx(report: &VulnerabilityReport, bill: Value, references: &[String]) -> Value {
    let mut bill = bill;
    // One vulnerability is one entry, with every component that has it; but for what is said of a component alone.
    let mut entries: BTreeMap<(String, String), Entry> = BTreeMap::new();
    for finding in &report.findings {
        let Some(reference) = references.get(finding.vulnerability.component as usize) else { continue };
        let analysis = analysis(finding);
        let affected = json!({ "ref": reference, "versions": [{ "version": version(&finding.package.version), "status": "affected" }] });
        let key = (finding.vulnerability.id.clone(), analysis.to_string());
        let entry = entries.entry(key).or_insert_with(|| (vulnerability(finding, analysis), Vec::new()));
        entry.1.push(affected);
    }
    let vulnerabilities: Vec<Value> = entries
        .into_values()
        .map(|(mut entry, mut affects)| {
            affects.sort_by_key(|a| a["ref"].as_str().map(str::to_owned));
            affects.dedup();
            entry.insert("affects".to_owned(), affects.into());
            Value::Object(entry)
        })
        .collect();
    bill["vulnerabilities"] = vulnerabilities.into();
    bill
}

fn version(version: &str) -> &str {
    if version.is_empty() { "unknown" } else { version }
}

fn vulnerability(finding: &VulnerabilityFinding, analysis: Value) -> Map<String, Value> {
    let v = &finding.vulnerability;
    let mut entry = Map::new();
    entry.insert("id".to_owned(), v.id.as_str().into());
    let source = v.matches.first().map(|m| m.source.as_str()).filter(|s| !s.is_empty());
    if let Some(name) = source {
        entry.insert("source".to_owned(), json!({ "name": name }));
    }
    let references: Vec<Value> = v
        .ids
        .iter()
        .filter(|id| **id != v.id)
        .map(|id| {
            let by = v.matches.iter().find(|m| m.record == *id).map_or_else(|| publisher(id), |m| m.source.as_str());
            json!({ "id": id, "source": { "name": by } })
        })
        .collect();
    if !references.is_empty() {
        entry.insert("references".to_owned(), references.into());
    }
    let ratings: Vec<Value> = v.ratings.iter().map(rating).collect();
    if !ratings.is_empty() {
        entry.insert("ratings".to_owned(), ratings.into());
    }
    if !v.summary.is_empty() {
        entry.insert("description".to_owned(), printable_line(&v.summary, 2000).into());
    }
    entry.insert("recommendation".to_owned(), printable_line(&finding.way_out.first, 2000).into());
    let advisories: Vec<Value> = v.references.iter().filter(|url| is_address(url)).map(|url| json!({ "url": url })).collect();
    if !advisories.is_empty() {
        entry.insert("advisories".to_owned(), advisories.into());
    }
    for (name, time) in [("published", v.published), ("updated", v.modified)] {
        if let Some(time) = time.and_then(moment) {
            entry.insert(name.to_owned(), time.into());
        }
    }
    if !analysis.is_null() {
        entry.insert("analysis".to_owned(), analysis);
    }
    let mut properties =
        vec![("plimsoll:priority", finding.priority.level.name().to_owned()), ("plimsoll:needed", needed(finding).to_owned())];
    if let Some(m) = v.matches.first() {
        properties.push(("plimsoll:proof", printable_line(&m.proof, 2000)));
    }
    if !v.fixed_in.is_empty() {
        properties.push(("plimsoll:fixedIn", v.fixed_in.join(", ")));
    }
    if let Some(epss) = &v.epss {
        properties.push(("plimsoll:epss", format!("{:.5}", epss.score)));
    }
    if let Some(kev) = &v.kev {
        properties.push(("plimsoll:kev", kev.added.clone()));
    }
    if let Some(at) = v.first_seen {
        properties.push(("plimsoll:firstSeen", plimsoll_checklist::day_of(at)));
    }
    if let Some(due) = &finding.due {
        properties.push(("plimsoll:due", plimsoll_checklist::day_of(due.until)));
    }
    let properties: Vec<Value> = properties.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    entry.insert("properties".to_owned(), properties.into());
    entry
}

fn needed(finding: &VulnerabilityFinding) -> &'static str {
    use plimsoll_checklist::exposure::Need;
    match finding.way_out.needed {
        Need::Reached => "reached",
        Need::NotReached => "not-reached",
        Need::Unknown => "unknown",
    }
}

/// Whether a schema takes it for an address on the web.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|r| !r.is_empty() && r.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"{}|\\^`[]".contains(&b)))
}

/// Whose ids begin so.
fn publisher(id: &str) -> &'static str {
    match id.split('-').next().unwrap_or_default() {
        "CVE" => "CVE",
        "GHSA" => "GitHub",
        "DSA" | "DLA" | "DTSA" | "DEBIAN" => "Debian",
        "USN" | "UBUNTU" => "Ubuntu",
        "RUSTSEC" => "RustSec",
        "GO" => "Go",
        "PYSEC" => "PyPI",
        "BIT" => "Bitnami",
        "ALPINE" => "Alpine",
        _ => "OSV",
    }
}

fn rating(rating: &Rating) -> Value {
    let mut object = Map::new();
    if !rating.by.is_empty() {
        object.insert("source".to_owned(), json!({ "name": rating.by }));
    }
    if let Some(score) = rating.score {
        object.insert("score".to_owned(), json!(score));
    }
    object.insert("severity".to_owned(), rating.severity.map_or("unknown", Severity::name).into());
    let is_vector = !matches!(rating.kind, RatingKind::Distribution | RatingKind::Word);
    let method = match rating.kind {
        RatingKind::Cvss4 => "CVSSv4",
        RatingKind::Cvss3 if rating.given.starts_with("CVSS:3.0") => "CVSSv3",
        RatingKind::Cvss3 => "CVSSv31",
        RatingKind::Cvss2 => "CVSSv2",
        RatingKind::Distribution | RatingKind::Word => "other",
    };
    object.insert("method".to_owned(), method.into());
    if is_vector {
        object.insert("vector".to_owned(), rating.given.as_str().into());
    } else if !rating.given.is_empty() {
        object.insert("justification".to_owned(), printable_line(&rating.given, 200).into());
    }
    Value::Object(object)
}

/// What VEX statements that count say: the first of them; the reader of the document would take any other for granted, too.
fn analysis(finding: &VulnerabilityFinding) -> Value {
    let Some(said) = finding.exploitability.said.iter().find(|s| s.standing.counts()) else { return Value::Null };
    let mut object = Map::new();
    object.insert("state".to_owned(), said.status.cyclonedx().into());
    if let Some(justification) = said.justification {
        object.insert("justification".to_owned(), justification.cyclonedx().into());
    }
    object.insert("detail".to_owned(), detail(said).into());
    if let Some(time) = said.made.and_then(moment) {
        object.insert("lastUpdated".to_owned(), time.into());
    }
    Value::Object(object)
}

fn detail(said: &Said) -> String {
    let by = said.author.as_deref().unwrap_or(&said.source);
    let text = said.text.as_ref().map(|t| format!("{t} ")).unwrap_or_default();
    printable(&format!("{text}({} by {by}, {})", said.word, said.standing.words()))
}

/// Seconds since 1970 as RFC 3339 has them; none outside of its years.
fn moment(seconds: i64) -> Option<String> {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = plimsoll_evidence::date_of(days);
    (0..=9999)
        .contains(&year)
        .then(|| format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(moment(951_782_400).as_deref(), Some("2000-02-29T00:00:00Z"));
        assert_eq!(moment(-1).as_deref(), Some("1969-12-31T23:59:59Z"));
        assert_eq!(moment(i64::MAX), None);
    }

    #[test]
    fn ratings_keep_their_measure() {
        let of = |kind, given: &str| {
            rating(&Rating { by: "x".to_owned(), kind, given: given.to_owned(), score: Some(7.5), severity: Some(Severity::High) })
        };
        assert_eq!(of(RatingKind::Cvss3, "CVSS:3.0/AV:N")["method"], "CVSSv3");
        assert_eq!(of(RatingKind::Cvss3, "CVSS:3.1/AV:N")["vector"], "CVSS:3.1/AV:N");
        let word = of(RatingKind::Distribution, "not yet assigned");
        assert_eq!((&word["method"], &word["justification"], word.get("vector")), (&json!("other"), &json!("not yet assigned"), None));
    }
}
