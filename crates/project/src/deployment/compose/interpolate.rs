//! Variables in Compose files: `$NAME`, `${NAME}`, `${NAME:-else}` and their kin, taken from the `.env` beside the file and from nowhere
//! else, so that a check answers the same everywhere.

use std::collections::HashMap;
use std::path::Path;

use plimsoll_evidence::ProblemKind;
use plimsoll_yaml::{Kind, Node, Rules, Style, Value};

use super::super::discover::Named;
use super::super::fields::{Complaints, place};
use crate::Sources;

/// How deep `${A:-${B:-…}}` is followed.
const MOST_DEPTH: usize = 8;
/// The longest that a text gets by its variables.
const MOST_BYTES: usize = 1 << 20;

/// The variables.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment {
    values: HashMap<String, String>,
}

impl Environment {
    /// Those of the folder's `.env`.
    pub(super) fn of_folder(folder: &Path, beside: &Named, sources: &mut Sources<'_>) -> Self {
        let mut own = Self::of_file(folder, beside, sources);
        // Compose itself sets it to the folder that it runs in.
        own.values.entry("PWD".to_owned()).or_insert_with(|| ".".to_owned());
        own
    }

    fn of_file(folder: &Path, beside: &Named, sources: &mut Sources<'_>) -> Self {
        let path = folder.join(".env");
        if !path.is_file() {
            return Self::default();
        }
        let base = beside.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let name = if base.is_empty() { ".env".to_owned() } else { format!("{base}/.env") };
        match sources.read(&path, &name) {
            Ok(source) => Self { values: dotenv(sources.text(source)) },
            Err(_) => Self::default(),
        }
    }

    /// The same, with another's where this has none: an included file sees the variables of who includes it first.
    pub(super) fn under(mut self, outer: &Self) -> Self {
        self.values.extend(outer.values.iter().map(|(k, v)| (k.clone(), v.clone())));
        self
    }

    /// Puts the variables into every value. What was plain stays plain: a number put in is a number.
    pub(super) fn put_in(&self, node: &mut Node, complaints: &mut Complaints<'_>) {
        let at = place(node.place);
        match &mut node.value {
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.put_in(item, complaints)),
            Value::Mapping(mapping) => mapping.entries.iter_mut().for_each(|entry| self.put_in(&mut entry.value, complaints)),
            Value::Scalar(scalar) => {
                if scalar.kind != Kind::Text || !scalar.text.contains('$') {
                    return;
                }
                match self.expand(&scalar.text, 0) {
                    Ok(Expanded { text, unset, outside }) => {
                        if outside || !unset.is_empty() {
                            node.tag = Some(OUTSIDE.into());
                        }
                        for name in unset {
                            complaints.notes(
                                ProblemKind::Unsupported,
                                at,
                                format!("the variable {name} is not in the .env beside the file; here it is taken as empty"),
                            );
                        }
                        if matches!(scalar.style, Style::Plain) {
                            scalar.kind = plain_kind(&text);
                        }
                        scalar.text = text;
                    }
                    Err(message) => complaints.hides(ProblemKind::Malformed, at, message),
                }
            }
        }
    }

    /// The text with its variables.
    fn expand(&self, text: &str, depth: usize) -> Result<Expanded, String> {
        if depth > MOST_DEPTH {
            return Err(format!("variables nest more than {MOST_DEPTH} deep"));
        }
        let mut out = Expanded::default();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.text.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                out.text.push('$');
                rest = after;
                continue;
            }
            if let Some(after) = rest.strip_prefix('{') {
                let Some(end) = closing(after) else { return Err("a variable's brace is not closed".to_owned()) };
                let inner = self.braced(&after[..end], depth)?;
                out.text.push_str(&inner.text);
                out.unset.extend(inner.unset);
                out.outside |= inner.outside;
                rest = &after[end + 1..];
            } else {
                let name = name_of(rest);
                if name.is_empty() {
                    return Err("a dollar sign without a name after it; two stand for one".to_owned());
                }
                match self.values.get(name) {
                    Some(value) => out.text.push_str(value),
                    None => out.unset.push(name.to_owned()),
                }
                out.outside = true;
                rest = &rest[name.len()..];
            }
            if out.text.len() > MOST_BYTES {
                return Err("variables make a text of more than a mebibyte".to_owned());
            }
        }
        out.text.push_str(rest);
        Ok(out)
    }

    /// What stands in braces.
    fn braced(&self, inner: &str, depth: usize) -> Result<Expanded, String> {
        let name = name_of(inner);
        if name.is_empty() {
            return Err(format!("{inner:?} is no variable"));
        }
        let value = self.values.get(name);
        let (operator, word) = split_operator(&inner[name.len()..]);
        let filled = value.filter(|v| !v.is_empty());
        let given = if operator.starts_with(':') { filled } else { value };
        let outside = |text: &str, unset: Option<&str>| Expanded {
            text: text.to_owned(),
            unset: unset.into_iter().map(str::to_owned).collect(),
            outside: true,
        };
        match (operator, given) {
            ("" | ":-" | "-" | ":?" | "?", Some(value)) => Ok(outside(value, None)),
            // One that has to be set is set by who starts it: its value is not in the files.
            ("" | ":?" | "?", None) => Ok(outside("", Some(name))),
            (":-" | "-", None) | (":+" | "+", Some(_)) => self.expand(word, depth + 1),
            (":+" | "+", None) => Ok(Expanded::default()),
            _ => Err(format!("{inner:?} is no way to write a variable")),
        }
    }
}

