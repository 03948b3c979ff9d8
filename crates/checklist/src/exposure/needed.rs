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
        owners.contains(&(at as u32)) || image.tree.find(recorded_in).is_some_and(|file| reached.contains(&file))
    };
    inventory
        .packages
        .iter()
        .enumerate()
        .map(|(at, p)| if is_reached(at, &p.recorded_in) { Need::Reached } else { Need::NotReached })
        .collect()
}
