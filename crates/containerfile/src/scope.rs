//! Variables: which `ARG` and `ENV` hold where.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::{Arguments, Containerfile, Expanded, Instruction, Keyword, Pair, Value, expand};

/// What is known of the build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Build arguments (`--build-arg`), which stand above the defaults that the file gives. The platform's own, such as
    /// `TARGETARCH`, may be given here too.
    pub arguments: BTreeMap<String, String>,
    /// Build arguments that are given with values that nobody knows here.
    pub unknown: BTreeSet<String>,
}

impl Settings {
    /// What is given for an argument; none where nothing is.
    fn given(&self, name: &str) -> Option<Value> {
        match self.arguments.get(name) {
            Some(value) => Some(Value::Set(value.clone())),
            None => self.unknown.contains(name).then_some(Value::Unknown),
        }
    }
}

/// Variables that BuildKit sets before the first `FROM`; a stage sees them where it declares them with `ARG`.
const PLATFORM: &[&str] = &[
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

/// The most bytes that the values of one scope may have together.
const MOST_BYTES: usize = 8 << 20;

/// The variables at one point of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    own: BTreeMap<String, Value>,
    parent: Option<Arc<Variables>>,
    otherwise: Value,
    bytes: usize,
}

impl Variables {
    /// What is known of a variable.
    pub fn get(&self, name: &str) -> Value {
        let mut scope = Some(self);
        while let Some(at) = scope {
            if let Some(value) = at.own.get(name) {
                return value.clone();
            }
            scope = at.parent.as_deref();
        }
        self.otherwise.clone()
    }

    /// Expands a word with these variables.
    pub fn expand(&self, text: &str, escape: char) -> Expanded {
        expand(text, escape, &|name| self.get(name))
    }

    /// Of the file before its first stage: nothing but what the builder sets.
    pub(crate) fn of_file(settings: &Settings) -> Self {
        let given = |name: &str| settings.given(name).unwrap_or(Value::Unknown);
        let own = PLATFORM.iter().map(|name| ((*name).to_owned(), given(name))).collect();
        Self { own, parent: None, otherwise: Value::Unset, bytes: 0 }
    }

    /// Of a stage that starts from an image of which nothing is known, or from nothing.
    pub(crate) fn of_stage(scratch: bool) -> Self {
        let otherwise = if scratch { Value::Unset } else { Value::Unknown };
        // Every stage has a PATH, the image's or the builder's.
        Self { own: BTreeMap::from([("PATH".to_owned(), Value::Unknown)]), parent: None, otherwise, bytes: 0 }
    }

    /// Of a stage that starts from another one.
    pub(crate) fn inside(parent: &Arc<Self>) -> Self {
        Self { own: BTreeMap::new(), parent: Some(Arc::clone(parent)), otherwise: parent.otherwise.clone(), bytes: parent.bytes }
    }

    fn set(&mut self, name: String, value: Value) {
        let size = name.len() + if let Value::Set(text) = &value { text.len() } else { 0 };
        self.bytes = self.bytes.saturating_add(size);
        let value = if self.bytes > MOST_BYTES { Value::Unknown } else { value };
        self.own.insert(name, value);
    }

    fn value(&self, text: &str, escape: char) -> Value {
        let expanded = self.expand(text, escape);
        expanded.known().map_or(Value::Unknown, |text| Value::Set(text.to_owned()))
    }

    /// An `ARG` before the first stage.
    pub(crate) fn global(&mut self, pairs: &[Pair], escape: char, settings: &Settings) {
        for pair in pairs {
            let name = self.expand(&pair.name.text, escape).text;
            let value = match (settings.given(&name), &pair.value) {
                (Some(given), _) => given,
                (None, Some(value)) => self.value(&value.text, escape),
                (None, None) => continue,
            };
            self.set(name, value);
        }
    }

    /// What an instruction of a stage does to the variables.
    pub(crate) fn apply(&mut self, instruction: &Instruction, file: &Containerfile, global: &Self, settings: &Settings) {
        let Arguments::Pairs(pairs) = &instruction.arguments else { return };
        match instruction.keyword {
            Some(Keyword::Env) => {
                // All of one instruction see the variables as they were before it.
                let values: Vec<(String, Value)> = pairs
                    .iter()
                    .filter_map(|pair| {
                        let value = self.value(&pair.value.as_ref()?.text, file.escape);
                        Some((self.expand(&pair.name.text, file.escape).text, value))
                    })
                    .collect();
                for (name, value) in values {
                    self.set(name, value);
                }
            }
            Some(Keyword::Arg) => {
                for pair in pairs {
                    let name = self.expand(&pair.name.text, file.escape).text;
                    let value = match (settings.given(&name), &pair.value) {
                        (Some(given), _) => given,
                        (None, Some(value)) => self.value(&value.text, file.escape),
                        (None, None) => match global.get(&name) {
                            // Without a default it changes nothing: what the image has stays.
                            Value::Unset => continue,
                            value => value,
                        },
                    };
                    self.set(name, value);
                }
            }
            _ => {}
        }
    }
}