/// A text with its variables put in.
#[derive(Debug, Default, PartialEq)]
struct Expanded {
    text: String,
    /// Variables that are set nowhere.
    unset: Vec<String>,
    /// A part of it comes from a variable: it does not stand in the file.
    outside: bool,
}

/// The tag that marks a value of which a part came from a variable.
pub(super) const OUTSIDE: &str = "!from-a-variable";

fn split_operator(text: &str) -> (&str, &str) {
    for operator in [":-", ":?", ":+", "-", "?", "+"] {
        if let Some(word) = text.strip_prefix(operator) {
            return (&text[..operator.len()], word);
        }
    }
    (text, "")
}

fn name_of(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_ascii_digit()) { "" } else { &text[..end] }
}

/// Where the brace is closed that was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '{' if before == '$' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        before = c;
    }
    None
}

/// What a text means once its variables are in: the reader sees it as if it had been written so.
fn plain_kind(text: &str) -> Kind {
    // Compose casts by the field; a single value that reads as a boolean or number is taken as one.
    let stream = plimsoll_yaml::parse(text, Rules::Compose);
    match stream.documents.first().and_then(|d| d.root.scalar()) {
        Some(scalar) if stream.errors.is_empty() && scalar.style == Style::Plain && scalar.text == text => match scalar.kind {
            Kind::Null => Kind::Text,
            kind => kind,
        },
        _ => Kind::Text,
    }
}

/// `NAME=value` lines.
fn dotenv(text: &str) -> HashMap<String, String> {
    let mut values = HashMap::new();
    for line in text.lines() {
        let line = line.trim().trim_start_matches('\u{feff}');
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let value = value.trim();
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next().unwrap_or_default(),
            _ => value.split(" #").next().unwrap_or_default().trim_end(),
        };
        values.insert(name.trim().to_owned(), value.to_owned());
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment { values: dotenv("# c\nA=1\nexport B = two # c\nEMPTY=\nQ=\"a b\" # c\nS='x#y'\n") }
    }

    #[test]
    fn variables_are_put_in() {
        for (text, wanted) in [
            ("$A", Some("1")),
            ("${A}x", Some("1x")),
            ("$$A", Some("$A")),
            ("${B}-${Q}-${S}", Some("two-a b-x#y")),
            ("${NONE:-d}", Some("d")),
            ("${EMPTY:-d}", Some("d")),
            ("${EMPTY-d}", Some("")),
            ("${NONE-d}", Some("d")),
            ("${NONE:-${A:-x}y}", Some("1y")),
            ("${A:+alt}", Some("alt")),
            ("${NONE:+alt}", Some("")),
            ("${EMPTY+alt}", Some("alt")),
            ("${NONE:?wanted}", Some("")),
            ("${A:?wanted}", Some("1")),
            ("${NONE}", Some("")),
            ("${", None),
            ("${}", None),
            ("${A", None),
            ("$", None),
            ("${A!x}", None),
            ("a${A}b${A}", Some("a1b1")),
        ] {
            assert_eq!(environment().expand(text, 0).ok().map(|e| e.text).as_deref(), wanted, "{text}");
        }
        assert_eq!(environment().expand("$NONE and ${OTHER}", 0).unwrap().unset, ["NONE", "OTHER"]);
        let outside = |text: &str| environment().expand(text, 0).unwrap().outside;
        assert!(outside("${A}") && outside("${NONE}") && !outside("${NONE:-written}") && !outside("plain"));
        assert!(environment().expand(&"${X:-".repeat(50), 0).is_err());
        assert!(environment().expand(&format!("{}{}", "${X:-".repeat(50), "}".repeat(50)), 0).is_err());
    }
}
