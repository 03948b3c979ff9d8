//! `plimsoll db export` and `import`: a whole database from one place to another. One that is damaged is not carried, and what is
//! there stays until the new one is whole.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use plimsoll_advisories::{Database, DatabaseError};
use plimsoll_oci::{Options, RegistryOptions};
use tempfile::NamedTempFile;

use super::args::Import;
use super::{artifact, say};
use crate::args::Common;
use crate::plan::settings;
use crate::reading::registries;
use crate::status::Status;

/// What places that are no files begin with; those that only images lie in are refused with a word by whoever opens them.
const TRANSPORTS: [&str; 6] = ["oci:", "oci-archive:", "docker://", "docker-archive:", "docker:", "podman:"];

pub(super) fn export(from: &Path, to: &Path, common: &Common) -> anyhow::Result<Status> {
    let database = Database::open(from)?;
    database.verify()?;
    if let Some(target) = reference(to) {
        let digest = artifact::write(&database, target)?;
        say(common, &format!("{target} is written: {digest}"));
        return Ok(Status::Fine);
    }
    let part = part_beside(to)?;
    copy(&mut File::open(from).with_context(|| format!("{} cannot be read", from.display()))?, part, to)?;
    say(common, &format!("{} is written", to.display()));
    Ok(Status::Fine)
}

pub(super) fn import(import: &Import, common: &Common) -> anyhow::Result<Status> {
    let settings = settings(None)?;
    bring(&import.from, &import.database.place()?, &registries(&import.registry, &settings.mirrors)?, common, false)
}

/// Takes the whole database from a place, where it is another than the one that is there.
pub(super) fn take(from: &Path, to: &Path, registry: &RegistryOptions, common: &Common) -> anyhow::Result<Status> {
    bring(from, to, registry, common, true)
}

fn bring(from: &Path, to: &Path, registry: &RegistryOptions, common: &Common, unless_same: bool) -> anyhow::Result<Status> {
    let there = if unless_same { Database::open(to).ok().filter(|d| d.verify().is_ok()) } else { None };
    let unchanged = || {
        say(common, &format!("{}: unchanged", to.display()));
        Ok(Status::Fine)
    };
    let kept = || if to.exists() { "the database stays as it is" } else { "nothing was written" };
    match Place::of(from)? {
        Place::File(file) => {
            let database = whole(&file, &file.display().to_string())?;
            if there.is_some_and(|there| there.identity() == database.identity()) {
                return unchanged();
            }
            let part = part_beside(to)?;
            copy(&mut File::open(&file).with_context(|| format!("{} cannot be read", file.display()))?, part, to)?;
        }
        Place::Artifact(reference) => {
            let options = Options { offline: common.offline, registry: registry.clone(), ..Options::default() };
            let offered = artifact::open(&reference, &options)?;
            offered.notes().iter().for_each(|note| say(common, note));
            if there.is_some_and(|there| offered.is(&there)) {
                return unchanged();
            }
            let mut part = part_beside(to)?;
            io::copy(&mut offered.bytes()?, part.as_file_mut())
                .map_err(|e| anyhow!("{reference} ({}) cannot be had whole: {e}; {}", offered.digest(), kept()))?;
            whole(part.path(), &reference).and_then(|_| offered.fits(part.path())).with_context(kept)?;
            plimsoll_advisories::put(part, to).with_context(|| format!("the database cannot be written to {}", to.display()))?;
        }
    }
    say(common, &format!("{} is taken", to.display()));
    Ok(Status::Fine)
}

/// A place that a database is had from.
enum Place {
    File(PathBuf),
    Artifact(String),
}

impl Place {
    fn of(given: &Path) -> anyhow::Result<Self> {
        if let Some(reference) = reference(given) {
            return Ok(Self::Artifact(reference.to_owned()));
        }
        let text = given.to_string_lossy();
        if text.starts_with("http://") || text.starts_with("https://") {
            bail!("{text} is not asked for a database; name a registry's (docker://HOST/NAME:TAG), or a file that is there");
        }
        if given.join("oci-layout").exists() {
            return Ok(Self::Artifact(format!("oci:{text}")));
        }
        Ok(if is_archive(given) { Self::Artifact(format!("oci-archive:{text}")) } else { Self::File(given.to_owned()) })
    }
}

/// A place that is no file, by how it begins.
fn reference(given: &Path) -> Option<&str> {
    given.to_str().filter(|text| TRANSPORTS.iter().any(|t| text.starts_with(t)))
}

/// Whether a file is a tar or is packed, by its first bytes.
fn is_archive(path: &Path) -> bool {
    let head = head(path);
    head.get(257..262) == Some(b"ustar") || head.starts_with(&[0x1f, 0x8b]) || head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

fn head(path: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    let is_file = fs::metadata(path).is_ok_and(|m| m.is_file());
    if let Ok(file) = File::open(path)
        && is_file
    {
        let _ = file.take(512).read_to_end(&mut head);
    }
    head
}

/// The database at a path, read to its end; `name` is what an error calls it.
fn whole(path: &Path, name: &str) -> anyhow::Result<Database> {
    let head = head(path);
    // SQLite's header string, and the magic number of a bolt file's first page.
    let other = if head.starts_with(b"SQLite format 3\0") {
        Some("a SQLite database, such as Grype's")
    } else if head.get(16..20) == Some(&[0xed, 0xda, 0x0c, 0xed]) {
        Some("a bolt database, such as Trivy's")
    } else {
        None
    };
    if let Some(other) = other {
        bail!("{name} is {other}, not an advisory database of Plimsoll's; make one with plimsoll db update or plimsoll db build");
    }
    let opened = Database::open(path).and_then(|database| database.verify().map(|()| database));
    opened.map_err(|error| match error {
        DatabaseError::Damaged { cause, .. } => anyhow!("{name} is no whole advisory database: {cause}; export or fetch it again"),
        other => anyhow!(other),
    })
}

/// A file beside the place, to become it.
fn part_beside(to: &Path) -> anyhow::Result<NamedTempFile> {
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = || format!("the database cannot be written to {}", to.display());
    fs::create_dir_all(folder).with_context(failed)?;
    tempfile::Builder::new().prefix(".plimsoll-advisories").tempfile_in(folder).with_context(failed)
}

/// Copies a whole database into place.
fn copy(from: &mut File, mut part: NamedTempFile, to: &Path) -> anyhow::Result<()> {
    let failed = || format!("the database cannot be written to {}", to.display());
    io::copy(from, part.as_file_mut()).with_context(failed)?;
    // The copy is what will be used.
    Database::open(part.path())?.verify()?;
    plimsoll_advisories::put(part, to).with_context(failed)
}
