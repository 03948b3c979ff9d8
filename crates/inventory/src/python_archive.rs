//! Python's archives that run or are imported as they are: zipapps (PEP 441; also pex's and shiv's), zipped eggs and wheels. The distributions in
//! them have their metadata inside.

use plimsoll_evidence::{FileEntry, LayerFacts, Package, Problem, ProblemKind, printable_line};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{Source, database, unread};
use crate::java::archive::{Archive, Fault, Role};

/// Bytes of one distribution's metadata.
const MOST_TEXT: u64 = 4 << 20;
/// Bytes that are inflated of one archive.
const MOST_INFLATED: u64 = 256 << 20;

/// Finds distributions in archives.
pub struct PythonArchives;

impl Analyser for PythonArchives {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "python-archives", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, head: &[u8]) -> Interest {
        // What waits there to be installed is a distribution of its own once it is.
        let waits = entry.path.contains("/ensurepip/_bundled/");
        if !waits && (is_named(entry.name()) || is_program(head)) { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let Some(source) = Source::of(content) else { return Ok(()) };
        let archive = match Archive::open(source, role) {
            Ok(archive) => archive,
            Err(Fault::NoArchive) => {
                let message = format!("/{}: named like a Python archive and is none", printable_line(&entry.path, 300));
                return Err(Problem::noted(ProblemKind::Malformed, message));
            }
            Err(fault) => return Err(unread(entry, fault.kind(), &format!("it {}", fault.what()))),
        };
        let mut fault = archive.fault;
        let (mut packages, mut inflated): (Vec<Package>, u64) = (Vec::new(), 0);
        for inner in &archive.entries {
            match archive.read(inner, MOST_TEXT.min(MOST_INFLATED - inflated)) {
                Ok(bytes) => {
                    inflated = (inflated + bytes.len() as u64).min(MOST_INFLATED);
                    packages.extend(crate::python::distribution(&bytes, &format!("{}!{}", entry.path, inner.name)));
                }
                Err(why) => fault = fault.or(Some(why)),
            }
        }
        if !packages.is_empty() {
            facts.databases.push(database(&entry.path, packages));
        }
        match fault {
            None => Ok(()),
            Some(fault) => Err(unread(entry, fault.kind(), &format!("it {}", fault.what()))),
        }
    }
}

fn is_named(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, e)| ["pyz", "pex", "whl", "egg"].iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// A first line that names Python, and an archive directly behind it.
fn is_program(head: &[u8]) -> bool {
    const LONGEST_LINE: usize = 256;
    let Some(line) = head.strip_prefix(b"#!").map(|h| &h[..h.len().min(LONGEST_LINE)]) else { return false };
    let Some(end) = line.iter().position(|b| *b == b'\n') else { return false };
    line[..end].windows(6).any(|w| w == b"python") && head[2 + end + 1..].starts_with(b"PK\x03\x04")
}

fn role(name: &str) -> Option<Role> {
    let is_metadata = name.ends_with(".dist-info/METADATA") || name.ends_with(".egg-info/PKG-INFO") || name == "EGG-INFO/PKG-INFO";
    is_metadata.then_some(Role::Metadata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{entry, look, packages, zip};

    const CLICK: (&str, &[u8]) =
        ("click-8.1.7.dist-info/METADATA", b"Metadata-Version: 2.1\nName: click\nVersion: 8.1.7\nLicense: BSD-3-Clause\n\nText\n");

    #[test]
    fn distributions_in_archives() {
        let archive = zip(&[
            ("__main__.py", b"import click"),
            CLICK,
            ("site-packages/rich-13.7.1.dist-info/METADATA", b"Name: rich\nVersion: 13.7.1\n"),
        ]);
        let (facts, problem) = look(&PythonArchives, "usr/local/bin/tool.pyz", &archive);
        assert!(problem.is_none());
        let found = packages(&facts);
        assert_eq!(found.iter().map(|(name, version, _)| (*name, *version)).collect::<Vec<_>>(), [("click", "8.1.7"), ("rich", "13.7.1")]);
        assert_eq!(found[0].2, "usr/local/bin/tool.pyz!click-8.1.7.dist-info/METADATA");
        assert_eq!(facts.databases[0].packages[0].licences, ["BSD-3-Clause"]);
        let egg = zip(&[("EGG-INFO/PKG-INFO", b"Name: old\nVersion: 1\n")]);
        assert_eq!(packages(&look(&PythonArchives, "opt/old-1-py3.11.egg", &egg).0)[0].0, "old");
        assert!(look(&PythonArchives, "opt/a.whl", b"no").1.is_some_and(|p| !p.hides));
        assert!(look(&PythonArchives, "opt/a.whl", &archive[..archive.len() - 9]).1.is_some());
    }

    #[test]
    fn archives_are_known_by_name_or_first_line() {
        let is_wanted = |path: &str, head: &[u8]| PythonArchives.wants(&entry(path, 1), head) != Interest::Nothing;
        assert!(is_wanted("usr/bin/tool", b"#!/usr/bin/env python3\nPK\x03\x04rest"));
        assert!(!is_wanted("usr/bin/tool", b"#!/usr/bin/env python3\nimport x"));
        assert!(!is_wanted("usr/bin/tool", b"#!/bin/sh\nPK\x03\x04"));
        assert!(is_wanted("srv/x.PEX", b"") && !is_wanted("srv/x.zip", b"PK\x03\x04"));
        assert!(!is_wanted("usr/local/lib/python3.12/ensurepip/_bundled/pip-24.0-py3-none-any.whl", b"PK\x03\x04"));
    }
}
