//! CycloneDX in XML: brought to the members of its JSON that statements need.

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value, json};

use crate::library::VexError;

/// Elements and attributes of one document.
const MOST_NODES: u32 = 20_000_000;
const MOST_DEPTH: usize = 100;

pub(crate) fn value(text: &str) -> Result<Value, VexError> {
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|e| VexError::Malformed(e.to_string()))?;
    let root = document.root_element();
    let version = root.tag_name().namespace().and_then(|n| n.strip_prefix("http://cyclonedx.org/schema/bom/"));
    let (true, Some(version)) = (root.tag_name().name() == "bom", version) else {
        return Err(VexError::Unknown("XML, and no bom of CycloneDX".to_owned()));
    };
    let metadata = child(root, "metadata");
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": root.attribute("serialNumber"),
        "version": root.attribute("version"),
        "metadata": {
            "timestamp": metadata.and_then(|m| of(m, "timestamp")),
            "component": metadata.and_then(|m| child(m, "component")).map(|c| component(c, 0)),
            "authors": metadata.map(|m| inside(m, "authors").map(party).collect::<Value>()),
            "manufacturer": metadata.and_then(|m| child(m, "manufacturer").or_else(|| child(m, "manufacture"))).map(party),
            "supplier": metadata.and_then(|m| child(m, "supplier")).map(party),
        },
        "components": components(root, 0),
        "vulnerabilities": inside(root, "vulnerabilities").map(vulnerability).collect::<Value>(),
    }))
}

fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

fn child<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    elements(node).find(|n| n.tag_name().name() == name)
}

/// The elements of all children with a name.
fn inside<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    elements(node).filter(move |n| n.tag_name().name() == name).flat_map(|n| elements(n))
}

fn of<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'static str) -> Option<String> {
    child(node, name).and_then(|n| n.text()).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

fn own(node: Node<'_, '_>) -> String {
    node.text().unwrap_or_default().trim().to_owned()
}

fn party(node: Node<'_, '_>) -> Value {
    json!({ "name": of(node, "name"), "email": of(node, "email") })
}

fn components(node: Node<'_, '_>, depth: usize) -> Value {
    if depth > MOST_DEPTH { Value::Null } else { inside(node, "components").map(|c| component(c, depth + 1)).collect() }
}

fn component(node: Node<'_, '_>, depth: usize) -> Value {
    let mut object = Map::new();
    object.insert("bom-ref".to_owned(), node.attribute("bom-ref").into());
    for name in ["group", "name", "version", "purl", "cpe"] {
        object.insert(name.to_owned(), of(node, name).into());
    }
    let hash = |h: Node<'_, '_>| json!({ "alg": h.attribute("alg"), "content": own(h) });
    object.insert("hashes".to_owned(), inside(node, "hashes").map(hash).collect());
    object.insert("components".to_owned(), components(node, depth));
    Value::Object(object)
}

fn vulnerability(node: Node<'_, '_>) -> Value {
    let analysis = child(node, "analysis").map(|a| {
        json!({
            "state": of(a, "state"), "justification": of(a, "justification"), "detail": of(a, "detail"),
            "response": inside(a, "responses").map(own).collect::<Vec<_>>(),
            "firstIssued": of(a, "firstIssued"), "lastUpdated": of(a, "lastUpdated"),
        })
    });
    let version = |v: Node<'_, '_>| json!({ "version": of(v, "version"), "range": of(v, "range"), "status": of(v, "status") });
    let affected = |a: Node<'_, '_>| json!({ "ref": of(a, "ref"), "versions": inside(a, "versions").map(version).collect::<Vec<_>>() });
    json!({
        "id": of(node, "id"),
        "references": inside(node, "references").map(|r| json!({ "id": of(r, "id") })).collect::<Vec<_>>(),
        "recommendation": of(node, "recommendation"),
        "analysis": analysis,
        "affects": inside(node, "affects").map(affected).collect::<Vec<_>>(),
    })
}
