//! What one bill names and another does not.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_evidence::Ecosystem;
use plimsoll_purl::Purl;

use crate::bill::{Bill, Component, Kind};
use crate::identity::{normal_name, same_version};
use crate::package::package;

/// What became of a component.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Only the second bill has it, in these versions.
    Added(Vec<String>),
    /// Only the first has it, in these versions.
    Removed(Vec<String>),
    /// Both have it, in other versions: those only of the first, those only of the second. Either may be empty where one bill has
    /// more versions than the other.
    Changed(Vec<String>, Vec<String>),
}

/// A component that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The package URL's type; `operating-system`; empty where there is no package URL.
    pub ecosystem: String,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: Change,
}

/// What one name has.
#[derive(Default)]
struct Of {
    /// The name as the bill has it.
    name: String,
    /// Whose it is, where that is known.
    ecosystem: Option<Ecosystem>,
    versions: BTreeSet<String>,
}

impl Of {
    /// The versions that another has not.
    fn without(&self, other: Option<&Self>) -> Vec<String> {
        let same = |a: &String, b: &String| a == b || self.ecosystem.is_some_and(|e| same_version(e, a, b) || same_version(e, b, a));
        let others = other.map(|o| &o.versions);
        self.versions.iter().filter(|v| !others.is_some_and(|o| o.contains(*v) || o.iter().any(|w| same(v, w)))).cloned().collect()
    }
}

type Names = BTreeMap<(String, String), Of>;

/// What is not the same in both, by ecosystem and name, as the ecosystems compare names and versions. Where, how often and with which
/// qualifiers a component is there does not count.
pub fn diff(first: &Bill, second: &Bill) -> Vec<Difference> {
    let (first, second) = (names(first), names(second));
    let keys: BTreeSet<&(String, String)> = first.keys().chain(second.keys()).collect();
    keys.into_iter()
        .filter_map(|key| {
            let (a, b) = (first.get(key), second.get(key));
            let gone = a.map(|a| a.without(b)).unwrap_or_default();
            let new = b.map(|b| b.without(a)).unwrap_or_default();
            let change = match (a, b) {
                (Some(_), Some(_)) if gone.is_empty() && new.is_empty() => return None,
                (Some(_), Some(_)) => Change::Changed(gone, new),
                (Some(_), None) => Change::Removed(gone),
                _ => Change::Added(new),
            };
            let name = b.or(a).map(|of| of.name.clone()).unwrap_or_default();
            Some(Difference { ecosystem: key.0.clone(), name, change })
        })
        .collect()
}

fn names(bill: &Bill) -> Names {
    let mut names = Names::new();
    for component in &bill.components {
        if let Some(Identity { key, name, ecosystem, version }) = identity(component) {
            let of = names.entry(key).or_insert_with(|| Of { name, ecosystem, ..Of::default() });
            of.versions.insert(version);
        }
    }
    names
}

/// A component as it is compared.
struct Identity {
    /// Type and name in the form in which they are compared.
    key: (String, String),
    name: String,
    ecosystem: Option<Ecosystem>,
    version: String,
}

/// None for files that are no packages: tools list them or not.
fn identity(component: &Component) -> Option<Identity> {
    let said = || component.version.clone().unwrap_or_default();
    if let Some(purl) = component.purl.as_deref().and_then(|p| Purl::parse_loosely(p).ok()) {
        let kind = purl.kind().to_owned();
        if let Some(package) = package(component, &purl) {
            let key = (kind, normal_name(package.ecosystem, &package.name));
            return Some(Identity { key, name: package.name, ecosystem: Some(package.ecosystem), version: package.version });
        }
        let version = purl.version().map_or_else(said, str::to_owned);
        return Some(Identity { key: (kind, purl.full_name()), name: purl.full_name(), ecosystem: None, version });
    }
    let ecosystem = match component.kind {
        Kind::OperatingSystem => "operating-system",
        Kind::File => return None,
        _ => "",
    };
    let name = component.name.clone();
    (!name.is_empty()).then(|| Identity { key: (ecosystem.to_owned(), name.clone()), name, ecosystem: None, version: said() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_removed_changed() {
        let bill = |purls: &[&str]| Bill {
            components: purls.iter().map(|p| Component { purl: Some((*p).to_owned()), ..Component::default() }).collect(),
            ..Bill::default()
        };
        let first = bill(&[
            "pkg:deb/debian/a@1?epoch=2",
            "pkg:pypi/Foo.Bar@1.0",
            "pkg:golang/x.test/a@v2.0.0#v2",
            "pkg:npm/b@1",
            "pkg:npm/c@1",
            "pkg:npm/d@1",
            "pkg:npm/d@2",
        ]);
        let second = bill(&[
            "pkg:deb/ubuntu/a@2:1?arch=amd64",
            "pkg:pypi/foo-bar@1.0.0",
            "pkg:golang/x.test/a/v2@v2.0.0",
            "pkg:npm/b@2",
            "pkg:npm/e@1",
            "pkg:npm/d@1",
        ]);
        let versions = |v: &[&str]| v.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let found: Vec<(String, Change)> = diff(&first, &second).into_iter().map(|d| (d.name, d.change)).collect();
        assert_eq!(
            found,
            [
                ("b".to_owned(), Change::Changed(versions(&["1"]), versions(&["2"]))),
                ("c".to_owned(), Change::Removed(versions(&["1"]))),
                ("d".to_owned(), Change::Changed(versions(&["2"]), Vec::new())),
                ("e".to_owned(), Change::Added(versions(&["1"]))),
            ]
        );
        assert_eq!(diff(&first, &first), []);
    }
}
