//! OpenVEX: 0.0.1, whose products and vulnerabilities are texts, and 0.2.0, where they are objects.

use plimsoll_evidence::{VexIdentity, VexProduct, VexStatement};
use serde_json::Value;

use crate::json::{list, text, time};
use crate::library::Read;
use crate::words;

pub(crate) fn is_it(value: &Value) -> bool {
    let context = &value["@context"];
    list(context).iter().filter_map(Value::as_str).any(|c| c.contains("openvex.dev/ns"))
}

/// `subjects` are the digests that a statement around the document is about.
pub(crate) fn read(value: &Value, subjects: &[VexIdentity]) -> Read {
    let context = list(&value["@context"]).iter().find_map(Value::as_str).unwrap_or_default();
    let version = context.rsplit_once("/ns/v").map(|(_, v)| v.trim_end_matches('/'));
    let mut read = Read::new(&version.map_or_else(|| "OpenVEX".to_owned(), |v| format!("OpenVEX {v}")));
    let document = &mut read.document;
    document.id = text(&value["@id"]);
    document.author = text(&value["author"]);
    document.version = text(&value["version"]);
    let issued = time(&value["timestamp"]);
    document.changed = time(&value["last_updated"]).or(issued);
    let mut skipped = 0_usize;
    for said in list(&value["statements"]) {
        let word = text(&said["status"]).unwrap_or_default();
        let Some(status) = words::status(&word) else {
            skipped += 1;
            continue;
        };
        let justified = text(&said["justification"]);
        let vulnerability = &said["vulnerability"];
        let mut ids: Vec<String> = text(vulnerability).or_else(|| text(&vulnerability["name"])).into_iter().collect();
        // Some write the id where its address belongs.
        ids.extend(text(&vulnerability["@id"]).and_then(|id| id.rsplit('/').next().map(str::to_owned)));
        ids.extend(list(&vulnerability["aliases"]).iter().filter_map(text));
        let shared: Vec<VexIdentity> = list(&said["subcomponents"]).iter().filter_map(identity).collect();
        let mut products: Vec<VexProduct> = list(&said["products"])
            .iter()
            .filter_map(|product| {
                let own: Vec<VexIdentity> = list(&product["subcomponents"]).iter().filter_map(identity).collect();
                Some(VexProduct { product: identity(product)?, parts: if own.is_empty() { shared.clone() } else { own } })
            })
            .collect();
        if products.is_empty() {
            products = subjects.iter().map(|s| VexProduct { product: s.clone(), parts: shared.clone() }).collect();
        }
        read.statements.push(VexStatement {
            document: 0,
            vulnerabilities: crate::library::distinct(ids),
            status,
            justification: justified.as_deref().and_then(words::justification),
            word: justified.map_or_else(|| word.clone(), |j| format!("{word}/{j}")),
            impact: text(&said["impact_statement"]),
            action: text(&said["action_statement"]),
            products,
            made: time(&said["last_updated"]).or_else(|| time(&said["timestamp"])).or(read.document.changed),
        });
    }
    if skipped > 0 {
        read.problems.push(format!("{skipped} statements have no status that is known"));
    }
    read
}

/// A product or part: a text, or an object with its identifiers and hashes.
fn identity(value: &Value) -> Option<VexIdentity> {
    let (id, identifiers) = (text(value).or_else(|| text(&value["@id"])), &value["identifiers"]);
    let purl = text(&identifiers["purl"]);
    let cpes: Vec<String> = [text(&identifiers["cpe23"]), text(&identifiers["cpe22"])].into_iter().flatten().collect();
    let mut digests = Vec::new();
    for holder in [&value["hashes"], &identifiers["hashes"]] {
        digests.extend(text(&holder["sha-256"]).or_else(|| text(&holder["sha256"])).map(|h| format!("sha256:{}", h.to_ascii_lowercase())));
    }
    let mut of_id = id.as_deref().map(crate::library::identity_of).unwrap_or_default();
    of_id.purls.extend(purl);
    of_id.purls = crate::library::distinct(of_id.purls);
    of_id.cpes.extend(cpes);
    of_id.digests.extend(digests);
    of_id.shown =
        id.or_else(|| of_id.purls.first().cloned()).or_else(|| of_id.cpes.first().cloned()).or_else(|| of_id.digests.first().cloned())?;
    Some(of_id)
}
