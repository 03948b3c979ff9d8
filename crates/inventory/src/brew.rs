//! Homebrew's formulae: `Cellar/NAME/VERSION/INSTALL_RECEIPT.json` (Homebrew documentation, "Formula Cookbook").

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{package, single};

/// Finds Homebrew's formulae: the place says all.
pub struct Brew;

impl Analyser for Brew {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "brew", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if name_and_version(&entry.path).is_some() { Interest::Windows } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        if let (Content::Whole(_), Some((name, version))) = (content, name_and_version(&entry.path)) {
            facts.databases.push(single(&entry.path, package(Ecosystem::Brew, name, version, &entry.path)));
        }
        Ok(())
    }
}

fn name_and_version(path: &str) -> Option<(&str, &str)> {
    let directory = path.strip_suffix("/INSTALL_RECEIPT.json")?;
    let mut parts = directory.rsplit('/');
    let (version, name, cellar) = (parts.next()?, parts.next()?, parts.next()?);
    (cellar == "Cellar").then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn the_place_says_name_and_version() {
        let path = "home/linuxbrew/.linuxbrew/Cellar/jq/1.7.1/INSTALL_RECEIPT.json";
        assert_eq!(packages(&look_in_memory(&Brew, path, b"{}").0), [("jq", "1.7.1", path)]);
        assert!(look_in_memory(&Brew, "opt/jq/1.7.1/INSTALL_RECEIPT.json", b"{}").0.databases.is_empty());
    }
}
