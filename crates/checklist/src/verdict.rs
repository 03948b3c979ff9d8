use std::fmt;

use plimsoll_evidence::{Need, Severity};
use schemars::JsonSchema;
use serde::Serialize;

use crate::Finding;

/// What the evidence says about an item.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Verdict {
    /// The outcome.
    #[serde(rename = "verdict")]
    pub outcome: Outcome,
    /// How strong the evidence is that a pass or a fail rests on.
    pub strength: Option<Strength>,
    /// One sentence, with figures.
    pub summary: String,
    /// What was found: worst first, then by rule and place.
    pub findings: Vec<Finding>,
    /// What to supply to learn more.
    pub needs: Vec<Need>,
}

impl Verdict {
    /// The severity of the worst finding.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|f| f.severity).max()
    }
}

/// How an item comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The evidence shows that the requirement holds.
    Pass,
    /// The evidence shows that it does not.
    Fail,
    /// The evidence needed was not given or could not be read.
    Unknown,
    /// The item cannot concern this image.
    NotApplicable,
    /// A fail that the project's owner accepted, with a reason and an end.
    Accepted,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [Self::Pass, Self::Fail, Self::Unknown, Self::NotApplicable, Self::Accepted];

    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not-applicable",
            Self::Accepted => "accepted",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How strong evidence is, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// Seen by running the container, or by recomputing.
    Observed,
    /// A signature checked against a key or identity that the user trusts.
    Verified,
    /// Read from the image, a file or a manifest.
    Declared,
    /// A person's dated, signed statement.
    Stated,
}

impl Strength {
    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Verified => "verified",
            Self::Declared => "declared",
            Self::Stated => "stated",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_machine_formats() {
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
        for strength in [Strength::Observed, Strength::Verified, Strength::Declared, Strength::Stated] {
            assert_eq!(serde_json::to_value(strength).unwrap(), strength.name());
        }
    }
}
