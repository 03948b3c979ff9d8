//! Every command and option. An option's environment variable is its name in capitals after `PLIMSOLL_`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use plimsoll_evidence::Severity;

/// The load line for container images: decides, from evidence, whether an image meets the forty items of the
/// Container Hardening Checklist, says why, and how to mend it.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, about, long_about = None, arg_required_else_help = true, after_help = EXIT_STATUS)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_STATUS: &str = "Exit status: 0 nothing fails; 1 an item fails at or above --fail-on; 2 the check could not be made; \
3 nothing fails, but --strict was given and a required item is unknown.";

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Open no socket: neither to a registry nor to an engine
    #[arg(long, global = true, env = "PLIMSOLL_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) offline: bool,
    /// Say less: no progress and no remarks, and of the report only what fails
    #[arg(short, long, global = true, conflicts_with = "verbose", env = "PLIMSOLL_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) quiet: bool,
    /// Say more: every finding, advice beside a pass, rule names and fingerprints
    #[arg(short, long, global = true, env = "PLIMSOLL_VERBOSE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) verbose: bool,
    /// Colours in the report
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", env = "PLIMSOLL_COLOUR", alias = "color")]
    pub(crate) colour: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set; with `CLICOLOR_FORCE` everywhere
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check an image: a verdict with evidence for each of the forty items
    #[command(after_help = EXAMPLES)]
    Check(Box<Check>),
    /// Write an image's bill of materials; check one, compare two
    #[command(after_help = crate::sbom_args::SBOM_EXAMPLES)]
    Sbom(Box<crate::sbom_args::Sbom>),
    /// List the licences of an image, or of a bill of materials, and those that may not be
    #[command(after_help = crate::sbom_args::LICENCES_EXAMPLES)]
    Licences(Box<crate::sbom_args::Licences>),
    /// Write a plimsoll.toml that fits this folder
    #[command(after_help = "Example:\n  plimsoll init && plimsoll check")]
    Init(Init),
    /// List the forty items
    Items(Items),
    /// Explain an item: what it asks for, why, its rules and how to meet it
    #[command(after_help = "Example:\n  plimsoll explain non-root-user")]
    Explain(Explain),
    /// Find the known vulnerabilities of an image or an SBOM, and the way out of each
    Vulns(Box<crate::vulns::Vulns>),
    /// Say which vulnerabilities can be exploited, and propose what the image proves
    Vex(crate::vex::VexCommand),
    /// Show the chain from what the container starts to a component, a file, or the programs that know a symbol
    Why(Box<crate::why::Why>),
    /// Make, update, show and carry the advisory database
    Db(Box<crate::db::Db>),
    /// Show or clear what is kept of layers that were read before
    Cache(Cache),
    /// Print shell completions
    #[command(after_help = "Example:\n  plimsoll completions bash > /etc/bash_completion.d/plimsoll")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a directory
    Man {
        /// The directory, which has to exist
        directory: PathBuf,
    },
}

const EXAMPLES: &str = "\
IMAGE is
  oci:DIR[:TAG|@DIGEST], oci-archive:FILE   an OCI image layout
  docker-archive:FILE                       what docker save, podman save and skopeo write
  docker://HOST/NAME[:TAG|@DIGEST]          an image in a registry
  docker:NAME, podman:NAME                  an image that an engine holds
  -                                         an archive on standard input
A bare word is looked at: a directory or file that is there, else the name of an image in a registry.

