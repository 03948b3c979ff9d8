//! Java archives: jar, war, ear, and those that lie in them (Spring Boot's `BOOT-INF/lib`, a war in an ear). What an
//! archive is, is told by Maven's `pom.properties`, of which a shaded archive has one for each that it swallowed; else by
//! its manifest and its file's name.

pub(crate) mod archive;
mod class;
pub mod code;
mod licences;
mod names;

use std::collections::BTreeMap;

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, Problem, ProblemKind, printable_line};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{Source, database, package, unread};
use archive::{Archive, Fault, Role};
use licences::Licences;
use names::{FileName, Manifest, Pom};

/// Archives in archives: a jar in a war in an ear.
const MOST_DEPTH: usize = 3;
/// Bytes of nested archives that are held at a time.
const MOST_HELD: u64 = 64 << 20;
/// Bytes that are inflated of one file and all that lies in it.
const MOST_INFLATED: u64 = 512 << 20;
/// Bytes of a manifest or a `pom.properties`.
const MOST_TEXT: u64 = 1 << 20;
const MOST_PACKAGES: usize = 65_536;

/// Finds Java archives and what is in them.
pub struct Java;

impl Analyser for Java {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "java", version: 5 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if is_archive(&entry.path) { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let Some(source) = Source::of(content) else { return Ok(()) };
        let mut walk = Walk { packages: Vec::new(), inflated: 0, fault: None };
        walk.archive(source, &entry.path, 0, MOST_HELD);
        let Walk { packages, fault, .. } = walk;
        if !packages.is_empty() {
            facts.databases.push(database(&entry.path, packages));
        }
        match fault {
            None => Ok(()),
            // Test data and placeholders carry the name too; an archive that no virtual machine opens runs nothing.
            Some((at, Fault::NoArchive)) if at == entry.path => {
                Err(Problem::noted(ProblemKind::Malformed, format!("/{}: named like a Java archive and is none", printable_line(&at, 300))))
            }
            Some((at, fault)) => Err(unread(entry, fault.kind(), &format!("{} {}", inner(&entry.path, &at), fault.what()))),
        }
    }
}

/// What is said of an archive inside another.
fn inner(outer: &str, at: &str) -> String {
    at.strip_prefix(outer).filter(|rest| !rest.is_empty()).map_or_else(|| "it".to_owned(), |rest| printable_line(&rest[1..], 300))
}

fn is_archive(path: &str) -> bool {
    const EXTENSIONS: [&str; 8] = ["jar", "war", "ear", "par", "sar", "rar", "hpi", "jpi"];
    path.rsplit_once('.').is_some_and(|(_, e)| EXTENSIONS.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

fn role(name: &str) -> Option<Role> {
    if name == "META-INF/MANIFEST.MF" {
        Some(Role::Manifest)
    } else if name.starts_with("META-INF/maven/") && name.ends_with("/pom.properties") {
        Some(Role::Pom)
    } else if licences::project(name).is_some() {
        Some(Role::Project)
    } else if licences::is_text(name) {
        Some(Role::Licence)
    } else {
        is_archive(name).then_some(Role::Archive)
    }
}

/// One file, with the archives in it.
struct Walk {
    packages: Vec<Package>,
    inflated: u64,
    /// The first that went wrong, and in which archive.
    fault: Option<(String, Fault)>,
}

impl Walk {
    fn fault(&mut self, at: &str, fault: Fault) {
        if self.fault.is_none() {
            self.fault = Some((at.to_owned(), fault));
        }
    }

    /// `at` is the archive's place: `opt/app.ear!app.war!WEB-INF/lib/x.jar`. `room` is what may still be held.
    fn archive(&mut self, source: Source<'_>, at: &str, depth: usize, room: u64) {
        let archive = match Archive::open(source, role) {
            Ok(archive) => archive,
            Err(fault) => return self.fault(at, fault),
        };
        if let Some(fault) = archive.fault {
            self.fault(at, fault);
        }
        let (mut poms, mut manifest) = (Vec::new(), Manifest::default());
        let mut licences = Licences::default();
        for entry in &archive.entries {
            let most = match entry.role {
                Role::Pom | Role::Project | Role::Manifest | Role::Licence | Role::Metadata | Role::Class => MOST_TEXT,
                Role::Archive => room,
            };
            let most = most.min(MOST_INFLATED - self.inflated);
            if entry.role == Role::Archive && depth + 1 >= MOST_DEPTH {
                self.fault(at, Fault::Deep);
                continue;
            }
            let bytes = match archive.read(entry, most) {
                Ok(bytes) => bytes,
                Err(fault) => {
                    self.fault(&format!("{at}!{}", entry.name), fault);
                    continue;
                }
            };
            self.inflated = (self.inflated + bytes.len() as u64).min(MOST_INFLATED);
            match entry.role {
                Role::Pom => poms.extend(Pom::parse(&bytes)),
                Role::Project => licences.of_project(&entry.name, &bytes),
                Role::Manifest => manifest = Manifest::parse(&bytes),
                Role::Licence => licences.of_text(&bytes),
                Role::Metadata | Role::Class => {}
                Role::Archive => {
                    let left = if matches!(bytes, std::borrow::Cow::Owned(_)) { room - bytes.len() as u64 } else { room };
                    self.archive(Source::Memory(&bytes), &format!("{at}!{}", entry.name), depth + 1, left);
                }
            }
        }
        self.identify(&poms, &manifest, &licences, &archive.classes, at);
    }

    /// The archive itself, and what it swallowed.
    fn identify(&mut self, poms: &[Pom], manifest: &Manifest, licences: &Licences, classes: &BTreeMap<String, usize>, at: &str) {
        let file = FileName::of(at);
        let mut found: Vec<(String, String)> = poms.iter().map(|p| (p.name(), p.version.clone())).collect();
        // Several, none of which has the file's name, are all swallowed; one alone is the archive, renamed.
        if poms.len() != 1 && !poms.iter().any(|p| file.is_of(&p.artifact)) {
            found.push(names::without_pom(&file, manifest, classes));
        }
        for (name, version) in found {
            if self.packages.len() >= MOST_PACKAGES {
                return self.fault(at, Fault::TooMany);
            }
            // The manifest is of the archive, and not of what it swallowed.
            let own = poms.len() <= 1;
            let mut licences = licences.said(&name, own);
            if own && !manifest.licences.is_empty() {
                licences.clone_from(&manifest.licences);
            }
            let supplier = manifest.vendor.clone().filter(|_| own);
            let holds = if version.is_empty() { largest(classes) } else { Vec::new() };
            self.packages.push(Package { holds, licences, supplier, ..package(Ecosystem::Java, &name, &version, at) });
        }
    }
}

/// The packages with the most classes, each under the longest name that it shares with its neighbours: three at the most.
fn largest(classes: &BTreeMap<String, usize>) -> Vec<String> {
    const SHOWN: usize = 3;
    // org.apache.logging.log4j.core.layout and its like are one: four parts tell projects apart.
    const PARTS: usize = 4;
    let mut roots: BTreeMap<String, usize> = BTreeMap::new();
    for (package, count) in classes {
        *roots.entry(package.split('.').take(PARTS).collect::<Vec<_>>().join(".")).or_insert(0) += count;
    }
    let mut roots: Vec<(String, usize)> = roots.into_iter().collect();
    roots.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    roots.into_iter().take(SHOWN).map(|(root, _)| root).collect()
}

#[cfg(test)]
mod tests;
