//! Which form a document has, and what its bill says as evidence.

mod cyclonedx;
mod cyclonedx_xml;
mod json;
mod spdx2;
mod spdx3;
mod syft;
mod tag_value;

use std::collections::HashSet;

use base64::Engine as _;
use plimsoll_evidence::{Distribution, Package};
use plimsoll_purl::Purl;
use serde_json::Value;

use crate::bill::{Bill, Kind};
use crate::package;

/// Bytes of a document that are read: what they hold takes up to some thirty times as much. Real ones stay below a quarter of it.
const MOST: usize = 64 << 20;
/// Components that are read.
pub(crate) const MOST_COMPONENTS: usize = 200_000;
/// Problems that are told one by one.
const MOST_PROBLEMS: usize = 100;
/// Components without a package URL that are named.
const MOST_NAMED: usize = 3;
/// Statements around statements.
const MOST_WRAPPINGS: usize = 3;
/// Subjects of a statement that are read.
const MOST_SUBJECTS: usize = 100;

/// What a bill of materials says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SbomContents {
    /// The packages that it names with a package URL of an ecosystem that is known, in the document's order, each once.
    pub packages: Vec<Package>,
    /// The distribution that it speaks of.
    pub distribution: Option<Distribution>,
    /// What it is a bill of: name and version.
    pub subject: Option<String>,
    /// What it says that could not be used, each named.
    pub problems: Vec<String>,
    /// All of it.
    pub bill: Bill,
}

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SbomError {
    /// It is too large.
    #[error("it has {0} bytes, and at most {MOST} are read")]
    Large(usize),
    /// It has none of the forms that are known.
    #[error("it is no bill of materials that is known ({0}); CycloneDX (JSON, XML), SPDX (JSON, tag-value) and Syft's JSON are read")]
    Unknown(String),
    /// It is malformed.
    #[error("it is malformed: {0}")]
    Malformed(String),
}

/// Reads a bill of materials, whatever its form. What it says wrongly or in a way that is not known is a problem, not an error.
pub fn read(bytes: &[u8]) -> Result<SbomContents, SbomError> {
    if bytes.len() > MOST {
        return Err(SbomError::Large(bytes.len()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut problems = Vec::new();
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
    let bill = match first {
        Some(b'{') => {
            let value = first_value(bytes)?;
            of_json(&value, &mut problems, 0)?
        }
        Some(b'<') => {
            let text = std::str::from_utf8(bytes).map_err(|e| SbomError::Malformed(e.to_string()))?;
            cyclonedx_xml::read(text, &mut problems)?
        }
        Some(_) => {
            let text = String::from_utf8_lossy(bytes);
            if !tag_value::is_it(&text) {
                return Err(SbomError::Unknown("neither JSON nor XML, and without SPDXVersion".to_owned()));
            }
            tag_value::read(&text, &mut problems)
        }
        None => return Err(SbomError::Unknown("it is empty".to_owned())),
    };
    Ok(contents(bill, problems))
}

/// The first of a document's values: lines of JSON hold one each.
fn first_value(bytes: &[u8]) -> Result<Value, SbomError> {
    let malformed = |e: serde_json::Error| SbomError::Malformed(e.to_string());
    serde_json::Deserializer::from_slice(bytes)
        .into_iter::<Value>()
        .next()
        .ok_or_else(|| SbomError::Unknown("it is empty".to_owned()))?
        .map_err(malformed)
}

fn of_json(value: &Value, problems: &mut Vec<String>, wrapped: usize) -> Result<Bill, SbomError> {
    let text = |key: &str| value[key].as_str();
    if text("bomFormat").is_some_and(|f| f == "CycloneDX") {
        return Ok(cyclonedx::read(value, problems));
    }
    if text("spdxVersion").is_some() {
        return Ok(spdx2::read(value, problems));
    }
    if value["@graph"].is_array() {
        return Ok(spdx3::read(value, problems));
    }
    if value["artifacts"].is_array() && (value["schema"].is_object() || value["descriptor"].is_object()) {
        return Ok(syft::read(value, problems));
    }
    if wrapped < MOST_WRAPPINGS {
        // An in-toto statement; `cosign attest` and BuildKit put the document under its predicate, older cosign under `Data` there.
        if value["predicateType"].is_string() {
            let predicate = &value["predicate"];
            let mut bill = match predicate["Data"].as_str() {
                Some(data) => of_json(&first_value(data.as_bytes())?, problems, wrapped + 1),
                None if predicate["Data"].is_object() => of_json(&predicate["Data"], problems, wrapped + 1),
                None => of_json(predicate, problems, wrapped + 1),
            }?;
            bill.stated_of = json::list(&value["subject"])
                .iter()
                .take(MOST_SUBJECTS)
                .filter_map(|s| json::text(&s["digest"]["sha256"]))
                .map(|digits| format!("sha256:{}", digits.to_ascii_lowercase()))
                .collect();
            return Ok(bill);
        }
        // A DSSE envelope.
        if let Some(payload) = text("payload") {
            let inner = base64::engine::general_purpose::STANDARD.decode(payload);
            let inner = inner.map_err(|e| SbomError::Malformed(format!("the envelope's payload: {e}")))?;
            return of_json(&first_value(&inner)?, problems, wrapped + 1);
        }
    }
    Err(SbomError::Unknown("JSON with neither bomFormat nor spdxVersion nor @graph".to_owned()))
}

fn contents(bill: Bill, mut problems: Vec<String>) -> SbomContents {
    let (mut packages, mut purls, mut seen, mut unknown) = (Vec::new(), Vec::new(), HashSet::new(), std::collections::BTreeMap::new());
    let mut nameless = Vec::new();
    for component in &bill.components {
        let Some(text) = &component.purl else {
            // Lock files and folders are listed without a version.
            if component.version.is_some() && matches!(component.kind, Kind::Library | Kind::Application) {
                nameless.push(component.title());
            }
            continue;
        };
        match Purl::parse_loosely(text) {
            Ok(purl) => {
                match package::package(component, &purl) {
                    Some(package) => {
                        if seen.insert((package.purl.clone(), package.recorded_in.clone())) {
                            packages.push(package);
                        }
                    }
                    None => *unknown.entry(purl.kind().to_owned()).or_insert(0_usize) += 1,
                }
                purls.push(purl);
            }
            Err(error) => problems.push(format!("{}: {text:?} is no package URL: {error}", component.title())),
        }
    }
    for (kind, count) in unknown {
        let (components, are) = if count == 1 { ("component", "is") } else { ("components", "are") };
        problems.push(format!("{count} {components} of type {kind} {are} of no ecosystem that is known here"));
    }
    if !nameless.is_empty() {
        let (components, have) = if nameless.len() == 1 { ("component", "has") } else { ("components", "have") };
        let more = match nameless.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let shown = nameless[..nameless.len().min(MOST_NAMED)].join(", ");
        problems.push(format!("{} {components} {have} no package URL, so that nothing can be looked up of {shown}{more}", nameless.len()));
    }
    let untold = problems.len().saturating_sub(MOST_PROBLEMS);
    if untold > 0 {
        problems.truncate(MOST_PROBLEMS);
        problems.push(format!("{untold} more of its entries could not be used"));
    }
    SbomContents {
        packages,
        distribution: package::distribution(&bill, &purls),
        subject: bill.subject.as_ref().map(crate::Component::title),
        problems,
        bill,
    }
}

#[cfg(test)]
mod tests;
