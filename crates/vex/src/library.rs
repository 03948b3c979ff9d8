//! Documents of any form, taken up one after another, and what they say together.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use base64::Engine as _;
use plimsoll_evidence::{Vex, VexDocument, VexIdentity, VexStatement, printable_line};
use serde_json::Value;

use crate::json::{list, text};
use crate::{csaf, cyclonedx, cyclonedx_xml, openvex};

/// Bytes of a document that are read.
const MOST_BYTES: u64 = 64 << 20;
/// Files of a directory that are looked at, and folders in folders.
const MOST_FILES: usize = 50_000;
const MOST_DEPTH: usize = 16;
/// Statements, and products in all of them: an advisory may name every product for every vulnerability.
const MOST_STATEMENTS: usize = 500_000;
const MOST_PRODUCTS: usize = 2_000_000;
/// Problems that are told one by one.
const MOST_PROBLEMS: usize = 50;
/// Envelopes around statements around documents.
const MOST_WRAPPINGS: usize = 3;

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum VexError {
    /// It cannot be opened.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is too large.
    #[error("it has {0} bytes, and at most {MOST_BYTES} are read")]
    Large(u64),
    /// It has none of the forms.
    #[error("it is no VEX document that is known ({0}); OpenVEX, CycloneDX and CSAF (csaf_vex) are read")]
    Unknown(String),
    /// It is malformed.
    #[error("it is malformed: {0}")]
    Malformed(String),
}

/// What one document says.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) document: VexDocument,
    pub(crate) statements: Vec<VexStatement>,
    /// Of a bill of materials: what its references stand for, by its serial number.
    pub(crate) bill: Option<(String, HashMap<String, VexIdentity>)>,
    pub(crate) problems: Vec<String>,
}

impl Read {
    pub(crate) fn new(form: &str) -> Self {
        let document = VexDocument { form: form.to_owned(), ..VexDocument::default() };
        Self { document, statements: Vec::new(), bill: None, problems: Vec::new() }
    }
}

/// Documents of exploitability.
#[derive(Debug, Default)]
pub struct Library {
    vex: Vex,
    products: usize,
    bills: HashMap<String, HashMap<String, VexIdentity>>,
    problems: Vec<String>,
    unsaid: usize,
}

impl Library {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes up a file, or every VEX document below a directory. A file that is named has to be one; of a directory's, what is none is passed
    /// over, and what is broken is a problem. Fails where the path cannot be read.
    pub fn add_path(&mut self, path: &Path) -> Result<(), VexError> {
        if !fs::metadata(path)?.is_dir() {
            let bytes = bytes_of(path)?;
            return self.add(&path.display().to_string(), &bytes, false);
        }
        let mut files = Vec::new();
        let cut = files_below(path, &mut files)?;
        if cut {
            self.problem(&format!("{}: it holds more files or folders in folders than are looked at", path.display()));
        }
        for file in files {
            let name = file.display().to_string();
            match bytes_of(&file).and_then(|bytes| self.add(&name, &bytes, true)) {
                // Indexes and other JSON lie in such directories as well.
                Ok(()) | Err(VexError::Unknown(_)) => {}
                Err(error) => self.problem(&format!("{name}: {error}")),
            }
        }
        Ok(())
    }

    /// Takes up a document. `listed` says that it is one of a directory's.
    pub fn add(&mut self, source: &str, bytes: &[u8], listed: bool) -> Result<(), VexError> {
        if bytes.len() as u64 > MOST_BYTES {
            return Err(VexError::Large(bytes.len() as u64));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let read = match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
            Some(b'{') => of_json(&parse(bytes)?, &[], 0)?,
            Some(b'<') => {
                let text = std::str::from_utf8(bytes).map_err(|e| VexError::Malformed(e.to_string()))?;
                cyclonedx::read(&cyclonedx_xml::value(text)?)
            }
            Some(_) => return Err(VexError::Unknown("neither JSON nor XML".to_owned())),
            None => return Err(VexError::Unknown("it is empty".to_owned())),
        };
        let place = self.vex.documents.len() as u32;
        for problem in read.problems {
            self.problem(&format!("{source}: {problem}"));
        }
        if let Some((serial, references)) = read.bill {
            self.bills.insert(serial, references);
        }
        // A bill of materials that says nothing of exploitability: kept for those that point into it.
        if read.statements.is_empty() && listed {
            return Ok(());
        }
        for statement in read.statements {
            let products = statement.products.iter().map(|p| 1 + p.parts.len()).sum::<usize>();
            if self.vex.statements.len() >= MOST_STATEMENTS || self.products + products > MOST_PRODUCTS {
                self.problem(&format!("{source}: more statements or products are there than are read; the rest of it is left out"));
                break;
            }
            self.products += products;
            self.vex.statements.push(VexStatement { document: place, ..statement });
        }
        self.vex.documents.push(VexDocument { source: source.to_owned(), listed, signed: false, ..read.document });
        Ok(())
    }

