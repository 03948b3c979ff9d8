//! The command line: parses arguments, calls one function, chooses the exit status.

mod allocator;
mod args;
mod cache;
mod check;
mod db;
mod evidence;
mod first_seen;
mod given_sboms;
mod init;
mod items;
mod licences;
mod look;
mod plan;
mod progress;
mod reading;
mod sbom;
mod sbom_args;
mod status;
mod vex;
mod vulns;
mod why;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use status::Status;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.command {
        Command::Check(check) => check::run(check, &arguments.common),
        Command::Sbom(sbom) => sbom::run(sbom, &arguments.common),
        Command::Licences(licences) => licences::run(licences, &arguments.common),
        Command::Init(init) => init::run(init, &arguments.common),
        Command::Items(items) => items::list(items),
        Command::Explain(explain) => items::explain(explain),
        Command::Vulns(vulns) => vulns::run(vulns, &arguments.common),
        Command::Vex(vex) => vex::run(vex, &arguments.common),
        Command::Why(why) => why::run(why, &arguments.common),
        Command::Db(db) => db::run(db, &arguments.common),
        Command::Cache(cache) => cache::run(cache),
        Command::Completions { shell } => items::completions(*shell),
        Command::Man { directory } => items::man(directory),
    };
    let status = result.unwrap_or_else(|error| {
        // One paragraph: what, why and the next step are in the error itself.
        eprintln!("error: {error:#}");
        Status::NotChecked
    });
    status.into()
}
