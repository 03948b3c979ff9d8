//! Typed fields out of YAML, each with its place. A field of the wrong type is told: the reader that it is meant for refuses it.

use plimsoll_evidence::{Location, Place, Placed, Problem, ProblemKind, printable_line, source_line};
use plimsoll_yaml::{Entry, Kind, Node, ReadError};

use crate::Sources;

/// A place of YAML as evidence has it.
pub(crate) fn place(at: plimsoll_yaml::Place) -> Place {
    Place { source: at.source, line: at.line, column: at.column, width: at.width }
}

/// The place of a key.
pub(crate) fn key_place(entry: &Entry) -> Place {
    place(entry.key.place)
}

/// A scalar's text of any kind with its place.
pub(crate) fn placed_text(node: &Node) -> Option<Placed<String>> {
    node.text().map(|text| Placed::new(text.to_owned(), place(node.place)))
}

/// What went wrong while reading one text; later it joins the deployment's problems.
pub(crate) struct Complaints<'a> {
    texts: &'a [plimsoll_evidence::SourceText],
    /// Who reads the text and refuses what is wrong: `Kubernetes`.
    reader: &'static str,
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Complaints<'a> {
    pub(crate) fn new(sources: &'a Sources<'_>, reader: &'static str) -> Self {
        Self { texts: sources.texts(), reader, problems: Vec::new() }
    }

    /// Something that was not read, or that the reader refuses.
    pub(crate) fn hides(&mut self, kind: ProblemKind, at: Place, message: impl AsRef<str>) {
        self.problems.push(Problem::hiding(kind, printable_line(message.as_ref(), 300)).at(self.location(at)));
    }

    /// Something worth a word.
    pub(crate) fn notes(&mut self, kind: ProblemKind, at: Place, message: impl AsRef<str>) {
        self.problems.push(Problem::noted(kind, printable_line(message.as_ref(), 300)).at(self.location(at)));
    }

    fn location(&self, at: Place) -> Location {
        Location::File(source_line(self.texts, at))
    }

    /// A part of a text that is no YAML.
    pub(crate) fn unreadable(&mut self, error: &ReadError) {
        let kind = match error.kind {
            plimsoll_yaml::ErrorKind::Limit => ProblemKind::Limit,
            _ => ProblemKind::Malformed,
        };
        let at = place(error.place);
        let name = self.texts.get(at.source as usize).map_or("", |t| t.name.as_str());
        let message = format!("{name}:{}: this document could not be read: {}", at.line, error.message);
        self.hides(kind, at, message);
    }

    fn wrong(&mut self, key: &str, node: &Node, wanted: &str) {
        let message = format!("{key} is {}, but {} wants {wanted} and refuses it", node.what(), self.reader);
        self.hides(ProblemKind::Malformed, place(node.place), message);
    }

    /// A boolean.
    pub(crate) fn bool(&mut self, node: &Node, key: &str) -> Option<Placed<bool>> {
        let value = node.given(key)?;
        let found = value.as_bool();
        if found.is_none() {
            self.wrong(key, value, "a boolean");
        }
        found.map(|b| Placed::new(b, place(value.place)))
    }

    /// A whole number.
    pub(crate) fn int(&mut self, node: &Node, key: &str) -> Option<Placed<i64>> {
        let value = node.given(key)?;
        let found = value.as_int();
        if found.is_none() {
            self.wrong(key, value, "a whole number");
        }
        found.map(|n| Placed::new(n, place(value.place)))
    }

    /// A whole number that is not below zero.
    pub(crate) fn count(&mut self, node: &Node, key: &str) -> Option<Placed<u64>> {
        self.int(node, key).and_then(|n| u64::try_from(n.value).ok().map(|value| Placed::new(value, n.place)))
    }

    /// A string.
    pub(crate) fn text(&mut self, node: &Node, key: &str) -> Option<Placed<String>> {
        let value = node.given(key)?;
        let found = value.as_str();
        if found.is_none() {
            self.wrong(key, value, "a string");
        }
        found.map(|s| Placed::new(s.to_owned(), place(value.place)))
    }

    /// A scalar of any kind, as text: quantities, ports, numbers or strings.
    pub(crate) fn scalar(&mut self, node: &Node, key: &str) -> Option<Placed<String>> {
        let value = node.given(key)?;
        let found = placed_text(value);
        if found.is_none() {
            self.wrong(key, value, "a single value");
        }
        found
    }

    /// A list.
    pub(crate) fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        let Some(value) = node.given(key) else { return &[] };
        value.sequence().unwrap_or_else(|| {
            self.wrong(key, value, "a list");
            &[]
        })
    }

    /// A list of strings.
    pub(crate) fn texts(&mut self, node: &Node, key: &str) -> Vec<Placed<String>> {
        let mut texts = Vec::new();
        for item in self.list(node, key) {
            match item.scalar() {
                Some(scalar) if scalar.kind == Kind::Text => texts.push(Placed::new(scalar.text.clone(), place(item.place))),
                _ => self.wrong(&format!("an item of {key}"), item, "a string"),
            }
        }
        texts
    }

    /// A list of strings as one value, with the place of its key.
    pub(crate) fn words(&mut self, node: &Node, key: &str) -> Option<Placed<Vec<String>>> {
        let entry = node.entry(key).filter(|e| !e.value.is_null())?;
        let at = key_place(entry);
        let words = self.texts(node, key).into_iter().map(|t| t.value).collect();
        Some(Placed::new(words, at))
    }

    /// A mapping.
    pub(crate) fn mapping<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        let value = node.given(key)?;
        if value.mapping().is_none() {
            self.wrong(key, value, "a mapping");
            return None;
        }
        Some(value)
    }
}
