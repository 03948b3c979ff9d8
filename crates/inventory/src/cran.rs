//! Installed R packages: `library/NAME/DESCRIPTION` with the field `Built`, which only installing writes (R documentation, "Writing R
//! Extensions", 1.1.1).

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{held, package, short, single};
use crate::stanza::stanzas;

const MOST: usize = 1 << 20;

/// Finds R packages.
pub struct Cran;

impl Analyser for Cran {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "cran", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, head: &[u8]) -> Interest {
        if entry.path.ends_with("/DESCRIPTION") && head.contains(&b':') { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let bytes = held(entry, content, MOST)?;
        let Some(fields) = stanzas(bytes).next().filter(|f| f.get("Built").is_some()) else { return Ok(()) };
        if let (Some(name), Some(version)) = (fields.get("Package"), fields.get("Version")) {
            let licence = fields.get("License").map(|l| l.split(" + file ").next().unwrap_or(l).replace(" | ", " OR "));
            let found = Package {
                licences: licence.iter().map(|l| short(l)).filter(|l| !l.starts_with("file ")).collect(),
                supplier: fields.get("Maintainer").map(short),
                homepage: fields.get("URL").and_then(|u| u.split([',', ' ', '\n']).next()).map(short),
                ..package(Ecosystem::R, name, version, &entry.path)
            };
            facts.databases.push(single(&entry.path, found));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn only_installed_packages() {
        let path = "usr/lib/R/library/base/DESCRIPTION";
        let text = b"Package: base\nVersion: 4.2.2\nLicense: MIT + file LICENSE\nMaintainer: R Core Team <r@example.org>\nBuilt: R 4.2.2; ; 2022\n";
        let (facts, _) = look_in_memory(&Cran, path, text);
        assert_eq!(packages(&facts), [("base", "4.2.2", path)]);
        assert_eq!(facts.databases[0].packages[0].licences, ["MIT"]);
        assert!(look_in_memory(&Cran, path, b"Package: base\nVersion: 4.2.2\n").0.databases.is_empty());
    }
}
