//! Several records of one vulnerability become one finding with all of its ids.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use plimsoll_evidence::{FixState, RecordMatch, Vulnerability};

use super::Match;
use super::rate;

/// Ids that join findings, as a forest of sets.
#[derive(Default)]
struct Sets<'a> {
    numbers: BTreeMap<&'a str, usize>,
    parents: Vec<usize>,
}

impl<'a> Sets<'a> {
    fn number(&mut self, id: &'a str) -> usize {
        let next = self.parents.len();
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.parents.push(next);
        }
        number
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.parents[high] = low;
    }
}

/// One finding for each vulnerability. An erratum that mends several is a part of each.
pub(super) fn merge<'m>(
    matches: &'m [Match],
    said: &dyn Fn(&Match) -> RecordMatch,
    source: &dyn Fn(&'m Match) -> &'m str,
) -> Vec<Vulnerability> {
    let mut sets = Sets::default();
    // The ids that mean the same as a record's, or each that it mends by itself.
    let mut speaks: Vec<(usize, &Match)> = Vec::new();
    for m in matches {
        if m.text.mends.is_empty() {
            let own = sets.number(&m.text.id);
            for alias in &m.text.aliases {
                let alias = sets.number(alias);
                sets.join(own, alias);
            }
            speaks.push((own, m));
        } else {
            for id in &m.text.mends {
                let number = sets.number(id);
                speaks.push((number, m));
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<&Match>> = BTreeMap::new();
    for (number, m) in speaks {
        let root = sets.root(number);
        let group = groups.entry(root).or_default();
        if !group.iter().any(|known| std::ptr::eq(*known, m)) {
            group.push(m);
        }
    }
    let mut ids: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    let numbers: Vec<(&str, usize)> = sets.numbers.iter().map(|(id, n)| (*id, *n)).collect();
    for (id, number) in numbers {
        let root = sets.root(number);
        ids.entry(root).or_default().insert(id);
    }
    groups.into_iter().map(|(root, group)| one(group, ids.remove(&root).unwrap_or_default(), said, source)).collect()
}

fn one<'m>(
    mut group: Vec<&'m Match>,
    mut ids: BTreeSet<&'m str>,
    said: &dyn Fn(&Match) -> RecordMatch,
    source: &dyn Fn(&'m Match) -> &'m str,
) -> Vulnerability {
    // A record with a fixed version says more than one without; then by source and id.
    group.sort_by(|a, b| (a.hit.fixed.is_none(), a.text.source, &a.text.id).cmp(&(b.hit.fixed.is_none(), b.text.source, &b.text.id)));
    ids.extend(group.iter().map(|m| m.text.id.as_str()));
    let mut fixed: Vec<(&str, Option<plimsoll_versions::Scheme>)> =
        group.iter().filter(|m| !m.for_subscribers).filter_map(|m| Some((m.hit.fixed.as_deref()?, m.scheme))).collect();
    fixed.sort_by(|(a, scheme), (b, _)| scheme.map_or(Ordering::Equal, |s| s.compare(a, b)).then_with(|| a.cmp(b)));
    fixed.dedup_by(|a, b| a.0 == b.0);
    let fix = if fixed.is_empty() {
        let of_archive = |m: &&Match| m.entry.fix.or_else(|| m.for_subscribers.then_some(FixState::WillNotFix));
        let said: Vec<FixState> = group.iter().filter_map(of_archive).collect();
        match said.as_slice() {
            [] if group.iter().any(|m| m.hit.last.is_some()) => FixState::Unknown,
            [] => FixState::NotFixed,
            states if states.iter().all(|s| *s == FixState::WillNotFix) => FixState::WillNotFix,
            _ => FixState::NotFixed,
        }
    } else {
        FixState::Fixed
    };
    let mut references: Vec<String> = Vec::new();
    for reference in group.iter().flat_map(|m| &m.text.references) {
        if !references.contains(reference) {
            references.push(reference.clone());
        }
    }
    let mut affects: Vec<_> = group.iter().flat_map(|m| m.entry.code.iter().cloned()).collect();
    affects.sort();
    affects.dedup();
    let summaries = || group.iter().map(|m| m.text.summary.as_str()).filter(|s| !s.is_empty());
    // An erratum's summary speaks of an update, not of what is wrong.
    let of_fault = group.iter().filter(|m| m.text.mends.is_empty()).map(|m| m.text.summary.as_str()).find(|s| !s.is_empty());
    Vulnerability {
        id: primary(&ids),
        ids: ids.into_iter().map(str::to_owned).collect(),
        component: 0,
        summary: of_fault.or_else(|| summaries().next()).unwrap_or_default().to_owned(),
        matches: group.iter().map(|m| said(m)).collect(),
        fix,
        fixed_in: fixed.into_iter().map(|(v, _)| v.to_owned()).collect(),
        ratings: rate::ratings(&group, source),
        epss: None,
        kev: None,
        published: group.iter().filter_map(|m| m.text.published).min(),
        modified: group.iter().filter_map(|m| m.text.modified).max(),
        first_seen: None,
        references,
        affects,
        informational: group.iter().find_map(|m| m.entry.informational.clone().or_else(|| m.text.informational.clone())),
    }
}

/// The id to show: CVE first, then the ecosystem's own before GitHub's.
fn primary(ids: &BTreeSet<&str>) -> String {
    let rank = |id: &str| match id.split('-').next().unwrap_or_default() {
        "CVE" => 0,
        "GO" | "RUSTSEC" | "PYSEC" => 1,
        "GHSA" => 2,
        _ => 3,
    };
    ids.iter().min_by_key(|id| (rank(id), **id)).map(|id| (*id).to_owned()).unwrap_or_default()
}
