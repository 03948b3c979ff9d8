//! Alpine's security database, also Wolfi's and Chainguard's (`secdb`): by package, the version that mends each id.

use std::collections::BTreeMap;

use plimsoll_versions::Scheme;
use plimsoll_yaml::Node;
use serde::Deserialize;

use crate::limits::word;
use crate::record::{Affected, Range, Record};

/// Package and id, with the version that mends it.
type Fixes = BTreeMap<(String, String), String>;

/// The YAML form.
pub(crate) fn read_yaml(root: &Node) -> Vec<Record> {
    let text = |key: &str| root.get(key).and_then(Node::text).unwrap_or_default();
    let mut fixes = Fixes::new();
    for package in root.get("packages").map(Node::items).unwrap_or_default() {
        let Some(package) = package.get("pkg") else { continue };
        let name = package.get("name").and_then(Node::text).unwrap_or_default();
        for entry in package.get("secfixes").map(Node::entries).unwrap_or_default() {
            let Some(version) = entry.key.text() else { continue };
            for ids in entry.value.items().iter().filter_map(Node::text) {
                add(&mut fixes, name, version, ids);
            }
        }
    }
    records(&ecosystem(text("distroversion"), text("apkurl")), fixes)
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    distroversion: String,
    #[serde(default)]
    apkurl: String,
    packages: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    pkg: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    secfixes: Option<BTreeMap<String, Option<Vec<String>>>>,
}

/// The JSON form; none where the text is other JSON.
pub(crate) fn read_json(bytes: &[u8]) -> Option<Vec<Record>> {
    let document: Document = serde_json::from_slice(bytes).ok()?;
    let mut fixes = Fixes::new();
    for Item { pkg } in document.packages {
        for (version, ids) in pkg.secfixes.unwrap_or_default() {
            for ids in ids.unwrap_or_default() {
                add(&mut fixes, &pkg.name, &version, &ids);
            }
        }
    }
    Some(records(&ecosystem(&document.distroversion, &document.apkurl), fixes))
}

/// The branch, or the distribution that has none: its addresses name it.
fn ecosystem(branch: &str, address: &str) -> String {
    match branch {
        "" if address.contains("chainguard") || address.contains("cgr.dev") => "Chainguard".to_owned(),
        "" => "Wolfi".to_owned(),
        branch => format!("Alpine:{branch}"),
    }
}

/// An entry may name several ids, and words beside them.
fn add(fixes: &mut Fixes, package: &str, version: &str, ids: &str) {
    let (Some(package), Some(version)) = (word(package), word(version)) else { return };
    for id in ids.split_whitespace().filter(|i| i.contains('-') && i.starts_with(|c: char| c.is_ascii_uppercase())).filter_map(word) {
        let entry = fixes.entry((package.clone(), id)).or_insert_with(|| version.clone());
        // Mended twice: what the first did not mend wholly, the second did. But 0 says that it never was there.
        if *entry != "0" && (version == "0" || Scheme::Alpine.compare(&version, entry).is_gt()) {
            entry.clone_from(&version);
        }
    }
}

fn records(ecosystem: &str, fixes: Fixes) -> Vec<Record> {
    let mut records: BTreeMap<String, Record> = BTreeMap::new();
    let address = if ecosystem.starts_with("Alpine") { "https://security.alpinelinux.org/vuln/" } else { "" };
    for ((package, id), version) in fixes {
        let record = records.entry(id.clone()).or_insert_with(|| Record {
            references: if address.is_empty() || !id.starts_with("CVE-") { Vec::new() } else { vec![format!("{address}{id}")] },
            id,
            ..Record::default()
        });
        // What never was affected is said too, so that the package is known to be looked after.
        let ranges = if version == "0" { Vec::new() } else { vec![Range::until(&version)] };
        record.affected.push(Affected { ecosystem: ecosystem.to_owned(), package, ranges, ..Affected::default() });
    }
    records.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let json = br#"{"distroversion":"v3.15","apkurl":"x","packages":[{"pkg":{"name":"busybox","secfixes":{
            "1.30-r1":["CVE-2019-5747","CVE-2018-1 (+ regression fix)"],"1.31-r0":["CVE-2018-1 GHSA-aa"],"0":["CVE-2017-9"]}}},{"pkg":{"name":"x","secfixes":null}}]}"#;
        let records = read_json(json).unwrap();
        let said: Vec<String> = records
            .iter()
            .map(|r| format!("{} {} {:?}", r.id, r.affected[0].ecosystem, r.affected[0].ranges.first().map(|r| r.events[1].version())))
            .collect();
        assert_eq!(
            said,
            [
                "CVE-2017-9 Alpine:v3.15 None",
                "CVE-2018-1 Alpine:v3.15 Some(\"1.31-r0\")",
                "CVE-2019-5747 Alpine:v3.15 Some(\"1.30-r1\")",
                "GHSA-aa Alpine:v3.15 Some(\"1.31-r0\")",
            ]
        );
        assert!(read_json(b"{\"packages\":{}}").is_none());
        assert_eq!(ecosystem("", "https://packages.wolfi.dev/os"), "Wolfi");
        assert_eq!(ecosystem("", "https://packages.cgr.dev/chainguard"), "Chainguard");
    }
}
