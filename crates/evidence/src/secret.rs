use serde::{Deserialize, Serialize};

use crate::{Place, Severity};

/// A credential that was found. The value itself is never kept: only how it may be shown, and a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretFind {
    /// The rule that found it, without the item: `aws-access-key`.
    pub rule: String,
    /// What it is, in words: "AWS access key".
    pub title: String,
    /// How bad it would be.
    pub severity: Severity,
    /// Where.
    pub place: SecretPlace,
    /// The value as it may be shown: some leading characters that name its kind, then asterisks.
    pub redacted: String,
    /// SHA-256 of rule and value, the first 16 hexadecimal digits: the same secret found twice has it twice.
    pub fingerprint: String,
    /// Whether it is a live-looking credential or known to be harmless.
    pub nature: SecretNature,
    /// What to do about it, where the rule knows better than "rotate and remove".
    pub advice: Option<String>,
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SecretPlace {
    /// In a file of a layer.
    File {
        /// Path, as in [`crate::FileEntry::path`].
        path: String,
        /// Path inside the archive at `path`.
        inside: Option<String>,
        /// Line, from 1; none in binary files.
        line: Option<u32>,
    },
    /// In an environment variable of the config.
    Env {
        /// The variable.
        name: String,
    },
    /// In a label of the config.
    Label {
        /// The label.
        name: String,
    },
    /// In a step of the history.
    History {
        /// Its place, from 0.
        step: usize,
    },
    /// In another member of the config or manifest: `Cmd`, `Healthcheck`, an annotation.
    Config {
        /// The member.
        field: String,
    },
    /// In a text of the project.
    Source(Place),
}

/// What kind of find it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretNature {
    /// Looks like a credential in use.
    Live,
    /// A test or example key that a distribution or package ships; says which and how it was recognised.
    Known(String),
}
