//! The Ruby advisory database: a file for each advisory, with the versions that are not affected.

use plimsoll_evidence::RatingKind;
use plimsoll_versions::Scheme;
use plimsoll_yaml::Node;

use crate::limits::{summary, word};
use crate::read::constraint::{Span, between, span};
use crate::record::{Affected, Given, Record};
use crate::time::seconds;

/// None where the record has no id; the path's last part serves as one.
pub(crate) fn read(path: &str, root: &Node) -> Option<Record> {
    let text = |key: &str| root.given(key).and_then(Node::text).and_then(word);
    let package = text("gem")?;
    let cve = text("cve").map(|n| format!("CVE-{}", n.trim_start_matches("CVE-")));
    let ghsa = text("ghsa").map(|n| format!("GHSA-{}", n.trim_start_matches("GHSA-")));
    let stem = path.rsplit('/').next().unwrap_or_default();
    let stem = stem.strip_suffix(".yml").or_else(|| stem.strip_suffix(".yaml")).unwrap_or(stem);
    let id = cve.clone().or_else(|| ghsa.clone()).or_else(|| word(stem).filter(|s| !s.is_empty()))?;
    let spans = |key: &str| -> Vec<Span> {
        root.get(key).map(Node::items).unwrap_or_default().iter().filter_map(Node::text).filter_map(span).collect()
    };
    let safe = [spans("patched_versions"), spans("unaffected_versions")].concat();
    // Only a score is given, and a score is no vector.
    let score = ["cvss_v4", "cvss_v3", "cvss_v2"].iter().find_map(|key| text(key)).and_then(|s| s.parse::<f64>().ok());
    let kind = if text("cvss_v4").is_some() || text("cvss_v3").is_some() { RatingKind::Cvss3 } else { RatingKind::Cvss2 };
    let rating = score.map(|s| Given { kind: RatingKind::Word, text: crate::cvss::severity_of(kind, s).name().to_owned() });
    let aliases = [cve, ghsa].into_iter().flatten().filter(|a| *a != id).collect();
    let mut references: Vec<String> = text("url").into_iter().collect();
    references
        .extend(root.at(&["related", "url"]).map(Node::items).unwrap_or_default().iter().filter_map(Node::text).filter_map(word).take(8));
    references.dedup();
    Some(Record {
        aliases,
        summary: text("title").map(|t| summary(&t)).unwrap_or_default(),
        published: text("date").and_then(|d| seconds(&d)),
        ratings: rating.into_iter().collect(),
        references,
        affected: vec![Affected {
            ecosystem: "RubyGems".to_owned(),
            package,
            ranges: between(&safe, Scheme::RubyGems, false),
            ..Affected::default()
        }],
        id,
        ..Record::default()
    })
}
