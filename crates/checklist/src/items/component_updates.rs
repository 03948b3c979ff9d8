//! Whether the components are still cared for.

use super::prelude::*;
use crate::dates::rfc3339;
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
    rules: &[END_OF_LIFE, NOT_REBUILT],
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
    case.need("which versions fix what", "fetch the advisory database and give it to the check");
    case.fail_or_unknown(
        "Components of the image are no longer cared for.",
        "Nothing in the image is known to be out of support; newer versions were not looked up.",
    )
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Ecosystem;

    use super::*;
    use crate::dates::day;
    use crate::testkit::Kit;

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
