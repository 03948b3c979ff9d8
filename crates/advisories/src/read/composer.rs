//! `FriendsOfPHP`'s advisories: by branch, the versions that are affected.

use plimsoll_yaml::Node;

use crate::limits::{summary, word};
use crate::read::constraint::{span, within};
use crate::record::{Affected, Record};
use crate::time::seconds;

pub(crate) fn read(path: &str, root: &Node) -> Option<Record> {
    let text = |key: &str| root.given(key).and_then(Node::text).and_then(word);
    let package = text("reference")?.strip_prefix("composer://")?.to_ascii_lowercase();
    let stem = path.rsplit('/').next().unwrap_or_default();
    let stem = stem.strip_suffix(".yaml").or_else(|| stem.strip_suffix(".yml")).unwrap_or(stem);
    let id = text("cve").filter(|c| c.starts_with("CVE-")).or_else(|| word(&format!("FOP-{package}-{stem}")))?;
    let branches = root.get("branches").map(Node::entries).unwrap_or_default();
    let ranges = branches
        .iter()
        .filter_map(|branch| {
            let terms: Vec<&str> = branch.value.get("versions")?.items().iter().filter_map(Node::text).collect();
            span(&terms.join(", ")).map(within)
        })
        .collect();
    Some(Record {
        summary: text("title").map(|t| summary(&t)).unwrap_or_default(),
        published: branches.iter().filter_map(|b| seconds(b.value.get("time")?.text()?)).min(),
        references: text("link").into_iter().collect(),
        affected: vec![Affected { ecosystem: "Packagist".to_owned(), package, ranges, ..Affected::default() }],
        id,
        ..Record::default()
    })
}
