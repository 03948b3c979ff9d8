//! What maintainers run: `cargo xtask docs`, `cargo xtask bench`, `cargo xtask example`, `cargo xtask image`, `cargo xtask fuzz [SECONDS]`,
//! `cargo xtask support-ends PAGES DATE`, `cargo xtask agreement PEER FOLDER`.

mod agreement;
mod archive;
mod bench;
mod docs;
mod example;
mod fuzz;
mod image;
mod inventory;
mod owned;
mod support_ends;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["docs"] => docs::write(&root()),
        ["bench", rest @ ..] => bench::run(&root(), rest),
        ["inventory", rest @ ..] => inventory::run(&root(), rest),
        ["owned", database, corpus] => owned::run(&root(), database, Path::new(corpus)),
        ["image"] => image::write(&root()),
        ["example"] => example::write(&root()),
        ["agreement", peer, folder] => agreement::run(peer, Path::new(folder)),
        ["support-ends", pages, date] => support_ends::write(&root(), Path::new(pages), date),
        ["fuzz", rest @ ..] => fuzz::run(&root(), rest),
        _ => Err(anyhow::anyhow!(
            "cargo xtask docs             write the generated documentation\ncargo xtask bench CORPUS [IMAGE…]     measure beside trivy and syft\ncargo xtask inventory CORPUS [IMAGE…]     list components beside syft and trivy\ncargo xtask owned DATABASE CORPUS     count advisories of languages on what a distribution owns, of which there may be none\ncargo xtask image            build the release image into target/plimsoll.tar\ncargo xtask example          build the example service and write its two images\ncargo xtask fuzz [SECONDS [TARGET]]   run each fuzz target so long (default 60)\ncargo xtask support-ends PAGES DATE     write the table of ends of support from endoflife.date's product pages\ncargo xtask agreement osv|trivy|vunnel|cvss|admission|polaris|kube-linter|checkov|hadolint|checkov-build-files FOLDER     judge the test cases of that peer"
        )),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_owned).unwrap_or_default()
}

/// Runs a program to its end.
fn command(program: &str, arguments: &[&str], directory: &Path) -> anyhow::Result<()> {
    let status = std::process::Command::new(program).args(arguments).current_dir(directory).status()?;
    if !status.success() {
        bail!("{program} {}: {status}", arguments.join(" "));
    }
    Ok(())
}
