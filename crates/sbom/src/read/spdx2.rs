//! SPDX 2.2 and 2.3 in JSON.

use std::collections::HashMap;

use serde_json::Value;

use super::MOST_COMPONENTS;
use super::json::{list, text};
use crate::bill::{Bill, Component, Hash, Kind};

pub(super) fn read(value: &Value, problems: &mut Vec<String>) -> Bill {
    let creation = &value["creationInfo"];
    let mut bill = Bill {
        form: text(&value["spdxVersion"]).unwrap_or_default(),
        created: text(&creation["created"]),
        serial: text(&value["documentNamespace"]),
        ..Bill::default()
    };
    for creator in list(&creation["creators"]).iter().filter_map(text) {
        match creator.strip_prefix("Tool:") {
            Some(tool) => bill.tools.push(tool.trim().to_owned()),
            None => bill.creators.push(creator),
        }
    }
    let packages = list(&value["packages"]);
    if packages.len() > MOST_COMPONENTS {
        problems.push(format!("only the first {MOST_COMPONENTS} packages are read"));
    }
    bill.components = packages.iter().take(MOST_COMPONENTS).map(component).collect();
    let mut relations: Vec<(String, String, String)> = list(&value["relationships"])
        .iter()
        .filter_map(|r| Some((text(&r["spdxElementId"])?, text(&r["relationshipType"])?, text(&r["relatedSpdxElement"])?)))
        .collect();
    for described in list(&value["documentDescribes"]).iter().filter_map(text) {
        relations.push(("SPDXRef-DOCUMENT".to_owned(), "DESCRIBES".to_owned(), described));
    }
    relate(&mut bill, &relations);
    bill
}

fn component(package: &Value) -> Component {
    let known = |value: &Value| text(value).filter(|t| !matches!(t.as_str(), "NOASSERTION" | "NONE"));
    let external = |kinds: &[&str]| {
        let found = list(&package["externalRefs"]).iter().find(|r| r["referenceType"].as_str().is_some_and(|t| kinds.contains(&t)));
        found.and_then(|r| text(&r["referenceLocator"]))
    };
    let name = text(&package["name"]).unwrap_or_default();
    Component {
        reference: text(&package["SPDXID"]).unwrap_or_default(),
        kind: match package["primaryPackagePurpose"].as_str().unwrap_or_default() {
            "APPLICATION" => Kind::Application,
            "CONTAINER" => Kind::Container,
            "OPERATING-SYSTEM" | "OPERATING_SYSTEM" => Kind::OperatingSystem,
            "FILE" => Kind::File,
            _ => Kind::Library,
        },
        name,
        version: text(&package["versionInfo"]),
        supplier: known(&package["supplier"]).or_else(|| known(&package["originator"])).map(|s| {
            s.strip_prefix("Organization:").or_else(|| s.strip_prefix("Person:")).map_or_else(|| s.clone(), |rest| rest.trim().to_owned())
        }),
        homepage: known(&package["homepage"]),
        purl: external(&["purl", "http://spdx.org/rdf/references/purl"]),
        licences: ["licenseDeclared", "licenseConcluded"].iter().find_map(|key| known(&package[*key])).into_iter().collect(),
        hashes: list(&package["checksums"])
            .iter()
            .filter_map(|c| Some(Hash { algorithm: algorithm(&text(&c["algorithm"])?), value: text(&c["checksumValue"])?.to_lowercase() }))
            .collect(),
        file: text(&package["packageFileName"]).or_else(|| source_file(&text(&package["sourceInfo"])?)),
        properties: properties(package),
        ..Component::default()
    }
}

fn properties(package: &Value) -> Vec<(String, String)> {
    let file = text(&package["packageFileName"]).map(|name| ("bsi:component:filename".to_owned(), name));
    list(&package["annotations"]).iter().filter_map(annotated).chain(file).collect()
}

/// What Trivy writes into annotations, under the name that it has for it in CycloneDX: `ImageID: sha256:…`.
fn annotated(annotation: &Value) -> Option<(String, String)> {
    text(&annotation["annotator"]).filter(|a| a.starts_with("Tool: trivy"))?;
    let comment = text(&annotation["comment"])?;
    let (name, value) = comment.split_once(": ")?;
    Some((format!("aquasecurity:trivy:{name}"), value.to_owned()))
}

/// The file in Syft's sentence `acquired package info from DPKG DB: /var/lib/dpkg/status, …`.
fn source_file(sentence: &str) -> Option<String> {
    let files = sentence.strip_prefix("acquired package info from ")?.split_once(": ")?.1;
    files.split(',').next().map(|f| f.trim().to_owned()).filter(|f| f.starts_with('/'))
}

/// `SHA256` as CycloneDX writes it.
pub(super) fn algorithm(name: &str) -> String {
    match name.to_uppercase().as_str() {
        "SHA1" => "SHA-1".to_owned(),
        "SHA256" => "SHA-256".to_owned(),
        "SHA384" => "SHA-384".to_owned(),
        "SHA512" => "SHA-512".to_owned(),
        other => other.to_owned(),
    }
}

/// Puts relations where they belong, and takes out what the document describes: the first of it is the subject.
pub(super) fn relate(bill: &mut Bill, relations: &[(String, String, String)]) {
    let places: HashMap<String, usize> = bill.components.iter().enumerate().map(|(i, c)| (c.reference.clone(), i)).collect();
    let mut subject = None;
    for (from, kind, to) in relations {
        let (from, kind, to) = match kind.as_str() {
            "DEPENDENCY_OF" => (to, "DEPENDS_ON", from),
            "CONTAINED_BY" => (to, "CONTAINS", from),
            "DESCRIBED_BY" => (to, "DESCRIBES", from),
            other => (from, other, to),
        };
        match kind {
            "DESCRIBES" => subject = subject.or_else(|| places.get(to).copied()),
            "DEPENDS_ON" => {
                if let Some(at) = places.get(from) {
                    let depends = bill.components[*at].depends.get_or_insert_default();
                    if to != "NONE" && to != "NOASSERTION" {
                        depends.push(to.clone());
                    }
                }
            }
            "CONTAINS" => {
                if let Some(at) = places.get(from) {
                    bill.components[*at].contains.push(to.clone());
                }
            }
            _ => {}
        }
    }
    // A document may describe each of its packages; then it has no one subject.
    let is_whole = |c: &Component| c.kind != Kind::Library || c.purl.is_none() || !c.contains.is_empty();
    if let Some(at) = subject.filter(|at| is_whole(&bill.components[*at])) {
        bill.subject = Some(bill.components.remove(at));
    }
}
