//! Statements, written: new documents, or added to one that is there. The same input gives the same bytes.

mod csaf;
mod cyclonedx;
mod openvex;

use jiff::Timestamp;
use plimsoll_evidence::{Digest, VexJustification, VexStatus};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

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

/// A form to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VexForm {
    /// OpenVEX 0.2.0.
    OpenVex,
    /// CycloneDX 1.6.
    CycloneDx16,
    /// CycloneDX 1.7.
    CycloneDx17,
    /// CSAF 2.0, profile VEX.
    Csaf20,
}

/// Who says it, of a new document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    /// A name.
    pub name: String,
    /// An address that stands for them, which CSAF asks for.
    pub namespace: Option<String>,
}

/// Why a statement cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Nobody said why a product is not affected.
    #[error("not_affected needs a reason: give --justification, or --impact with a sentence")]
    NoReason,
    /// The form has no such justification.
    #[error("{0} has no justification {1}; say it with --impact")]
    NotOfForm(&'static str, &'static str),
    /// A reason was given for what is not `not_affected`.
    #[error("a justification goes with not_affected alone")]
    NeedlessReason,
    /// Nobody said what to do.
    #[error("affected needs what to do about it: give --action with a sentence")]
    NoAction,
    /// There is no product.
    #[error("there is no product: name it with --product PURL or --image IMAGE")]
    NoProduct,
    /// The form has one product in a document.
    #[error("a {0} document speaks of one product, and this one of {1}: write what concerns another into a document of its own")]
    OtherProduct(&'static str, String),
    /// A package URL is none.
    #[error("{0:?} is no package URL: {1}")]
    BadPurl(String, String),
    /// What is there is no document that can be added to.
    #[error("the document that is there cannot be added to: {0}")]
    NotADocument(String),
    /// What is there has another form than is asked for.
    #[error("the document that is there is {0}: leave --format out, or write another file")]
    OtherForm(&'static str),
    /// CSAF asks for an address of who says it.
    #[error("a CSAF document names its publisher by an address of its own: give --namespace https://…")]
    NoNamespace,
    /// A time is out of range.
    #[error("{0} is no time")]
    BadTime(i64),
}

/// What every form is told beside the statements.
struct Told<'a> {
    author: &'a str,
    namespace: Option<&'a str>,
    time: String,
}

/// A document with more statements: the one that is there, in its own form, or a new one by an author (`form`, else OpenVEX). `now` is in seconds
/// since 1970.
pub fn add(existing: Option<&[u8]>, said: &[NewStatement], author: &Author, form: Option<VexForm>, now: i64) -> Result<String, WriteError> {
    for statement in said {
        check(statement)?;
    }
    let time = Timestamp::from_second(now).map_err(|_| WriteError::BadTime(now))?.to_string();
    let told = Told { author: &author.name, namespace: author.namespace.as_deref(), time };
    let existing = match existing {
        None => None,
        Some(bytes) => {
            let value: Value = serde_json::from_slice(bytes).map_err(|e| WriteError::NotADocument(e.to_string()))?;
            let own = form_of(&value)?;
            if form.is_some_and(|wanted| wanted != own) {
                return Err(WriteError::OtherForm(name(own)));
            }
            Some((own, value))
        }
    };
    let form = existing.as_ref().map(|(own, _)| *own).or(form).unwrap_or(VexForm::OpenVex);
    let existing = existing.map(|(_, value)| value);
    let document = match form {
        VexForm::OpenVex => openvex::write(existing, said, &told)?,
        VexForm::CycloneDx16 => cyclonedx::write(existing, said, &told, "1.6")?,
        VexForm::CycloneDx17 => cyclonedx::write(existing, said, &told, "1.7")?,
        VexForm::Csaf20 => csaf::write(existing, said, &told)?,
    };
    Ok(format!("{document:#}\n"))
}

const fn name(form: VexForm) -> &'static str {
    match form {
        VexForm::OpenVex => "OpenVEX",
        VexForm::CycloneDx16 => "CycloneDX 1.6",
        VexForm::CycloneDx17 => "CycloneDX 1.7",
        VexForm::Csaf20 => "CSAF 2.0",
    }
}

/// The form of a document that is there, where it is one that is written.
fn form_of(value: &Value) -> Result<VexForm, WriteError> {
    if crate::openvex::is_it(value) {
        return Ok(VexForm::OpenVex);
    }
    match (value["bomFormat"].as_str(), value["specVersion"].as_str()) {
        (Some("CycloneDX"), Some("1.6")) => return Ok(VexForm::CycloneDx16),
        (Some("CycloneDX"), Some("1.7")) => return Ok(VexForm::CycloneDx17),
        (Some("CycloneDX"), version) => {
            return Err(WriteError::NotADocument(format!("CycloneDX {} is not written, 1.6 and 1.7 are", version.unwrap_or_default())));
        }
        _ => {}
    }
    match (value["document"]["category"].as_str(), value["document"]["csaf_version"].as_str()) {
        (Some("csaf_vex"), Some("2.0")) => Ok(VexForm::Csaf20),
        (Some("csaf_vex"), version) => {
            Err(WriteError::NotADocument(format!("CSAF {} is not written, 2.0 is", version.unwrap_or_default())))
        }
        _ => Err(WriteError::NotADocument("it is no VEX document in JSON that is known".to_owned())),
    }
}

/// A name for a new document, made of what it says.
fn hash(document: &Value) -> String {
    let hash: [u8; 32] = Sha256::digest(document.to_string().as_bytes()).into();
    Digest::sha256(&hash).hex().to_owned()
}

/// The one product of statements in a form whose documents have one.
fn one_product<'a>(form: &'static str, said: &'a [NewStatement], there: Option<&'a str>) -> Result<&'a str, WriteError> {
    let mut products = there.into_iter().chain(said.iter().flat_map(|s| s.products.iter().map(String::as_str)));
    let first = products.next().ok_or(WriteError::NoProduct)?;
    match products.find(|other| *other != first) {
        Some(_) => Err(WriteError::OtherProduct(form, first.to_owned())),
        None => Ok(first),
    }
}

fn check(said: &NewStatement) -> Result<(), WriteError> {
    match said.status {
        VexStatus::NotAffected if said.justification.is_none() && said.impact.is_none() => return Err(WriteError::NoReason),
        VexStatus::Affected if said.action.is_none() => return Err(WriteError::NoAction),
        VexStatus::NotAffected => {}
        _ if said.justification.is_some() => return Err(WriteError::NeedlessReason),
        _ => {}
    }
    if said.products.is_empty() {
        return Err(WriteError::NoProduct);
    }
    for purl in said.products.iter().chain(&said.parts) {
        plimsoll_purl::Purl::parse(purl).map_err(|e| WriteError::BadPurl(purl.clone(), e.to_string()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
