//! What Java archives are made to load: their manifests' main class and class path, the classes in them and what those refer to. For commands that
//! ask: it takes longer than to find the archives.

use std::collections::BTreeSet;

use plimsoll_evidence::{CapturedText, FileEntry, LayerFacts, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use super::archive::{Archive, Role};
use super::class::Class;
use super::is_archive;
use super::names::attributes;
use crate::bytes::Source;

/// Bytes of a class file that are read.
const MOST_CLASS: u64 = 16 << 20;
const MOST_MANIFEST: u64 = 1 << 20;
/// Bytes that are inflated of one archive.
const MOST_INFLATED: u64 = 512 << 20;
/// Lines that are said of one archive.
const MOST_LINES: usize = 400_000;
/// The beginning of the line that has a manifest's main class.
pub const MAIN: &str = "main ";
/// The beginning of a line that has an entry of a manifest's class path.
pub const PATH: &str = "path ";
/// The line that says that an archive names other archives or agents in ways beside its class path.
pub const MORE: &str = "more";
/// The beginning of a line that has a class of an archive: `org/example/Main`.
pub const CLASS: &str = "class ";
/// The beginning of a line that has a class which a class of an archive refers to.
pub const USES: &str = "uses ";
/// The beginning of a line that has a member of a class of `java/lang/` which a class of an archive calls: `java/lang/Class.forName`.
pub const CALLS: &str = "calls ";
/// The line that says that an archive was not looked through to its end.
pub const UNREAD: &str = "unread";

/// Looks through the classes of Java archives; not of those that lie in others. What it finds of an archive is a text under its path, of these lines.
pub struct JavaCode;

impl Analyser for JavaCode {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "java-code", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, head: &[u8]) -> Interest {
        // What `java -jar` is given may have any name.
        if is_archive(&entry.path) || head.starts_with(b"PK\x03\x04") { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let mut lines = BTreeSet::new();
        let is_whole = Source::of(content).and_then(|source| look(source, &mut lines)).is_some();
        if !is_whole || lines.len() > MOST_LINES {
            lines = BTreeSet::from([UNREAD.to_owned()]);
        }
        let text = lines.into_iter().map(|line| line + "\n").collect();
        facts.texts.push(CapturedText { path: entry.path.clone(), text, cut: false });
        Ok(())
    }
}

fn role(name: &str) -> Option<Role> {
    if name.eq_ignore_ascii_case("META-INF/MANIFEST.MF") {
        Some(Role::Manifest)
    } else if name.eq_ignore_ascii_case("META-INF/INDEX.LIST") {
        Some(Role::Metadata)
    } else {
        name.ends_with(".class").then_some(Role::Class)
    }
}

/// None where something could not be read.
fn look(source: Source<'_>, lines: &mut BTreeSet<String>) -> Option<()> {
    let archive = Archive::open(source, role).ok()?;
    if archive.fault.is_some() {
        return None;
    }
    let mut inflated = 0;
    for entry in &archive.entries {
        let most = if entry.role == Role::Manifest { MOST_MANIFEST } else { MOST_CLASS };
        match entry.role {
            Role::Manifest => manifest(&archive.read(entry, most).ok()?, lines),
            // An index says where classes of other archives are.
            Role::Metadata => {
                lines.insert(MORE.to_owned());
            }
            Role::Class => {
                let bytes = archive.read(entry, most).ok()?;
                inflated += bytes.len() as u64;
                if inflated > MOST_INFLATED || lines.len() > MOST_LINES {
                    return None;
                }
                let class = Class::parse(&bytes)?;
                let own = class.name()?;
                lines.insert(format!("{CLASS}{own}"));
                lines.extend(class.classes().filter(|name| *name != own).map(|name| format!("{USES}{name}")));
                let calls = class.members().filter(|(of, _)| of.starts_with("java/lang/"));
                lines.extend(calls.map(|(of, member)| format!("{CALLS}{of}.{member}")));
            }
            Role::Pom | Role::Project | Role::Licence | Role::Archive => {}
        }
    }
    Some(())
}

fn manifest(bytes: &[u8], lines: &mut BTreeSet<String>) {
    for (name, value) in attributes(bytes) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "main-class" => {
                lines.insert(format!("{MAIN}{value}"));
            }
            "class-path" => lines.extend(value.split_ascii_whitespace().map(|entry| format!("{PATH}{entry}"))),
            "launcher-agent-class" => {
                lines.insert(MORE.to_owned());
            }
            _ => {}
        }
    }
}
