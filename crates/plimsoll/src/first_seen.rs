//! When findings were first seen: a store that is kept where the user asks for it, a file for each image.
//!
//! An entry is a vulnerability of a component, whatever the component's version: it is the same finding until it is gone. The earliest
//! time counts, so that runs may come in any order, side by side; nothing that was seen once gets a later date.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use plimsoll_evidence::{Evidence, Gathered};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::args::Common;

/// Bytes of a file that are read.
const MOST: u64 = 64 << 20;
/// The form of the files.
const FORM: u32 = 1;
/// Seconds after which what was not seen again is forgotten: two years.
const KEPT: i64 = 2 * 365 * 86_400;
/// How often, and after which time, a file that another run holds is asked for again.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// Whether it is kept, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "First seen")]
pub(crate) struct FirstSeenOptions {
    /// Keep when each vulnerability was first seen in this image (by its name without tag and digest), and count the days to its deadline from
    /// then on; in DIR [default: plimsoll in the user's state directory]
    #[arg(long, env = "PLIMSOLL_FIRST_SEEN", value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) first_seen: Option<OsString>,
}

/// A directory with a file for each image.
pub(crate) struct FirstSeen {
    directory: PathBuf,
}

/// One image's file.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    form: u32,
    image: String,
    /// By vulnerability, ecosystem and component.
    findings: BTreeMap<String, Times>,
}

/// In seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Times {
    first: i64,
    last: i64,
}

impl FirstSeenOptions {
    /// The store; none where nobody asked for it.
    pub(crate) fn open(&self) -> anyhow::Result<Option<FirstSeen>> {
        let Some(given) = &self.first_seen else { return Ok(None) };
        let directory = if given.is_empty() {
            default_directory().context(
                "there is no place for --first-seen: neither XDG_STATE_HOME nor HOME is an absolute path; name one: --first-seen=DIR",
            )?
        } else {
            PathBuf::from(given)
        };
        Ok(Some(FirstSeen { directory }))
    }
}

/// `$XDG_STATE_HOME/plimsoll/first-seen`, or below `~/.local/state` (XDG Base Directory Specification 0.8).
fn default_directory() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let base = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
    Some(base.join("plimsoll/first-seen"))
}

impl FirstSeen {
    /// Puts into evidence when each vulnerability was first seen in this image, which is now for those that are new; and keeps that. `names` are
    /// names that the user gives the image.
    pub(crate) fn look_up(&self, evidence: &mut Evidence, names: &[String], now: Option<i64>, common: &Common) -> anyhow::Result<()> {
        let Evidence { subject: Some(subject), components: Gathered::Found(inventory), vulnerabilities: Gathered::Found(known), .. } =
            evidence
        else {
            return Ok(());
        };
        let now = now.context("this machine's clock is before 1970; set SOURCE_DATE_EPOCH")?;
        let image = image_name(names.first().unwrap_or(&subject.reference));
        let path = self.directory.join(format!("{}.json", key_of(&image)));
        let shown = path.display().to_string();
        let mut keep = || -> io::Result<Option<PathBuf>> {
            fs::create_dir_all(&self.directory)?;
            let _held = hold(&path)?;
            let (mut seen, broken) = read(&path)?;
            seen.form = FORM;
            seen.image.clone_from(&image);
            for vulnerability in &mut known.found {
                let Some(package) = inventory.packages.get(vulnerability.component as usize) else { continue };
                let key = format!("{} {} {}", vulnerability.id, package.ecosystem.name(), package.name);
                // A finding that took another of its ids keeps its time.
                let earlier = vulnerability
                    .ids
                    .iter()
                    .filter_map(|id| seen.findings.get(&format!("{id} {} {}", package.ecosystem.name(), package.name)));
                let first = earlier.map(|t| t.first).min().unwrap_or(now).min(now);
                let times = seen.findings.entry(key).or_insert(Times { first, last: now });
                times.first = times.first.min(first);
                times.last = times.last.max(now);
                vulnerability.first_seen = Some(times.first);
            }
            let newest = seen.findings.values().map(|t| t.last).max().unwrap_or(now);
            seen.findings.retain(|_, times| newest.saturating_sub(times.last) < KEPT);
            replace(&path, &seen)?;
            Ok(broken)
        };
        let broken = keep().with_context(|| format!("--first-seen: {shown} cannot be kept"))?;
        if let Some(broken) = broken.filter(|_| !common.quiet) {
            eprintln!("{shown} could not be read and is begun anew: what it said is in {}", broken.display());
        }
        Ok(())
    }
}

