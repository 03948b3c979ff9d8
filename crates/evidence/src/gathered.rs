use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Location;

/// Evidence of one kind: found, not given, or broken. There is no silent default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gathered<T> {
    /// It was given and could be read.
    Found(T),
    /// It was not given; says what to supply.
    Absent(Need),
    /// It was given and could not be read; says what broke.
    Failed(Problem),
}

impl<T> Gathered<T> {
    /// The evidence, where it was found.
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Found(value) => Some(value),
            Self::Absent(_) | Self::Failed(_) => None,
        }
    }
}

/// What a person has to supply so that an item can be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Need {
    /// What is lacking, in words: "the deployment's manifests".
    pub what: String,
    /// How to supply it: an option, a file, a label, a key.
    pub supply: String,
}

impl Need {
    /// A need, from what is lacking and how to supply it.
    pub fn new(what: impl Into<String>, supply: impl Into<String>) -> Self {
        Self { what: what.into(), supply: supply.into() }
    }
}

/// The kind of thing that went wrong while reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// Bytes end before they should.
    Truncated,
    /// Bytes do not follow their format.
    Malformed,
    /// A limit was reached; what lies beyond it was not read.
    Limit,
    /// A digest or size differs from what was promised.
    Mismatch,
    /// A media type, compression or feature that is not read.
    Unsupported,
    /// A name or link tries to leave the image.
    Escape,
    /// Reading failed for a reason outside the bytes.
    Io,
}

/// Something that could not be read, or not wholly. It never ends a check by itself: it stands in the report, and the
/// items that needed what it hid cannot pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// What kind.
    pub kind: ProblemKind,
    /// What happened, in one sentence.
    pub message: String,
    /// Where.
    pub location: Option<Location>,
    /// Whether something of the image stayed unread because of it.
    pub hides: bool,
}

impl Problem {
    /// A problem that hides a part of the image from the check.
    pub fn hiding(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), location: None, hides: true }
    }

    /// A problem worth saying, behind which nothing is hidden.
    pub fn noted(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), location: None, hides: false }
    }

    /// The same, with its place.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }
}