Examples:
  plimsoll check registry.example.org/team/app:1.4
  plimsoll check oci:build/image --base oci:build/base
  docker save app | plimsoll check -
  plimsoll check app.tar --build Containerfile --deploy deploy/
  plimsoll check app.tar --sbom app.spdx.json          (does it say what is in the image?)
  plimsoll check --deploy compose.yaml
  plimsoll check                          (what plimsoll.toml names)
  plimsoll check app.tar --format json --output report.json
  plimsoll check app.tar --fail-on high --strict";

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The image; without one, what plimsoll.toml names, or only the build files and the deployment that are given
    #[arg(env = "PLIMSOLL_IMAGE")]
    pub(crate) image: Option<String>,
    /// A build file: Containerfile or Dockerfile; may be given again
    #[arg(long, env = "PLIMSOLL_BUILD", value_name = "FILE", value_delimiter = ',')]
    pub(crate) build: Vec<PathBuf>,
    /// The stage of the build file that ships [default: the last one]
    #[arg(long, env = "PLIMSOLL_TARGET", value_name = "STAGE")]
    pub(crate) target: Option<String>,
    /// The folder of the build context [default: the one that the build file lies in]
    #[arg(long, env = "PLIMSOLL_CONTEXT", value_name = "DIR")]
    pub(crate) context: Option<PathBuf>,
    /// What deploys the image: manifests, a folder of them, a chart, Compose files, Quadlet units; may be given again
    #[arg(long, env = "PLIMSOLL_DEPLOY", value_name = "PATH", value_delimiter = ',')]
    pub(crate) deploy: Vec<PathBuf>,
    /// What the deployment calls the image, where it has another name here
    #[arg(long, env = "PLIMSOLL_NAME", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The configuration [default: plimsoll.toml of this folder or of the nearest above it]
    #[arg(long, env = "PLIMSOLL_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The report's form
    #[arg(long, env = "PLIMSOLL_FORMAT", default_value = "terminal")]
    pub(crate) format: ReportFormat,
    /// Write the report to a file in place of standard output
    #[arg(short, long, env = "PLIMSOLL_OUTPUT", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// End with status 1 when an item fails at this severity or above: info, low, medium, high, critical, any or never
    #[arg(long, env = "PLIMSOLL_FAIL_ON", value_name = "SEVERITY", default_value = "any")]
    pub(crate) fail_on: FailOn,
    /// End with status 3 when nothing fails but an item that is required at level B or S is unknown
    #[arg(long, env = "PLIMSOLL_STRICT", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) sboms: crate::given_sboms::SbomOptions,
    #[command(flatten)]
    pub(crate) first_seen: crate::first_seen::FirstSeenOptions,
    #[command(flatten)]
    pub(crate) vex: crate::vex::VexOptions,
    #[command(flatten)]
    pub(crate) database: crate::db::DatabaseOptions,
    #[command(flatten)]
    pub(crate) reading: ReadingOptions,
}

/// How an image is opened and read.
#[derive(Debug, Args)]
pub(crate) struct ReadingOptions {
    /// Of an image for several platforms, the one to check: os/architecture[/variant], or `all`
    #[arg(long, env = "PLIMSOLL_PLATFORM", value_name = "PLATFORM")]
    pub(crate) platform: Option<String>,
    /// The image that this one is built on: tells what it brought from what the application brought
    #[arg(long, env = "PLIMSOLL_BASE", value_name = "IMAGE")]
    pub(crate) base: Option<String>,
    /// Layers that are read side by side [default: as many as there are processors]
    #[arg(long, env = "PLIMSOLL_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    /// Recompute the digest of every file of which a package manager keeps one, not only of those in doubt: the layers are read twice
    #[arg(long, env = "PLIMSOLL_VERIFY_FILES", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) verify_files: bool,
    #[command(flatten)]
    pub(crate) cache: CacheOptions,
    #[command(flatten)]
    pub(crate) registry: RegistryOptions,
    #[command(flatten)]
    pub(crate) limits: LimitOptions,
}

