//! CSAF 2.0, profile 5 (VEX): one product, and its components by relation to it.

use plimsoll_evidence::{VexJustification, VexStatus};
use plimsoll_purl::Purl;
use serde_json::{Value, json};

use super::{NewStatement, Told, WriteError, hash, one_product};

const FORM: &str = "CSAF";
/// The id of the product in the document.
const PRODUCT: &str = "PRODUCT";

pub(super) fn write(existing: Option<Value>, said: &[NewStatement], told: &Told<'_>) -> Result<Value, WriteError> {
    if let Some(justification) = said.iter().find_map(|s| s.justification.filter(|j| *j == VexJustification::RequiresOtherCircumstances)) {
        return Err(WriteError::NotOfForm(FORM, justification.name()));
    }
    let there = existing.is_some();
    let mut document = match existing {
        Some(document) => document,
        None => new(one_product(FORM, said, None)?, told)?,
    };
    if there {
        let product =
            document["product_tree"]["full_product_names"].as_array().and_then(|names| names.iter().find(|n| n["product_id"] == PRODUCT));
        let own = product.and_then(|p| p["product_identification_helper"]["purl"].as_str()).map(str::to_owned);
        if own.is_none() {
            return Err(WriteError::NotADocument(format!("its product tree has no {PRODUCT} with a package URL, as plimsoll writes it")));
        }
        one_product(FORM, said, own.as_deref())?;
        revise(&mut document, told)?;
    }
    for statement in said {
        let mut ids = Vec::new();
        for part in &statement.parts {
            ids.push(part_of(&mut document["product_tree"], part)?);
        }
        if ids.is_empty() {
            ids.push(PRODUCT.to_owned());
        }
        let entry = vulnerability(statement, &ids);
        document["vulnerabilities"].as_array_mut().ok_or_else(|| no_list("vulnerabilities"))?.push(entry);
    }
    if !there {
        document["document"]["tracking"]["id"] = json!(format!("plimsoll-{}", &hash(&document)[..16]));
    }
    Ok(document)
}

fn no_list(name: &str) -> WriteError {
    WriteError::NotADocument(format!("its {name} are no list"))
}

fn new(product: &str, told: &Told<'_>) -> Result<Value, WriteError> {
    let namespace = told.namespace.ok_or(WriteError::NoNamespace)?;
    let name = title(product);
    Ok(json!({
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "title": format!("Exploitability of vulnerabilities in {name}"),
            "publisher": { "category": "vendor", "name": told.author, "namespace": namespace },
            "tracking": {
                "id": "",
                "status": "final",
                "version": "1",
                "initial_release_date": told.time,
                "current_release_date": told.time,
                "generator": { "engine": { "name": "plimsoll" } },
                "revision_history": [{ "number": "1", "date": told.time, "summary": "First version." }],
            },
        },
        "product_tree": { "full_product_names": [full_name(PRODUCT, product)] },
        "vulnerabilities": [],
    }))
}

/// A further version.
fn revise(document: &mut Value, told: &Told<'_>) -> Result<(), WriteError> {
    let tracking = &mut document["document"]["tracking"];
    let number = tracking["version"].as_str().and_then(|v| v.split('.').next()?.parse::<u64>().ok());
    let number =
        number.ok_or_else(|| WriteError::NotADocument("its tracking has no version that is a number".to_owned()))?.saturating_add(1);
    tracking["version"] = json!(number.to_string());
    tracking["current_release_date"] = json!(told.time);
    let revision = json!({ "number": number.to_string(), "date": told.time, "summary": "A statement was added." });
    tracking["revision_history"].as_array_mut().ok_or_else(|| no_list("revisions"))?.push(revision);
    Ok(())
}

/// A name for people.
fn title(purl: &str) -> String {
    Purl::parse_loosely(purl)
        .map_or_else(|_| purl.to_owned(), |p| p.version().map_or_else(|| p.full_name(), |version| format!("{} {version}", p.full_name())))
}

fn full_name(id: &str, purl: &str) -> Value {
    json!({ "name": title(purl), "product_id": id, "product_identification_helper": { "purl": purl } })
}

/// The id of a component of the product, which is added to the tree where it is not there.
fn part_of(tree: &mut Value, purl: &str) -> Result<String, WriteError> {
    let names = tree["full_product_names"].as_array_mut().ok_or_else(|| no_list("products"))?;
    let known = names.iter().find(|n| n["product_identification_helper"]["purl"] == purl).and_then(|n| n["product_id"].as_str());
    let own = if let Some(id) = known {
        id.to_owned()
    } else {
        let id = format!("COMPONENT-{}", names.len());
        names.push(full_name(&id, purl));
        id
    };
    let joined = format!("{PRODUCT}:{own}");
    if tree["relationships"].is_null() {
        tree["relationships"] = json!([]);
    }
    let relationships = tree["relationships"].as_array_mut().ok_or_else(|| no_list("relationships"))?;
    if !relationships.iter().any(|r| r["full_product_name"]["product_id"] == joined) {
        relationships.push(json!({
            "category": "default_component_of",
            "product_reference": own,
            "relates_to_product_reference": PRODUCT,
            "full_product_name": { "name": format!("{} as a component of the product", title(purl)), "product_id": joined },
        }));
    }
    Ok(joined)
}

fn vulnerability(said: &NewStatement, ids: &[String]) -> Value {
    let status = match said.status {
        VexStatus::NotAffected => "known_not_affected",
        VexStatus::Affected => "known_affected",
        VexStatus::Fixed => "fixed",
        VexStatus::UnderInvestigation => "under_investigation",
    };
    let note =
        said.impact.clone().or_else(|| said.action.clone()).unwrap_or_else(|| format!("{}: {}.", said.vulnerability, said.status.words()));
    let mut entry = json!({ "product_status": { status: ids }, "notes": [{ "category": "description", "text": note }] });
    if is_cve(&said.vulnerability) {
        entry["cve"] = json!(said.vulnerability);
    } else {
        entry["ids"] = json!([{ "system_name": "OSV", "text": said.vulnerability }]);
    }
    if let Some(justification) = said.justification {
        entry["flags"] = json!([{ "label": justification.name(), "product_ids": ids }]);
    }
    if let Some(impact) = &said.impact {
        entry["threats"] = json!([{ "category": "impact", "details": impact, "product_ids": ids }]);
    }
    if let Some(action) = &said.action {
        entry["remediations"] = json!([{ "category": "mitigation", "details": action, "product_ids": ids }]);
    }
    entry
}

/// `CVE-2024-12345`, as the schema has it.
fn is_cve(id: &str) -> bool {
    let Some((year, number)) = id.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')) else { return false };
    let is_number = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    year.len() == 4 && number.len() >= 4 && is_number(year) && is_number(number)
}
