//! SPDX 3.0 in JSON-LD, as tools write it: one context, one graph of elements.

use std::collections::HashMap;

use serde_json::Value;

use super::MOST_COMPONENTS;
use super::json::{list, text};
use super::spdx2::{algorithm, relate};
use crate::bill::{Bill, Component, Hash, Kind};

pub(super) fn read(value: &Value, problems: &mut Vec<String>) -> Bill {
    let graph = list(&value["@graph"]);
    let by_id: HashMap<&str, &Value> =
        graph.iter().filter_map(|e| Some((e["spdxId"].as_str().or_else(|| e["@id"].as_str())?, e))).collect();
    let of_type = |name: &'static str| graph.iter().filter(move |e| e["type"] == name);
    let creation = of_type("CreationInfo").next();
    let name_of = |id: &Value| match by_id.get(id.as_str().unwrap_or_default()) {
        Some(agent) => {
            let mail = list(&agent["externalIdentifier"]).iter().find(|i| i["externalIdentifierType"] == "email");
            let mail = mail.and_then(|i| text(&i["identifier"])).map(|m| format!(" <{m}>")).unwrap_or_default();
            text(&agent["name"]).map(|name| format!("{name}{mail}"))
        }
        None => None,
    };
    let mut bill = Bill { form: "SPDX-3.0".to_owned(), ..Bill::default() };
    if let Some(creation) = creation {
        bill.form = format!("SPDX-{}", text(&creation["specVersion"]).unwrap_or_default());
        bill.created = text(&creation["created"]);
        bill.creators = list(&creation["createdBy"]).iter().filter_map(name_of).collect();
        bill.tools = list(&creation["createdUsing"]).iter().filter_map(name_of).collect();
    }
    bill.serial = of_type("SpdxDocument").next().and_then(|d| text(&d["spdxId"]));
    for element in of_type("software_Package") {
        if bill.components.len() >= MOST_COMPONENTS {
            problems.push(format!("only the first {MOST_COMPONENTS} packages are read"));
            break;
        }
        let mut component = component(element);
        component.supplier = list(&element["suppliedBy"]).iter().chain(list(&element["originatedBy"])).find_map(name_of);
        bill.components.push(component);
    }
    let mut relations = Vec::new();
    let mut licences: HashMap<String, Vec<String>> = HashMap::new();
    for relation in graph.iter().filter(|e| matches!(e["type"].as_str(), Some("Relationship" | "LifecycleScopedRelationship"))) {
        let Some(from) = text(&relation["from"]) else { continue };
        let targets = list(&relation["to"]).iter().filter_map(text);
        match relation["relationshipType"].as_str().unwrap_or_default() {
            "contains" => relations.extend(targets.map(|to| (from.clone(), "CONTAINS".to_owned(), to))),
            "dependsOn" => {
                let mut targets = targets.peekable();
                if targets.peek().is_none() {
                    relations.push((from.clone(), "DEPENDS_ON".to_owned(), "NONE".to_owned()));
                }
                relations.extend(targets.map(|to| (from.clone(), "DEPENDS_ON".to_owned(), to)));
            }
            "hasDeclaredLicense" => {
                let found = targets.filter_map(|to| text(&by_id.get(to.as_str())?["simplelicensing_licenseExpression"]));
                licences.entry(from).or_default().extend(found);
            }
            _ => {}
        }
    }
    for component in &mut bill.components {
        component.licences = licences.remove(&component.reference).unwrap_or_default();
    }
    for root in of_type("software_Sbom").chain(of_type("SpdxDocument")).flat_map(|e| list(&e["rootElement"])).filter_map(text) {
        relations.push((String::new(), "DESCRIBES".to_owned(), root));
    }
    relate(&mut bill, &relations);
    bill
}

fn component(element: &Value) -> Component {
    let identified = list(&element["externalIdentifier"]).iter().find(|i| i["externalIdentifierType"] == "packageUrl");
    let extended = list(&element["extension"]).iter().flat_map(|e| list(&e["extension_cdxProperty"]));
    let properties: Vec<(String, String)> =
        extended.filter_map(|p| Some((text(&p["extension_cdxPropName"])?, text(&p["extension_cdxPropValue"])?))).collect();
    let recorded = properties.iter().find(|(n, _)| n == "plimsoll:recordedIn").map(|(_, v)| v.clone());
    Component {
        reference: text(&element["spdxId"]).unwrap_or_default(),
        kind: match element["software_primaryPurpose"].as_str().unwrap_or_default() {
            "application" => Kind::Application,
            "container" => Kind::Container,
            "operatingSystem" => Kind::OperatingSystem,
            "file" => Kind::File,
            _ => Kind::Library,
        },
        name: text(&element["name"]).unwrap_or_default(),
        version: text(&element["software_packageVersion"]),
        homepage: text(&element["software_homePage"]),
        purl: text(&element["software_packageUrl"]).or_else(|| text(&identified?["identifier"])),
        hashes: list(&element["verifiedUsing"])
            .iter()
            .filter_map(|h| Some(Hash { algorithm: algorithm(&text(&h["algorithm"])?), value: text(&h["hashValue"])?.to_lowercase() }))
            .collect(),
        file: recorded,
        properties,
        ..Component::default()
    }
}
