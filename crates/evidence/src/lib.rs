//! The words every part of Plimsoll speaks.
//!
//! Gatherers turn inputs into [`Evidence`], a plain serialisable value; the checklist turns evidence and policy
//! into verdicts. Nothing here reads a file or judges anything.

mod accounts;
mod binary;
mod closure;
mod config;
mod digest;
mod gathered;
mod image;
mod inventory;
mod layer;
mod location;
mod secret;
mod severity;
mod subject;
mod text;
mod tree;

pub use accounts::{Account, Accounts, Group};
pub use binary::{ElfFacts, ElfKind, Hardening, Language, Relro};
pub use closure::{Closure, Link, Missing, OpenEnd, Reached};
pub use config::{HealthCheck, HistoryStep, ImageConfig};
pub use digest::{Algorithm, BadDigest, Digest};
pub use gathered::{Gathered, Need, Problem, ProblemKind};
pub use image::{BaseImage, BaseKnown, Distribution, ImageFacts, LayerInfo, LayerRead};
pub use inventory::{Ecosystem, Inventory, Package, PackageDatabase};
pub use layer::{CapturedText, LayerFacts, Whiteout};
pub use location::{Location, Origin};
pub use secret::{SecretFind, SecretNature, SecretPlace};
pub use severity::Severity;
pub use subject::{Platform, Subject};
pub use text::{printable, printable_line};
pub use tree::{DeletedFile, FileCaps, FileEntry, FileId, FileKind, FileTree};

use serde::{Deserialize, Serialize};

/// Everything gathered about one image: what the checklist judges, and all that it may look at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Evidence {
    /// The image this is about.
    pub subject: Subject,
    /// What the image itself shows.
    pub image: Gathered<ImageFacts>,
    /// What is installed in it.
    pub components: Gathered<Inventory>,
    /// What could not be read, wherever it was met; each is also said in the report.
    pub problems: Vec<Problem>,
}
