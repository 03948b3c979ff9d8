//! OpenVEX 0.2.0.

use plimsoll_evidence::VexJustification;
use serde_json::{Map, Value, json};

use super::{NewStatement, Told, WriteError, hash};
use crate::json::text;

const CONTEXT: &str = "https://openvex.dev/ns/v0.2.0";

pub(super) fn write(existing: Option<Value>, said: &[NewStatement], told: &Told<'_>) -> Result<Value, WriteError> {
    if let Some(justification) = said.iter().find_map(|s| s.justification.filter(|j| *j == VexJustification::RequiresOtherCircumstances)) {
        return Err(WriteError::NotOfForm("OpenVEX", justification.name()));
    }
    let mut document = if let Some(mut there) = existing {
        if !there["statements"].is_array() {
            return Err(WriteError::NotADocument("it has no statements".to_owned()));
        }
        there["version"] = json!(there["version"].as_u64().unwrap_or(0).saturating_add(1));
        there["last_updated"] = json!(told.time);
        there
    } else {
        json!({
            "@context": CONTEXT, "@id": "", "author": told.author, "timestamp": told.time, "version": 1, "tooling": "plimsoll", "statements": [],
        })
    };
    if let Some(statements) = document["statements"].as_array_mut() {
        statements.extend(said.iter().map(|s| statement(s, &told.time)));
    }
    if text(&document["@id"]).is_none() {
        document["@id"] = json!(format!("https://openvex.dev/docs/public/vex-{}", hash(&document)));
    }
    Ok(document)
}

fn statement(said: &NewStatement, time: &str) -> Value {
    let identity = |purl: &String| json!({ "@id": purl, "identifiers": { "purl": purl } });
    let parts: Vec<Value> = said.parts.iter().map(identity).collect();
    let products: Vec<Value> = said
        .products
        .iter()
        .map(|purl| {
            let mut product = identity(purl);
            if !parts.is_empty() {
                product["subcomponents"] = Value::Array(parts.clone());
            }
            product
        })
        .collect();
    let mut statement = Map::new();
    statement.insert("vulnerability".to_owned(), json!({ "name": said.vulnerability }));
    statement.insert("timestamp".to_owned(), json!(time));
    statement.insert("products".to_owned(), Value::Array(products));
    statement.insert("status".to_owned(), json!(said.status.name()));
    if let Some(justification) = said.justification {
        statement.insert("justification".to_owned(), json!(justification.name()));
    }
    for (name, text) in [("impact_statement", &said.impact), ("action_statement", &said.action)] {
        if let Some(text) = text {
            statement.insert(name.to_owned(), json!(text));
        }
    }
    Value::Object(statement)
}
