//! `plimsoll db update`: fetches what changed, then makes the database of all that is there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use plimsoll_advisories::Builder;

use super::args::Update;
use super::carry;
use super::download::{Downloader, Fetched, Kept};
use super::ecosystem::Ecosystem;
use crate::args::Common;
use crate::plan::{now, settings};
use crate::reading::registries;
use crate::status::Status;

/// The ecosystems that images have packages of.
const ECOSYSTEMS: [&str; 17] = [
    "Debian",
    "Ubuntu",
    "Alpine",
    "Wolfi",
    "Chainguard",
    "Red Hat",
    "Rocky Linux",
    "AlmaLinux",
    "openSUSE",
    "SUSE",
    "Go",
    "npm",
    "PyPI",
    "Maven",
    "crates.io",
    "RubyGems",
    "Packagist",
];
const MORE_ECOSYSTEMS: [&str; 2] = ["NuGet", "Bitnami"];

/// Where the public archives are.
const OSV: &str = "https://osv-vulnerabilities.storage.googleapis.com";

/// The ecosystems to have, and where.
fn wanted(update: &Update, folder: &Path) -> anyhow::Result<Vec<Ecosystem>> {
    let names: Vec<&str> = if update.ecosystem.is_empty() {
        ECOSYSTEMS.iter().chain(&MORE_ECOSYSTEMS).copied().collect()
    } else {
        update.ecosystem.iter().map(String::as_str).collect()
    };
    let base = update.osv_url.as_deref().unwrap_or(OSV).trim_end_matches('/');
    let mut all = Vec::new();
    for name in names {
        // A name is a part of an address and of a file's name.
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) || name.chars().any(char::is_control) {
            bail!("--ecosystem {name:?} is no ecosystem; wanted one as OSV names it, such as Debian or PyPI");
        }
        all.push(Ecosystem::new(base, name, folder));
    }
    Ok(all)
}

pub(super) fn run(update: &Update, common: &Common) -> anyhow::Result<Status> {
    let settings = settings(None)?;
    let own = update.ecosystem.is_empty() && update.osv_url.is_none();
    if let Some(from) = update.from.clone().or_else(|| settings.advisories.map(PathBuf::from).filter(|_| own)) {
        return carry::take(&from, &update.database.place()?, &registries(&update.registry, &settings.mirrors)?, common);
    }
    if common.offline {
        bail!(
            "--offline forbids the network, and plimsoll db update fetches advisories; bring a database in with plimsoll db import FILE, or make one of files with plimsoll db build DIR"
        );
    }
    let to = update.database.place()?;
    let folder = sources(&to);
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let downloader = Downloader::new(&update.ca)?;
    let now = now()?;
    let (mut builder, mut failures) = (Builder::new(), Vec::new());
    for ecosystem in wanted(update, &folder)? {
        failures.extend(ecosystem.take(&mut builder, &downloader, now, common)?);
    }
    for (url, file) in [(&update.kev_url, "kev.json"), (&update.epss_url, "epss.csv.gz")] {
        if url == "none" {
            continue;
        }
        let kept = Kept::new(&folder, file);
        let had = fetch(&downloader, url, &kept, now, common);
        failures.extend(had.failure);
        if kept.path().exists() {
            builder.add_path(kept.path(), had.at).with_context(|| format!("{} cannot be read", kept.path().display()))?;
        }
    }
    if builder.is_empty() {
        bail!("nothing could be fetched, and the database stays as it is: {}", failures.join("; "));
    }
    let built = builder.finish(&to).with_context(|| format!("the database cannot be written to {}", to.display()))?;
    super::told(&built, &to, common);
    if failures.is_empty() {
        return Ok(Status::Fine);
    }
    for failure in &failures {
        eprintln!("not fetched: {failure}");
    }
    Ok(Status::NotChecked)
}

/// What came of having a file.
pub(super) struct Had {
    /// When what is there was what the server has.
    pub(super) at: Option<i64>,
    /// Whether it is another file than before.
    pub(super) is_new: bool,
    /// What went wrong.
    pub(super) failure: Option<String>,
}

/// Has a file as the server has it, and says so.
pub(super) fn fetch(downloader: &Downloader, url: &str, kept: &Kept, now: Option<i64>, common: &Common) -> Had {
    let name = kept.path().file_name().unwrap_or_default().display();
    match downloader.fetch(url, kept, now) {
        Ok(Fetched::New(bytes)) => {
            super::say(common, &format!("{name}: {} KiB", bytes.div_ceil(1024)));
            Had { at: now, is_new: true, failure: None }
        }
        Ok(Fetched::Unchanged) => {
            super::say(common, &format!("{name}: unchanged"));
            Had { at: now, is_new: false, failure: None }
        }
        Err(error) => {
            let what = if kept.path().exists() { "the copy of before is used" } else { "it is left out" };
            Had { at: kept.fetched(), is_new: false, failure: Some(format!("{url}: {error:#}; {what}")) }
        }
    }
}

/// The folder of archives beside the database.
fn sources(database: &Path) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    name.push(".sources");
    database.with_file_name(name)
}
