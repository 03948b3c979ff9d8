//! The crates that a Rust program was built from, as `cargo auditable` puts them into a section of the program: JSON,
//! compressed with zlib (cargo-auditable, PARSING.md).

use std::io::Read;

use flate2::read::ZlibDecoder;
use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, Problem, ProblemKind};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};
use serde::Deserialize;

use crate::bytes::{Source, database, package, unread};
use crate::sections::with_elf;

const SECTION: &str = ".dep-v0";
/// Bytes of JSON that are inflated; the largest real lists stay below a tenth of it.
const MOST: u64 = 8 << 20;
const MOST_CRATES: usize = 65_536;

/// Finds Rust's crates in programs.
pub struct Cargo;

impl Analyser for Cargo {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "cargo", version: 1 }
    }

    fn wants(&self, _: &FileEntry, head: &[u8]) -> Interest {
        if head.starts_with(b"\x7fELF") { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let Some(source) = Source::of(content) else { return Ok(()) };
        let found = with_elf(source, |image| image.section(SECTION).map(|section| crates(section, &entry.path))).flatten();
        match found {
            None => Ok(()),
            Some(Ok(packages)) => {
                facts.databases.push(database(&entry.path, packages));
                Ok(())
            }
            Some(Err((kind, what))) => Err(unread(entry, kind, &what)),
        }
    }
}

#[derive(Deserialize)]
struct List {
    packages: Vec<Crate>,
}

#[derive(Deserialize)]
struct Crate {
    name: String,
    version: String,
    /// `runtime` where it is not there; `build` for what only the build used.
    #[serde(default)]
    kind: Kind,
}

#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Runtime,
    Build,
    #[serde(other)]
    Other,
}

fn crates(section: &[u8], path: &str) -> Result<Vec<Package>, (ProblemKind, String)> {
    let mut json = Vec::new();
    ZlibDecoder::new(section)
        .take(MOST + 1)
        .read_to_end(&mut json)
        .map_err(|error| (ProblemKind::Malformed, format!("its list of crates cannot be inflated ({error})")))?;
    if json.len() as u64 > MOST {
        return Err((ProblemKind::Limit, format!("its list of crates has more than {} MiB", MOST >> 20)));
    }
    let list: List =
        serde_json::from_slice(&json).map_err(|error| (ProblemKind::Malformed, format!("its list of crates is malformed ({error})")))?;
    // What only the build used (build scripts, procedural macros) is not in the program.
    let shipped = list.packages.into_iter().filter(|c| c.kind != Kind::Build && !c.name.is_empty());
    Ok(shipped.take(MOST_CRATES).map(|c| package(Ecosystem::Cargo, &c.name, &c.version, path)).collect())
}

#[cfg(test)]
mod tests;
