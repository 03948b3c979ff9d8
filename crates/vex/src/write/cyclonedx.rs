//! CycloneDX 1.6 and 1.7: a document of vulnerabilities with their analyses, and of the components that they are of (ECMA-424,
//! `vulnerabilities[].analysis`).

use plimsoll_purl::Purl;
use serde_json::{Map, Value, json};

use super::{NewStatement, Told, WriteError, hash, one_product};

const FORM: &str = "CycloneDX";
/// The reference of the product.
const PRODUCT: &str = "product";

pub(super) fn write(existing: Option<Value>, said: &[NewStatement], told: &Told<'_>, version: &str) -> Result<Value, WriteError> {
    let there = existing.is_some();
    let mut document = match existing {
        Some(document) => document,
        None => new(one_product(FORM, said, None)?, told, version),
    };
    if there {
        let own = document["metadata"]["component"]["purl"].as_str().map(str::to_owned);
        if own.is_none() {
            return Err(WriteError::NotADocument("its product has no package URL".to_owned()));
        }
        one_product(FORM, said, own.as_deref())?;
        document["version"] = json!(document["version"].as_u64().unwrap_or(0).saturating_add(1));
        document["metadata"]["timestamp"] = json!(told.time);
    }
    let product = reference(&mut document["metadata"]["component"], PRODUCT);
    for statement in said {
        let mut affects: Vec<Value> = Vec::new();
        for part in &statement.parts {
            affects.push(json!({ "ref": part_of(&mut document, part)? }));
        }
        if affects.is_empty() {
            affects.push(json!({ "ref": product }));
        }
        let entry = vulnerability(statement, &affects, told);
        match &mut document["vulnerabilities"] {
            Value::Array(all) => all.push(entry),
            none @ Value::Null => *none = json!([entry]),
            _ => return Err(WriteError::NotADocument("its vulnerabilities are no list".to_owned())),
        }
    }
    if document.get("serialNumber").is_none() {
        document["serialNumber"] = json!(serial(&hash(&document)));
    }
    Ok(document)
}

fn new(product: &str, told: &Told<'_>, version: &str) -> Value {
    json!({
        "$schema": format!("http://cyclonedx.org/schema/bom-{version}.schema.json"),
        "bomFormat": FORM,
        "specVersion": version,
        "version": 1,
        "metadata": {
            "timestamp": told.time,
            "tools": { "components": [{ "type": "application", "name": "plimsoll" }] },
            "authors": [{ "name": told.author }],
            "component": component(product, PRODUCT, "container"),
        },
        "components": [],
        "vulnerabilities": [],
    })
}

fn component(purl: &str, reference: &str, kind: &str) -> Value {
    let parsed = Purl::parse_loosely(purl).ok();
    let name = parsed.as_ref().map_or_else(|| purl.to_owned(), Purl::full_name);
    let kind = if parsed.as_ref().is_some_and(|p| matches!(p.kind(), "oci" | "docker")) { "container" } else { kind };
    let kind =
        if kind == "container" && parsed.as_ref().is_some_and(|p| !matches!(p.kind(), "oci" | "docker")) { "application" } else { kind };
    let mut object = json!({ "type": kind, "bom-ref": reference, "name": name, "purl": purl });
    if let Some(version) = parsed.as_ref().and_then(|p| p.version()) {
        object["version"] = json!(version);
    }
    object
}

/// The reference of a component that is there; it is given one where it has none.
fn reference(component: &mut Value, otherwise: &str) -> String {
    if let Some(own) = component["bom-ref"].as_str() {
        return own.to_owned();
    }
    component["bom-ref"] = json!(otherwise);
    otherwise.to_owned()
}

/// The reference of the component with this package URL, which is added where it is not there.
fn part_of(document: &mut Value, purl: &str) -> Result<String, WriteError> {
    let components = match &mut document["components"] {
        Value::Array(components) => components,
        none @ Value::Null => {
            *none = json!([]);
            none.as_array_mut().ok_or(WriteError::NoProduct)?
        }
        _ => return Err(WriteError::NotADocument("its components are no list".to_owned())),
    };
    if let Some(known) = components.iter_mut().find(|c| c["purl"] == purl) {
        return Ok(reference(known, purl));
    }
    components.push(component(purl, purl, "library"));
    Ok(purl.to_owned())
}

fn vulnerability(said: &NewStatement, affects: &[Value], told: &Told<'_>) -> Value {
    let mut analysis = Map::new();
    analysis.insert("state".to_owned(), json!(said.status.cyclonedx()));
    if let Some(justification) = said.justification {
        analysis.insert("justification".to_owned(), json!(justification.cyclonedx()));
    }
    // Its own justifications are fewer: what was said is kept in words.
    let words = said.justification.map(|j| j.name().replace('_', " "));
    let detail: Vec<String> = words.into_iter().chain(said.impact.clone()).collect();
    if !detail.is_empty() {
        analysis.insert("detail".to_owned(), json!(detail.join(": ")));
    }
    analysis.insert("firstIssued".to_owned(), json!(told.time));
    analysis.insert("lastUpdated".to_owned(), json!(told.time));
    let mut entry = json!({ "id": said.vulnerability, "analysis": analysis, "affects": affects });
    if let Some(action) = &said.action {
        entry["recommendation"] = json!(action);
    }
    entry
}

/// A UUID (version 8: made by a rule of one's own) of 32 hexadecimal digits.
fn serial(digits: &str) -> String {
    let mut digits: Vec<char> = digits.chars().take(32).collect();
    digits[12] = '8';
    digits[16] = '8';
    let text: String = digits.into_iter().collect();
    format!("urn:uuid:{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}
