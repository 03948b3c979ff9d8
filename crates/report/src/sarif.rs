//! SARIF 2.1.0 (OASIS), as code-scanning pages read it: fingerprints that stay the same from build to build, a file for each result, and what has
//! no file in the project placed at the path inside of the image.

use std::collections::BTreeMap;

use plimsoll_checklist::exposure::Standing;
use plimsoll_checklist::{Finding, Outcome};
use plimsoll_evidence::{Location, Severity, Subject};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::terminal::place;
use crate::{Report, VulnerabilityFinding, VulnerabilityReport};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const HELP: &str = "https://git.example.org/plimsoll/plimsoll/src/branch/main/docs/items";

/// The findings of checks as SARIF, a run for each image.
pub fn sarif(reports: &[Report]) -> serde_json::Result<String> {
    log(&reports.iter().map(of_check).collect())
}

/// Vulnerabilities as SARIF, a run for each image.
pub fn vulnerabilities_sarif(reports: &[VulnerabilityReport]) -> serde_json::Result<String> {
    log(&reports.iter().map(of_vulnerabilities).collect())
}

fn log(runs: &Value) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": runs })).map(|text| text + "\n")
}

fn run(version: &str, rules: &Value, results: &Value, subject: Option<&Subject>) -> Value {
    let mut run = json!({
        "tool": { "driver": { "name": "plimsoll", "version": version, "semanticVersion": version, "informationUri": "https://git.example.org/plimsoll/plimsoll", "rules": rules } },
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    if let Some(subject) = subject {
        // Whoever compares runs must tell images apart.
        run["automationDetails"] = json!({ "id": format!("plimsoll/{}/{}/", subject.reference, subject.platform) });
        run["properties"] =
            json!({ "imageName": subject.reference, "imageDigest": subject.digest.to_string(), "platform": subject.platform.to_string() });
    }
    run
}

fn of_check(report: &Report) -> Value {
    let mut rules: BTreeMap<String, Value> = BTreeMap::new();
    let mut results = Vec::new();
    for item in report.items.iter().filter(|i| i.verdict == Outcome::Fail) {
        for finding in &item.findings {
            let id = finding.rule.as_str().to_owned();
            let rule = item.item.rule(finding.rule.rule());
            rules.entry(id.clone()).or_insert_with(|| {
                json!({
                    "id": id,
                    "name": finding.rule.rule(),
                    "shortDescription": { "text": rule.map_or(item.title, |r| r.finds) },
                    "fullDescription": { "text": item.item.requirement },
                    "help": { "text": rule.map_or(item.item.remediation, |r| r.mend) },
                    "helpUri": format!("{HELP}/{}.md", item.id),
                    "defaultConfiguration": { "level": level(rule.map_or(finding.severity, |r| r.severity)) },
                    "properties": { "security-severity": number(finding.severity), "tags": ["security", "container"] },
                })
            });
            results.push(of_finding(finding));
        }
    }
    let places: BTreeMap<&String, usize> = rules.keys().enumerate().map(|(at, id)| (id, at)).collect();
    for result in &mut results {
        let at = result["ruleId"].as_str().and_then(|id| places.get(&id.to_owned())).copied().unwrap_or_default();
        result["ruleIndex"] = json!(at);
    }
    run(report.tool.version, &rules.into_values().collect(), &Value::Array(results), report.subject.as_ref())
}

fn of_finding(finding: &Finding) -> Value {
    let mend = finding.fix.as_ref().map(|f| format!(" {}", f.summary)).unwrap_or_default();
    json!({
        "ruleId": finding.rule.as_str(),
        "level": level(finding.severity),
        "message": { "text": format!("{}{mend}", finding.message) },
        "locations": [location(&finding.location)],
        "partialFingerprints": { "plimsoll/v1": finding.fingerprint.as_str() },
    })
}

fn of_vulnerabilities(report: &VulnerabilityReport) -> Value {
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    for f in &report.findings {
        let v = &f.vulnerability;
        let summary = if v.summary.is_empty() { v.id.as_str() } else { v.summary.as_str() };
        let score = v.rating().and_then(|r| r.score).map_or_else(|| number(f.severity.unwrap_or(Severity::Medium)), |s| format!("{s:.1}"));
        rules.entry(&v.id).or_insert_with(|| {
            let mut rule = json!({
                "id": v.id,
                "name": "Vulnerability",
                "shortDescription": { "text": summary },
                "fullDescription": { "text": format!("{}: {summary}", v.ids.join(", ")) },
                "help": { "text": v.references.join("\n") },
                "defaultConfiguration": { "level": level(f.severity.unwrap_or(Severity::Medium)) },
                "properties": { "security-severity": score, "tags": ["security", "vulnerability"] },
            });
            if let Some(first) = v.references.iter().find(|r| r.starts_with("https://")) {
                rule["helpUri"] = json!(first);
            }
            if v.references.is_empty() {
                rule["help"] = json!({ "text": summary });
            }
            rule
        });
    }
    let places: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, id)| (*id, at)).collect();
    let results: Value = report
        .findings
        .iter()
        .map(|f| {
            let v = &f.vulnerability;
            let proof = v.matches.first().map(|m| format!(" ({})", m.proof)).unwrap_or_default();
            let mut result = json!({
                "ruleId": v.id,
                "ruleIndex": places.get(v.id.as_str()).copied().unwrap_or_default(),
                "level": level(f.severity.unwrap_or(Severity::Medium)),
                "message": { "text": format!("{} {} has {}{proof}. {}", f.package.name, f.package.version, v.id, f.way_out.first) },
                "locations": [location(&f.location)],
                "partialFingerprints": { "plimsoll/v1": fingerprint(&[&v.id, f.package.ecosystem, &f.package.name, &f.package.recorded_in]) },
                "properties": { "priority": f.priority.level.name(), "fixedIn": v.fixed_in, "purl": f.package.purl },
            });
            let suppressions = suppressions(f);
            if !suppressions.is_empty() {
                result["suppressions"] = Value::Array(suppressions);
            }
            result
        })
        .collect();
    run(report.tool.version, &rules.into_values().collect(), &results, report.subject.as_ref())
}

