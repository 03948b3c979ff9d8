use std::fmt;
use std::ops::Range;

use plimsoll_checklist::CATALOGUE;
use plimsoll_evidence::{SourceLine, printable_line};

use crate::{Config, nearest};

/// A mistake in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong, and the right name where one is near.
    pub message: String,
    /// Where.
    pub at: SourceLine,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.at.path, self.at.line, self.at.column, self.message)
    }
}

impl std::error::Error for Mistake {}

/// Reads the text of a `plimsoll.toml` (TOML 1.0). `path` is what the file is called in a mistake.
///
/// # Errors
/// The first mistake: no TOML, a key or item that there is not, a value of a wrong type.
pub fn read(path: &str, text: &str) -> Result<Config, Mistake> {
    // A byte order mark is no part of the text.
    let (text, skipped) = text.strip_prefix('\u{feff}').map_or((text, 0), |rest| (rest, 1));
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let named = text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
        let message = message(error.message(), named);
        Mistake { message: printable_line(&message, 400), at: place(path, text, &span, skipped) }
    })
}

/// The parser's message in the field's own words: what it lists of names is cut down to the nearest.
fn message(said: &str, named: &str) -> String {
    let Some((_, expected)) = said.strip_prefix("unknown field `").and_then(|rest| rest.split_once("`, ")) else {
        return said.lines().next().unwrap_or_default().to_owned();
    };
    let quoted: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let is_item = quoted.iter().any(|name| CATALOGUE.iter().any(|item| item.id.0 == *name));
    let items = || CATALOGUE.iter().map(|item| item.id.0);
    if is_item && items().any(|item| item == named) {
        return format!("nothing can be set for the item {named}; there are settings for {}", quoted.join(" and "));
    }
    let (kind, near) = if is_item { ("item", nearest(named, items())) } else { ("key", nearest(named, quoted.iter().copied())) };
    match near {
        Some(near) => format!("there is no {kind} {named:?}; did you mean {near:?}?"),
        None if is_item => format!("there is no item {named:?}; plimsoll items lists them"),
        None => format!("there is no key {named:?} here; the keys are {}", quoted.join(", ")),
    }
}

fn place(path: &str, text: &str, span: &Range<usize>, skipped: u32) -> SourceLine {
    let start = (0..=span.start.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let meant = text.get(start..span.end.min(line_start + line.len())).unwrap_or_default();
    let number = text[..start].matches('\n').count() as u32 + 1;
    let column = text[line_start..start].chars().count() as u32 + 1;
    SourceLine {
        path: path.to_owned(),
        line: number,
        column: if number == 1 { column + skipped } else { column },
        width: meant.chars().count() as u32,
        text: line.chars().take(400).collect(),
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_checklist::BaseRung;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_whole_file() {
        let text = "image = \"oci:build/image\"\nbuild = [\"Containerfile\"]\ndeploy = [\"deploy\"]\ninfrastructure = \"ships the host's logs\"\n\n[registries]\ntrusted = [\"registry.example.org/base\"]\n\n[items.minimal-base-image]\nrung = \"distroless\"\n[items.component-updates]\nrebuild-days = 30\n";
        let config = read("plimsoll.toml", text).unwrap();
        let policy = config.policy();
        assert_eq!((policy.minimal_base, policy.rebuild_days), (BaseRung::Distroless, 30));
        assert_eq!(policy.infrastructure.as_deref(), Some("ships the host's logs"));
        assert_eq!(policy.trusted_registries, ["registry.example.org/base"]);
        assert_eq!(read("x", "").unwrap(), Config::default());
        assert_eq!(read("x", "\u{feff}image = \"a\"").unwrap().image.as_deref(), Some("a"));
    }

    #[test]
    fn mistakes() {
        let cases = [
            ("imgae = \"x\"", "1:1+5: there is no key \"imgae\"; did you mean \"image\"?"),
            ("é = 1", "1:1+1: invalid unquoted key"),
            ("\nbuild = \"Containerfile\"", "2:9+15: invalid type: string \"Containerfile\", expected a sequence"),
            ("[items.no-secret]\nx = 1", "1:8+9: there is no item \"no-secret\"; did you mean \"no-secrets\"?"),
            (
                "[items.no-secrets]\nx = 1",
                "1:8+10: nothing can be set for the item no-secrets; there are settings for minimal-base-image and component-updates",
            ),
            ("[items.wholly-different]", "1:8+16: there is no item \"wholly-different\"; plimsoll items lists them"),
            (
                "[items.minimal-base-image]\nrung = \"distroles\"",
                "2:8+11: unknown variant `distroles`, expected one of `general-purpose`, `minimal-distribution`, `distroless`, `static`",
            ),
            ("infrastructure = \" \"", "1:18+3: a reason is wanted: why may this container have the host's privileges?"),
            ("[items.component-updates]\nrebuild-days = 0", "2:16+1: "),
            ("image = \"a\"\nimage = \"b\"", "2:1+5: duplicate key"),
            ("[registries\n", "1:12: unclosed table, expected `]`"),
        ];
        let mut wrong = Vec::new();
        for (text, wanted) in cases {
            let mistake = read("f", text).unwrap_err();
            let width = if mistake.at.width > 0 { format!("+{}", mistake.at.width) } else { String::new() };
            let said = format!("{}:{}{width}: {}", mistake.at.line, mistake.at.column, mistake.message);
            if !said.starts_with(wanted) {
                wrong.push(format!("{text:?}\n{said}\n{wanted}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(\\PC|[\\[\\]=\"'\n\r\t.#])*") {
            if let Err(mistake) = read("f", &text) {
                prop_assert!(mistake.at.line >= 1 && mistake.at.column >= 1 && !mistake.message.is_empty());
            }
        }
    }
}
