//! CycloneDX 1.2 to 1.7 in JSON (ECMA-424).

use std::collections::HashMap;

use serde_json::Value;

use super::MOST_COMPONENTS;
use super::json::{list, text};
use crate::bill::{Bill, Component, Hash, Kind};

pub(super) fn read(value: &Value, problems: &mut Vec<String>) -> Bill {
    let metadata = &value["metadata"];
    let mut bill = Bill {
        form: format!("CycloneDX {}", text(&value["specVersion"]).unwrap_or_default()),
        subject: metadata["component"].is_object().then(|| component(&metadata["component"])),
        created: text(&metadata["timestamp"]),
        creators: creators(metadata),
        tools: tools(&metadata["tools"]),
        serial: text(&value["serialNumber"]),
        tells_vulnerabilities: !list(&value["vulnerabilities"]).is_empty(),
        ..Bill::default()
    };
    let mut odd = 0_usize;
    // Nested components, without recursion: JSON is at most 128 deep, but may be long.
    let mut open: Vec<(Option<usize>, &Value)> =
        list(&value["components"]).iter().chain(list(&metadata["component"]["components"])).rev().map(|c| (None, c)).collect();
    while let Some((parent, value)) = open.pop() {
        if bill.components.len() >= MOST_COMPONENTS {
            problems.push(format!("only the first {MOST_COMPONENTS} components are read"));
            break;
        }
        if !value.is_object() {
            odd += 1;
            continue;
        }
        let at = bill.components.len();
        let mut component = component(value);
        if component.reference.is_empty() {
            component.reference = format!("#{at}");
        }
        if let Some(parent) = parent {
            bill.components[parent].contains.push(component.reference.clone());
        }
        open.extend(list(&value["components"]).iter().rev().map(|c| (Some(at), c)));
        bill.components.push(component);
    }
    if odd > 0 {
        problems.push(format!("{odd} components are no objects"));
    }
    depend(&mut bill, &value["dependencies"]);
    bill
}

fn depend(bill: &mut Bill, dependencies: &Value) {
    let mut told: HashMap<String, Vec<String>> = HashMap::new();
    for entry in list(dependencies) {
        if let Some(reference) = text(&entry["ref"]) {
            told.entry(reference).or_default().extend(list(&entry["dependsOn"]).iter().filter_map(text));
        }
    }
    for component in bill.components.iter_mut().chain(&mut bill.subject) {
        component.depends = told.get(&component.reference).cloned();
    }
}

fn creators(metadata: &Value) -> Vec<String> {
    let parties = list(&metadata["authors"]).iter().chain([&metadata["manufacturer"], &metadata["manufacture"], &metadata["supplier"]]);
    parties.filter_map(party).collect()
}

/// A person or organisation: name, then what is known of an address.
fn party(value: &Value) -> Option<String> {
    if let Value::String(name) = value {
        return Some(name.clone()).filter(|n| !n.is_empty());
    }
    let mail = text(&value["email"]).or_else(|| list(&value["contact"]).iter().find_map(|c| text(&c["email"])));
    let url = list(&value["url"]).iter().find_map(text);
    let parts: Vec<String> = [text(&value["name"]), mail.map(|m| format!("<{m}>")), url].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn tools(value: &Value) -> Vec<String> {
    let listed = if value.is_array() { list(value) } else { list(&value["components"]) };
    listed
        .iter()
        .filter_map(|tool| Some(format!("{} {}", text(&tool["name"])?, text(&tool["version"]).unwrap_or_default()).trim().to_owned()))
        .collect()
}

pub(super) fn kind(name: &str) -> Kind {
    match name {
        "application" => Kind::Application,
        "container" => Kind::Container,
        "file" => Kind::File,
        "library" | "framework" => Kind::Library,
        "operating-system" => Kind::OperatingSystem,
        _ => Kind::Other,
    }
}

fn component(value: &Value) -> Component {
    let group = text(&value["group"]);
    let name = text(&value["name"]).unwrap_or_default();
    let properties: Vec<(String, String)> =
        list(&value["properties"]).iter().filter_map(|p| Some((text(&p["name"])?, text(&p["value"]).unwrap_or_default()))).collect();
    let supplier = [&value["supplier"], &value["manufacturer"]].into_iter().chain(list(&value["authors"])).find_map(party);
    // A whole path says more than the name of a file.
    let file = [
        "plimsoll:recordedIn",
        "syft:metadata:virtualPath",
        "syft:location:0:path",
        "aquasecurity:trivy:FilePath",
        "bsi:component:filename",
    ]
    .iter()
    .find_map(|name| properties.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()));
    let references = list(&value["externalReferences"]);
    let distributed = references.iter().filter(|r| r["type"].as_str().is_some_and(|t| t.starts_with("distribution")));
    let hashes = list(&value["hashes"]).iter().chain(distributed.flat_map(|r| list(&r["hashes"])));
    Component {
        reference: text(&value["bom-ref"]).unwrap_or_default(),
        kind: kind(value["type"].as_str().unwrap_or_default()),
        name: group.filter(|g| !name.starts_with(g.as_str())).map_or_else(|| name.clone(), |g| format!("{g}/{name}")),
        version: text(&value["version"]),
        supplier: supplier.or_else(|| text(&value["publisher"])).or_else(|| text(&value["author"])),
        homepage: references.iter().find(|r| r["type"] == "website").and_then(|r| text(&r["url"])),
        purl: text(&value["purl"]),
        licences: list(&value["licenses"])
            .iter()
            .filter_map(|l| text(&l["expression"]).or_else(|| text(&l["license"]["id"])).or_else(|| text(&l["license"]["name"])))
            .collect(),
        hashes: {
            let all = hashes.filter_map(|h| Some(Hash { algorithm: text(&h["alg"])?, value: text(&h["content"])?.to_lowercase() }));
            // The same may stand at the component and at what is distributed of it.
            all.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
        },
        file,
        properties,
        depends: None,
        contains: Vec::new(),
    }
}
