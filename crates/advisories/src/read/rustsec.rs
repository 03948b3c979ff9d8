//! `RustSec`'s source form: Markdown that begins with a block of TOML.

use plimsoll_evidence::{AffectedCode, RatingKind};
use plimsoll_versions::Scheme;
use serde::Deserialize;

use crate::limits::{summary, word};
use crate::read::constraint::{between, span};
use crate::record::{Affected, Given, Record, Standing};
use crate::time::seconds;

#[derive(Deserialize)]
struct Document {
    advisory: Advisory,
    #[serde(default)]
    versions: Versions,
    #[serde(default)]
    affected: Parts,
}

#[derive(Deserialize)]
struct Advisory {
    id: String,
    package: String,
    #[serde(default)]
    aliases: Vec<String>,
    cvss: Option<String>,
    date: String,
    url: Option<String>,
    informational: Option<String>,
    withdrawn: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Versions {
    patched: Vec<String>,
    unaffected: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Parts {
    arch: Vec<String>,
    os: Vec<String>,
    functions: std::collections::BTreeMap<String, Vec<String>>,
}

/// `Ok(None)` for Markdown that is none of its records.
pub(crate) fn read(text: &str) -> Result<Option<Record>, String> {
    let Some(rest) = text.trim_start().strip_prefix("```toml") else { return Ok(None) };
    let Some((block, prose)) = rest.split_once("\n```") else { return Ok(None) };
    let document: Document = toml::from_str(block).map_err(|e| format!("its TOML cannot be read ({})", e.message()))?;
    let advisory = document.advisory;
    let (Some(id), Some(package)) = (word(&advisory.id), word(&advisory.package)) else { return Ok(None) };
    let spans = |texts: &[String]| texts.iter().filter_map(|t| span(t)).collect::<Vec<_>>();
    let safe = [spans(&document.versions.patched), spans(&document.versions.unaffected)].concat();
    let parts = document.affected;
    let mut code: Vec<AffectedCode> = Vec::new();
    if !parts.functions.is_empty() || !parts.os.is_empty() || !parts.arch.is_empty() {
        let symbols = parts.functions.into_keys().filter_map(|f| word(&f)).collect();
        code.push(AffectedCode { path: package.clone(), symbols, systems: parts.os, architectures: parts.arch });
    }
    Ok(Some(Record {
        aliases: advisory.aliases.iter().filter_map(|a| word(a)).collect(),
        summary: summary(prose),
        published: seconds(&advisory.date),
        standing: Standing::withdrawn(advisory.withdrawn.as_deref()),
        ratings: advisory.cvss.and_then(|c| word(&c)).map(|text| Given { kind: RatingKind::Cvss3, text }).into_iter().collect(),
        references: advisory.url.and_then(|u| word(&u)).into_iter().collect(),
        affected: vec![Affected {
            ecosystem: "crates.io".to_owned(),
            package,
            ranges: between(&safe, Scheme::SemVer, true),
            code,
            informational: advisory.informational,
            ..Affected::default()
        }],
        id,
        ..Record::default()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read() {
        let text = "```toml\n[advisory]\nid = \"RUSTSEC-2020-0105\"\npackage = \"abi_stable\"\naliases = [\"CVE-2020-36212\"]\ndate = \"2020-12-21\"\n\
            informational = \"unsound\"\n[affected]\nfunctions = { \"a::b\" = [\"< 0.9\"] }\n[versions]\npatched = [\">= 0.9.1\"]\n```\n\n# Update unsound `DrainFilter`\n\nMore.\n";
        let record = read(text).unwrap().unwrap();
        assert_eq!((record.id.as_str(), record.summary.as_str()), ("RUSTSEC-2020-0105", "Update unsound `DrainFilter`"));
        assert_eq!(record.affected[0].code[0].symbols, ["a::b"]);
        assert_eq!(record.affected[0].ranges[0].events.len(), 2);
        assert_eq!(read("# Read me\n").unwrap(), None);
        assert!(read("```toml\n[advisory]\nid = 1\n```\n").is_err());
    }
}
