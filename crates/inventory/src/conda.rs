//! Packages of conda environments: `conda-meta/NAME-VERSION-BUILD.json` (conda documentation, "Package metadata").

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, PackageDatabase, Problem, ProblemKind};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};
use serde::Deserialize;

use crate::bytes::{held, package, short, single, unread};

const MOST: usize = 32 << 20;

/// Finds conda packages.
pub struct Conda;

impl Analyser for Conda {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "conda", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if entry.path.ends_with(".json") && root(&entry.path).is_some() { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let Some(root) = root(&entry.path) else { return Ok(()) };
        let record: Record = serde_json::from_slice(held(entry, content, MOST)?)
            .map_err(|error| unread(entry, ProblemKind::Malformed, &format!("it is no record of a conda package ({error})")))?;
        let below = |file: &String| (0, if root.is_empty() { file.clone() } else { format!("{root}/{file}") });
        let owned = record.files.iter().filter(|f| !f.starts_with('/') && !f.contains("../")).map(below).collect();
        let found = Package {
            architecture: record.subdir.as_deref().map(short),
            licences: record.license.iter().filter(|l| !l.is_empty()).map(|l| short(l)).collect(),
            installed_bytes: record.size,
            depends: record.depends.iter().filter_map(|d| d.split_whitespace().next()).map(short).collect(),
            ..package(Ecosystem::Conda, &record.name, &record.version, &entry.path)
        };
        facts.databases.push(PackageDatabase { owned, ..single(&entry.path, found) });
        Ok(())
    }
}

/// The environment's directory.
fn root(path: &str) -> Option<&str> {
    let (directory, _) = path.rsplit_once('/')?;
    if directory == "conda-meta" { Some("") } else { directory.strip_suffix("/conda-meta") }
}

#[derive(Deserialize)]
struct Record {
    name: String,
    version: String,
    #[serde(default)]
    subdir: Option<String>,
    #[serde(default)]
    license: Option<String>,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    depends: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn a_record_and_its_files() {
        let path = "opt/conda/conda-meta/zlib-1.2.13-h5eee18b_0.json";
        let text = br#"{"name": "zlib", "version": "1.2.13", "subdir": "linux-64", "license": "Zlib", "size": 9, "depends": ["libgcc-ng >=11"], "files": ["lib/libz.so", "../x"]}"#;
        let (facts, problem) = look_in_memory(&Conda, path, text);
        assert_eq!((packages(&facts), problem), (vec![("zlib", "1.2.13", path)], None));
        assert_eq!(facts.databases[0].owned.iter().collect::<Vec<_>>(), [(0, "opt/conda/lib/libz.so")]);
        assert!(look_in_memory(&Conda, path, b"{").1.is_some_and(|p| p.hides));
        assert!(look_in_memory(&Conda, "x/zlib.json", text).0.databases.is_empty());
    }
}
