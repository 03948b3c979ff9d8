//! Statements, written: OpenVEX 0.2.0, new or added to a document that is there.

use jiff::Timestamp;
use plimsoll_evidence::{Digest, VexJustification, VexStatus};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::json::{list, text};
use crate::openvex;

const CONTEXT: &str = "https://openvex.dev/ns/v0.2.0";

/// A statement to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStatement {
    /// The vulnerability's id.
    pub vulnerability: String,
    /// What is said.
    pub status: VexStatus,
    /// Why a product is not affected.
    pub justification: Option<VexJustification>,
    /// The same for people.
    pub impact: Option<String>,
    /// What to do, where a product is affected.
    pub action: Option<String>,
    /// Package URLs of the products.
    pub products: Vec<String>,
    /// Package URLs of the parts that are meant; empty for all of each product.
    pub parts: Vec<String>,
}

/// Why a statement cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Nobody said why a product is not affected.
    #[error("not_affected needs a reason: give --justification, or --impact with a sentence")]
    NoReason,
    /// OpenVEX has no such justification.
    #[error("OpenVEX has no justification {0}; say it with --impact")]
    NotOpenVex(&'static str),
    /// A reason was given for what is not `not_affected`.
    #[error("a justification goes with not_affected alone")]
    NeedlessReason,
    /// Nobody said what to do.
    #[error("affected needs what to do about it: give --action with a sentence")]
    NoAction,
    /// There is no product.
    #[error("there is no product: name it with --product PURL or --image IMAGE")]
    NoProduct,
    /// A package URL is none.
    #[error("{0:?} is no package URL: {1}")]
    BadPurl(String, String),
    /// What is there is no OpenVEX document.
    #[error("the document that is there cannot be added to: {0}")]
    NotADocument(String),
    /// A time is out of range.
    #[error("{0} is no time")]
    BadTime(i64),
}

/// A document with one more statement: the one that is there, or a new one by an author. `now` is in seconds since 1970. The same input
/// gives the same bytes.
pub fn add(existing: Option<&[u8]>, said: &NewStatement, author: &str, now: i64) -> Result<String, WriteError> {
    check(said)?;
    let time = Timestamp::from_second(now).map_err(|_| WriteError::BadTime(now))?.to_string();
    let mut document = match existing {
        None => json!({
            "@context": CONTEXT, "@id": "", "author": author, "timestamp": time, "version": 1, "tooling": "plimsoll", "statements": [],
        }),
        Some(bytes) => {
            let value: Value = serde_json::from_slice(bytes).map_err(|e| WriteError::NotADocument(e.to_string()))?;
            if !openvex::is_it(&value) || !value["statements"].is_array() {
                return Err(WriteError::NotADocument("it is no OpenVEX document".to_owned()));
            }
            value
        }
    };
    if existing.is_some() {
        document["version"] = json!(document["version"].as_u64().unwrap_or(0).saturating_add(1));
        document["last_updated"] = json!(time);
    }
    let statement = statement(said, &time);
    if let Some(statements) = document["statements"].as_array_mut() {
        statements.push(statement);
    }
    if text(&document["@id"]).is_none() {
        let hash: [u8; 32] = Sha256::digest(document.to_string().as_bytes()).into();
        document["@id"] = json!(format!("https://openvex.dev/docs/public/vex-{}", Digest::sha256(&hash).hex()));
    }
    debug_assert!(!list(&document["statements"]).is_empty());
    Ok(format!("{document:#}\n"))
}

fn check(said: &NewStatement) -> Result<(), WriteError> {
    match said.status {
        VexStatus::NotAffected if said.justification.is_none() && said.impact.is_none() => return Err(WriteError::NoReason),
        VexStatus::Affected if said.action.is_none() => return Err(WriteError::NoAction),
        VexStatus::NotAffected => {}
        _ if said.justification.is_some() => return Err(WriteError::NeedlessReason),
        _ => {}
    }
    if let Some(justification @ VexJustification::RequiresOtherCircumstances) = said.justification {
        return Err(WriteError::NotOpenVex(justification.name()));
    }
    if said.products.is_empty() {
        return Err(WriteError::NoProduct);
    }
    for purl in said.products.iter().chain(&said.parts) {
        plimsoll_purl::Purl::parse(purl).map_err(|e| WriteError::BadPurl(purl.clone(), e.to_string()))?;
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Library;

    fn said() -> NewStatement {
        NewStatement {
            vulnerability: "CVE-2025-3".to_owned(),
            status: VexStatus::NotAffected,
            justification: Some(VexJustification::ComponentNotPresent),
            impact: None,
            action: None,
            products: vec!["pkg:oci/app@sha256%3A07".to_owned()],
            parts: vec!["pkg:deb/debian/curl".to_owned()],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let first = add(None, &said(), "Acme", 1_760_000_000).unwrap();
        assert_eq!(first, add(None, &said(), "Acme", 1_760_000_000).unwrap(), "the same input gives the same bytes");
        let other = NewStatement { status: VexStatus::Affected, justification: None, action: Some("update".to_owned()), ..said() };
        let second = add(Some(first.as_bytes()), &other, "ignored", 1_760_000_100).unwrap();
        let mut library = Library::new();
        library.add("x", second.as_bytes(), false).unwrap();
        let (vex, problems) = library.finish();
        assert!(problems.is_empty());
        assert_eq!((vex.documents[0].version.as_deref(), vex.documents[0].author.as_deref()), (Some("2"), Some("Acme")));
        let words: Vec<&str> = vex.statements.iter().map(|s| s.word.as_str()).collect();
        assert_eq!(words, ["not_affected/component_not_present", "affected"]);
        assert_eq!(vex.statements[1].made, Some(1_760_000_100));
        assert_eq!(vex.statements[0].products[0].parts[0].purls, ["pkg:deb/debian/curl"]);
    }

    #[test]
    fn what_would_count_for_nothing_is_not_written() {
        let cases = [
            (NewStatement { justification: None, ..said() }, WriteError::NoReason),
            (NewStatement { status: VexStatus::Fixed, ..said() }, WriteError::NeedlessReason),
            (NewStatement { status: VexStatus::Affected, justification: None, ..said() }, WriteError::NoAction),
            (NewStatement { products: Vec::new(), ..said() }, WriteError::NoProduct),
        ];
        for (said, wanted) in cases {
            assert_eq!(add(None, &said, "A", 0), Err(wanted));
        }
        assert!(matches!(add(None, &NewStatement { parts: vec!["curl".to_owned()], ..said() }, "A", 0), Err(WriteError::BadPurl(..))));
        assert!(matches!(add(Some(b"{}"), &said(), "A", 0), Err(WriteError::NotADocument(_))));
    }
}
