//! Installed Ruby gems: `specifications/NAME-VERSION.gemspec` (`RubyGems`, `Gem::StubSpecification`). A specification is Ruby
//! code; only the line that `RubyGems` itself reads without running it, and plain assignments, are looked at.

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, Problem, ProblemKind};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{held, package, short, single, unread};

const MOST: usize = 4 << 20;
const MOST_LINES: usize = 1024;

/// Finds installed gems.
pub struct Gem;

impl Analyser for Gem {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "gem", version: 2 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        let installed =
            entry.path.ends_with(".gemspec") && entry.path.rsplit('/').skip(1).take(2).any(|directory| directory == "specifications");
        if installed { Interest::Whole } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let text = String::from_utf8_lossy(held(entry, content, MOST)?);
        let (name, version, platform) = stub(&text)
            .or_else(|| assigned(&text).map(|(name, version)| (name, version, None)))
            .ok_or_else(|| unread(entry, ProblemKind::Malformed, "it is no specification of an installed gem"))?;
        let licences = listed(&text, "licenses").or_else(|| listed(&text, "license")).unwrap_or_default();
        let supplier = listed(&text, "authors").or_else(|| listed(&text, "author")).and_then(|a| a.into_iter().next());
        let homepage = listed(&text, "homepage").and_then(|h| h.into_iter().next());
        let package =
            Package { architecture: platform, licences, supplier, homepage, ..package(Ecosystem::Gem, &name, &version, &entry.path) };
        facts.databases.push(single(&entry.path, package));
        Ok(())
    }
}

/// `# stub: rake 13.0.6 ruby lib`: name, version, and the platform where it is not any.
fn stub(text: &str) -> Option<(String, String, Option<String>)> {
    let mut words = text.lines().take(3).find_map(|l| l.strip_prefix("# stub: "))?.split_whitespace();
    let (name, version, platform) = (words.next()?, words.next()?, words.next().filter(|p| *p != "ruby"));
    Some((name.to_owned(), version.to_owned(), platform.map(short)))
}

/// `s.name = "rake".freeze` and `s.version = "13.0.6"`, as gems write them.
fn assigned(text: &str) -> Option<(String, String)> {
    let value = |field: &str| {
        text.lines().take(MOST_LINES).find_map(|line| {
            let (target, value) = line.split_once('=')?;
            target.trim().rsplit_once('.').filter(|(_, name)| *name == field)?;
            let quote = value.chars().find(|c| matches!(c, '"' | '\''))?;
            value.split(quote).nth(1).filter(|v| !v.is_empty()).map(str::to_owned)
        })
    };
    Some((value("name")?, value("version")?))
}

/// The quoted texts that are assigned to a field: `s.licenses = ["MIT".freeze, "Ruby".freeze]`.
fn listed(text: &str, field: &str) -> Option<Vec<String>> {
    const MOST_LISTED: usize = 20;
    let line = text.lines().take(MOST_LINES).find_map(|line| {
        let (target, value) = line.split_once('=')?;
        target.trim().rsplit_once('.').filter(|(_, name)| *name == field).map(|_| value)
    })?;
    let quote = line.chars().find(|c| matches!(c, '"' | '\''))?;
    let found: Vec<String> = line.split(quote).skip(1).step_by(2).take(MOST_LISTED).filter(|v| !v.is_empty()).map(short).collect();
    Some(found).filter(|f| !f.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn specifications_of_installed_gems() {
        let place = "usr/lib/ruby/gems/3.1.0/specifications";
        for (path, text, wanted) in [
            (format!("{place}/rake-13.0.6.gemspec"), "# -*- encoding: utf-8 -*-\n# stub: rake 13.0.6 ruby lib\n", Some(("rake", "13.0.6"))),
            (
                format!("{place}/default/json-2.6.1.gemspec"),
                "Gem::Specification.new do |s|\n  s.name = \"json\".freeze\n  s.version = Gem::Version.new('2.6.1')\nend\n",
                Some(("json", "2.6.1")),
            ),
            ("app/rake.gemspec".to_owned(), "# stub: rake 13.0.6 ruby lib\n", None),
        ] {
            let (facts, problem) = look_in_memory(&Gem, &path, text.as_bytes());
            let found = packages(&facts).first().map(|(name, version, _)| (*name, *version));
            assert_eq!((found, problem), (wanted, None), "{path}");
        }
        let (_, problem) = look_in_memory(&Gem, &format!("{place}/x.gemspec"), b"puts 1");
        assert!(problem.is_some_and(|p| p.hides));
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "[a-z.= \n\"'#:]{0,300}") {
            look_in_memory(&Gem, "specifications/x.gemspec", text.as_bytes());
        }
    }
}
