//! SPDX 2.2 and 2.3 as tags and values: brought to the members that its JSON has, and read as that.

use serde_json::{Map, Value, json};

use super::spdx2;
use crate::bill::Bill;

/// Bytes of one value.
const MOST_VALUE: usize = 1 << 20;

pub(super) fn is_it(text: &str) -> bool {
    text.lines().take(200).any(|l| l.trim_start().starts_with("SPDXVersion:"))
}

pub(super) fn read(text: &str, problems: &mut Vec<String>) -> Bill {
    let (mut document, mut creators, mut packages, mut relations) = (Map::new(), Vec::new(), Vec::<Value>::new(), Vec::new());
    // Files, snippets and annotations follow with tags that packages have too.
    let mut inside = Inside::Document;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        let Some((tag, first)) = line.split_once(':') else { continue };
        let value = long_value(first.trim(), &mut lines);
        match tag {
            "PackageName" => {
                inside = Inside::Package;
                packages.push(json!({ "name": value }));
                continue;
            }
            "FileName" | "SnippetSPDXID" | "LicenseID" | "Annotator" => inside = Inside::Other,
            "Relationship" => {
                let words: Vec<&str> = value.split_whitespace().collect();
                if let [from, kind, to, ..] = words.as_slice() {
                    relations.push(json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to }));
                }
                continue;
            }
            "Creator" => {
                creators.push(Value::from(value));
                continue;
            }
            _ => {}
        }
        match inside {
            Inside::Document => {
                let member = match tag {
                    "SPDXVersion" => "spdxVersion",
                    "DocumentNamespace" => "documentNamespace",
                    "Created" => "created",
                    _ => continue,
                };
                document.insert(member.to_owned(), value.into());
            }
            Inside::Package => {
                if let Some(package) = packages.last_mut() {
                    add(package, tag, value);
                }
            }
            Inside::Other => {}
        }
    }
    let created = document.remove("created").unwrap_or_default();
    document.insert("creationInfo".to_owned(), json!({ "created": created, "creators": creators }));
    document.insert("packages".to_owned(), packages.into());
    document.insert("relationships".to_owned(), relations.into());
    spdx2::read(&Value::Object(document), problems)
}

enum Inside {
    Document,
    Package,
    Other,
}

/// `<text>` may go over many lines.
fn long_value<'a>(first: &str, lines: &mut impl Iterator<Item = &'a str>) -> String {
    let Some(mut text) = first.strip_prefix("<text>").map(str::to_owned) else { return first.to_owned() };
    while !text.contains("</text>") {
        let Some(line) = lines.next() else { break };
        if text.len() < MOST_VALUE {
            text.push('\n');
            text.push_str(line);
        } else if line.contains("</text>") {
            break;
        }
    }
    text.split("</text>").next().unwrap_or_default().to_owned()
}

fn add(package: &mut Value, tag: &str, value: String) {
    let member = match tag {
        "SPDXID" => "SPDXID",
        "PackageVersion" => "versionInfo",
        "PackageSupplier" => "supplier",
        "PackageOriginator" => "originator",
        "PackageHomePage" => "homepage",
        "PackageFileName" => "packageFileName",
        "PackageSourceInfo" => "sourceInfo",
        "PackageLicenseDeclared" => "licenseDeclared",
        "PackageLicenseConcluded" => "licenseConcluded",
        "PrimaryPackagePurpose" => "primaryPackagePurpose",
        "PackageChecksum" => {
            if let Some((algorithm, digits)) = value.split_once(':') {
                push(package, "checksums", json!({ "algorithm": algorithm.trim(), "checksumValue": digits.trim() }));
            }
            return;
        }
        "ExternalRef" => {
            let words: Vec<&str> = value.split_whitespace().collect();
            if let [_, kind, locator, ..] = words.as_slice() {
                push(package, "externalRefs", json!({ "referenceType": kind, "referenceLocator": locator }));
            }
            return;
        }
        _ => return,
    };
    package[member] = value.into();
}

fn push(package: &mut Value, member: &str, value: Value) {
    match &mut package[member] {
        Value::Array(values) => values.push(value),
        other => *other = Value::Array(vec![value]),
    }
}
