//! `WordPress`' plug-ins and themes, by the header of their main file (`WordPress` developer handbooks, "Header Requirements", "Main
//! Stylesheet").

use plimsoll_evidence::{Ecosystem, FileEntry, LayerFacts, Package, Problem};
use plimsoll_layers::{Analyser, AnalyserId, Content, Interest};

use crate::bytes::{package, short, single};

/// `WordPress` itself looks for the header in so many bytes.
const HEADER: usize = 8 << 10;

/// Finds plug-ins and themes.
pub struct WordPress;

impl Analyser for WordPress {
    fn id(&self) -> AnalyserId {
        AnalyserId { name: "wordpress", version: 1 }
    }

    fn wants(&self, entry: &FileEntry, _: &[u8]) -> Interest {
        if place(&entry.path).is_some() { Interest::Windows } else { Interest::Nothing }
    }

    fn analyse(&self, entry: &FileEntry, content: Content<'_>, facts: &mut LayerFacts) -> Result<(), Problem> {
        let bytes = match content {
            Content::Whole(bytes) => bytes,
            Content::Window(window) if window.offset == 0 => window.bytes,
            Content::Window(_) | Content::Spooled(_) => return Ok(()),
        };
        let Some((title, name)) = place(&entry.path) else { return Ok(()) };
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(HEADER)]);
        if let (Some(_), Some(version)) = (field(&text, title), field(&text, "Version")) {
            let said = |name: &str| field(&text, name).map(short);
            facts.databases.push(single(
                &entry.path,
                Package {
                    licences: said("License").into_iter().collect(),
                    supplier: said("Author"),
                    ..package(Ecosystem::WordPress, name, version, &entry.path)
                },
            ));
        }
        Ok(())
    }
}

/// The field that makes a file the main one, and the name by which the directory of `WordPress` knows it: that of its own directory, or of the
/// file where it has none.
fn place(path: &str) -> Option<(&'static str, &str)> {
    let (_, rest) = path.rsplit_once("wp-content/")?;
    if let Some(file) = rest.strip_prefix("plugins/").and_then(|p| p.strip_suffix(".php")) {
        let (directory, name) = file.split_once('/').map_or((file, file), |(d, f)| (d, f));
        return (!name.contains('/')).then_some(("Plugin Name", directory));
    }
    let theme = rest.strip_prefix("themes/")?.strip_suffix("/style.css")?;
    (!theme.contains('/')).then_some(("Theme Name", theme))
}

/// ` * Version: 5.3`: a line of a comment.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '/' | '*' | '#' | '@'));
        let line = line.strip_prefix("<?php").map_or(line, |l| l.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '/' | '*')));
        line.strip_prefix(name)?.trim_start().strip_prefix(':').map(|v| v.trim().trim_end_matches("*/").trim()).filter(|v| !v.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{look_in_memory, packages};

    #[test]
    fn the_header_of_the_main_file() {
        let header = b"<?php\n/**\n * @package Akismet\n */\n/*\nPlugin Name: Akismet Anti-spam\nVersion: 5.3\nAuthor: Automattic\nLicense: GPLv2 or later\n*/\n";
        let path = "var/www/html/wp-content/plugins/akismet/akismet.php";
        let (facts, _) = look_in_memory(&WordPress, path, header);
        assert_eq!(packages(&facts), [("akismet", "5.3", path)]);
        let path = "var/www/html/wp-content/plugins/hello.php";
        let text = b"<?php\n/*\nPlugin Name: Hello Dolly\nVersion: 1.7.2\n*/";
        assert_eq!(packages(&look_in_memory(&WordPress, path, text).0), [("hello", "1.7.2", path)]);
        let path = "srv/wp-content/themes/twentytwentyfour/style.css";
        let text = b"/*\nTheme Name: Twenty Twenty-Four\nVersion: 1.0\n*/";
        assert_eq!(packages(&look_in_memory(&WordPress, path, text).0), [("twentytwentyfour", "1.0", path)]);
        for (path, text) in [
            ("srv/wp-content/plugins/akismet/class.php", &b"<?php // Version: 5.3"[..]),
            ("srv/wp-content/plugins/akismet/views/a.php", header),
            ("srv/plugins/akismet/akismet.php", header),
        ] {
            assert!(look_in_memory(&WordPress, path, text).0.databases.is_empty(), "{path}");
        }
    }
}
