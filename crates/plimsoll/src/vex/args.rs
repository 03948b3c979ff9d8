//! The arguments of `plimsoll vex`, and those by which other commands take VEX documents.

use std::path::PathBuf;

use clap::Args;

/// What is said of exploitability, and whether it is trusted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Exploitability")]
pub(crate) struct VexOptions {
    /// A VEX document (OpenVEX, CycloneDX, CSAF) or a directory of them; may be given again
    #[arg(long, env = "PLIMSOLL_VEX", value_name = "PATH", value_delimiter = ',')]
    pub(crate) vex: Vec<PathBuf>,
    /// Let statements that nobody signed silence what they speak of
    #[arg(long, env = "PLIMSOLL_TRUST_UNSIGNED_VEX", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) trust_unsigned_vex: bool,
}