/// The name of an image without tag and digest; of a file or directory, its whole path.
fn image_name(reference: &str) -> String {
    let (kind, rest) = match reference.split_once(':') {
        Some((kind @ ("oci" | "oci-archive" | "docker-archive"), rest)) => (Some(kind), rest),
        Some(("docker" | "podman", rest)) => (None, rest.trim_start_matches("//")),
        _ => (None, reference),
    };
    let name = rest.split('@').next().unwrap_or(rest);
    let path = if kind.is_some() { name.split(':').next().unwrap_or(name) } else { name };
    if kind.is_some() || Path::new(path).exists() {
        let whole = fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
        return whole.to_string_lossy().into_owned();
    }
    match name.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => before.to_owned(),
        _ => name.to_owned(),
    }
}

/// A name for the file: what can be read of the image's, and what tells it from others.
fn key_of(image: &str) -> String {
    let plain: String = image.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '-' }).collect();
    let plain: String = plain.trim_start_matches(['-', '.']).chars().take(60).collect();
    let digest = plimsoll_evidence::Digest::sha256(&Sha256::digest(image.as_bytes()).into());
    format!("{plain}-{}", &digest.hex()[..16])
}

/// Holds a file against other runs, until what is returned goes.
fn hold(path: &Path) -> io::Result<File> {
    let lock = File::options().create(true).truncate(false).write(true).open(path.with_extension("lock"))?;
    for _ in 0..TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::WouldBlock, "another run holds it"))
}

/// What a file says; where it cannot be read, nothing, and the place that it was moved to.
fn read(path: &Path) -> io::Result<(Seen, Option<PathBuf>)> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Seen::default(), None)),
        opened => opened?.take(MOST + 1).read_to_end(&mut bytes)?,
    };
    let seen = serde_json::from_slice::<Seen>(&bytes).ok().filter(|s| bytes.len() as u64 <= MOST && s.form == FORM);
    if let Some(seen) = seen {
        return Ok((seen, None));
    }
    if serde_json::from_slice::<serde_json::Value>(&bytes).is_ok_and(|v| v["form"].as_u64().is_some_and(|form| form > u64::from(FORM))) {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "a newer Plimsoll wrote it: use that one, or another directory"));
    }
    let aside = path.with_extension("broken");
    fs::rename(path, &aside)?;
    Ok((Seen::default(), Some(aside)))
}

/// Whole or not at all.
fn replace(path: &Path, seen: &Seen) -> io::Result<()> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    serde_json::to_writer_pretty(&mut file, seen).map_err(io::Error::other)?;
    file.write_all(b"\n")?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Refuses what there is no image to know the time of.
pub(crate) fn needs_image(options: &FirstSeenOptions, given: &str) -> anyhow::Result<()> {
    if options.first_seen.is_some() {
        bail!("--first-seen is kept by image, and {given} is a bill of materials");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_known_by_their_names_without_tags() {
        for (reference, name) in [
            ("registry.example.org/team/app:1.4", "registry.example.org/team/app"),
            ("registry.example.org:5000/team/app", "registry.example.org:5000/team/app"),
            ("docker://registry.example.org/app@sha256:00", "registry.example.org/app"),
            ("podman:app:1", "app"),
            ("team/app", "team/app"),
            ("oci:/nowhere/image:1.4", "/nowhere/image"),
        ] {
            assert_eq!(image_name(reference), name, "{reference}");
        }
        assert!(key_of("registry.example.org/team/app").starts_with("registry.example.org-team-app-"));
        assert_ne!(key_of("a/b"), key_of("a-b"));
    }

    #[test]
    fn what_is_broken_is_begun_anew_and_kept_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        assert_eq!(read(&path).unwrap(), (Seen::default(), None));
        let seen = Seen { form: FORM, image: "a".to_owned(), findings: BTreeMap::from([("x".to_owned(), Times { first: 1, last: 2 })]) };
        replace(&path, &seen).unwrap();
        assert_eq!(read(&path).unwrap(), (seen, None));
        fs::write(&path, "{\"form\": 1").unwrap();
        let (empty, aside) = read(&path).unwrap();
        assert_eq!((empty, fs::read_to_string(aside.unwrap()).unwrap().as_str()), (Seen::default(), "{\"form\": 1"));
        fs::write(&path, "{\"form\": 2, \"more\": []}").unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::Unsupported);
    }
}
