//! CycloneDX in XML: brought to the members that its JSON has, and read as that.

use std::cell::Cell;

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value, json};

use super::{SbomError, cyclonedx};
use crate::bill::Bill;

/// Elements and attributes of one document.
const MOST_NODES: u32 = 20_000_000;
const MOST_DEPTH: usize = 100;

pub(super) fn read(text: &str, problems: &mut Vec<String>) -> Result<Bill, SbomError> {
    // Without a document type definition: entities that expand are none of CycloneDX.
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|e| SbomError::Malformed(e.to_string()))?;
    let root = document.root_element();
    let version = root.tag_name().namespace().and_then(|n| n.strip_prefix("http://cyclonedx.org/schema/bom/"));
    let (true, Some(version)) = (root.tag_name().name() == "bom", version) else {
        return Err(SbomError::Unknown("XML, and no bom of CycloneDX".to_owned()));
    };
    let metadata = child(root, "metadata");
    let cut = Cell::new(false);
    let mut value = json!({
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "components": components(root, 0, &cut),
        "dependencies": dependencies(root),
    });
    if child(root, "vulnerabilities").is_some_and(|v| v.has_children()) {
        value["vulnerabilities"] = json!([{}]);
    }
    if let Some(serial) = root.attribute("serialNumber") {
        value["serialNumber"] = serial.into();
    }
    if let Some(metadata) = metadata {
        let mut object = Map::new();
        set(&mut object, "timestamp", text_of(metadata, "timestamp"));
        if let Some(node) = child(metadata, "component") {
            object.insert("component".to_owned(), component(node, 0, &cut));
        }
        object.insert("authors".to_owned(), children(metadata, "authors").flat_map(|a| elements(a)).map(party).collect());
        for name in ["manufacturer", "manufacture", "supplier"] {
            if let Some(node) = child(metadata, name) {
                object.insert(name.to_owned(), party(node));
            }
        }
        if let Some(tools) = child(metadata, "tools") {
            let listed = child(tools, "components").unwrap_or(tools);
            let tool = |t| json!({ "name": text_of(t, "name").unwrap_or_default(), "version": text_of(t, "version").unwrap_or_default() });
            object.insert("tools".to_owned(), elements(listed).map(tool).collect());
        }
        value["metadata"] = Value::Object(object);
    }
    if cut.get() {
        problems.push(format!("components that lie more than {MOST_DEPTH} deep in others are not read"));
    }
    Ok(cyclonedx::read(&value, problems))
}

fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

fn children<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    elements(node).filter(move |n| n.tag_name().name() == name)
}

fn child<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    children(node, name).next()
}

fn text_of<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'static str) -> Option<String> {
    child(node, name).and_then(|n| n.text()).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

fn set(object: &mut Map<String, Value>, name: &str, text: Option<String>) {
    if let Some(text) = text {
        object.insert(name.to_owned(), text.into());
    }
}

fn components(node: Node<'_, '_>, depth: usize, cut: &Cell<bool>) -> Value {
    if depth > MOST_DEPTH {
        cut.set(cut.get() || child(node, "components").is_some());
        return Value::Null;
    }
    child(node, "components").into_iter().flat_map(|c| elements(c)).map(|c| component(c, depth + 1, cut)).collect()
}

fn component(node: Node<'_, '_>, depth: usize, cut: &Cell<bool>) -> Value {
    let mut object = Map::new();
    set(&mut object, "type", node.attribute("type").map(str::to_owned));
    set(&mut object, "bom-ref", node.attribute("bom-ref").map(str::to_owned));
    for name in ["group", "name", "version", "purl", "publisher", "author"] {
        set(&mut object, name, text_of(node, name));
    }
    for name in ["supplier", "manufacturer"] {
        if let Some(found) = child(node, name) {
            object.insert(name.to_owned(), party(found));
        }
    }
    object.insert("authors".to_owned(), children(node, "authors").flat_map(|a| elements(a)).map(party).collect());
    object.insert("hashes".to_owned(), hashes(node));
    let licence = |l: Node<'_, '_>| match l.tag_name().name() {
        "expression" => json!({ "expression": l.text().unwrap_or_default().trim() }),
        _ => json!({ "license": { "id": text_of(l, "id"), "name": text_of(l, "name") } }),
    };
    object.insert("licenses".to_owned(), children(node, "licenses").flat_map(|l| elements(l)).map(licence).collect());
    let property =
        |p: Node<'_, '_>| json!({ "name": p.attribute("name").unwrap_or_default(), "value": p.text().unwrap_or_default().trim() });
    object.insert("properties".to_owned(), children(node, "properties").flat_map(|p| elements(p)).map(property).collect());
    let reference =
        |r: Node<'_, '_>| json!({ "type": r.attribute("type").unwrap_or_default(), "url": text_of(r, "url"), "hashes": hashes(r) });
    object.insert("externalReferences".to_owned(), children(node, "externalReferences").flat_map(|r| elements(r)).map(reference).collect());
    object.insert("components".to_owned(), components(node, depth, cut));
    Value::Object(object)
}

fn hashes(node: Node<'_, '_>) -> Value {
    let hash = |h: Node<'_, '_>| json!({ "alg": h.attribute("alg").unwrap_or_default(), "content": h.text().unwrap_or_default().trim() });
    children(node, "hashes").flat_map(|h| elements(h)).map(hash).collect()
}

fn party(node: Node<'_, '_>) -> Value {
    json!({
        "name": text_of(node, "name"),
        "email": text_of(node, "email").or_else(|| child(node, "contact").and_then(|c| text_of(c, "email"))),
        "url": text_of(node, "url"),
    })
}

fn dependencies(root: Node<'_, '_>) -> Value {
    let refs = |d: Node<'_, '_>| elements(d).filter_map(|n| n.attribute("ref")).map(Value::from).collect::<Value>();
    child(root, "dependencies")
        .into_iter()
        .flat_map(|d| elements(d))
        .map(|d| json!({ "ref": d.attribute("ref").unwrap_or_default(), "dependsOn": refs(d) }))
        .collect()
}
