//! The arguments of `plimsoll vulns`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use plimsoll_evidence::Severity;

use crate::args::{FailOn, ReadingOptions};
use crate::db::DatabaseOptions;

const EXAMPLES: &str = "\
Examples:
  plimsoll vulns registry.example.org/team/app:1.4
  plimsoll vulns sbom.cdx.json
  plimsoll vulns oci:build/image --without curl     (which go when curl does?)
  plimsoll vulns app.tar --only-fixed --severity high --reachable
  plimsoll vulns app.tar --base oci:build/base --application
  plimsoll vulns app.tar --format sarif --output vulnerabilities.sarif
  plimsoll vulns app.tar --format cyclonedx --output app.vdr.cdx.json
  plimsoll vulns app.tar --sbom /usr/bin/app=app.cdx.json   (what the program alone does not say)
  plimsoll vulns app.tar --vex vex/ --trust-unsigned-vex
  plimsoll vulns registry.example.org/team/app:1.4 --first-seen   (deadlines count from the day it was first seen in team/app)
  plimsoll vulns app.tar --fail-on critical";

/// Find the known vulnerabilities of an image or an SBOM, and the way out of each.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Vulns {
    /// The image, as plimsoll check takes it, or a file with a bill of materials (CycloneDX, SPDX, Syft's JSON)
    #[arg(env = "PLIMSOLL_IMAGE")]
    pub(crate) image: String,
    /// The report's form
    #[arg(long, env = "PLIMSOLL_FORMAT", default_value = "table")]
    pub(crate) format: VulnsFormat,
    /// Write the report to a file in place of standard output
    #[arg(short, long, env = "PLIMSOLL_OUTPUT", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show only those that have a fixed version
    #[arg(long, env = "PLIMSOLL_ONLY_FIXED", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) only_fixed: bool,
    /// Show only those at this severity or above: info, low, medium, high or critical; what nobody rates counts as medium
    #[arg(long, env = "PLIMSOLL_SEVERITY", value_name = "SEVERITY", value_parser = severity)]
    pub(crate) severity: Option<Severity>,
    /// Show only those that the base image brought; it has to be known (--base)
    #[arg(long, env = "PLIMSOLL_ONLY_BASE", conflicts_with = "only_application", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) only_base: bool,
    /// Show only those that the application brought; the base image has to be known (--base)
    #[arg(long, alias = "application", env = "PLIMSOLL_ONLY_APPLICATION", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) only_application: bool,
    /// Show only those in components of which what starts reaches a file
    #[arg(long, env = "PLIMSOLL_REACHABLE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) reachable: bool,
    /// Say what would be gone without this component; may be given again
    #[arg(long, env = "PLIMSOLL_WITHOUT", value_name = "COMPONENT", value_delimiter = ',')]
    pub(crate) without: Vec<String>,
    /// End with status 1 when one that is shown is at this severity or above: info, low, medium, high, critical, any or never
    #[arg(long, env = "PLIMSOLL_FAIL_ON", value_name = "SEVERITY", default_value = "any")]
    pub(crate) fail_on: FailOn,
    /// The configuration [default: plimsoll.toml of this folder or of the nearest above it]
    #[arg(long, env = "PLIMSOLL_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What VEX documents call the image, where it has another name here [default: the name in plimsoll.toml]
    #[arg(long, env = "PLIMSOLL_NAME", value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) sboms: crate::given_sboms::SbomOptions,
    #[command(flatten)]
    pub(crate) first_seen: crate::first_seen::FirstSeenOptions,
    #[command(flatten)]
    pub(crate) vex: crate::vex::VexOptions,
    #[command(flatten)]
    pub(crate) database: DatabaseOptions,
    #[command(flatten)]
    pub(crate) reading: ReadingOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VulnsFormat {
    /// For people
    #[value(alias = "terminal")]
    Table,
    /// For machines: see docs/vulnerabilities.schema.json
    Json,
    /// For code-scanning pages: SARIF 2.1.0
    Sarif,
    /// The bill of materials with its vulnerabilities: `CycloneDX` 1.6
    #[value(name = "cyclonedx-1.6", alias = "cyclonedx")]
    CycloneDx16,
    /// The same in `CycloneDX` 1.7
    #[value(name = "cyclonedx-1.7")]
    CycloneDx17,
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| "wanted info, low, medium, high or critical".to_owned())
}
