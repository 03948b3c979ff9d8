//! What scripts for Node.js load, and whether they could load more than is written in them. For commands that ask; what is looked for is part of no key,
//! so what it finds must not be kept in a cache.
//!
//! The text is not parsed. Every place that reads like a load counts as one, in comments and strings too; and every place at which a load could be made
//! of something that is not written out counts as that, but on lines that are comments. So a mistake about where a string or a comment ends
//! can only add to what is found.

mod danger;
mod manifest;
mod scan;
mod serves;

use std::collections::{BTreeSet, HashMap};

use plimsoll_evidence::{CapturedText, FileEntry, LayerFacts, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};
use sha2::{Digest as _, Sha256};

use crate::mentions::UNREAD;

/// Bytes of a script that are read.
const MOST: u64 = 8 << 20;
const MOST_LINES: usize = 20_000;

/// The beginning of a line that has what a script loads, as it is written.
pub const LOADS: &str = "load ";
/// The beginning of a line that has by what a script could load more.
pub const DANGER: &str = "more ";
/// The beginning of a line with the SHA-256 of a script that could load more.
pub const DIGEST: &str = "sha256 ";
/// The beginning of a line with the place of a name among those that were looked for, which a string of a script has in it.
pub const NAME: &str = "name ";
/// The beginning of a line that has a file by which a package is loaded, as its `package.json` has it.
pub const MAIN: &str = "main ";
/// The line that says that a script has the name of the function by which views are made.
pub const RENDERS: &str = "renders";
/// The line that says that a file is a configuration.
pub const CONFIG: &str = "configuration";
/// The beginning of a line that has by what a script of the application could hand out files of packages.
pub const SERVES: &str = "serves ";
/// The line that says that any file of a package may be loaded from outside of it.
pub const ANY: &str = "any";
/// The line that says that a package has names of its own for what its files load.
pub const IMPORTS: &str = "imports";
/// The beginning of a line with the name by which a package with `exports` may load itself.
pub const SELF: &str = "self ";

/// Looks through scripts and `package.json` files. What it finds of a file is a text under its path, of these lines, or `UNREAD`.
pub struct NodeCode {
    names: HashMap<String, u32>,
}

impl NodeCode {
    /// Looks in strings for these names of packages.
    pub fn new(names: &[String]) -> Self {
        Self { names: names.iter().enumerate().map(|(at, name)| (name.clone(), at as u32)).collect() }
    }
}

fn is_manifest(path: &str) -> bool {
    path.rsplit('/').next() == Some("package.json")
}

/// By name, or by a first line that names the interpreter; what a load of no known ending leads to is looked at, too.
fn is_script(name: &str, head: &[u8]) -> bool {
    let first = head.split(|b| *b == b'\n').next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((_, "js" | "cjs" | "mjs")) => true,
        _ => first.starts_with(b"#!") && memchr::memmem::find(first, b"node").is_some(),
    }
}

/// A configuration, in which a name may stand that a script loads by: not one of a package, or of the system.
fn is_config(path: &str) -> bool {
    const ENDINGS: [&str; 9] = [".cfg", ".conf", ".env", ".ini", ".json", ".json5", ".toml", ".yaml", ".yml"];
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_of_package = path.contains("node_modules/") || name == "package-lock.json";
    let is_of_system = ["usr/share/doc/", "usr/share/nodejs/", "usr/share/zoneinfo/", "var/lib/dpkg/", "proc/", "sys/"]
        .iter()
        .any(|d| path.starts_with(d));
    !is_of_package && !is_of_system && (name.starts_with(".env") || ENDINGS.iter().any(|end| name.ends_with(end)))
}

impl Analyser for NodeCode {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "node-code", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, head: &[u8]) -> Interest {
        if is_manifest(&entry.path) || is_script(entry.name(), head) || is_config(&entry.path) {
            Interest::Whole
        } else {
            Interest::Nothing
        }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let mut lines = BTreeSet::new();
        let looked = match content {
            Content::Whole(bytes) if bytes.len() as u64 <= MOST => {
                if is_manifest(&entry.path) {
                    manifest::look(bytes, &mut lines)
                } else if is_config(&entry.path) {
                    lines.insert(CONFIG.to_owned());
                    self.names(bytes, &mut lines);
                    Some(())
                } else {
                    let is_of_package = entry.path.contains("node_modules/")
                        || ["usr/share/nodejs/", "usr/lib/nodejs/"].iter().any(|d| entry.path.starts_with(d));
                    lines.extend(serves::look(bytes).filter(|_| !is_of_package).map(|what| format!("{SERVES}{what}")));
                    self.script(bytes, &mut lines)
                }
            }
            // A large file of such an ending is data.
            _ if is_config(&entry.path) => return Ok(()),
            _ => None,
        };
        if looked.is_none() || lines.len() > MOST_LINES {
            lines.retain(|line| line == CONFIG);
            lines.insert(UNREAD.to_owned());
        }
        let text = lines.into_iter().map(|line| line + "\n").collect();
        facts.texts.push(CapturedText { path: entry.path.clone(), text, cut: false });
        Ok(())
    }
}

impl NodeCode {
    fn script(&self, bytes: &[u8], lines: &mut BTreeSet<String>) -> Option<()> {
        // Another encoding would be read as nothing.
        if bytes.contains(&0) {
            return None;
        }
        let mut found = danger::Found::default();
        danger::look(bytes, &mut found);
        if !found.dangers.is_empty() {
            let digest = Sha256::digest(bytes);
            lines.insert(format!("{DIGEST}{}", digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))));
        }
        lines.extend(found.dangers.iter().map(|what| format!("{DANGER}{what}")));
        lines.extend(found.loads.iter().filter(|l| !l.contains(['\n', '\r'])).map(|load| format!("{LOADS}{load}")));
        if scan::identifiers(bytes).any(|(start, end)| &bytes[start..end] == b"render") {
            lines.insert(RENDERS.to_owned());
        }
        for string in scan::strings(bytes) {
            self.names(string, lines);
        }
        Some(())
    }

    fn names(&self, bytes: &[u8], lines: &mut BTreeSet<String>) {
        let names = scan::words(bytes).filter_map(|word| self.names.get(word));
        lines.extend(names.map(|at| format!("{NAME}{at}")));
    }
}

#[cfg(test)]
mod tests;
