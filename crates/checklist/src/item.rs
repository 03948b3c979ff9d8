use std::fmt;

use plimsoll_evidence::{Evidence, Severity};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Level, Policy, Reference, Verdict};

/// One item of the checklist.
#[derive(Debug)]
pub struct Item {
    /// Its name, stable.
    pub id: ItemId,
    /// Its heading.
    pub title: &'static str,
    /// The part of the checklist it stands in.
    pub section: Section,
    /// What is required.
    pub requirement: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How to meet it.
    pub remediation: &'static str,
    /// The standards it comes from: the checklist's footnotes.
    pub references: &'static [Reference],
    /// What it can find. A rule named `*` stands for rules that are data elsewhere.
    pub rules: &'static [Rule],
    /// What a bad and a good image look like.
    pub example: Option<Example>,
    /// The evidence that a pass rests on.
    pub rests_on: &'static [RestsOn],
    /// Decides it.
    pub judge: fn(&Evidence, &Policy) -> Verdict,
}

impl Item {
    /// The protection level from which on the item is required: the lowest that its references give, else standard.
    pub fn level(&self) -> Level {
        self.references.iter().filter_map(|r| r.level).min().unwrap_or(Level::Standard)
    }

    /// The rule of this name, or the one that stands for rules that are data elsewhere.
    pub fn rule(&self, name: &str) -> Option<&'static Rule> {
        self.rules.iter().find(|r| r.name == name).or_else(|| self.rules.iter().find(|r| r.name == "*"))
    }
}

/// The stable name of an item: `non-root-user`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct ItemId(pub &'static str);

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// The parts of the checklist, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Base image security.
    BaseImage,
    /// Build process security.
    BuildProcess,
    /// Component management and transparency.
    Components,
    /// Secrets and sensitive data.
    Secrets,
    /// Runtime configuration.
    Runtime,
    /// Compliance and vulnerability management.
    Compliance,
}

impl Section {
    /// Every section in the checklist's order.
    pub const ALL: [Self; 6] = [Self::BaseImage, Self::BuildProcess, Self::Components, Self::Secrets, Self::Runtime, Self::Compliance];

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::BaseImage => "Base image security",
            Self::BuildProcess => "Build process security",
            Self::Components => "Component management and transparency",
            Self::Secrets => "Secrets and sensitive data",
            Self::Runtime => "Runtime configuration",
            Self::Compliance => "Compliance and vulnerability management",
        }
    }
}

/// One thing that an item can find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name inside the item, stable.
    pub name: &'static str,
    /// How bad it is, as a rule; a finding may be milder or worse and says why.
    pub severity: Severity,
    /// What it finds.
    pub finds: &'static str,
    /// How to mend it.
    pub mend: &'static str,
}

impl Rule {
    /// A rule.
    pub const fn new(name: &'static str, severity: Severity, finds: &'static str, mend: &'static str) -> Self {
        Self { name, severity, finds, mend }
    }
}

/// A bad and a good example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// The language of both, as a fenced block names it: `dockerfile`, `yaml`.
    pub language: &'static str,
    /// What the item fails.
    pub bad: &'static str,
    /// What it wants.
    pub good: &'static str,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RestsOn {
    /// The manifest, the config and the history.
    Config,
    /// The files of every layer.
    Files,
    /// The list of what is installed.
    Packages,
    /// The build files.
    BuildFiles,
    /// The deployment's files.
    Deployment,
}
