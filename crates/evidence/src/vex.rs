use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What documents of exploitability (VEX) say, and which of it speaks of what was found here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vex {
    /// The documents, in the order in which they were read.
    pub documents: Vec<VexDocument>,
    /// Their statements, in the documents' order.
    pub statements: Vec<VexStatement>,
    /// Which statement speaks of which vulnerability that was found. Sorted by vulnerability, then statement.
    pub answers: Vec<VexAnswer>,
    /// Statements that speak of nothing that was found, each with the reason. Sorted by statement.
    pub unused: Vec<VexUnused>,
    /// Where a document contradicts what the image shows. Sorted by statement.
    pub contradictions: Vec<VexContradiction>,
}

impl Vex {
    /// The document that a statement stands in.
    pub fn document(&self, statement: u32) -> Option<&VexDocument> {
        self.documents.get(self.statements.get(statement as usize)?.document as usize)
    }

    /// The answers to one vulnerability, by its place in [`crate::Vulnerabilities::found`].
    pub fn of(&self, vulnerability: u32) -> &[VexAnswer] {
        let start = self.answers.partition_point(|a| a.vulnerability < vulnerability);
        let end = self.answers.partition_point(|a| a.vulnerability <= vulnerability);
        self.answers.get(start..end).unwrap_or_default()
    }
}

/// A document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VexDocument {
    /// The file that it was read from, as it was named.
    pub source: String,
    /// Its form: `OpenVEX 0.2.0`, `CycloneDX 1.6`, `CSAF 2.0`.
    pub form: String,
    /// Its id.
    pub id: Option<String>,
    /// Who says it.
    pub author: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// When it was last changed, in seconds since 1970.
    pub changed: Option<i64>,
    /// Whether a signature that is trusted covers it.
    pub signed: bool,
    /// Whether it is one of a directory's, which holds documents of other products as well.
    pub listed: bool,
}

/// One statement on vulnerabilities of products.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VexStatement {
    /// The document, by place in [`Vex::documents`].
    pub document: u32,
    /// The vulnerability's id and its other names.
    pub vulnerabilities: Vec<String>,
    /// What is said.
    pub status: VexStatus,
    /// Why a product is not affected.
    pub justification: Option<VexJustification>,
    /// Status and justification in the document's own words: `not_affected/code_not_reachable`.
    pub word: String,
    /// Why a product is not affected, for people.
    pub impact: Option<String>,
    /// What to do about it.
    pub action: Option<String>,
    /// What it speaks of.
    pub products: Vec<VexProduct>,
    /// When it was made or last changed, in seconds since 1970; the document's time where it has none.
    pub made: Option<i64>,
}

/// What a statement says of its products.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VexStatus {
    /// The vulnerability cannot be exploited.
    NotAffected,
    /// It can be.
    Affected,
    /// This version is without it.
    Fixed,
    /// Nobody knows yet.
    #[default]
    UnderInvestigation,
}

impl VexStatus {
    /// The word for it in `CycloneDX` 1.6 (`analysis.state`).
    pub const fn cyclonedx(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::Affected => "exploitable",
            Self::Fixed => "resolved",
            Self::UnderInvestigation => "in_triage",
        }
    }

    /// Its name, as OpenVEX has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::Affected => "affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under_investigation",
        }
    }

    /// The same for a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotAffected => "not affected",
            Self::Affected => "affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under investigation",
        }
    }
}

/// Why a product is not affected: CISA's five justifications, and the one that CycloneDX has beyond them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VexJustification {
    /// The vulnerable component is not in the product.
    ComponentNotPresent,
    /// The component is, its vulnerable code is not.
    VulnerableCodeNotPresent,
    /// The code is, and is never run.
    VulnerableCodeNotInExecutePath,
    /// It is run, and no attacker can steer it.
    VulnerableCodeCannotBeControlledByAdversary,
    /// Something else in the product keeps it from being exploited.
    InlineMitigationsAlreadyExist,
    /// It takes a setting, dependency or environment that the product does not have (CycloneDX `requires_…`).
    RequiresOtherCircumstances,
}

impl VexJustification {
    /// The word for it in `CycloneDX` 1.6 (`analysis.justification`), which has fewer.
    pub const fn cyclonedx(self) -> &'static str {
        match self {
            Self::ComponentNotPresent | Self::VulnerableCodeNotPresent => "code_not_present",
            Self::VulnerableCodeNotInExecutePath => "code_not_reachable",
            Self::VulnerableCodeCannotBeControlledByAdversary | Self::InlineMitigationsAlreadyExist => "protected_by_mitigating_control",
            Self::RequiresOtherCircumstances => "requires_environment",
        }
    }

    /// Its name, as OpenVEX has it where it has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ComponentNotPresent => "component_not_present",
            Self::VulnerableCodeNotPresent => "vulnerable_code_not_present",
            Self::VulnerableCodeNotInExecutePath => "vulnerable_code_not_in_execute_path",
            Self::VulnerableCodeCannotBeControlledByAdversary => "vulnerable_code_cannot_be_controlled_by_adversary",
            Self::InlineMitigationsAlreadyExist => "inline_mitigations_already_exist",
            Self::RequiresOtherCircumstances => "requires_other_circumstances",
        }
    }
}

/// A product, and the parts of it that a statement is limited to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VexProduct {
    /// The product.
    pub product: VexIdentity,
    /// Its parts; empty where all of it is meant.
    pub parts: Vec<VexIdentity>,
}

/// By what a product or a part of one is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VexIdentity {
    /// What it is shown by.
    pub shown: String,
    /// Its package URLs, as written.
    pub purls: Vec<String>,
    /// Digests of it: `sha256:` and hexadecimal digits.
    pub digests: Vec<String>,
    /// Its CPE names, which are only shown.
    pub cpes: Vec<String>,
    /// A name and nothing else, of an image that has no package URL.
    pub name: Option<String>,
    /// Versions that it is limited to in a way that is not read: a range.
    pub limited_to: Option<String>,
}

/// That a statement speaks of a vulnerability that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VexAnswer {
    /// The vulnerability, by place in [`crate::Vulnerabilities::found`].
    pub vulnerability: u32,
    /// The statement, by place in [`Vex::statements`].
    pub statement: u32,
    /// Whether the image contradicts it, so that it counts for nothing.
    pub contradicted: bool,
}

/// A statement that speaks of nothing that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VexUnused {
    /// The statement, by place in [`Vex::statements`].
    pub statement: u32,
    /// What kind of reason there is.
    pub reason: VexReason,
    /// The reason, in a sentence.
    pub why: String,
}

/// Why a statement speaks of nothing that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VexReason {
    /// It is about another product.
    OtherProduct,
    /// It is about a part that is not here, or not in that version.
    OtherComponent,
    /// What it is about is here and has no such vulnerability.
    NotFound,
    /// The same author said something else later.
    Superseded,
    /// It does not say enough.
    Incomplete,
}

/// Where a document contradicts what the image shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VexContradiction {
    /// The statement, by place in [`Vex::statements`]; the document's first where the whole document is meant.
    pub statement: u32,
    /// What kind.
    pub kind: VexConflict,
    /// The component that shows it, by place in [`crate::Inventory::packages`].
    pub component: Option<u32>,
    /// What is said and what is so, in a sentence.
    pub says: String,
}

/// The kinds of contradiction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VexConflict {
    /// The component is said not to be present, and is.
    ComponentPresent,
    /// It is said to be fixed, and what is installed is older than the fix.
    NotFixed,
    /// The document was given for this image and is about another.
    OtherImage,
}