    /// What all say, and what could not be read of it.
    pub fn finish(mut self) -> (Vex, Vec<String>) {
        let bills = std::mem::take(&mut self.bills);
        let mut open = 0_usize;
        for product in self.vex.statements.iter_mut().flat_map(|s| &mut s.products) {
            for identity in std::iter::once(&mut product.product).chain(&mut product.parts) {
                if let Some((serial, reference)) = cyclonedx::link(&identity.shown) {
                    match bills.get(&serial).and_then(|b| b.get(&reference)) {
                        Some(known) => *identity = known.clone(),
                        None => open += usize::from(identity.purls.is_empty()),
                    }
                }
            }
        }
        if open > 0 {
            self.problem(&format!("{open} statements point into bills of materials that were not given; give them with --vex too"));
        }
        if self.unsaid > 0 {
            self.problems.push(format!("{} more problems of VEX documents", self.unsaid));
        }
        (self.vex, self.problems)
    }

    fn problem(&mut self, what: &str) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(printable_line(what, 400));
        } else {
            self.unsaid += 1;
        }
    }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, VexError> {
    let meta = fs::metadata(path)?;
    if !meta.is_file() {
        return Err(VexError::Io(io::Error::other("it is no regular file")));
    }
    if meta.len() > MOST_BYTES {
        return Err(VexError::Large(meta.len()));
    }
    Ok(fs::read(path)?)
}

/// Files below a directory that may be documents, in the order of their names; links are not followed. Says whether some were left out.
fn files_below(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<bool> {
    let mut open = vec![(directory.to_owned(), 0)];
    let mut cut = false;
    while let Some((directory, depth)) = open.pop() {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let name = entry.file_name();
            if kind.is_dir() && name != ".git" {
                if depth < MOST_DEPTH { open.push((entry.path(), depth + 1)) } else { cut = true }
            } else if kind.is_file() && [".json", ".xml"].iter().any(|end| name.to_string_lossy().to_ascii_lowercase().ends_with(end)) {
                if files.len() < MOST_FILES { files.push(entry.path()) } else { cut = true }
            }
        }
    }
    files.sort();
    Ok(cut)
}

fn parse(bytes: &[u8]) -> Result<Value, VexError> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    values.next().ok_or_else(|| VexError::Unknown("it is empty".to_owned()))?.map_err(|e| VexError::Malformed(e.to_string()))
}

fn of_json(value: &Value, subjects: &[VexIdentity], wrapped: usize) -> Result<Read, VexError> {
    if openvex::is_it(value) {
        return Ok(openvex::read(value, subjects));
    }
    if value["bomFormat"] == "CycloneDX" {
        return Ok(cyclonedx::read(value));
    }
    if value["document"]["csaf_version"].is_string() {
        return csaf::read(value);
    }
    if wrapped < MOST_WRAPPINGS {
        // An in-toto statement: the document is its predicate, and its subjects are what the document is about.
        if value["predicateType"].is_string() {
            let subjects: Vec<VexIdentity> = list(&value["subject"]).iter().filter_map(subject).collect();
            return of_json(&value["predicate"], &subjects, wrapped + 1);
        }
        // A DSSE envelope. Its signature is not looked at here.
        if let Some(payload) = value["payload"].as_str() {
            let inner = base64::engine::general_purpose::STANDARD.decode(payload);
            let inner = inner.map_err(|e| VexError::Malformed(format!("the envelope's payload: {e}")))?;
            return of_json(&parse(&inner)?, subjects, wrapped + 1);
        }
    }
    Err(VexError::Unknown("JSON with neither an OpenVEX context nor bomFormat nor csaf_version".to_owned()))
}

fn subject(value: &Value) -> Option<VexIdentity> {
    let digest = format!("sha256:{}", text(&value["digest"]["sha256"])?.to_ascii_lowercase());
    Some(VexIdentity { shown: text(&value["name"]).unwrap_or_else(|| digest.clone()), digests: vec![digest], ..VexIdentity::default() })
}

/// What a text in the place of an identifier stands for: a package URL, a CPE, a digest, else the name of an image.
pub(crate) fn identity_of(text: &str) -> VexIdentity {
    let mut identity = VexIdentity { shown: text.to_owned(), ..VexIdentity::default() };
    if text.starts_with("pkg:") {
        identity.purls.push(text.to_owned());
    } else if text.starts_with("cpe:") {
        identity.cpes.push(text.to_owned());
    } else if let Some(at) = text.find("sha256:").filter(|at| text.len() == at + 71) {
        identity.digests.push(text[at..].to_ascii_lowercase());
    } else if !text.contains("://") && !text.starts_with("urn:") {
        identity.name = Some(text.to_owned());
    }
    identity
}

/// The same without doubles, in the same order.
pub(crate) fn distinct(texts: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    texts.into_iter().filter(|t| seen.insert(t.clone())).collect()
}
