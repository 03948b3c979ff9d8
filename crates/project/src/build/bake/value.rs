//! Values of bake files.

use std::collections::BTreeMap;

/// A value of a bake file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// A text of several lines as they stand in the file, the first of which is in this line, from 1.
    Lines(String, u32),
    List(Vec<Value>),
    Map(Members),
    /// Nothing: as if it were not given.
    Null,
    /// Only bake could tell.
    Unknown,
}

/// Values by name.
pub(super) type Members = BTreeMap<String, Value>;

impl Value {
    pub(super) fn flag(value: bool) -> Self {
        Self::Text(value.to_string())
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Lines(text, _) => Some(text),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Vec<&str> {
        match self {
            Self::List(items) => items.iter().filter_map(Self::text).collect(),
            _ => Vec::new(),
        }
    }

    /// What holding it once more costs.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(text) | Self::Lines(text, _) => 1 + text.len(),
            Self::List(items) => items.iter().fold(1, |sum, item| sum.saturating_add(item.size())),
            Self::Map(members) => members.iter().fold(1, |sum, (name, item)| sum.saturating_add(name.len()).saturating_add(item.size())),
            Self::Null | Self::Unknown => 1,
        }
    }
}