/// What VEX says against a finding: accepted where it silences it, under review where it was said and does not count.
fn suppressions(finding: &VulnerabilityFinding) -> Vec<Value> {
    use plimsoll_evidence::VexStatus::{Fixed, NotAffected};
    let said = finding.exploitability.said.iter().filter(|s| matches!(s.status, NotAffected | Fixed));
    said.map(|s| {
        let status = match (finding.exploitability.silenced, s.standing) {
            (true, standing) if standing.counts() => "accepted",
            (_, Standing::Contradicted) => "rejected",
            _ => "underReview",
        };
        json!({ "kind": "external", "status": status, "justification": s.sentence() })
    })
    .collect()
}

/// The version is no part of it: an update that does not close the vulnerability leaves the finding what it was.
fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    plimsoll_evidence::Digest::sha256(&digest).to_string().trim_start_matches("sha256:").to_owned()
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The number that code-scanning pages sort by: the middle of the severity's range of CVSS.
fn number(severity: Severity) -> String {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.0",
    }
    .to_owned()
}

/// A place that a page can show: a file of the project with its line, or the path inside of the image.
fn location(at: &Location) -> Value {
    let (uri, line, column) = match at {
        Location::File(source) => (source.path.clone(), source.line, Some(source.column)),
        Location::History { build_file: Some(source), .. } | Location::Layer { build_file: Some(source), .. } => {
            (source.path.clone(), source.line, Some(source.column))
        }
        Location::Layer { path, line, .. } => (path.trim_start_matches('/').to_owned(), line.unwrap_or(1), None),
        Location::Config { .. } | Location::History { .. } => ("config.json".to_owned(), 1, None),
        Location::Manifest { .. } | Location::WholeLayer { .. } | Location::Image => ("manifest.json".to_owned(), 1, None),
    };
    let mut region = Map::new();
    region.insert("startLine".to_owned(), json!(line.max(1)));
    if let Some(column) = column.filter(|c| *c > 0) {
        region.insert("startColumn".to_owned(), json!(column));
    }
    json!({
        "physicalLocation": { "artifactLocation": { "uri": relative(&uri) }, "region": region },
        "message": { "text": place(at) },
    })
}

/// A relative reference (RFC 3986): what is not allowed in one is written as `%XX`.
fn relative(path: &str) -> String {
    let path = path.trim_start_matches('/');
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/@!$&'()*+,;=".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = std::fmt::Write::write_fmt(&mut out, format_args!("%{byte:02X}"));
        }
    }
    if out.is_empty() { "image".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        assert_eq!(relative("/var/lib/dpkg/status"), "var/lib/dpkg/status");
        assert_eq!(relative("a b:c%é"), "a%20b%3Ac%25%C3%A9");
        assert_eq!(relative("/"), "image");
    }

    #[test]
    fn a_fingerprint_tells_parts_apart() {
        assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
    }
}
