//! The arguments of `plimsoll db`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::args::{Format, RegistryOptions};

/// Which advisory database is meant.
#[derive(Debug, Args)]
#[command(next_help_heading = "Advisories")]
pub(crate) struct DatabaseOptions {
    /// The advisory database [default: plimsoll/advisories.db in the user's data directory]
    #[arg(long, env = "PLIMSOLL_DB", value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  plimsoll db update                               (the public archives of OSV, KEV and EPSS)
  plimsoll db update --ecosystem Debian --ecosystem Go
  plimsoll db update --osv-url https://mirror.example.org/osv
  plimsoll db build advisories/ Go.zip known_exploited_vulnerabilities.json
  plimsoll db status
  plimsoll db export advisories.db && plimsoll db import advisories.db   (into an air gap)
  plimsoll db export oci:mirror:2026-01-31         (as an artifact; skopeo copy and oras carry it to a registry)
  plimsoll db import oci-archive:advisories.tar
  plimsoll db update --from docker://registry.example.org/mirror/advisories:latest";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Db {
    #[command(subcommand)]
    pub(crate) command: DbCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Fetch the public advisories that changed and make the database of them
    Update(Update),
    /// Make the database of files: OSV, Debian's tracker, Alpine's secdb, Red Hat's CSAF, Oracle's OVAL, Arch's, Photon's, Amazon's and Fedora's updateinfo, Rust's, Ruby's, PHP's, Wolfi's, KEV, EPSS
    Build(Build),
    /// Say what the database holds, how old it is and whether it is whole
    Status(DbStatus),
    /// Write the database, to be carried elsewhere: to a file, or as an OCI artifact
    Export {
        /// The file to write; or oci:DIR[:TAG] or oci-archive:FILE[:TAG], an OCI image layout in a directory or a tar
        #[arg(value_name = "TO")]
        to: PathBuf,
        #[command(flatten)]
        database: DatabaseOptions,
    },
    /// Take a database that was exported elsewhere
    Import(Import),
    /// Look up under which names and package URLs advisories speak of a program, and how many of them
    Search {
        /// A part of the name
        word: String,
        #[command(flatten)]
        database: DatabaseOptions,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Files, directories and archives of advisories, in any of the forms
    #[arg(required = true)]
    pub(crate) from: Vec<PathBuf>,
    /// Where to write the database [default: the place of --db]
    #[arg(short, long, env = "PLIMSOLL_OUTPUT", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The day on which the files were had from their publishers, as 2026-01-31; without it the newest record tells the age
    #[arg(long, env = "PLIMSOLL_FETCHED", value_name = "DATE")]
    pub(crate) fetched: Option<String>,
    #[command(flatten)]
    pub(crate) database: DatabaseOptions,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    #[arg(
        value_name = "FROM",
        help = "The file to read; or oci:DIR[:TAG|@DIGEST], oci-archive:FILE[:TAG|@DIGEST], docker://HOST/NAME[:TAG|@DIGEST]"
    )]
    pub(crate) from: PathBuf,
    #[command(flatten)]
    pub(crate) database: DatabaseOptions,
    #[command(flatten)]
    pub(crate) registry: RegistryOptions,
}

#[derive(Debug, Args)]
pub(crate) struct DbStatus {
    /// The answer's form
    #[arg(long, env = "PLIMSOLL_FORMAT", default_value = "terminal")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) database: DatabaseOptions,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// An ecosystem to have advisories of, as OSV names it; may be given again [default: those of distributions and languages in images]
    #[arg(long, env = "PLIMSOLL_ECOSYSTEM", value_name = "NAME", value_delimiter = ',')]
    pub(crate) ecosystem: Vec<String>,
    #[arg(
        long,
        env = "PLIMSOLL_FROM",
        value_name = "FROM",
        conflicts_with_all = ["ecosystem", "osv_url"],
        help = "Take the whole database from here if it is another: what plimsoll db import takes, such as docker://HOST/NAME:TAG [default: from under [advisories] in plimsoll.toml]"
    )]
    pub(crate) from: Option<PathBuf>,
    /// Where the archives are: NAME/all.zip below this address [default: <https://osv-vulnerabilities.storage.googleapis.com>]
    #[arg(long, env = "PLIMSOLL_OSV_URL", value_name = "URL")]
    pub(crate) osv_url: Option<String>,
    /// Where the catalogue of known exploited vulnerabilities is; `none` leaves it out
    #[arg(
        long,
        env = "PLIMSOLL_KEV_URL",
        value_name = "URL",
        default_value = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
    )]
    pub(crate) kev_url: String,
    /// Where the exploit prediction scores are; `none` leaves them out
    #[arg(
        long,
        env = "PLIMSOLL_EPSS_URL",
        value_name = "URL",
        default_value = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
    )]
    pub(crate) epss_url: String,
    /// Trust this certificate authority (PEM) besides the system's; may be given again
    #[arg(long, env = "PLIMSOLL_CA", value_name = "FILE", value_delimiter = ',')]
    pub(crate) ca: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) database: DatabaseOptions,
    #[command(flatten)]
    pub(crate) registry: RegistryOptions,
}
