//! CSAF 2.0 and 2.1, documents of the category `csaf_vex` (OASIS CSAF, profile 5: VEX).

use std::collections::{HashMap, HashSet};

use plimsoll_evidence::{VexIdentity, VexProduct, VexStatement};
use serde_json::Value;

use crate::json::{list, text, time};
use crate::library::{Read, VexError, distinct};
use crate::words;

/// Product statuses of a vulnerability.
const STATUSES: [&str; 7] =
    ["known_not_affected", "known_affected", "first_affected", "last_affected", "fixed", "first_fixed", "under_investigation"];

pub(crate) fn read(value: &Value) -> Result<Read, VexError> {
    let head = &value["document"];
    let category = text(&head["category"]).unwrap_or_default();
    if category != "csaf_vex" {
        return Err(VexError::Unknown(format!("a CSAF document of the category {category:?}, not csaf_vex")));
    }
    let mut read = Read::new(&format!("CSAF {}", text(&head["csaf_version"]).unwrap_or_default()));
    read.document.id = text(&head["tracking"]["id"]);
    read.document.author = text(&head["publisher"]["name"]);
    read.document.version = text(&head["tracking"]["version"]);
    read.document.changed = time(&head["tracking"]["current_release_date"]);
    let tree = Tree::new(&value["product_tree"]);
    let mut unknown = 0_usize;
    for vulnerability in list(&value["vulnerabilities"]) {
        let mut ids: Vec<String> = text(&vulnerability["cve"]).into_iter().collect();
        ids.extend(list(&vulnerability["ids"]).iter().filter_map(|i| text(&i["text"])));
        let ids = distinct(ids);
        let flags = Said::new(&vulnerability["flags"], &tree, |f| text(&f["label"]));
        let impacts = Said::new(&vulnerability["threats"], &tree, |t| text(&t["details"]).filter(|_| t["category"] == "impact"));
        let actions = Said::new(&vulnerability["remediations"], &tree, |r| {
            Some([text(&r["category"]), text(&r["details"])].into_iter().flatten().collect::<Vec<_>>().join(": ")).filter(|t| !t.is_empty())
        });
        for word in STATUSES {
            let Some(status) = words::status(word) else { continue };
            // What is said alike of several products is one statement.
            let mut grouped: Vec<([Option<String>; 3], Vec<VexProduct>)> = Vec::new();
            let mut places: HashMap<[Option<String>; 3], usize> = HashMap::new();
            for id in list(&vulnerability["product_status"][word]).iter().filter_map(text) {
                let Some(product) = tree.products.get(&id) else {
                    unknown += 1;
                    continue;
                };
                let key = [flags.of(&id), impacts.of(&id), actions.of(&id)];
                let at = *places.entry(key.clone()).or_insert_with(|| {
                    grouped.push((key, Vec::new()));
                    grouped.len() - 1
                });
                grouped[at].1.push(product.clone());
            }
            for ([flag, impact, action], products) in grouped {
                read.statements.push(VexStatement {
                    document: 0,
                    vulnerabilities: ids.clone(),
                    status,
                    justification: flag.as_deref().and_then(words::justification),
                    word: flag.map_or_else(|| word.to_owned(), |f| format!("{word}/{f}")),
                    impact,
                    action,
                    products,
                    made: read.document.changed,
                });
            }
        }
    }
    if unknown > 0 {
        read.problems.push(format!("{unknown} product statuses name products that its product tree does not have"));
    }
    Ok(read)
}

/// What is said of products one by one, or of groups of them, or of all.
struct Said {
    of_products: HashMap<String, String>,
    of_all: Option<String>,
}

impl Said {
    fn new(entries: &Value, tree: &Tree, what: impl Fn(&Value) -> Option<String>) -> Self {
        let mut said = Self { of_products: HashMap::new(), of_all: None };
        for entry in list(entries) {
            let Some(words) = what(entry) else { continue };
            let groups = list(&entry["group_ids"]).iter().filter_map(text).filter_map(|g| tree.groups.get(&g)).flatten().cloned();
            let mut any = false;
            for id in list(&entry["product_ids"]).iter().filter_map(text).chain(groups) {
                any = true;
                said.of_products.entry(id).or_insert_with(|| words.clone());
            }
            let is_for_some = !entry["product_ids"].is_null() || !entry["group_ids"].is_null();
            if !any && !is_for_some {
                said.of_all.get_or_insert(words);
            }
        }
        said
    }

    fn of(&self, product: &str) -> Option<String> {
        self.of_products.get(product).or(self.of_all.as_ref()).cloned()
    }
}

struct Tree {
    products: HashMap<String, VexProduct>,
    groups: HashMap<String, HashSet<String>>,
}

impl Tree {
    fn new(tree: &Value) -> Self {
        let mut identities: HashMap<String, VexIdentity> = HashMap::new();
        // JSON is at most 128 deep, but may be long: without recursion.
        let mut open: Vec<(&Value, Option<String>)> = list(&tree["branches"]).iter().map(|b| (b, None)).collect();
        while let Some((branch, range)) = open.pop() {
            let range = if branch["category"] == "product_version_range" { text(&branch["name"]) } else { range };
            identities.extend(full_name(&branch["product"], range.clone()));
            open.extend(list(&branch["branches"]).iter().map(|b| (b, range.clone())));
        }
        identities.extend(list(&tree["full_product_names"]).iter().filter_map(|p| full_name(p, None)));
        let mut products: HashMap<String, VexProduct> =
            identities.iter().map(|(id, identity)| (id.clone(), VexProduct { product: identity.clone(), parts: Vec::new() })).collect();
        for relation in list(&tree["relationships"]) {
            let Some((id, whole)) = full_name(&relation["full_product_name"], None) else { continue };
            let part = text(&relation["product_reference"]).and_then(|r| identities.get(&r)).cloned();
            let on = text(&relation["relates_to_product_reference"]).and_then(|r| identities.get(&r)).cloned();
            let is_known = |i: &VexIdentity| !i.purls.is_empty() || !i.digests.is_empty();
            let product = match (part, on) {
                (Some(part), Some(on)) if is_known(&on) || !is_known(&whole) => VexProduct { product: on, parts: vec![part] },
                _ => VexProduct { product: whole, parts: Vec::new() },
            };
            products.insert(id, product);
        }
        let group = |g: &Value| Some((text(&g["group_id"])?, list(&g["product_ids"]).iter().filter_map(text).collect()));
        Self { products, groups: list(&tree["product_groups"]).iter().filter_map(group).collect() }
    }
}

fn full_name(product: &Value, range: Option<String>) -> Option<(String, VexIdentity)> {
    let id = text(&product["product_id"])?;
    let helper = &product["product_identification_helper"];
    let hashes = list(&helper["hashes"]).iter().flat_map(|h| list(&h["file_hashes"]));
    let digests = hashes.filter(|h| h["algorithm"] == "sha256").filter_map(|h| text(&h["value"]));
    let identity = VexIdentity {
        shown: text(&product["name"]).unwrap_or_else(|| id.clone()),
        purls: text(&helper["purl"]).into_iter().chain(list(&helper["purls"]).iter().filter_map(text)).collect(),
        digests: digests.map(|d| format!("sha256:{}", d.to_ascii_lowercase())).collect(),
        cpes: text(&helper["cpe"]).into_iter().collect(),
        // A product's name in an advisory is made for people, and no image's.
        name: None,
        limited_to: range,
    };
    Some((id, identity))
}
