//! CycloneDX 1.6 and 1.7 in JSON (ECMA-424).

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Party, licence, tool};
use crate::bill::{Bill, Component, Kind};

pub(super) fn write(bill: &Bill, version: &str) -> Value {
    let mut metadata = Map::new();
    put(&mut metadata, "timestamp", bill.created.as_deref());
    let tools: Vec<Value> = bill
        .tools
        .iter()
        .map(|t| {
            let (name, version) = tool(t);
            let mut object = Map::new();
            object.insert("type".to_owned(), "application".into());
            object.insert("name".to_owned(), name.into());
            put(&mut object, "version", Some(version).filter(|v| !v.is_empty()));
            Value::Object(object)
        })
        .collect();
    metadata.insert("tools".to_owned(), json!({ "components": tools }));
    if let Some(creator) = bill.creators.first() {
        metadata.insert("manufacturer".to_owned(), organisation(creator));
    }
    if let Some(subject) = &bill.subject {
        metadata.insert("component".to_owned(), component(subject));
    }
    let all = || bill.subject.iter().chain(&bill.components);
    let dependencies: Vec<Value> = all()
        .map(|c| {
            let mut on: Vec<&String> = c.depends.iter().flatten().collect();
            if c.depends.is_none() && bill.subject.as_ref().is_some_and(|s| s.reference == c.reference) {
                on = c.contains.iter().collect();
            }
            on.sort();
            on.dedup();
            json!({ "ref": c.reference, "dependsOn": on })
        })
        .collect();
    let mut document = json!({
        "$schema": format!("http://cyclonedx.org/schema/bom-{version}.schema.json"),
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "version": 1,
        "metadata": metadata,
        "components": bill.components.iter().map(component).collect::<Vec<_>>(),
        "dependencies": dependencies,
        "compositions": compositions(bill),
    });
    if let Some(serial) = &bill.serial {
        document["serialNumber"] = serial.as_str().into();
    }
    document
}

/// How complete the relations are: what a distribution's database says leaves out what it names by what provides it, and of the others
/// the records say nothing.
fn compositions(bill: &Bill) -> Value {
    let told: Vec<&str> = bill.components.iter().filter(|c| c.depends.is_some()).map(|c| c.reference.as_str()).collect();
    let untold: Vec<&str> = bill.components.iter().filter(|c| c.depends.is_none()).map(|c| c.reference.as_str()).collect();
    let mut compositions = Vec::new();
    for (aggregate, dependencies) in [("incomplete", told), ("unknown", untold)] {
        if !dependencies.is_empty() {
            compositions.push(json!({ "aggregate": aggregate, "dependencies": dependencies }));
        }
    }
    compositions.into()
}

fn put(object: &mut Map<String, Value>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        object.insert(name.to_owned(), text.into());
    }
}

pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Application => "application",
        Kind::Container => "container",
        Kind::File => "file",
        Kind::OperatingSystem => "operating-system",
        Kind::Library | Kind::Other => "library",
    }
}

fn organisation(text: &str) -> Value {
    let party = Party::of(text);
    let mut object = Map::new();
    put(&mut object, "name", party.name.or(party.mail).or(party.url));
    if let Some(url) = party.url {
        object.insert("url".to_owned(), json!([url]));
    }
    if let Some(mail) = party.mail {
        object.insert("contact".to_owned(), json!([{ "email": mail }]));
    }
    Value::Object(object)
}

fn component(component: &Component) -> Value {
    let mut object = Map::new();
    object.insert("type".to_owned(), kind(component.kind).into());
    object.insert("bom-ref".to_owned(), component.reference.as_str().into());
    object.insert("name".to_owned(), component.name.as_str().into());
    put(&mut object, "version", component.version.as_deref());
    put(&mut object, "purl", component.purl.as_deref());
    if let Some(supplier) = &component.supplier {
        object.insert("supplier".to_owned(), organisation(supplier));
    }
    let licence = licence(component);
    if let Some(expression) = licence.expression {
        let is_id = plimsoll_licences::identifiers(&expression) == [expression.clone()] && !expression.starts_with("LicenseRef-");
        let said = if let ([(reference, words)], true) = (licence.references.as_slice(), licence.references.len() == 1)
            && *reference == expression
        {
            json!({ "license": { "name": words, "acknowledgement": "declared" } })
        } else if is_id {
            json!({ "license": { "id": expression, "acknowledgement": "declared" } })
        } else {
            json!({ "expression": expression, "acknowledgement": "declared" })
        };
        object.insert("licenses".to_owned(), json!([said]));
    }
    if !component.hashes.is_empty() {
        let hashes: Vec<Value> = component.hashes.iter().map(|h| json!({ "alg": h.algorithm, "content": h.value })).collect();
        object.insert("hashes".to_owned(), hashes.into());
    }
    let mut references = Vec::new();
    if let Some(url) = component.homepage.as_deref().filter(|u| is_address(u)) {
        references.push(json!({ "type": "website", "url": url }));
    }
    // Where TR-03183-2 looks for the hash of the deployable component: at what is distributed, which is the file in the image.
    if let Some(url) = deployed(component) {
        let hashes: Vec<Value> = component.hashes.iter().map(|h| json!({ "alg": h.algorithm, "content": h.value })).collect();
        references.push(json!({ "type": "distribution", "url": url, "comment": IN_IMAGE, "hashes": hashes }));
    }
    if !references.is_empty() {
        object.insert("externalReferences".to_owned(), references.into());
    }
    let properties: Vec<Value> = component.properties.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    if !properties.is_empty() {
        object.insert("properties".to_owned(), properties.into());
    }
    Value::Object(object)
}

pub(super) const IN_IMAGE: &str = "the file in the image";

/// The address of a component that lies in the image as one file whose digest is known.
pub(super) fn deployed(component: &Component) -> Option<String> {
    let file = component.file.as_deref().filter(|f| f.starts_with('/') && !component.hashes.is_empty())?;
    let mut url = "file://".to_owned();
    for byte in file.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'+' => url.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => url.push(char::from(byte)),
            _ => {
                let _ = write!(url, "%{byte:02X}");
            }
        }
    }
    Some(url)
}

/// Whether a schema takes it for an address on the web.
pub(super) fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|r| !r.is_empty() && r.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"{}|\\^`[]".contains(&b)))
}
