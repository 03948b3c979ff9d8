//! Rocks of `LuaRocks`: `rocks-5.4/NAME/VERSION/NAME-VERSION.rockspec` (`LuaRocks` documentation, "File locations"). The place says all.

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{package, single};

/// Finds rocks.
pub struct Lua;

impl Analyser for Lua {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "lua", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if name_and_version(&entry.path).is_some() { Interest::Windows } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        if let (Content::Whole(_), Some((name, version))) = (content, name_and_version(&entry.path)) {
            facts.databases.push(single(&entry.path, package(Ecosystem::LuaRocks, name, version, &entry.path)));
        }
        Ok(())
    }
}

fn name_and_version(path: &str) -> Option<(&str, &str)> {
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
        let path = "usr/local/lib/luarocks/rocks-5.1/lua-cjson/2.1.0.10-1/lua-cjson-2.1.0.10-1.rockspec";
        assert_eq!(packages(&look_in_memory(&Lua, path, b"package = \"lua-cjson\"").0), [("lua-cjson", "2.1.0.10-1", path)]);
        for path in ["app/x-1.0-1.rockspec", "usr/lib/luarocks/rocks-5.1/a/1-1/b-1-1.rockspec"] {
            assert!(look_in_memory(&Lua, path, b"x").0.databases.is_empty(), "{path}");
        }
    }
}
