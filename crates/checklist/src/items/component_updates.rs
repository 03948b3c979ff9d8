//! Whether the components are still cared for.

use std::collections::BTreeMap;

use plimsoll_evidence::{Gathered, Vulnerability};

use super::components_identified::need_identified;
use super::prelude::*;
use crate::dates::rfc3339;
use crate::exposure::{Exposure, database_age};
use crate::shown::{count, list};
use crate::support_ends::ended;

const ID: ItemId = ItemId("component-updates");
const DAY: i64 = 86_400;

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Regular updates are provided for all components",
    section: Section::Components,
    requirement: "Components get updates and fixes from whoever makes them, and the build takes these in regularly.",
    why: "A component without fixes keeps every hole that is found in it. An image that is not rebuilt keeps those that were long closed.",
    remediation: "Move to releases of distribution and runtime that are supported, and rebuild the image on a schedule.",
    references: &[footnote(31)],
    rules: &[END_OF_LIFE, NOT_REBUILT, NOT_INSTALLED],
    example: Some(Example { language: "dockerfile", bad: "FROM node:16", good: "FROM node:22@sha256:…" }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::Packages],
    judge,
};

const END_OF_LIFE: Rule =
    Rule::new("end-of-life", High, "A component no longer gets security fixes.", "Move to a release that is supported.");
const NOT_REBUILT: Rule = Rule::new(
    "not-rebuilt",
    Info,
    "The image says that it was made longer ago than the policy allows; a repeatable build says the time of its source instead.",
    "Rebuild the image on a schedule, so that it takes in fixes.",
);

const NOT_INSTALLED: Rule = Rule::new(
    "fix-not-installed",
    Medium,
    "A version that mends a vulnerability is known, and an older one is installed.",
    "Update the component, or rebuild on a base image that has the fixed version.",
);

/// Components that each get a finding; the rest are summed up in one.
const MOST_FINDINGS: usize = 30;

fn judge(evidence: &Evidence, policy: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    for ended in ended(evidence, image, policy.now) {
        let says = format!("{} had its last security fixes {}.", ended.name, ended.when);
        ended.at(case.find(&END_OF_LIFE).about(&ended.name).says(says), image).add();
    }
    let created = image.config.created.as_deref().and_then(rfc3339).filter(|t| *t > 20 * 365 * DAY);
    if let (Some(created), Some(now)) = (created, policy.now) {
        let days = now.saturating_sub(created) / DAY;
        if days > i64::from(policy.rebuild_days) {
            case.find(&NOT_REBUILT)
                .says(format!("The image says that it was made {days} days ago; the policy allows {}.", policy.rebuild_days))
                .in_config("created")
                .add();
        }
    }
    if policy.now.is_none() {
        case.need("the time of judging", "give the date that the check is made for");
    }
    let exposure = match &evidence.vulnerabilities {
        Gathered::Found(_) => Exposure::new(evidence, policy),
        Gathered::Absent(need) => {
            case.need(&need.what, &need.supply);
            None
        }
        Gathered::Failed(problem) => {
            case.need(format!("an advisory database that can be read ({})", problem.message), "make it again with plimsoll db update");
            None
        }
    };
    let Some(exposure) = exposure else {
        return case.fail_or_unknown(
            "Components of the image are no longer cared for.",
            "Nothing in the image is known to be out of support; newer versions were not looked up.",
        );
    };
    let behind = not_installed(&mut case, &exposure, policy);
    let age = database_age(exposure.known, policy.now);
    if age.is_none_or(|days| days > i64::from(policy.database_days)) {
        case.need(
            "current advisories: those that are there are too old to say that nothing newer is known",
            "fetch newer ones with plimsoll db update",
        );
    }
    for uncovered in &exposure.known.uncovered {
        let n = count(uncovered.components.len(), "component");
        case.need(format!("advisories for {} ({n})", uncovered.what), &uncovered.supply);
    }
    if let Some(image) = evidence.image.found() {
        need_identified(&mut case, image, exposure.inventory);
    }
    let total = count(exposure.inventory.packages.len(), "component");
    case.conclude(
        format!("Of {total} {behind} lack a fix that is known, or are no longer cared for."),
        format!("Of {total} {behind} lack a fix that is known; for some no advisories are there, or none that are new enough."),
        format!("Of {total} {behind} lack a fix that is known."),
    )
}

