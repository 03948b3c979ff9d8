//! The credentials that are known by their form, as data.
//!
//! Facts (prefixes, lengths, alphabets) come from the issuers' own pages and from the rule lists of gitleaks (MIT), Trivy
//! (Apache-2.0) and trufflehog's detector names; expressions, words and severities are ours.

mod ai;
mod cloud;
mod code;
mod data;
mod messages;
mod payment;
mod services;
#[cfg(test)]
mod tests;
mod watch;

use crate::rule::Rule;

static ALL: [&[Rule]; 8] =
    [cloud::RULES, code::RULES, data::RULES, ai::RULES, payment::RULES, messages::RULES, watch::RULES, services::RULES];

/// Every rule, by group.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    ALL.iter().flat_map(|group| group.iter())
}
