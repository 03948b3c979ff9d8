//! Packages whose record's place says name and version, whatever stands in it: formulae of Homebrew and rocks of `LuaRocks`.

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{package, single};

/// Finds packages of one kind by where their records lie.
pub struct ByPlace {
    name: &'static str,
    ecosystem: Ecosystem,
    name_and_version: fn(&str) -> Option<(&str, &str)>,
}

/// Homebrew's formulae: `Cellar/NAME/VERSION/INSTALL_RECEIPT.json` (Homebrew documentation, "Formula Cookbook").
pub const BREW: ByPlace = ByPlace { name: "brew", ecosystem: Ecosystem::Brew, name_and_version: formula };

/// Rocks of `LuaRocks`: `rocks-5.4/NAME/VERSION/NAME-VERSION.rockspec` (`LuaRocks` documentation, "File locations").
pub const LUA: ByPlace = ByPlace { name: "lua", ecosystem: Ecosystem::LuaRocks, name_and_version: rock };

impl Analyser for ByPlace {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: self.name, version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if (self.name_and_version)(&entry.path).is_some() { Interest::Windows } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        if let (Content::Whole(_), Some((name, version))) = (content, (self.name_and_version)(&entry.path)) {
            facts.databases.push(single(&entry.path, package(self.ecosystem, name, version, &entry.path)));
        }
        Ok(())
    }
}

fn formula(path: &str) -> Option<(&str, &str)> {
    let directory = path.strip_suffix("/INSTALL_RECEIPT.json")?;
    let mut parts = directory.rsplit('/');
    let (version, name, cellar) = (parts.next()?, parts.next()?, parts.next()?);
    (cellar == "Cellar").then_some((name, version))
}

fn rock(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.strip_suffix(".rockspec")?.rsplit('/');
    let (file, version, name, tree) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_rock = tree.starts_with("rocks-") && file.strip_prefix(name).and_then(|f| f.strip_prefix('-')) == Some(version);
    is_rock.then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn the_place_says_name_and_version() {
        let formula = "home/linuxbrew/.linuxbrew/Cellar/jq/1.7.1/INSTALL_RECEIPT.json";
        assert_eq!(packages(&look_in_memory(&BREW, formula, b"{}").0), [("jq", "1.7.1", formula)]);
        assert!(look_in_memory(&BREW, "opt/jq/1.7.1/INSTALL_RECEIPT.json", b"{}").0.databases.is_empty());
        let rock = "usr/local/lib/luarocks/rocks-5.1/lua-cjson/2.1.0.10-1/lua-cjson-2.1.0.10-1.rockspec";
        assert_eq!(packages(&look_in_memory(&LUA, rock, b"package = \"lua-cjson\"").0), [("lua-cjson", "2.1.0.10-1", rock)]);
        for path in ["app/x-1.0-1.rockspec", "usr/lib/luarocks/rocks-5.1/a/1-1/b-1-1.rockspec"] {
            assert!(look_in_memory(&LUA, path, b"x").0.databases.is_empty(), "{path}");
        }
    }
}