/// One finding for each component that lacks a fix: above `info` where the fix is known for longer than an image may go without a rebuild.
fn not_installed(case: &mut Case<'_>, exposure: &Exposure<'_>, policy: &Policy) -> usize {
    let mut behind: BTreeMap<(&str, &str), Vec<&Vulnerability>> = BTreeMap::new();
    for vulnerability in exposure.known.found.iter().filter(|v| !v.fixed_in.is_empty() && v.informational.is_none()) {
        let Some(package) = exposure.inventory.packages.get(vulnerability.component as usize) else { continue };
        let name = if package.ecosystem.is_system() { package.source_name() } else { package.name.as_str() };
        behind.entry((name, &package.version)).or_default().push(vulnerability);
    }
    let total = behind.len();
    let is_old = |v: &Vulnerability| {
        let since = v.published.or(v.modified);
        since.zip(policy.now).is_some_and(|(then, now)| now.saturating_sub(then) > i64::from(policy.rebuild_days) * DAY)
    };
    let mut groups: Vec<_> = behind.into_iter().collect();
    groups.sort_by_key(|(key, of)| (!of.iter().any(|v| is_old(v)), std::cmp::Reverse(of.len()), *key));
    let rest = groups.split_off(groups.len().min(MOST_FINDINGS));
    for ((name, version), of) in groups {
        let Some(package) = of.first().and_then(|v| exposure.inventory.packages.get(v.component as usize)) else { continue };
        let mut ids: Vec<&str> = of.iter().map(|v| v.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut versions: Vec<&str> = of.iter().filter_map(|v| v.fixed_in.first()).map(String::as_str).collect();
        versions.sort_unstable();
        versions.dedup();
        let severity = if of.iter().any(|v| is_old(v)) { Medium } else { Info };
        let says = format!(
            "{name} {version} is installed; {} mended in {}: {}.",
            count(ids.len(), "vulnerability"),
            list(&versions, 3),
            list(&ids, 5)
        );
        case.find(&NOT_INSTALLED).severity(severity).about(name).says(says).in_record(package).add();
    }
    if !rest.is_empty() {
        let severity = if rest.iter().flat_map(|(_, of)| of).any(|v| is_old(v)) { Medium } else { Info };
        case.find(&NOT_INSTALLED)
            .severity(severity)
            .about("the rest")
            .says(format!("{} more lack a fix that is known.", count(rest.len(), "component")))
            .add();
    }
    total
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Ecosystem;

    use super::*;
    use crate::dates::day;
    use crate::testkit::Kit;

    #[test]
    fn a_fix_that_is_known_for_long_and_not_installed_fails() {
        let policy = Policy { now: day("2026-06-01"), ..Policy::default() };
        let asked = || plimsoll_evidence::Vulnerabilities {
            database: plimsoll_evidence::AdvisoryDatabase { fetched: day("2026-05-31"), ..Default::default() },
            ..Default::default()
        };
        let with = |published: &str, fixed: &[&str]| {
            let fixed_in = fixed.iter().map(|v| (*v).to_owned()).collect();
            let vulnerability = Vulnerability { id: "CVE-1".to_owned(), published: day(published), fixed_in, ..Vulnerability::default() };
            Kit::new().package(Ecosystem::Npm, "curl", "8", &[]).advisories(asked()).vulnerability(vulnerability)
        };
        let cases = [
            (Kit::new().advisories(asked()), "pass"),
            (Kit::new().elf(crate::testkit::elf("app")).advisories(asked()), "unknown"),
            (with("2026-05-20", &["9"]), "pass: info fix-not-installed"),
            (with("2025-05-20", &["9"]), "fail: medium fix-not-installed"),
            (with("2025-05-20", &[]), "pass"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome_with(&ITEM, &policy), wanted);
        }
    }

    #[test]
    fn cases() {
        let policy = Policy { now: day("2026-06-01"), ..Policy::default() };
        let created = |text: &str| Kit::new().config(|c| c.created = Some(text.to_owned()));
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().distribution("debian", "10"), "fail: high end-of-life"),
            (Kit::new().distribution("debian", "13"), "unknown"),
            (Kit::new().env("NODE_VERSION", "16.1.0"), "fail: high end-of-life"),
            (Kit::new().package(Ecosystem::Go, "stdlib", "1.19.8", &[]), "fail: high end-of-life"),
            (Kit::new().package(Ecosystem::Go, "stdlib", "1.26.1", &[]), "unknown"),
            (created("2025-01-01T00:00:00Z"), "unknown: info not-rebuilt"),
            (created("2026-05-31T00:00:00Z"), "unknown"),
            (created("1970-01-01T00:00:00Z"), "unknown"),
            (created("2030-01-01T00:00:00Z"), "unknown"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome_with(&ITEM, &policy), wanted);
        }
    }
}
