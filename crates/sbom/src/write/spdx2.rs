//! SPDX 2.3 in JSON.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::{NO_TIME, Party, cyclonedx, identifier, licence, tool};
use crate::bill::{Bill, Component, Kind};

pub(super) fn write(bill: &Bill) -> Value {
    let ids: HashMap<&str, String> =
        bill.subject.iter().chain(&bill.components).map(|c| (c.reference.as_str(), format!("SPDXRef-Package-{}", identifier(c)))).collect();
    let mut extracted = BTreeMap::new();
    let packages: Vec<Value> = bill.subject.iter().chain(&bill.components).map(|c| package(c, &ids, &mut extracted)).collect();
    let name = bill.subject.as_ref().map_or("image", |s| s.name.as_str());
    let mut document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": namespace(bill),
        "creationInfo": { "created": bill.created.as_deref().unwrap_or(NO_TIME), "creators": creators(bill) },
        "packages": packages,
        "relationships": relationships(bill, &ids),
    });
    if !extracted.is_empty() {
        let texts = extracted.iter().map(|(id, words)| json!({ "licenseId": id, "name": words, "extractedText": words }));
        document["hasExtractedLicensingInfos"] = texts.collect();
    }
    document
}

/// A name that no other document has: not an address, though it has the form of one (SPDX 2.3, 6.5).
pub(super) fn namespace(bill: &Bill) -> String {
    let unique = bill.serial.as_deref().and_then(|s| s.strip_prefix("urn:uuid:")).unwrap_or("00000000-0000-8000-8000-000000000000");
    format!("https://spdx.org/spdxdocs/plimsoll-{unique}")
}

pub(super) fn creators(bill: &Bill) -> Vec<String> {
    let tools = bill.tools.iter().map(|t| match tool(t) {
        (name, "") => format!("Tool: {name}"),
        (name, version) => format!("Tool: {name}-{version}"),
    });
    let makers = bill.creators.iter().map(|c| {
        let party = Party::of(c);
        let mail = party.mail.map(|m| format!(" ({m})")).unwrap_or_default();
        let name = party.name.map(str::to_owned).unwrap_or_default();
        let url = party.url.map(|u| format!(" {u}")).unwrap_or_default();
        format!("Organization: {}", format!("{name}{url}{mail}").trim())
    });
    tools.chain(makers).collect()
}

fn package(component: &Component, ids: &HashMap<&str, String>, extracted: &mut BTreeMap<String, String>) -> Value {
    let licence = licence(component);
    extracted.extend(licence.references);
    let mut package = json!({
        "SPDXID": ids.get(component.reference.as_str()),
        "name": component.name,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": licence.expression.as_deref().unwrap_or("NOASSERTION"),
        "copyrightText": "NOASSERTION",
        "supplier": component.supplier.as_deref().map_or_else(|| "NOASSERTION".to_owned(), supplier),
        "primaryPackagePurpose": purpose(component.kind),
    });
    if let Some(version) = &component.version {
        package["versionInfo"] = version.as_str().into();
    }
    if let Some(url) = component.homepage.as_deref().filter(|u| cyclonedx::is_address(u)) {
        package["homepage"] = url.into();
    }
    if let Some(purl) = &component.purl {
        package["externalRefs"] = json!([{ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl }]);
    }
    if let Some(file) = component.property("bsi:component:filename") {
        package["packageFileName"] = file.into();
    }
    if let Some(file) = &component.file {
        package["sourceInfo"] = format!("recorded in {file}").into();
    }
    if !component.hashes.is_empty() {
        let hashes = component.hashes.iter().map(|h| json!({ "algorithm": h.algorithm.replace('-', ""), "checksumValue": h.value }));
        package["checksums"] = hashes.collect();
    }
    package
}

pub(super) fn supplier(text: &str) -> String {
    let party = Party::of(text);
    let name = party.name.or(party.mail).unwrap_or(text);
    party.mail.map_or_else(|| format!("Organization: {name}"), |mail| format!("Person: {name} ({mail})"))
}

pub(super) fn purpose(kind: Kind) -> &'static str {
    match kind {
        Kind::Application => "APPLICATION",
        Kind::Container => "CONTAINER",
        Kind::File => "FILE",
        Kind::OperatingSystem => "OPERATING_SYSTEM",
        Kind::Library => "LIBRARY",
        Kind::Other => "OTHER",
    }
}

fn relationships(bill: &Bill, ids: &HashMap<&str, String>) -> Value {
    let relation = |from: &str, kind: &str, to: &str| json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to });
    triples(bill, ids).iter().map(|(from, kind, to)| relation(from, kind, to)).collect()
}

/// What is described, contained and depended on.
pub(super) fn triples(bill: &Bill, ids: &HashMap<&str, String>) -> Vec<(String, &'static str, String)> {
    let id = |reference: &str| ids.get(reference).cloned();
    let mut found = Vec::new();
    // A bill without a subject describes each of its components.
    let described: Vec<&Component> = bill.subject.as_ref().map_or_else(|| bill.components.iter().collect(), |s| vec![s]);
    found.extend(described.iter().filter_map(|c| id(&c.reference)).map(|to| ("SPDXRef-DOCUMENT".to_owned(), "DESCRIBES", to)));
    for component in bill.subject.iter().chain(&bill.components) {
        let Some(from) = id(&component.reference) else { continue };
        found.extend(component.contains.iter().filter_map(|c| id(c)).map(|to| (from.clone(), "CONTAINS", to)));
        found.extend(component.depends.iter().flatten().filter_map(|c| id(c)).map(|to| (from.clone(), "DEPENDS_ON", to)));
    }
    found
}
