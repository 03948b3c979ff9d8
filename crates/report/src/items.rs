//! The checklist itself, as a table and as JSON.

use std::fmt::Write as _;

use plimsoll_checklist::{CATALOGUE, Section};
use serde_json::json;

/// The forty items by section.
pub fn items_table() -> String {
    let mut out = String::new();
    let width = CATALOGUE.iter().map(|i| i.id.0.len()).max().unwrap_or(0);
    for section in Section::ALL {
        let _ = writeln!(out, "{}{}", if out.is_empty() { "" } else { "\n" }, section.title());
        for item in CATALOGUE.iter().filter(|i| i.section == section) {
            let _ = writeln!(out, "  {:width$}  {}  {}", item.id, item.level().letter(), item.title);
        }
    }
    out
}

/// The forty items with their rules and references, as JSON.
pub fn items_json() -> serde_json::Result<String> {
    let items: Vec<_> = CATALOGUE
        .iter()
        .map(|item| {
            json!({
                "id": item.id,
                "title": item.title,
                "section": item.section,
                "level": item.level(),
                "requirement": item.requirement,
                "why": item.why,
                "remediation": item.remediation,
                "references": item.references,
                "rules": item.rules.iter().map(|r| json!({ "rule": format!("{}/{}", item.id, r.name), "severity": r.severity, "finds": r.finds, "mend": r.mend })).collect::<Vec<_>>(),
            })
        })
        .collect();
    serde_json::to_string_pretty(&items).map(|text| text + "\n")
}
