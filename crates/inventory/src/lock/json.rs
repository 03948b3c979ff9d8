//! Lock files of JSON: Pipenv's, Composer's, `NuGet`'s, Swift's.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Locked;

fn parsed<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| e.to_string())
}

#[derive(Deserialize)]
struct Pipfile {
    #[serde(default)]
    default: BTreeMap<String, Value>,
    #[serde(default)]
    develop: BTreeMap<String, Value>,
}

pub(super) fn pipfile(text: &str) -> Result<Vec<Locked>, String> {
    let lock: Pipfile = parsed(text)?;
    let of = |all: BTreeMap<String, Value>, development| {
        all.into_iter()
            .filter_map(move |(name, entry)| Some(Locked::new(&name, entry["version"].as_str()?.trim_start_matches("=="), development)))
    };
    Ok(of(lock.default, false).chain(of(lock.develop, true)).collect())
}

#[derive(Deserialize)]
struct ComposerLock {
    #[serde(default)]
    packages: Vec<Named>,
    #[serde(default, rename = "packages-dev")]
    development: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    version: String,
}

pub(super) fn composer(text: &str) -> Result<Vec<Locked>, String> {
    let lock: ComposerLock = parsed(text)?;
    let of = |all: Vec<Named>, development| all.into_iter().map(move |p| Locked::new(&p.name, &p.version, development));
    Ok(of(lock.packages, false).chain(of(lock.development, true)).collect())
}

#[derive(Deserialize)]
struct NuGetLock {
    #[serde(default)]
    dependencies: BTreeMap<String, BTreeMap<String, Resolved>>,
}

#[derive(Deserialize)]
struct Resolved {
    #[serde(default)]
    resolved: Option<String>,
}

/// By framework; projects have nothing that they are resolved to.
pub(super) fn nuget(text: &str) -> Result<Vec<Locked>, String> {
    let lock: NuGetLock = parsed(text)?;
    let all = lock.dependencies.into_values().flatten();
    Ok(all.filter_map(|(name, entry)| Some(Locked::new(&name, &entry.resolved?, false))).collect())
}

#[derive(Deserialize)]
struct Pins {
    #[serde(default)]
    pins: Vec<Pin>,
    /// Version 1 has its pins in here.
    #[serde(default)]
    object: Option<Box<Pins>>,
}

#[derive(Deserialize)]
struct Pin {
    #[serde(alias = "repositoryURL")]
    location: String,
    #[serde(default)]
    state: Value,
}

/// The name is the repository's address without scheme and suffix, as package URLs and advisories have it.
pub(super) fn swift(text: &str) -> Result<Vec<Locked>, String> {
    let file: Pins = parsed(text)?;
    let pins = file.object.map_or(file.pins, |o| o.pins);
    let of = |pin: Pin| {
        let address = pin.location.split_once("://").map_or(pin.location.as_str(), |(_, rest)| rest).trim_end_matches('/');
        let name = address.trim_start_matches("git@").replacen(':', "/", 1);
        Some(Locked::new(name.trim_end_matches(".git"), pin.state["version"].as_str()?, false))
    };
    Ok(pins.into_iter().filter_map(of).collect())
}
