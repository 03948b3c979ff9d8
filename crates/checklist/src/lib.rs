#![doc = include_str!("../README.md")]
#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "names of files in a Linux image are case-sensitive")]

mod access;
mod built;
mod case;
mod dates;
mod deployed;
pub mod exposure;
mod finding;
mod history;
mod honesty;
mod host_labels;
#[cfg(test)]
mod hostile;
mod installers;
mod item;
mod items;
mod minimal_sets;
mod policy;
mod quantity;
mod reference;
mod references;
mod revision;
mod running;
mod shown;
mod support_ends;
#[cfg(any(test, feature = "test-support"))]
pub mod testkit;
mod user;
mod verdict;
mod writes;

pub use dates::day_of;
pub use finding::{Finding, Fingerprint, Fix, RuleId};
pub use honesty::{decide, decide_all};
pub use item::{Example, Item, ItemId, RestsOn, Rule, Section};
pub use items::{CATALOGUE, find};
pub use policy::{BaseRung, Policy};
pub use quantity::{BadQuantity, Quantity};
pub use references::{Level, Reference, footnote};
pub use verdict::{Outcome, Strength, Verdict};
