//! Advisories in YAML: OSV's as `PyPA` keeps them, Alpine's secdb, Wolfi's, the Ruby and the PHP databases.

use plimsoll_yaml::{Limits, Node, Rules, Value as Yaml, parse_bytes};
use serde_json::Value;

use crate::read::{composer, gem, osv, secdb, wolfi};
use crate::record::Record;

/// Values of one text: a branch of Alpine's database has some ten thousand.
const NODES: usize = 4_000_000;

/// Reads a text; `Ok(None)` where it is YAML of another kind.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Option<Vec<Record>>, String> {
    let limits = Limits { nodes: NODES, bytes: crate::limits::FILE as usize, ..Limits::default() };
    let stream = parse_bytes(bytes, Rules::Kubernetes, &limits);
    if let Some(error) = stream.errors.first() {
        return Err(format!("it is no YAML ({}, line {})", error.message, error.place.line));
    }
    let Some(root) = stream.documents.first().map(|d| &d.root) else { return Ok(None) };
    let has = |key: &str| root.get(key).is_some();
    if has("id") && (has("affected") || has("modified")) {
        let json = serde_json::to_vec(&json(root)).map_err(|e| e.to_string())?;
        return Ok(osv::read(&json)?.map(|r| vec![r]));
    }
    if has("packages") && (has("distroversion") || has("reponame")) {
        return Ok(Some(secdb::read_yaml(root)));
    }
    if has("advisories") && has("package") {
        return Ok(Some(wolfi::read(root)));
    }
    if has("gem") {
        return Ok(gem::read(name, root).map(|r| vec![r]));
    }
    if root.get("reference").and_then(Node::text).is_some_and(|r| r.starts_with("composer://")) {
        return Ok(composer::read(name, root).map(|r| vec![r]));
    }
    Ok(None)
}

/// As JSON, every scalar a string: the form has no others, and `4.0` is a version.
fn json(node: &Node) -> Value {
    match &node.value {
        Yaml::Scalar(_) if node.is_null() => Value::Null,
        Yaml::Scalar(scalar) => Value::String(scalar.text.clone()),
        Yaml::Sequence(items) => Value::Array(items.iter().map(json).collect()),
        Yaml::Mapping(mapping) => {
            Value::Object(mapping.entries.iter().filter_map(|e| Some((e.key.text()?.to_owned(), json(&e.value)))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_known_by_its_keys() {
        let cases = [
            (
                "id: PYSEC-1\nmodified: \"2021-09-26T23:32:08Z\"\naffected:\n- package: {name: A_b, ecosystem: PyPI}\n  versions: [\"4.0\", 4.1]\n",
                "PYSEC-1 PyPI a-b",
            ),
            (
                "distroversion: v3.11\nreponame: main\npackages:\n- pkg:\n    name: apk\n    secfixes:\n      1-r0: [CVE-1]\n",
                "CVE-1 Alpine:v3.11 apk",
            ),
            (
                "package:\n  name: age\nadvisories:\n- id: CGA-1\n  aliases: [CVE-2]\n  events:\n  - type: fixed\n    data: {fixed-version: 1.2.1-r4}\n",
                "CGA-1 Wolfi age",
            ),
            ("gem: rack\ncve: 2023-1\npatched_versions: ['>= 4.3.3']\n", "CVE-2023-1 RubyGems rack"),
            ("title: T\nreference: composer://a/B\nbranches:\n  master: {versions: ['<5.20.6']}\n", "x RubyGems"),
        ];
        for (text, wanted) in &cases[..4] {
            let records = read("gems/rack/CVE-2023-1.yml", text.as_bytes()).unwrap().unwrap();
            let got = format!("{} {} {}", records[0].id, records[0].affected[0].ecosystem, records[0].affected[0].package);
            assert_eq!(got, *wanted);
        }
        let php = read("a/B/2017-05-15.yaml", cases[4].0.as_bytes()).unwrap().unwrap();
        assert_eq!((php[0].affected[0].ecosystem.as_str(), php[0].affected[0].package.as_str()), ("Packagist", "a/b"));
        assert_eq!(read("x.yaml", b"a: 1\n").unwrap(), None);
        assert!(read("x.yaml", b"a: [1\n").is_err());
    }
}
