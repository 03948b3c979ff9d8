//! What one bill names and another does not.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_purl::Purl;

use crate::bill::{Bill, Component, Kind};

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

type Versions = BTreeMap<(String, String), BTreeSet<String>>;

/// What is not the same in both, by ecosystem and name. Where, how often and with which qualifiers a component is there does not count.
pub fn diff(first: &Bill, second: &Bill) -> Vec<Difference> {
    let (first, second) = (versions(first), versions(second));
    let names: BTreeSet<&(String, String)> = first.keys().chain(second.keys()).collect();
    let none = BTreeSet::new();
    names
        .into_iter()
        .filter_map(|key| {
            let (a, b) = (first.get(key), second.get(key));
            let only = |of: &BTreeSet<String>, not: &BTreeSet<String>| of.difference(not).cloned().collect::<Vec<_>>();
            let (gone, new) = (only(a.unwrap_or(&none), b.unwrap_or(&none)), only(b.unwrap_or(&none), a.unwrap_or(&none)));
            let change = match (a, b) {
                (Some(_), Some(_)) if gone.is_empty() && new.is_empty() => return None,
                (Some(_), Some(_)) => Change::Changed(gone, new),
                (Some(_), None) => Change::Removed(gone),
                _ => Change::Added(new),
            };
            Some(Difference { ecosystem: key.0.clone(), name: key.1.clone(), change })
        })
        .collect()
}

fn versions(bill: &Bill) -> Versions {
    let mut versions = Versions::new();
    for component in &bill.components {
        if let Some((key, version)) = identity(component) {
            versions.entry(key).or_default().insert(version);
        }
    }
    versions
}

/// Type and name, and the version. Files that are no packages are left out: tools list them or not.
fn identity(component: &Component) -> Option<((String, String), String)> {
    if let Some(purl) = component.purl.as_deref().and_then(|p| Purl::parse_loosely(p).ok()) {
        let is_system = matches!(purl.kind(), "deb" | "apk" | "rpm" | "alpm" | "opkg");
        let name = if is_system { purl.name().to_owned() } else { purl.full_name() };
        let mut version = purl.version().or(component.version.as_deref()).unwrap_or_default().to_owned();
        if let Some(epoch) = purl.qualifier("epoch").filter(|e| is_system && *e != "0" && !version.contains(':')) {
            version = format!("{epoch}:{version}");
        }
        return Some(((purl.kind().to_owned(), name), version));
    }
    let ecosystem = match component.kind {
        Kind::OperatingSystem => "operating-system",
        Kind::File => return None,
        _ => "",
    };
    let version = component.version.clone().unwrap_or_default();
    (!component.name.is_empty()).then(|| ((ecosystem.to_owned(), component.name.clone()), version))
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
        let first = bill(&["pkg:deb/debian/a@1", "pkg:npm/b@1", "pkg:npm/c@1", "pkg:npm/d@1", "pkg:npm/d@2"]);
        let second = bill(&["pkg:deb/ubuntu/a@1?arch=amd64", "pkg:npm/b@2", "pkg:npm/e@1", "pkg:npm/d@1"]);
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