/// How registries are spoken to. Logins are read from podman's and docker's own files.
#[derive(Debug, Args)]
#[command(next_help_heading = "Registries")]
pub(crate) struct RegistryOptions {
    /// Trust this certificate authority (PEM) besides the system's; may be given again
    #[arg(long, env = "PLIMSOLL_REGISTRY_CA", value_name = "FILE", value_delimiter = ',')]
    pub(crate) registry_ca: Vec<PathBuf>,
    /// Ask this place first for images of a registry: REGISTRY=HOST[/PREFIX]; may be given again
    #[arg(long, env = "PLIMSOLL_MIRROR", value_name = "REGISTRY=PLACE", value_delimiter = ',')]
    pub(crate) mirror: Vec<String>,
    /// Speak to this host without TLS (this machine itself always may be); may be given again
    #[arg(long, env = "PLIMSOLL_INSECURE_REGISTRY", value_name = "HOST[:PORT]", value_delimiter = ',')]
    pub(crate) insecure_registry: Vec<String>,
    /// Send a registry's login to this token server although it is another owner's host; may be given again
    #[arg(long, env = "PLIMSOLL_TOKEN_REALM", value_name = "HOST[:PORT]", value_delimiter = ',')]
    pub(crate) token_realm: Vec<String>,
    /// Look for logins in this file only [default: `REGISTRY_AUTH_FILE`, else podman's and docker's files]
    #[arg(long, env = "PLIMSOLL_AUTH_FILE", value_name = "FILE")]
    pub(crate) auth_file: Option<PathBuf>,
}

/// Bounds for hostile input.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitOptions {
    /// Entries that are read of one layer
    #[arg(long, env = "PLIMSOLL_MAX_ENTRIES", value_name = "N", default_value_t = 1_000_000)]
    pub(crate) max_entries: u64,
    /// Mebibytes that are unpacked of one layer
    #[arg(long, env = "PLIMSOLL_MAX_UNPACKED", value_name = "MIB", default_value_t = 65_536)]
    pub(crate) max_unpacked: u64,
}

/// Where facts of layers are kept.
#[derive(Debug, Args)]
#[command(next_help_heading = "Cache")]
pub(crate) struct CacheOptions {
    /// Keep nothing of the layers and use nothing that was kept
    #[arg(long, env = "PLIMSOLL_NO_CACHE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) no_cache: bool,
    /// Where facts of layers are kept [default: plimsoll in the user's cache directory]
    #[arg(long, env = "PLIMSOLL_CACHE_DIR", value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Mebibytes beyond which what is longest unused is removed
    #[arg(long, env = "PLIMSOLL_CACHE_SIZE", value_name = "MIB", default_value_t = 2048)]
    pub(crate) cache_size: u64,
}

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Terminal,
    /// For machines
    Json,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Terminal,
    /// For machines: see docs/report.schema.json
    Json,
    /// For code-scanning pages: SARIF 2.1.0
    Sarif,
}

/// From which severity on a fail matters to the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailOn {
    Never,
    AtLeast(Severity),
}

impl std::str::FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "never" => Ok(Self::Never),
            "any" => Ok(Self::AtLeast(Severity::Info)),
            _ => Severity::ALL
                .into_iter()
                .find(|s| s.name() == text)
                .map(Self::AtLeast)
                .ok_or_else(|| "wanted info, low, medium, high, critical, any or never".to_owned()),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to look at
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Replace a file that is there
    #[arg(long, env = "PLIMSOLL_FORCE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Items {
    /// The list's form
    #[arg(long, env = "PLIMSOLL_FORMAT", default_value = "terminal")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The item, as `plimsoll items` names it; a rule (`item/rule`) does too
    pub(crate) item: String,
}

#[derive(Debug, Args)]
pub(crate) struct Cache {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
    #[command(flatten)]
    pub(crate) cache: CacheOptions,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Say where it is and how much it holds
    Status,
    /// Remove everything in it
    Clear,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_option_has_its_environment_variable() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments().filter(|a| a.get_long().is_some() && !matches!(a.get_id().as_str(), "help" | "version"))
            {
                let expected = format!("PLIMSOLL_{}", argument.get_long().unwrap().to_uppercase().replace('-', "_"));
                assert_eq!(argument.get_env().and_then(|e| e.to_str()), Some(expected.as_str()), "{}", argument.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }
}
