//! npm's `package-lock.json` (lockfileVersion 1 to 3), Yarn's `yarn.lock` (version 1, and Berry's), pnpm's `pnpm-lock.yaml` (5 to 9) and
//! Bun's `bun.lock` (text form). All are written by their tools alone, so the last three are read by their lines.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Locked;

/// Levels of `dependencies` in each other, in lockfileVersion 1.
const MOST_DEPTH: usize = 40;

#[derive(Deserialize)]
struct PackageLock {
    #[serde(default)]
    packages: Option<BTreeMap<String, Entry>>,
    #[serde(default)]
    dependencies: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    link: bool,
    #[serde(default)]
    dependencies: Value,
}

pub(super) fn package_lock(text: &str) -> Result<Vec<Locked>, String> {
    let lock: PackageLock = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let mut locked = Vec::new();
    let Some(packages) = lock.packages else {
        nested(lock.dependencies, 0, &mut locked);
        return Ok(locked);
    };
    for (place, entry) in packages {
        // The application itself, and its own workspaces.
        let Some((_, name)) = place.rsplit_once("node_modules/") else { continue };
        if let Some(version) = entry.version.as_deref().filter(|_| !entry.link) {
            locked.push(Locked::new(entry.name.as_deref().unwrap_or(name), version, entry.dev));
        }
    }
    Ok(locked)
}

fn nested(dependencies: BTreeMap<String, Entry>, depth: usize, into: &mut Vec<Locked>) {
    if depth > MOST_DEPTH {
        return;
    }
    for (name, entry) in dependencies {
        match entry.version.as_deref() {
            // `npm:NAME@VERSION` is another package under this name.
            Some(version) if version.starts_with("npm:") => {
                if let Some((name, version)) = version["npm:".len()..].rsplit_once('@') {
                    into.push(Locked::new(name, version, entry.dev));
                }
            }
            // A place in the file system, a repository.
            Some(version) if version.contains([':', '/']) => {}
            Some(version) => into.push(Locked::new(&name, version, entry.dev)),
            None => {}
        }
        if let Ok(deeper) = BTreeMap::<String, Entry>::deserialize(entry.dependencies) {
            nested(deeper, depth + 1, into);
        }
    }
}

/// An entry begins at the margin with what asked for it, `"@a/b@^1", "@a/b@npm:^2":`; its `version` stands below.
pub(super) fn yarn(text: &str) -> Vec<Locked> {
    let mut locked = Vec::new();
    let mut name: Option<String> = None;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) && line.ends_with(':') {
            let first = line.trim_end_matches(':').split(", ").next().unwrap_or_default().trim_matches('"');
            let at = first.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
            // An entry of which nobody asked for a version has none here.
            name = if first.contains('@') { None } else { Some(first.to_owned()).filter(|f| f != "__metadata") };
            name = name.or_else(|| {
                at.map(|at| {
                    // Of an alias, the name of what it stands for.
                    let target = first[at + 1..]
                        .strip_prefix("npm:")
                        .and_then(|t| t.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(e, _)| t[..e].to_owned()));
                    target.unwrap_or_else(|| first[..at].to_owned())
                })
            });
            // Workspaces and patches of the application's own.
            if at.is_some_and(|at| ["workspace:", "link:", "portal:", "file:"].iter().any(|p| first[at + 1..].starts_with(p))) {
                name = None;
            }
        } else if let Some(version) = line.strip_prefix("  ").and_then(version) {
            locked.extend(name.take().map(|name| Locked::new(&name, version, false)));
        }
    }
    locked
}

/// `version "1.0.2"`, `version: 1.0.2`, `"version": 1.0.2`.
fn version(line: &str) -> Option<&str> {
    let (key, value) = line.split_once(' ')?;
    (key.trim_end_matches(':').trim_matches('"') == "version").then(|| value.trim_matches('"'))
}

/// Below `packages:`, a key of two spaces each: `/a/1.0.0:`, `/a@1.0.0(b@2):`, `'@a/b@1.0.0':`.
pub(super) fn pnpm(text: &str) -> Vec<Locked> {
    let mut locked: Vec<Locked> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.trim().is_empty() {
            continue;
        }
        if !line.starts_with(' ') {
            inside = line.trim_end() == "packages:";
        } else if let Some(key) = line.strip_prefix("  ").filter(|l| inside && !l.starts_with(' ')) {
            let key = key.trim_end().trim_end_matches(" {}").trim_end_matches(':').trim_matches('\'');
            // Packages of another registry have its host before them.
            let host = key.split_once('/').filter(|(host, rest)| host.contains('.') && !host.contains(['@', ':']) && rest.contains('/'));
            locked.extend(pnpm_key(host.map_or(key, |(_, rest)| rest).trim_start_matches('/')));
        } else if inside
            && line.trim() == "dev: true"
            && let Some(last) = locked.last_mut()
        {
            last.development = true;
        }
    }
    locked
}

fn pnpm_key(key: &str) -> Option<Locked> {
    let key = key.split('(').next().unwrap_or(key);
    let (scope, rest) = if key.starts_with('@') { key.split_once('/').map(|(s, r)| (format!("{s}/"), r))? } else { (String::new(), key) };
    // `a@1.0.0` of version 6 on, `a/1.0.0` and `a/1.0.0_peer@2` before.
    let slash = rest.find('/').unwrap_or(usize::MAX);
    let at = rest.find('@').filter(|at| *at < slash);
    let (name, version) = match at {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => rest.split_once('/')?,
    };
    let version = version.split('_').next().unwrap_or(version);
    (version.starts_with(|c: char| c.is_ascii_digit()) && !version.contains('/') && !name.contains(':'))
        .then(|| Locked::new(&format!("{scope}{name}"), version, false))
}

/// Below `"packages": {`, a line each: `"b": ["@a/b@1.0.0", …]`. It is JSON but for the commas behind last members.
pub(super) fn bun(text: &str) -> Result<Vec<Locked>, String> {
    if !text.trim_start().starts_with('{') {
        return Err("it does not begin with {".to_owned());
    }
    let Some((_, packages)) = text.split_once("\"packages\": {") else { return Ok(Vec::new()) };
    let each = packages.lines().filter_map(|line| {
        let (_, tuple) = line.trim_start().strip_prefix('"')?.split_once("\": [\"")?;
        let identity = tuple.split('"').next()?;
        let at = identity.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at)?;
        let version = &identity[at + 1..];
        version.starts_with(|c: char| c.is_ascii_digit()).then(|| Locked::new(&identity[..at], version, false))
    });
    Ok(each.collect())
}
