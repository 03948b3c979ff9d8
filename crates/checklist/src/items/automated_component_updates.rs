//! Whether components are kept up to date by machine.

use super::prelude::*;
use crate::host_labels::{Steers, steering};

const ID: ItemId = ItemId("automated-component-updates");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Components can be automatically updated in a timely manner",
    section: Section::Components,
    requirement: "A pipeline finds, tests and deploys updates of components by itself, after a fixed time where that guards against fresh supply-chain attacks; provenance or signatures of what it takes in can be verified.",
    why: "By hand, updates come when somebody has time. At once and unseen, they bring whatever was published a minute ago.",
    remediation: "Let an update bot cover every ecosystem that the image uses, with a minimum release age, lock files, and tests that a merge waits for.",
    references: &[footnote(17), footnote(31)],
    rules: &[UNTESTED, HELD_BACK],
    example: Some(Example {
        language: "json",
        bad: "{ \"enabled\": false }",
        good: "{ \"extends\": [\"config:recommended\"], \"minimumReleaseAge\": \"3 days\" }",
    }),
    rests_on: &[RestsOn::Config],
    judge,
};

const UNTESTED: Rule = Rule::new(
    "untested-update",
    Medium,
    "A label has the host replace the running container with whatever the tag holds: deployed at once, tested by nobody.",
    "Remove the label; let the pipeline test and deploy updates.",
);
const HELD_BACK: Rule = Rule::new(
    "held-back",
    Low,
    "A build step holds packages back from updates.",
    "Remove the hold, or pin the version where the update bot sees it.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    for steering in steering(image).iter().filter(|s| s.kind == Steers::Update) {
        case.find(&UNTESTED)
            .says(format!("The label {} {}.", steering.label, steering.does))
            .in_config(format!("Labels[{}]", steering.label))
            .add();
    }
    for step in crate::history::steps(image) {
        for command in step.script().map(|s| s.commands).unwrap_or_default() {
            let first = command.arguments().first().map(|w| w.text.as_str());
            let holds = matches!(
                (command.program(), first),
                (Some("apt-mark"), Some("hold")) | (Some("yum" | "dnf"), Some("versionlock")) | (Some("zypper"), Some("addlock" | "al"))
            );
            if holds {
                let shown = step.shown(&command.shown());
                case.find(&HELD_BACK).about(command.shown()).says(format!("The step runs {shown:?}.")).in_history(step.at).add();
            }
        }
    }
    case.need("the update bot's configuration", "give the source repository with its renovate.json or .github/dependabot.yml");
    case.fail_or_unknown(
        "Updates reach the container in a way that nobody tests, or not at all.",
        "The image does not show whether a bot updates its components.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().label("com.centurylinklabs.watchtower.enable", "true"), "fail: medium untested-update"),
            (Kit::new().label("com.centurylinklabs.watchtower.enable", "false"), "unknown"),
            (Kit::new().layer("RUN /bin/sh -c apt-mark hold libssl3 # buildkit"), "fail: low held-back"),
            (Kit::new().layer("RUN /bin/sh -c apt-mark manual libssl3 # buildkit"), "unknown"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
