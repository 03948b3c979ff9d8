//! Whether the base image is kept up to date by machine.

use plimsoll_evidence::{BaseImage, Origin};

use super::prelude::*;
use crate::case::origin_of_step;
use crate::dates::rfc3339;

const ID: ItemId = ItemId("base-image-updates");
const DAY: i64 = 86_400;

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Base image can be automatically updated",
    section: Section::BaseImage,
    requirement: "A pipeline finds, tests and deploys updates of the base image by itself, after a fixed time where that guards against fresh supply-chain attacks, and checks their provenance.",
    why: "Most fixes reach an image through its base. When somebody has to think of it, the fix comes late; when every new push is taken at once, an attack comes with it.",
    remediation: "Let an update bot (Renovate, Dependabot) move the digest in FROM after a minimum release age, let the pipeline test the result, and release from it.",
    references: &[footnote(17), footnote(12), footnote(13), footnote(18), footnote(19)],
    rules: &[STALE, UNTESTED],
    example: Some(Example {
        language: "json",
        bad: "{ \"docker\": { \"enabled\": false } }",
        good: "{ \"extends\": [\"config:recommended\", \"docker:pinDigests\"], \"minimumReleaseAge\": \"3 days\" }",
    }),
    rests_on: &[RestsOn::Config],
    judge,
};

const STALE: Rule = Rule::new(
    "stale-base",
    Info,
    "The base image's layers say that they are older than the policy allows; those of a repeatable build say the time of their source.",
    "Move the base image to its current digest and rebuild; let an update bot do it from now on.",
);
const UNTESTED: Rule = Rule::new(
    "untested-update",
    Medium,
    "A label has the host replace the running container with whatever the tag holds, tested by nobody.",
    "Remove the label; let the pipeline test and deploy updates.",
);

fn judge(evidence: &Evidence, policy: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    if let BaseImage::Known(base) = &image.base
        && base.layers == 0
    {
        return case.not_applicable("The image is built from scratch: there is no base image to update.");
    }
    // Times before 1990 are those of reproducible builds, which say nothing.
    let newest = image
        .history
        .iter()
        .enumerate()
        .filter(|(at, _)| origin_of_step(image, *at) == Origin::BaseImage)
        .filter_map(|(_, step)| rfc3339(step.created.as_deref()?))
        .filter(|t| *t > 20 * 365 * DAY)
        .max();
    if let (Some(newest), Some(now)) = (newest, policy.now) {
        let days = now.saturating_sub(newest) / DAY;
        if days > i64::from(policy.rebuild_days) {
            case.find(&STALE)
                .says(format!(
                    "The newest layer of the base image says that it is {days} days old; the policy allows {}.",
                    policy.rebuild_days
                ))
                .add();
        }
    }
    for steering in crate::host_labels::steering(image).iter().filter(|s| s.kind == crate::host_labels::Steers::Update) {
        case.find(&UNTESTED)
            .says(format!("The label {} {} with whatever its tag holds, tested by nobody.", steering.label, steering.does))
            .in_config(format!("Labels[{}]", steering.label))
            .add();
    }
    case.need("the update bot's configuration", "give the source repository with its renovate.json or .github/dependabot.yml");
    case.fail_or_unknown("The base image is not updated as it should be.", "The image does not show whether a bot updates its base.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::day;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let policy = Policy { now: day("2026-06-01"), ..Policy::default() };
        let built = |created: &str| Kit::new().base(1).with(|i| i.history[0].created = Some(created.to_owned()));
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().base(0), "not-applicable"),
            (built("2026-05-01T00:00:00Z"), "unknown"),
            (built("2025-05-01T00:00:00Z"), "unknown: info stale-base"),
            (built("1970-01-01T00:00:00Z"), "unknown"),
            (built("nonsense"), "unknown"),
            (Kit::new().label("io.containers.autoupdate", "registry"), "fail: medium untested-update"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome_with(&ITEM, &policy), wanted);
        }
        assert_eq!(built("2025-05-01T00:00:00Z").outcome(&ITEM), "unknown", "without a clock nothing is old");
    }
}
