//! The arguments of `plimsoll vex`, and those by which other commands take VEX documents.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use plimsoll_evidence::{VexJustification, VexStatus};
use plimsoll_vex::{Author, VexForm};

use crate::args::ReadingOptions;
use crate::db::DatabaseOptions;

/// What is said of exploitability, and whether it is trusted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Exploitability")]
pub(crate) struct VexOptions {
    /// A VEX document (OpenVEX, CycloneDX, CSAF), its https:// address, or a directory of them; may be given again
    #[arg(long, env = "PLIMSOLL_VEX", value_name = "PATH", value_delimiter = ',')]
    pub(crate) vex: Vec<PathBuf>,
    /// Let statements that nobody signed silence what they speak of
    #[arg(long, env = "PLIMSOLL_TRUST_UNSIGNED_VEX", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) trust_unsigned_vex: bool,
}

const EXAMPLES: &str = "\
Examples:
  plimsoll vex draft oci:build/image                 (what does the image itself prove?)
  plimsoll vex draft app.tar --vulnerability CVE-2014-3467 --symbol asn1_der_decoding   (is its code used?)
  plimsoll vex draft app.tar --vulnerability CVE-2025-3 --component pkg:deb/debian/curl
  plimsoll vex draft app.tar --format cyclonedx --author 'Team A' > app.vex.cdx.json   (read it before you sign it)
  plimsoll vex add --file vex.json --image app.tar --component pkg:deb/debian/libc6 \\
    --vulnerability CVE-2025-1 --status not_affected --justification vulnerable_code_not_in_execute_path
  plimsoll vulns app.tar --vex vex.json --trust-unsigned-vex";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VexCommand {
    #[command(subcommand)]
    pub(crate) command: VexWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VexWhat {
    /// Write a statement into a document (OpenVEX, `CycloneDX`, CSAF)
    Add(Box<Add>),
    /// Propose statements that the image itself proves, for a person to accept
    Draft(Box<Draft>),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The document: added to where it is there, else made
    #[arg(short, long, env = "PLIMSOLL_FILE", value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The vulnerability's id
    #[arg(long, env = "PLIMSOLL_VULNERABILITY", value_name = "ID")]
    pub(crate) vulnerability: String,
    /// What is said
    #[arg(long, env = "PLIMSOLL_STATUS")]
    pub(crate) status: StatusWord,
    /// Why the product is not affected
    #[arg(long, env = "PLIMSOLL_JUSTIFICATION")]
    pub(crate) justification: Option<JustificationWord>,
    /// Why the product is not affected, in a sentence
    #[arg(long, env = "PLIMSOLL_IMPACT", value_name = "TEXT")]
    pub(crate) impact: Option<String>,
    /// What to do where the product is affected, in a sentence
    #[arg(long, env = "PLIMSOLL_ACTION", value_name = "TEXT")]
    pub(crate) action: Option<String>,
    /// The product's package URL; may be given again
    #[arg(long, env = "PLIMSOLL_PRODUCT", value_name = "PURL")]
    pub(crate) product: Vec<String>,
    /// The component's package URL; may be given again [default: all of the product]
    #[arg(long, env = "PLIMSOLL_COMPONENT", value_name = "PURL")]
    pub(crate) component: Vec<String>,
    /// The image that is the product: it is named by its digest
    #[arg(long, env = "PLIMSOLL_IMAGE", value_name = "IMAGE")]
    pub(crate) image: Option<String>,
    /// What the image is called in the statement [default: the name that --image has]
    #[arg(long, env = "PLIMSOLL_NAME", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The form of a new document [default: openvex]; one that is there keeps its own
    #[arg(long, env = "PLIMSOLL_FORMAT")]
    pub(crate) format: Option<VexFormat>,
    #[command(flatten)]
    pub(crate) author: AuthorOptions,
    #[command(flatten)]
    pub(crate) reading: ReadingOptions,
}

/// Who says it.
#[derive(Debug, Args)]
pub(crate) struct AuthorOptions {
    /// Who says it, of a new document
    #[arg(long, env = "PLIMSOLL_AUTHOR", value_name = "NAME", default_value = "unknown author")]
    author: String,
    /// An address that stands for who says it, which a new CSAF document needs
    #[arg(long, env = "PLIMSOLL_NAMESPACE", value_name = "URL")]
    namespace: Option<String>,
}

impl From<&AuthorOptions> for Author {
    fn from(options: &AuthorOptions) -> Self {
        Self { name: options.author.clone(), namespace: options.namespace.clone() }
    }
}

