//! What known vulnerabilities mean for an image: which matter first, by when they are to be dealt with, and the way out of each.

mod base;
mod due;
mod exploitability;
mod needed;
mod priority;
mod way_out;

pub use base::{Aim, BaseWay};
pub use due::{Deadlines, Due, due};
pub use exploitability::{Exploitability, Said, Standing};
pub use needed::{Need, needed};
pub use priority::{Level as PriorityLevel, Priority, priority};
pub use way_out::{Change, Changes, Going, WayOut};

use plimsoll_evidence::{Evidence, Inventory, Vulnerabilities};

use crate::Policy;

/// The vulnerabilities of an image with what is known of their components.
#[derive(Debug)]
pub struct Exposure<'a> {
    evidence: &'a Evidence,
    policy: &'a Policy,
    /// The components.
    pub inventory: &'a Inventory,
    /// What the advisory database says of them.
    pub known: &'a Vulnerabilities,
    /// For each component, by place, whether it is reached.
    pub needed: Vec<Need>,
    /// What there is to do.
    pub changes: Changes,
}

impl<'a> Exposure<'a> {
    /// None where the components or the advisories are not in evidence.
    pub fn new(evidence: &'a Evidence, policy: &'a Policy) -> Option<Self> {
        let (inventory, known) = (evidence.components.found()?, evidence.vulnerabilities.found()?);
        let needed = needed(evidence.image.found(), inventory);
        // What VEX answers is no reason to change anything.
        let silenced = |at: usize| evidence.vex.found().is_some_and(|vex| exploitability::exploitability(vex, at, policy).silenced);
        let open: Vec<usize> = (0..known.found.len()).filter(|at| !silenced(*at)).collect();
        let changes = way_out::changes(evidence, inventory, known, &needed, &open);
        Some(Self { evidence, policy, inventory, known, needed, changes })
    }

    /// The way out of the finding at a place of the list.
    pub fn way_out(&self, at: usize) -> Option<WayOut> {
        self.known.found.get(at).map(|v| way_out::way_out(v, at, self))
    }

    /// When the finding at a place of the list is due.
    pub fn due(&self, at: usize) -> Option<Due> {
        due(self.known.found.get(at)?, &self.policy.deadlines, self.policy.now)
    }

    /// The distribution, runtimes and servers that get no more security fixes, a sentence each: what is found in them is named by no advisory.
    pub fn ended(&self) -> Vec<String> {
        let Some(image) = self.evidence.image.found() else { return Vec::new() };
        let ended = crate::support_ends::ended(self.evidence, image, self.policy.now);
        ended.into_iter().map(|e| format!("{} had its last security fixes {}", e.name, e.when)).collect()
    }

    /// What VEX documents say of the finding at a place of the list.
    pub fn exploitability(&self, at: usize) -> Exploitability {
        self.evidence.vex.found().map(|vex| exploitability::exploitability(vex, at, self.policy)).unwrap_or_default()
    }

    /// What goes when a component is removed, by its name or its source's; none where nothing has that name.
    pub fn going(&self, component: &str) -> Option<Going> {
        way_out::going(component, self.inventory, self.known, &self.needed)
    }
}

/// Days since the advisories were had (where nobody knows: since their newest record), at the time of judging.
pub fn database_age(known: &Vulnerabilities, now: Option<i64>) -> Option<i64> {
    let then = known.database.fetched.or(known.database.newest)?;
    Some((now? - then).max(0) / 86_400)
}
