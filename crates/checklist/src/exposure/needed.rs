//! Which components the entrypoint reaches.

use std::collections::HashSet;

use plimsoll_evidence::{ImageFacts, Inventory};
use schemars::JsonSchema;
use serde::Serialize;

/// Whether what the container starts reaches a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// It reaches a file of it.
    Reached,
    /// It reaches none, as far as can be told from the image's bytes.
    NotReached,
    /// What the container starts is not known.
    Unknown,
}

/// For each component, by place, whether it is reached: a file that it owns, or the file that records it.
pub fn needed(image: Option<&ImageFacts>, inventory: &Inventory) -> Vec<Need> {
    let Some(image) = image.filter(|i| i.closure.stopped.is_none() && !i.closure.reached.is_empty()) else {
        return vec![Need::Unknown; inventory.packages.len()];
    };
    let reached = image.closure.files();
    let owners: HashSet<u32> = reached.iter().filter_map(|file| inventory.owners.get(*file as usize)).copied().collect();
    let is_reached = |at: usize, recorded_in: &str| {
        // Of an archive inside of another the outer one is the file.
        let file = recorded_in.split('!').next().unwrap_or_default();
        owners.contains(&(at as u32)) || image.tree.find(file).is_some_and(|file| reached.contains(&file))
    };
    inventory
        .packages
        .iter()
        .enumerate()
        .map(|(at, p)| if is_reached(at, &p.recorded_in) { Need::Reached } else { Need::NotReached })
        .collect()
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::{Ecosystem, Link};

    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn what_lies_in_a_reached_archive_is_reached() {
        let recorded = |path: &str| {
            let path = path.to_owned();
            move |p: &mut plimsoll_evidence::Package| p.recorded_in = path
        };
        let kit = Kit::new()
            .entrypoint(&["/app"])
            .file("app", 0o755)
            .reach("app", Link::Entrypoint)
            .file("opt/boot.jar", 0o644)
            .reach("opt/boot.jar", Link::Argument)
            .file("opt/other.jar", 0o644)
            .package(Ecosystem::Java, "a:inner", "1", &[])
            .last_package(recorded("opt/boot.jar!BOOT-INF/lib/inner.jar"))
            .package(Ecosystem::Java, "a:other", "1", &[])
            .last_package(recorded("opt/other.jar"))
            .package(Ecosystem::Python, "owned", "1", &["app"]);
        let evidence = kit.evidence();
        let inventory = evidence.components.found().unwrap();
        let by_name: Vec<(&str, Need)> =
            inventory.packages.iter().map(|p| p.name.as_str()).zip(needed(evidence.image.found(), inventory)).collect();
        assert_eq!(by_name, [("owned", Need::Reached), ("a:inner", Need::Reached), ("a:other", Need::NotReached)]);
        let stopped = kit.stopped("no command").evidence();
        assert_eq!(needed(stopped.image.found(), inventory), [Need::Unknown; 3]);
    }
}