/// The form of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VexFormat {
    /// OpenVEX 0.2.0
    #[value(name = "openvex")]
    OpenVex,
    /// `CycloneDX` 1.6
    #[value(name = "cyclonedx-1.6", alias = "cyclonedx")]
    CycloneDx16,
    /// `CycloneDX` 1.7
    #[value(name = "cyclonedx-1.7")]
    CycloneDx17,
    /// CSAF 2.0, profile VEX
    #[value(name = "csaf-2.0", alias = "csaf")]
    Csaf20,
}

impl From<VexFormat> for VexForm {
    fn from(format: VexFormat) -> Self {
        match format {
            VexFormat::OpenVex => Self::OpenVex,
            VexFormat::CycloneDx16 => Self::CycloneDx16,
            VexFormat::CycloneDx17 => Self::CycloneDx17,
            VexFormat::Csaf20 => Self::Csaf20,
        }
    }
}

/// The form in which drafts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DraftFormat {
    /// For people, with the proofs, and of the rest why they are not proven
    Terminal,
    /// The same for machines
    Json,
    /// What is proven as an OpenVEX 0.2.0 document, for a person to read and sign
    #[value(name = "openvex")]
    OpenVex,
    /// The same in `CycloneDX` 1.6
    #[value(name = "cyclonedx-1.6", alias = "cyclonedx")]
    CycloneDx16,
    /// The same in `CycloneDX` 1.7
    #[value(name = "cyclonedx-1.7")]
    CycloneDx17,
    /// The same in CSAF 2.0, profile VEX
    #[value(name = "csaf-2.0", alias = "csaf")]
    Csaf20,
}

#[derive(Debug, Args)]
pub(crate) struct Draft {
    /// The image, as plimsoll check takes it
    #[arg(env = "PLIMSOLL_IMAGE")]
    pub(crate) image: String,
    /// Only this vulnerability; may be given again
    #[arg(long, env = "PLIMSOLL_VULNERABILITY", value_name = "ID", value_delimiter = ',')]
    pub(crate) vulnerability: Vec<String>,
    /// A symbol that is the vulnerable code, where the advisory names none: who defines or imports it, and does what starts reach them? May be
    /// given again
    #[arg(
        long,
        env = "PLIMSOLL_SYMBOL",
        value_name = "NAME",
        value_delimiter = ',',
        requires = "vulnerability",
        conflicts_with = "component"
    )]
    pub(crate) symbol: Vec<String>,
    /// The component that the vulnerability is of, where it is thought not to be in the image: a package URL
    #[arg(long, env = "PLIMSOLL_COMPONENT", value_name = "PURL", requires = "vulnerability")]
    pub(crate) component: Option<String>,
    /// The answer's form
    #[arg(long, env = "PLIMSOLL_FORMAT", default_value = "terminal")]
    pub(crate) format: DraftFormat,
    /// What the image is called in a document [default: the name that IMAGE has]
    #[arg(long, env = "PLIMSOLL_NAME", value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) author: AuthorOptions,
    #[command(flatten)]
    pub(crate) database: DatabaseOptions,
    #[command(flatten)]
    pub(crate) reading: ReadingOptions,
}

/// OpenVEX's statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum StatusWord {
    /// It cannot be exploited
    NotAffected,
    /// It can be
    Affected,
    /// This version is without it
    Fixed,
    /// Nobody knows yet
    UnderInvestigation,
}

impl From<StatusWord> for VexStatus {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::NotAffected => Self::NotAffected,
            StatusWord::Affected => Self::Affected,
            StatusWord::Fixed => Self::Fixed,
            StatusWord::UnderInvestigation => Self::UnderInvestigation,
        }
    }
}

/// OpenVEX's justifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum JustificationWord {
    /// The component is not in the product
    ComponentNotPresent,
    /// The component is, its vulnerable code is not
    VulnerableCodeNotPresent,
    /// The code is, and is never run
    VulnerableCodeNotInExecutePath,
    /// It is run, and no attacker can steer it
    VulnerableCodeCannotBeControlledByAdversary,
    /// Something else keeps it from being exploited
    InlineMitigationsAlreadyExist,
}

impl From<JustificationWord> for VexJustification {
    fn from(word: JustificationWord) -> Self {
        match word {
            JustificationWord::ComponentNotPresent => Self::ComponentNotPresent,
            JustificationWord::VulnerableCodeNotPresent => Self::VulnerableCodeNotPresent,
            JustificationWord::VulnerableCodeNotInExecutePath => Self::VulnerableCodeNotInExecutePath,
            JustificationWord::VulnerableCodeCannotBeControlledByAdversary => Self::VulnerableCodeCannotBeControlledByAdversary,
            JustificationWord::InlineMitigationsAlreadyExist => Self::InlineMitigationsAlreadyExist,
        }
    }
}
