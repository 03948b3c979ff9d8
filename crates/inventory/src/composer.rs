//! PHP packages that Composer installed: `vendor/composer/installed.json` (Composer's sources, `InstalledFilesystemRepository`).

use std::collections::BTreeSet;

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, Problem, ProblemKind};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};
use serde::Deserialize;

use crate::bytes::{database, held, package, short, unread};

const MOST: usize = 32 << 20;

/// Finds installed PHP packages.
pub struct Composer;

impl Analyser for Composer {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "composer", version: 2 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if entry.path.ends_with("/composer/installed.json") { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let file: File = serde_json::from_slice(held(entry, content, MOST)?)
            .map_err(|error| unread(entry, ProblemKind::Malformed, &format!("it is no list of installed packages ({error})")))?;
        let (installed, development) = match file {
            File::Two { packages, development } => (packages, development),
            File::One(packages) => (packages, BTreeSet::new()),
        };
        let packages = installed.into_iter().map(|p| Package {
            development: development.contains(&p.name),
            licences: p.license.iter().take(20).map(|l| short(l)).collect(),
            supplier: p.authors.first().and_then(|a| a.name.as_deref()).map(short),
            homepage: p.homepage.as_deref().map(short),
            ..package(Ecosystem::Composer, &p.name, &p.version, &entry.path)
        });
        facts.databases.push(database(&entry.path, packages.collect()));
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    /// Composer 2.
    Two {
        packages: Vec<Installed>,
        #[serde(rename = "dev-package-names", default)]
        development: BTreeSet<String>,
    },
    /// Composer 1.
    One(Vec<Installed>),
}

#[derive(Deserialize)]
struct Installed {
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    license: Vec<String>,
    #[serde(default)]
    authors: Vec<Author>,
    #[serde(default)]
    homepage: Option<String>,
}

#[derive(Deserialize)]
struct Author {
    #[serde(default)]
    name: Option<String>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testkit::{look_in_memory, packages};

    const PATH: &str = "app/vendor/composer/installed.json";

    #[test]
    fn both_forms_of_the_list() {
        let two = r#"{"packages": [{"name": "a/b", "version": "v1.2.3", "type": "library"}, {"name": "c/d", "version": "2"}], "dev": true, "dev-package-names": ["c/d"]}"#;
        let one = r#"[{"name": "a/b", "version": "v1.2.3"}, {"name": "c/d", "version": "2"}]"#;
        for (text, development) in [(two, true), (one, false)] {
            let (facts, problem) = look_in_memory(&Composer, PATH, text.as_bytes());
            assert_eq!((packages(&facts), problem), (vec![("a/b", "v1.2.3", PATH), ("c/d", "2", PATH)], None));
            assert_eq!(facts.databases[0].packages[1].development, development);
            assert!(!facts.databases[0].packages[0].development);
        }
        for text in ["null", "{", "[{}]", "not json"] {
            assert!(look_in_memory(&Composer, PATH, text.as_bytes()).1.is_some_and(|p| p.hides), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "[\\[\\]{}a-z\",: ]{0,200}") {
            look_in_memory(&Composer, PATH, text.as_bytes());
        }
    }
}
