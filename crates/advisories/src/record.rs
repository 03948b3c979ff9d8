//! An advisory as the database holds it, whoever published it: in the words of the OSV schema 1.7, less what nobody asks for.

use plimsoll_evidence::{AffectedCode, FixState, RatingKind};
use serde::{Deserialize, Serialize};

/// One advisory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    /// Other ids of the same vulnerability.
    pub(crate) aliases: Vec<String>,
    /// The vulnerabilities that it speaks of, where it is an erratum for several.
    pub(crate) mends: Vec<String>,
    /// One line.
    pub(crate) summary: String,
    pub(crate) published: Option<i64>,
    pub(crate) modified: Option<i64>,
    pub(crate) standing: Standing,
    pub(crate) ratings: Vec<Given>,
    pub(crate) references: Vec<String>,
    pub(crate) affected: Vec<Affected>,
    pub(crate) informational: Option<String>,
}

/// Whether its publisher stands by a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Standing {
    #[default]
    Stands,
    /// Taken back; when, where the time can be read.
    Withdrawn(Option<i64>),
}

impl Standing {
    /// By the time of withdrawal, where one is given.
    pub(crate) fn withdrawn(time: Option<&str>) -> Self {
        time.map_or(Self::Stands, |time| Self::Withdrawn(crate::time::seconds(time)))
    }
}

/// A rating as the publisher writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Given {
    pub(crate) kind: RatingKind,
    pub(crate) text: String,
}

/// One package that an advisory speaks of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Affected {
    /// As OSV names it, with its release.
    pub(crate) ecosystem: String,
    pub(crate) package: String,
    pub(crate) ranges: Vec<Range>,
    /// Versions that have it, each named.
    pub(crate) versions: Vec<String>,
    pub(crate) ratings: Vec<Given>,
    /// What the publisher says of a fix that no range shows.
    pub(crate) fix: Option<FixState>,
    pub(crate) code: Vec<AffectedCode>,
    pub(crate) informational: Option<String>,
    pub(crate) builds: Builds,
}

/// Which builds of a package are meant; an empty list means every one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Builds {
    /// Streams of rpm's modules, `name:stream`.
    pub(crate) modules: Vec<String>,
    /// Architectures, as the package manager names them.
    pub(crate) architectures: Vec<String>,
}

/// Versions between events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Range {
    /// Compared by Semantic Versioning, whatever the ecosystem's own order.
    pub(crate) semver: bool,
    pub(crate) events: Vec<Event>,
}

impl Range {
    /// From the first version on, until one that mends it.
    pub(crate) fn until(fixed: &str) -> Self {
        Self { semver: false, events: vec![Event::Introduced("0".to_owned()), Event::Fixed(fixed.to_owned())] }
    }

    /// Every version.
    pub(crate) fn all() -> Self {
        Self { semver: false, events: vec![Event::Introduced("0".to_owned())] }
    }
}

/// A version at which something changes (OSV schema, `affected[].ranges[].events`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    /// From here on it is there; `0` is before every version.
    Introduced(String),
    /// From here on it is not.
    Fixed(String),
    /// The last that has it.
    LastAffected(String),
    /// From here on nothing is said.
    Limit(String),
}

impl Event {
    pub(crate) fn version(&self) -> &str {
        match self {
            Self::Introduced(v) | Self::Fixed(v) | Self::LastAffected(v) | Self::Limit(v) => v,
        }
    }
}
