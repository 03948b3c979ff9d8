//! Documentation that is made from the code that decides: a page for each item, the table in the README, the schemas.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use plimsoll_checklist::{CATALOGUE, Section};

const BEGIN: &str = "<!-- items: made by cargo xtask docs -->";
const END: &str = "<!-- /items -->";

/// Every generated file, as it should be.
fn pages(root: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut pages: Vec<(PathBuf, String)> = CATALOGUE
        .iter()
        .map(|item| (PathBuf::from(format!("docs/items/{}.md", item.id)), plimsoll_report::explain_markdown(item)))
        .collect();
    pages.push(("docs/report.schema.json".into(), plimsoll_report::schema()?));
    pages.push(("docs/vulnerabilities.schema.json".into(), plimsoll_report::vulnerabilities_schema()?));
    pages.push(("docs/plimsoll.schema.json".into(), plimsoll_config::schema()?));
    let readme = fs::read_to_string(root.join("README.md")).context("README.md")?;
    let (Some(begin), Some(end)) = (readme.find(BEGIN), readme.find(END)) else { bail!("README.md lacks the marks {BEGIN} and {END}") };
    pages.push(("README.md".into(), format!("{}\n{}{}", &readme[..begin + BEGIN.len()], table(), &readme[end..])));
    Ok(pages)
}

fn table() -> String {
    let mut out = String::new();
    for section in Section::ALL {
        let _ = writeln!(out, "\n**{}**\n\n| item | level | requirement |\n| --- | --- | --- |", section.title());
        for item in CATALOGUE.iter().filter(|i| i.section == section) {
            let _ = writeln!(out, "| [`{0}`](docs/items/{0}.md) | {1} | {2} |", item.id, item.level().letter(), item.title);
        }
    }
    out.push('\n');
    out
}

pub(crate) fn write(root: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(root.join("docs/items"))?;
    for (path, text) in pages(root)? {
        fs::write(root.join(&path), text).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_documentation_is_what_the_code_says() {
        let root = crate::root();
        let stale: Vec<_> = pages(&root)
            .unwrap()
            .into_iter()
            .filter(|(path, text)| fs::read_to_string(root.join(path)).ok().as_ref() != Some(text))
            .map(|(path, _)| path)
            .collect();
        assert!(stale.is_empty(), "run cargo xtask docs: {stale:?}");
        let there = fs::read_dir(root.join("docs/items")).unwrap().count();
        assert_eq!(there, CATALOGUE.len(), "docs/items holds pages of items that are gone");
    }
}
