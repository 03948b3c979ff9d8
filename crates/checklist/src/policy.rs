use serde::{Deserialize, Serialize};

use crate::exposure::Deadlines;

/// What a project asks for beyond, or instead of, the checklist's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Policy {
    /// The lowest rung of the ladder of images that is minimal enough.
    pub minimal_base: BaseRung,
    /// The time of judging, in seconds since 1970. Without it nothing is called old.
    pub now: Option<i64>,
    /// Days after which an image that was not rebuilt is called out of date.
    pub rebuild_days: u32,
    /// Days after which advisories are too old to judge by.
    pub database_days: u32,
    /// Days within which vulnerabilities are dealt with.
    pub deadlines: Deadlines,
    /// Per cent of the components on which an SBOM and the image have to agree.
    pub sbom_agreement: u8,
    /// Whether VEX statements that nobody signed silence what they speak of.
    pub trust_unsigned_vex: bool,
    /// Registries that base images may come from, with a path where not all of a registry is trusted
    /// (`registry.example.org/base`). Empty: none named, and none refused.
    pub trusted_registries: Vec<String>,
    /// Why this container does the host's work, so that it may have the host's privileges.
    pub infrastructure: Option<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            minimal_base: BaseRung::MinimalDistribution,
            now: None,
            rebuild_days: 90,
            database_days: 5,
            deadlines: Deadlines::default(),
            sbom_agreement: 100,
            trust_unsigned_vex: false,
            trusted_registries: Vec::new(),
            infrastructure: None,
        }
    }
}

/// The ladder of images, the smallest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseRung {
    /// Anything a distribution offers.
    GeneralPurpose,
    /// A distribution's small image and nothing that the application does not reach.
    MinimalDistribution,
    /// Libraries and data; no shell and no package manager.
    Distroless,
    /// Nothing but the application.
    Static,
}

impl BaseRung {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GeneralPurpose => "general purpose",
            Self::MinimalDistribution => "minimal distribution",
            Self::Distroless => "distroless",
            Self::Static => "static",
        }
    }
}
