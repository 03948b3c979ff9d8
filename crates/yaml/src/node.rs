use crate::Kind;

/// Where something stands in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// Which text, as [`crate::Limits::source`] numbered it.
    pub source: u32,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// Characters that it takes up on that line; 0 for what was left out.
    pub width: u32,
    /// Where its text begins, in bytes from the start.
    pub start: u32,
    /// Where its text ends, in bytes from the start: the byte after the last. Of block collections, the start.
    pub end: u32,
}

impl Place {
    /// The place after all of `text`.
    pub(crate) fn after(text: &str, source: u32) -> Self {
        let line = 1 + text.matches('\n').count();
        let last = text.rsplit('\n').next().unwrap_or_default();
        let column = 1 + last.chars().filter(|c| *c != '\u{feff}').count();
        let at = text.len() as u32;
        Self { source, line: line as u32, column: column as u32, width: 0, start: at, end: at }
    }
}

/// One node of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where its text stands. For a node that came through an alias, where it was anchored.
    pub place: Place,
    /// What it is.
    pub value: Value,
    /// The tag, where one is written: `!!str`, `!reset`, or a full name for tags of a directive.
    pub tag: Option<Box<str>>,
    /// The place of the alias through which it came here.
    pub alias: Option<Box<Place>>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with values.
    Mapping(Mapping),
}

/// A single value.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// Its text, without quotes and escapes; empty where it was left out.
    pub text: String,
    /// How it is written.
    pub style: Style,
    /// What the text means to the reader.
    pub kind: Kind,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Nothing is written: the null of `key:`.
    Empty,
    /// Without quotes.
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes.
    DoubleQuoted,
    /// After `|`.
    Literal,
    /// After `>`.
    Folded,
}

/// Keys with values, in the order in which they are written; what merge keys brought comes last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    /// Every entry, those of duplicate keys too.
    pub entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key. Kubernetes and Compose know only scalars as keys; YAML knows others.
    pub key: Node,
    /// The value.
    pub value: Node,
    /// The place of the merge key's alias, or of the merge key, that brought it.
    pub merged: Option<Box<Place>>,
}

impl Mapping {
    /// The entry of this key; the last, where there are several.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|e| e.key.text() == Some(key))
    }

    /// The value of this key; the last, where there are several.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.value)
    }
}

impl Node {
    /// A mapping with nothing in it, at no place: what a mapping that was not given is as good as.
    pub fn empty() -> Self {
        Self { place: Place::default(), value: Value::Mapping(Mapping::default()), tag: None, alias: None }
    }

    /// The text of a scalar of any kind, as it is meant: `0777` stays `0777`.
    pub fn text(&self) -> Option<&str> {
        self.scalar().map(|s| s.text.as_str())
    }

    /// The scalar.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// The text of a scalar that the reader takes for a string.
    pub fn as_str(&self) -> Option<&str> {
        self.scalar().filter(|s| s.kind == Kind::Text).map(|s| s.text.as_str())
    }

    /// The boolean that the reader takes it for.
    pub fn as_bool(&self) -> Option<bool> {
        match self.scalar()?.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number that the reader takes it for.
    pub fn as_int(&self) -> Option<i64> {
        match self.scalar()?.kind {
            Kind::Int(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is null, written or left out.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|s| s.kind == Kind::Null)
    }

    /// The keys and values.
    pub fn mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            Value::Scalar(_) | Value::Sequence(_) => None,
        }
    }

    /// The list's items.
    pub fn sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            Value::Scalar(_) | Value::Mapping(_) => None,
        }
    }

    /// The list's items; none, where it is no list.
    pub fn items(&self) -> &[Node] {
        self.sequence().unwrap_or_default()
    }

    /// The mapping's entries; none, where it is no mapping.
    pub fn entries(&self) -> &[Entry] {
        self.mapping().map(|m| m.entries.as_slice()).unwrap_or_default()
    }

    /// The value of a key; the last, where there are several.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.mapping()?.get(key)
    }

    /// The value of a key that is not null: to the readers in question, null is as good as left out.
    pub fn given(&self, key: &str) -> Option<&Node> {
        self.get(key).filter(|n| !n.is_null())
    }

    /// The entry of a key; the last, where there are several.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.mapping()?.entry(key)
    }

    /// The node at the end of a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// What it is, for a message: `a string`, `a list`.
    pub fn what(&self) -> &'static str {
        match &self.value {
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
            Value::Scalar(scalar) => match scalar.kind {
                Kind::Null => "null",
                Kind::Bool(_) => "a boolean",
                Kind::Int(_) => "a whole number",
                Kind::Float => "a number",
                Kind::Text => "a string",
            },
        }
    }
}
