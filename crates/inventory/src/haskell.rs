//! Haskell packages of a GHC's or Cabal's package database: `package.conf.d/NAME-VERSION….conf` (Cabal, `InstalledPackageInfo`).

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{held, package, short, single};
use crate::stanza::stanzas;

const MOST: usize = 4 << 20;

/// Finds Haskell packages.
pub struct Haskell;

impl Analyser for Haskell {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "haskell", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        // `ghc-9.4.7.db` below dist-newstyle and ~/.cabal/store holds the same files.
        let directory = entry.parent().rsplit('/').next().unwrap_or_default();
        let is_database = directory.ends_with("package.conf.d") || directory == "package.db";
        if is_database && entry.path.ends_with(".conf") { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        if let Some(info) = stanzas(held(entry, content, MOST)?).next()
            && let (Some(name), Some(version)) = (info.get("name"), info.get("version"))
        {
            let said = |field: &str| info.get(field).filter(|v| !v.is_empty()).map(short);
            facts.databases.push(single(
                &entry.path,
                Package {
                    licences: said("license").into_iter().collect(),
                    supplier: said("maintainer"),
                    homepage: said("homepage"),
                    ..package(Ecosystem::Hackage, name, version, &entry.path)
                },
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn a_package_of_a_compilers_database() {
        let path = "opt/ghc/9.4.7/lib/package.conf.d/aeson-2.1.2.1-abc.conf";
        let text = b"name:                 aeson\nversion:              2.1.2.1\nvisibility:           public\nid:                   aeson-2.1.2.1-abc\nlicense:              BSD-3-Clause\nexposed-modules:\n    Data.Aeson Data.Aeson.Key\n";
        let (facts, _) = look_in_memory(&Haskell, path, text);
        assert_eq!(packages(&facts), [("aeson", "2.1.2.1", path)]);
        assert_eq!(facts.databases[0].packages[0].licences, ["BSD-3-Clause"]);
        assert!(look_in_memory(&Haskell, "etc/x.conf", text).0.databases.is_empty());
        assert!(look_in_memory(&Haskell, path, b"name: a\n").0.databases.is_empty());
    }
}
