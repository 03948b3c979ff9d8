//! The arguments of `plimsoll sbom` and `plimsoll licences`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::args::{Format, ReadingOptions};

pub(crate) const SBOM_EXAMPLES: &str = "\
Exit status: 0 done; 1 `check` finds something missing, or `diff` a difference; 2 it could not be done.

Examples:
  plimsoll sbom registry.example.org/team/app:1.4 --output app.cdx.json
  plimsoll sbom oci:build/image --format spdx-3.0 --creator 'Team A <team-a@example.org>'
  plimsoll sbom app.tar --sbom /usr/bin/app=build/app.cdx.json   (with what the build knew of a program)
  plimsoll sbom check app.cdx.json
  plimsoll sbom diff app-1.cdx.json registry.example.org/team/app:1.4

An image whose name is `check` or `diff` is written with its kind: oci:check.";

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Sbom {
    #[command(subcommand)]
    pub(crate) command: Option<SbomCommand>,
    /// The image
    #[arg(env = "PLIMSOLL_IMAGE", required = true)]
    pub(crate) image: Option<String>,
    /// The document's form
    #[arg(long, env = "PLIMSOLL_FORMAT", default_value = "cyclonedx-1.6")]
    pub(crate) format: SbomFormat,
    /// Write the document to a file in place of standard output
    #[arg(short, long, env = "PLIMSOLL_OUTPUT", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Who makes the bill: a name and a mail address or an address on the web, as 'Team A <a@example.org>'
    #[arg(long, env = "PLIMSOLL_CREATOR", value_name = "WHO")]
    pub(crate) creator: Option<String>,
    #[command(flatten)]
    pub(crate) sboms: crate::given_sboms::SbomOptions,
    #[command(flatten)]
    pub(crate) options: ReadingOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SbomFormat {
    /// `CycloneDX` 1.6 in JSON
    #[value(name = "cyclonedx-1.6", alias = "cyclonedx", alias = "cyclonedx-json")]
    CycloneDx16,
    /// `CycloneDX` 1.7 in JSON
    #[value(name = "cyclonedx-1.7")]
    CycloneDx17,
    /// `CycloneDX` 1.6 in XML
    #[value(name = "cyclonedx-xml", alias = "cyclonedx-1.6-xml")]
    CycloneDx16Xml,
    /// `CycloneDX` 1.7 in XML
    #[value(name = "cyclonedx-1.7-xml")]
    CycloneDx17Xml,
    /// SPDX 2.3 in JSON
    #[value(name = "spdx-2.3", alias = "spdx", alias = "spdx-json")]
    Spdx23,
    /// SPDX 2.3 as tags and values
    #[value(name = "spdx-tag-value")]
    SpdxTagValue,
    /// SPDX 3.0.1 in JSON-LD
    #[value(name = "spdx-3.0", alias = "spdx-3.0.1", alias = "spdx-3")]
    Spdx30,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SbomCommand {
    /// Tell what BSI TR-03183-2 and NTIA's minimum elements ask for and a bill of materials does not say
    Check(SbomCheck),
    /// Compare two bills of materials, or images: what was added, removed, changed
    Diff(Box<SbomDiff>),
}

#[derive(Debug, Args)]
pub(crate) struct SbomCheck {
    /// The document; `-` for standard input
    pub(crate) file: PathBuf,
    /// The list's form
    #[arg(long, env = "PLIMSOLL_FORMAT", default_value = "terminal")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct SbomDiff {
    /// The first: a document, or an image
    pub(crate) first: String,
    /// The second
    pub(crate) second: String,
    /// The list's form
    #[arg(long, env = "PLIMSOLL_FORMAT", default_value = "terminal")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) options: ReadingOptions,
}

pub(crate) const LICENCES_EXAMPLES: &str = "\
Exit status: 0 every licence passes; 1 one is refused; 2 it could not be done; 3 none is refused, but with --allow or --deny a component's
licence is not known.

Examples:
  plimsoll licences registry.example.org/team/app:1.4
  plimsoll licences app.cdx.json --deny 'AGPL-*,GPL-3.0-*'
  plimsoll licences oci:build/image --allow MIT,Apache-2.0,'BSD-*' --format json
  plimsoll licences oci:build/image --notice NOTICE.txt";

#[derive(Debug, Args)]
pub(crate) struct Licences {
    /// An image, or a bill of materials
    #[arg(env = "PLIMSOLL_IMAGE")]
    pub(crate) image: String,
    /// Only these licences pass, by SPDX identifier; `*` at the end stands for any ending
    #[arg(long, env = "PLIMSOLL_ALLOW", value_name = "LICENCE", value_delimiter = ',')]
    pub(crate) allow: Vec<String>,
    /// These licences do not pass
    #[arg(long, env = "PLIMSOLL_DENY", value_name = "LICENCE", value_delimiter = ',')]
    pub(crate) deny: Vec<String>,
    /// Write the licence texts that the image holds into a file, by component
    #[arg(long, env = "PLIMSOLL_NOTICE", value_name = "FILE")]
    pub(crate) notice: Option<PathBuf>,
    /// The list's form
    #[arg(long, env = "PLIMSOLL_FORMAT", default_value = "terminal")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) options: ReadingOptions,
}
