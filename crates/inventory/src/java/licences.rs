//! What an archive says of its licence beside its manifest: Maven's `pom.xml` (POM Reference, "Licenses"), of which a shaded archive has one
//! for each that it swallowed, and the text that lies in `META-INF`.

use std::collections::BTreeMap;

use plimsoll_licences::{expression, identifiers, recognise};

use crate::bytes::short;

/// Licences that are read of one project.
const MOST: usize = 20;

/// What is said of one archive.
#[derive(Default)]
pub(super) struct Licences {
    /// By `group:artifact`.
    projects: BTreeMap<String, Vec<String>>,
    /// The licence whose text lies in the archive.
    text: Option<&'static str>,
}

/// `group:artifact` of the project that a file describes: `META-INF/maven/GROUP/ARTIFACT/pom.xml`.
pub(super) fn project(name: &str) -> Option<String> {
    let (group, artifact) = name.strip_prefix("META-INF/maven/")?.strip_suffix("/pom.xml")?.split_once('/')?;
    (!artifact.contains('/')).then(|| format!("{group}:{artifact}"))
}

/// Whether this is the archive's own licence. What stands elsewhere may be of a part of it.
pub(super) fn is_text(name: &str) -> bool {
    let Some(file) = name.strip_prefix("META-INF/").or(Some(name)).filter(|f| !f.contains('/')) else { return false };
    let stem = file.strip_suffix(".txt").or_else(|| file.strip_suffix(".md")).unwrap_or(file);
    ["license", "licence"].iter().any(|known| stem.eq_ignore_ascii_case(known))
}

impl Licences {
    pub(super) fn of_project(&mut self, name: &str, bytes: &[u8]) {
        if let Some(project) = project(name) {
            self.projects.insert(project, of_pom(bytes));
        }
    }

    pub(super) fn of_text(&mut self, bytes: &[u8]) {
        if self.text.is_none() {
            self.text = recognise(&String::from_utf8_lossy(bytes));
        }
    }

    /// What is said of a component. `own`: it is all that the archive holds, so that the archive's text is about it.
    pub(super) fn said(&self, component: &str, own: bool) -> Vec<String> {
        let said = self.projects.get(component).cloned().unwrap_or_default();
        if said.is_empty() && own { self.text.map(str::to_owned).into_iter().collect() } else { said }
    }
}

/// The licences of a project's description. Of several, the user of the project chooses one. What a parent says is not in the file.
fn of_pom(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let Ok(document) = roxmltree::Document::parse(text.trim_start_matches('\u{feff}')) else { return Vec::new() };
    let named = |node: roxmltree::Node<'_, '_>, name: &str| node.is_element() && node.tag_name().name() == name;
    let root = document.root_element();
    let Some(licences) = root.children().find(|n| named(*n, "licenses")) else { return Vec::new() };
    let said: Vec<String> = licences
        .children()
        .filter(|n| named(*n, "license"))
        .filter_map(|licence| {
            let of = |name: &str| {
                let words = licence.children().find(|n| named(*n, name))?.text()?.split_whitespace().collect::<Vec<_>>().join(" ");
                (!words.is_empty() && !words.contains("${")).then_some(words)
            };
            of("name").or_else(|| of("url"))
        })
        .take(MOST)
        .map(|words| short(&words))
        .collect();
    let known: Vec<String> = said.iter().filter_map(|words| known(words)).collect();
    if said.len() > 1 && known.len() == said.len() { vec![known.join(" OR ")] } else { said }
}

/// The expression that words stand for, where each of them is understood.
fn known(words: &str) -> Option<String> {
    let expression = expression([words]).expression?;
    let is_known = !identifiers(&expression).is_empty() && !expression.contains("LicenseRef-");
    is_known.then(|| if expression.contains(' ') { format!("({expression})") } else { expression })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pom(inside: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><project xmlns="http://maven.apache.org/POM/4.0.0"><dependencies><dependency><licenses><license><name>MIT</name></license></licenses></dependency></dependencies>{inside}</project>"#
        )
    }

    #[test]
    fn what_projects_say() {
        for (inside, wanted) in [
            ("", &[][..]),
            ("<licenses><license><name>Apache License,\n Version 2.0</name></license></licenses>", &["Apache License, Version 2.0"]),
            (
                "<licenses><license><url>https://opensource.org/licenses/MIT</url></license></licenses>",
                &["https://opensource.org/licenses/MIT"],
            ),
            (
                "<licenses><license><name>EPL-2.0</name></license><license><name>Apache License, Version 2.0</name></license></licenses>",
                &["EPL-2.0 OR Apache-2.0"],
            ),
            ("<licenses><license><name>MIT</name></license><license><name>Ours</name></license></licenses>", &["MIT", "Ours"]),
            ("<licenses><license><name>${licence}</name></license></licenses>", &[]),
        ] {
            assert_eq!(of_pom(pom(inside).as_bytes()), wanted, "{inside}");
        }
        for broken in ["", "<project>", "<project><licenses></project>", "\u{feff}", "<!DOCTYPE a [<!ENTITY b \"&b;\">]><a>&b;</a>"] {
            assert!(of_pom(broken.as_bytes()).is_empty(), "{broken}");
        }
        assert!(of_pom("<project>".repeat(100_000).as_bytes()).is_empty());
    }

    #[test]
    fn files_that_speak_of_licences() {
        assert_eq!(project("META-INF/maven/org.yaml/snakeyaml/pom.xml").as_deref(), Some("org.yaml:snakeyaml"));
        assert_eq!(project("META-INF/maven/org.yaml/pom.xml"), None);
        for (name, is) in [
            ("META-INF/LICENSE", true),
            ("META-INF/license.txt", true),
            ("LICENSE.md", true),
            ("META-INF/licenses/asm.txt", false),
            ("org/x/LICENSE", false),
            ("META-INF/NOTICE", false),
        ] {
            assert_eq!(is_text(name), is, "{name}");
        }
    }

    #[test]
    fn a_text_speaks_of_the_archive_alone() {
        let mut licences = Licences::default();
        licences.of_text(b"Apache License, Version 2.0, January 2004. TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION");
        licences.of_project("META-INF/maven/a/b/pom.xml", pom("<licenses><license><name>MIT</name></license></licenses>").as_bytes());
        assert_eq!(licences.said("a:b", true), ["MIT"]);
        assert_eq!(licences.said("a:c", true), ["Apache-2.0"]);
        assert!(licences.said("a:c", false).is_empty());
    }
}
