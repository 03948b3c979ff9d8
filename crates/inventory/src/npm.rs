//! npm packages: each `package.json` directly under a `node_modules` directory (or a scope in one), and what
//! `package-lock.json` calls development (npm docs, package.json and package-lock.json).

use std::collections::BTreeMap;

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, Problem, ProblemKind, printable_line};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};
use serde::Deserialize;
use serde_json::Value;

use crate::bytes::{self, database, held, single};

const MOST: usize = 32 << 20;

/// Finds installed npm packages.
pub struct Npm;

impl Analyser for Npm {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "npm", version: 3 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if module_directory(&entry.path).is_some() || entry.path.ends_with("node_modules/.package-lock.json") {
            Interest::Whole
        } else {
            Interest::Nothing
        }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let bytes = held(entry, content, MOST)?;
        let malformed =
            |error: serde_json::Error| Problem::noted(ProblemKind::Malformed, format!("/{}: {error}", printable_line(&entry.path, 200)));
        if entry.path.ends_with("/.package-lock.json") {
            let lock: Lock = serde_json::from_slice(bytes).map_err(malformed)?;
            let root = entry.path.trim_end_matches("node_modules/.package-lock.json");
            let development = lock
                .packages
                .into_iter()
                .filter(|(_, p)| p.dev)
                .map(|(at, p)| package("", p.version, &format!("{root}{at}/package.json"), true))
                .collect();
            facts.databases.push(database(&entry.path, development));
            return Ok(());
        }
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(malformed)?;
        // A package.json without a name and version is no package: modules use them to say how files are loaded.
        if let (Some(name), Some(version)) = (manifest.name, manifest.version) {
            let licences = names(&manifest.license, "type").into_iter().chain(names(&manifest.licenses, "type")).collect();
            facts.databases.push(single(
                &entry.path,
                Package {
                    licences,
                    supplier: names(&manifest.author, "name").into_iter().next(),
                    homepage: names(&manifest.homepage, "url").into_iter().next(),
                    ..package(&name, Some(version), &entry.path, false)
                },
            ));
        }
        Ok(())
    }
}

/// Where Debian's packages put modules, without `node_modules`.
const DEBIAN: [&str; 2] = ["usr/share/nodejs", "usr/lib/nodejs"];

/// The directory of a package's own `package.json`: `…/node_modules/NAME` or `…/node_modules/@SCOPE/NAME`, and the same in Debian's places.
pub(crate) fn module_directory(path: &str) -> Option<&str> {
    let directory = path.strip_suffix("/package.json")?;
    let mut parts = directory.rsplit('/');
    let (name, parent, grandparent) = (parts.next()?, parts.next()?, parts.next());
    if DEBIAN.iter().filter_map(|place| directory.strip_prefix(place)?.strip_prefix('/')).any(is_module) {
        return Some(directory);
    }
    let direct = parent == "node_modules" && !name.starts_with('@') && !name.starts_with('.');
    let scoped = parent.starts_with('@') && grandparent == Some("node_modules");
    (direct || scoped).then_some(directory)
}

/// `NAME` or `@SCOPE/NAME`.
fn is_module(path: &str) -> bool {
    let name = path.split_once('/').map_or(path, |(scope, name)| if scope.starts_with('@') { name } else { "" });
    !name.is_empty() && !name.contains('/') && !name.starts_with(['@', '.'])
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    version: Option<String>,
    /// An expression; of older packages an object with `type`.
    #[serde(default)]
    license: Value,
    #[serde(default)]
    licenses: Value,
    #[serde(default)]
    author: Value,
    #[serde(default)]
    homepage: Value,
}

/// Texts, or a member of objects: one, or a list of them.
fn names(value: &Value, member: &str) -> Vec<String> {
    const MOST: usize = 20;
    let each = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    each.iter().take(MOST).filter_map(|v| v.as_str().or_else(|| v[member].as_str())).filter(|s| !s.is_empty()).map(bytes::short).collect()
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    packages: BTreeMap<String, Locked>,
}

#[derive(Deserialize)]
struct Locked {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    dev: bool,
}

fn package(name: &str, version: Option<String>, path: &str, development: bool) -> Package {
    Package { development, ..bytes::package(Ecosystem::Npm, name, &version.unwrap_or_default(), path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_modules_own_manifest_counts() {
        for (path, found) in [
            ("app/node_modules/a/package.json", Some("app/node_modules/a")),
            ("node_modules/a/package.json", Some("node_modules/a")),
            ("x/node_modules/@s/a/package.json", Some("x/node_modules/@s/a")),
            ("x/node_modules/a/node_modules/b/package.json", Some("x/node_modules/a/node_modules/b")),
            ("x/node_modules/a/test/package.json", None),
            ("x/node_modules/@s/package.json", None),
            ("x/package.json", None),
            ("usr/share/nodejs/a/package.json", Some("usr/share/nodejs/a")),
            ("usr/share/nodejs/@s/a/package.json", Some("usr/share/nodejs/@s/a")),
            ("usr/share/nodejs/a/lib/package.json", None),
            ("usr/share/nodejs/@s/package.json", None),
        ] {
            assert_eq!(module_directory(path), found, "{path}");
        }
    }
}
