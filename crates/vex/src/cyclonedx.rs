//! CycloneDX 1.4 to 1.7: a bill of materials whose vulnerabilities carry an analysis, or a document of those alone that points into one
//! (ECMA-424, `vulnerabilities[].analysis` and `affects`).

use std::collections::HashMap;

use plimsoll_evidence::{VexIdentity, VexProduct, VexStatement};
use plimsoll_purl::Purl;
use serde_json::Value;

use crate::json::{list, text, time};
use crate::library::{Read, distinct, identity_of};
use crate::words;

/// Components whose references are known.
const MOST_COMPONENTS: usize = 200_000;

pub(crate) fn read(value: &Value) -> Read {
    let mut read = Read::new(&format!("CycloneDX {}", text(&value["specVersion"]).unwrap_or_default()));
    let metadata = &value["metadata"];
    read.document.id = text(&value["serialNumber"]);
    read.document.version = text(&value["version"]);
    read.document.changed = time(&metadata["timestamp"]);
    read.document.author = author(metadata);
    let whole = metadata["component"].is_object().then(|| identity(&metadata["component"]));
    let whole_reference = text(&metadata["component"]["bom-ref"]);
    let components = components(value, &mut read.problems);
    let mut unread = 0_usize;
    for vulnerability in list(&value["vulnerabilities"]) {
        let analysis = &vulnerability["analysis"];
        let Some(word) = text(&analysis["state"]) else { continue };
        let Some(status) = words::status(&word) else {
            unread += 1;
            continue;
        };
        let mut ids: Vec<String> = text(&vulnerability["id"]).into_iter().collect();
        ids.extend(list(&vulnerability["references"]).iter().filter_map(|r| text(&r["id"])));
        let mut products = Vec::new();
        for affected in list(&vulnerability["affects"]) {
            let Some(reference) = text(&affected["ref"]) else { continue };
            let is_whole = Some(&reference) == whole_reference.as_ref();
            let mut part = match (is_whole, &whole, components.get(&reference)) {
                (true, Some(whole), _) => whole.clone(),
                (_, _, Some(known)) => known.clone(),
                _ => pointed(&reference),
            };
            limit(&mut part, &affected["versions"]);
            products.push(match &whole {
                // A product that is known by something is what the statement is about; its parts are limits to it.
                Some(whole) if !is_whole => VexProduct { product: whole.clone(), parts: vec![part] },
                _ => VexProduct { product: part, parts: Vec::new() },
            });
        }
        if products.is_empty()
            && let Some(whole) = &whole
        {
            products.push(VexProduct { product: whole.clone(), parts: Vec::new() });
        }
        let justified = text(&analysis["justification"]);
        let responses: Vec<String> = list(&analysis["response"]).iter().filter_map(text).collect();
        read.statements.push(VexStatement {
            document: 0,
            vulnerabilities: distinct(ids),
            status,
            justification: justified.as_deref().and_then(words::justification),
            word: justified.map_or_else(|| word.clone(), |j| format!("{word}/{j}")),
            impact: text(&analysis["detail"]),
            action: text(&vulnerability["recommendation"]).or_else(|| Some(responses.join(", ")).filter(|r| !r.is_empty())),
            products,
            made: time(&analysis["lastUpdated"]).or_else(|| time(&analysis["firstIssued"])).or(read.document.changed),
        });
    }
    if unread > 0 {
        read.problems.push(format!("{unread} analyses have no state that is known"));
    }
    if let Some(serial) = read.document.id.clone() {
        let mut references = components;
        references.extend(whole_reference.zip(whole));
        let version = read.document.version.clone().unwrap_or_else(|| "1".to_owned());
        read.bill = Some((format!("{}/{version}", serial.trim_start_matches("urn:uuid:").to_ascii_lowercase()), references));
    }
    read
}

fn author(metadata: &Value) -> Option<String> {
    let mut authors = list(&metadata["authors"]).iter().chain([&metadata["manufacturer"], &metadata["manufacture"], &metadata["supplier"]]);
    authors.find_map(|a| text(&a["name"]).or_else(|| text(&a["email"])))
}

