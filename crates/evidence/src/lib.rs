//! The words every part of Plimsoll speaks.
//!
//! Gatherers turn inputs into [`Evidence`], a plain serialisable value; the checklist turns evidence and policy
//! into verdicts. Nothing here reads a file or judges anything.

mod accounts;
mod binary;
mod build;
mod calendar;
mod closure;
mod config;
mod deed;
mod digest;
mod gathered;
mod image;
mod inventory;
mod layer;
mod location;
mod owned;
mod recorded;
mod sbom;
mod secret;
mod severity;
mod source;
mod subject;
mod text;
mod tree;
mod vex;
mod vulnerability;
pub mod workload;

pub use accounts::{Account, Accounts, Group};
pub use binary::{ElfFacts, ElfKind, Hardening, Language, Relro};
pub use build::{Base, Build, BuildFile, Expansion, Instruction, Mount, Probe, Run, Says, Setting, Stage, Start, Transfer, UnreadScript};
pub use calendar::date_of;
pub use closure::{Closure, Link, Missing, OpenEnd, Opening, Reached};
pub use config::{HealthCheck, HistoryStep, ImageConfig};
pub use deed::{Checkout, Deed, Does, Download, Install, Wanted};
pub use digest::{Algorithm, BadDigest, Digest};
pub use gathered::{Gathered, Need, Problem, ProblemKind};
pub use image::{BaseImage, BaseKnown, Distribution, ImageFacts, LayerInfo, LayerRead};
pub use inventory::{Ecosystem, Inventory, Package, PackageDatabase, Stated};
pub use layer::{CapturedText, LayerFacts, Whiteout};
pub use location::{Location, Origin};
pub use owned::OwnedPaths;
pub use recorded::{
    ChangedFile, ComputedDigest, FileChecks, FileDigest, FileNature, MissingFile, PackageFiles, RecordedFile, RecordedFiles,
};
pub use sbom::{SbomClaim, SbomDocument, SbomDoubt, SbomOf, SbomVersions, Sboms};
pub use secret::{SecretFind, SecretNature, SecretPlace};
pub use severity::Severity;
pub use source::{Place, Placed, SourceLine, SourceText, source_line};
pub use subject::{Platform, Subject};
pub use text::{printable, printable_line};
pub use tree::{DeletedFile, FileCaps, FileEntry, FileId, FileKind, FileTree};
pub use vex::{
    Vex, VexAnswer, VexConflict, VexContradiction, VexDocument, VexIdentity, VexJustification, VexProduct, VexReason, VexStatement,
    VexStatus, VexUnused,
};
pub use vulnerability::{
    AdvisoryDatabase, AdvisorySource, AffectedCode, Asked, CatalogueState, Elsewhere, Epss, FixState, Kev, KnownName, Rating, RatingKind,
    RecordMatch, Uncovered, Vulnerabilities, Vulnerability, Withdrawn,
};
pub use workload::{Container, Deployment, Workload};

use serde::{Deserialize, Serialize};

/// Everything gathered about one image and what declares it: what the checklist judges, and all that it may look at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Evidence {
    /// The image this is about; none where only build files or a deployment were given.
    pub subject: Option<Subject>,
    /// What the image itself shows.
    pub image: Gathered<ImageFacts>,
    /// What is installed in it.
    pub components: Gathered<Inventory>,
    /// What bills of materials that were given say of the image.
    #[serde(default = "Evidence::absent_sboms")]
    pub sboms: Gathered<Sboms>,
    /// What the advisory database says about those.
    pub vulnerabilities: Gathered<Vulnerabilities>,
    /// What documents of exploitability say about those.
    pub vex: Gathered<Vex>,
    /// The text files that places of `build` and `deployment` lie in.
    pub sources: Vec<SourceText>,
    /// Credentials in those texts.
    pub source_secrets: Vec<SecretFind>,
    /// What the build files say.
    pub build: Gathered<Build>,
    /// What the deployment's files declare.
    pub deployment: Gathered<Deployment>,
    /// What could not be read, wherever it was met; each is also said in the report.
    pub problems: Vec<Problem>,
}

impl Evidence {
    /// Why there are no vulnerabilities in evidence, where no database was asked.
    pub fn no_advisories() -> Need {
        Need::new("an advisory database", "fetch one with plimsoll db update, or name one with --db FILE")
    }

    /// Why there are no bills of materials in evidence, where none were given.
    pub fn no_sboms() -> Need {
        Need::new("an SBOM of this image", "give it with --sbom FILE")
    }

    fn absent_sboms() -> Gathered<Sboms> {
        Gathered::Absent(Self::no_sboms())
    }

    /// Why there are no statements of exploitability in evidence, where none were given.
    pub fn no_vex() -> Need {
        Need::new("VEX documents", "name a file or a directory of them with --vex")
    }
}