/// What the references to components stand for, nested ones included.
fn components(value: &Value, problems: &mut Vec<String>) -> HashMap<String, VexIdentity> {
    let mut known = HashMap::new();
    let mut open: Vec<&Value> = list(&value["components"]).iter().chain(list(&value["metadata"]["component"]["components"])).collect();
    let mut seen = 0_usize;
    while let Some(component) = open.pop() {
        seen += 1;
        if seen > MOST_COMPONENTS {
            problems.push(format!("only {MOST_COMPONENTS} components are looked at"));
            break;
        }
        open.extend(list(&component["components"]));
        if let Some(reference) = text(&component["bom-ref"]) {
            known.entry(reference).or_insert_with(|| identity(component));
        }
    }
    known
}

fn identity(component: &Value) -> VexIdentity {
    let (group, name) = (text(&component["group"]), text(&component["name"]).unwrap_or_default());
    let version = text(&component["version"]);
    let full = group.map_or_else(|| name.clone(), |g| format!("{g}/{name}"));
    let purl = text(&component["purl"]);
    let hashes = list(&component["hashes"]).iter().filter(|h| h["alg"] == "SHA-256").filter_map(|h| text(&h["content"]));
    let digests: Vec<String> = hashes.map(|h| format!("sha256:{}", h.to_ascii_lowercase())).collect();
    let versioned = version
        .as_ref()
        .map_or_else(|| full.clone(), |v| if v.starts_with("sha256:") { format!("{full}@{v}") } else { format!("{full}:{v}") });
    // Of an application without a package URL the name is all that there is, and may be the image's.
    let named = purl.is_none() && !full.is_empty();
    let of_name = if named { identity_of(&versioned) } else { VexIdentity::default() };
    VexIdentity {
        shown: purl.clone().unwrap_or(versioned),
        purls: purl.into_iter().chain(of_name.purls).collect(),
        digests: digests.into_iter().chain(of_name.digests).collect(),
        cpes: text(&component["cpe"]).into_iter().collect(),
        name: of_name.name,
        limited_to: None,
    }
}

/// A reference to what is not in the document: a link into another one, or a package URL.
fn pointed(reference: &str) -> VexIdentity {
    if let Some((_, inner)) = link(reference) {
        let purls = if Purl::parse_loosely(&inner).is_ok() { vec![inner] } else { Vec::new() };
        return VexIdentity { shown: reference.to_owned(), purls, ..VexIdentity::default() };
    }
    let identity = identity_of(reference);
    // Other texts are references that lead nowhere, not names.
    VexIdentity { name: None, ..identity }
}

/// `urn:cdx:SERIAL/VERSION#REFERENCE`, taken apart: `SERIAL/VERSION` and the reference, decoded (CycloneDX BOM-Link).
pub(crate) fn link(text: &str) -> Option<(String, String)> {
    let (serial, reference) = text.strip_prefix("urn:cdx:")?.split_once('#')?;
    Some((serial.to_ascii_lowercase(), decoded(reference)))
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(byte) = digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Limits to versions. Only those that are named one by one and are the component's own leave it as it is.
fn limit(part: &mut VexIdentity, versions: &Value) {
    let listed = list(versions);
    if listed.is_empty() {
        return;
    }
    let own: Vec<Option<String>> =
        part.purls.iter().map(|p| Purl::parse_loosely(p).ok().and_then(|p| p.version().map(str::to_owned))).collect();
    let named: Vec<Option<String>> = listed.iter().map(|v| text(&v["version"])).collect();
    let is_own = !own.is_empty() && own.iter().all(|o| o.is_some() && named.contains(o));
    if !is_own {
        let shown: Vec<String> = listed.iter().filter_map(|v| text(&v["version"]).or_else(|| text(&v["range"]))).take(5).collect();
        // Of several statuses only some are what the statement says, and it does not say which.
        let statuses: std::collections::BTreeSet<Option<String>> = listed.iter().map(|v| text(&v["status"])).collect();
        let mixed = if statuses.len() > 1 { " (of several statuses)" } else { "" };
        part.limited_to = Some(shown.join(", ") + mixed);
    }
}
