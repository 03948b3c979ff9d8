//! Whether somebody else looked at every change.

use super::prelude::*;
use crate::revision::{committed_by_hand, dirty};

const ID: ItemId = ItemId("peer-review");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Code changes are peer-reviewed",
    section: Section::BuildProcess,
    requirement: "Every change of the source is reviewed by another person before it is merged into the main branch.",
    why: "A second pair of eyes finds mistakes, and makes it hard for one person, or one stolen account, to slip something in.",
    remediation: "Protect the main branch, require an approval by somebody else for every merge request, and build releases from that branch only.",
    references: &[footnote(27)],
    rules: &[UNCOMMITTED, BY_HAND],
    example: None,
    rests_on: &[RestsOn::Config],
    judge,
};

const UNCOMMITTED: Rule = Rule::new(
    "uncommitted-changes",
    Medium,
    "The image was built with changes that were never committed, so that nobody can have reviewed them.",
    "Commit the changes, have them reviewed, and build from the merged commit.",
);
const BY_HAND: Rule = Rule::new(
    "changed-by-hand",
    Medium,
    "A layer is what a person did in a running container: no review can have seen it.",
    "Write what was done into the build file, have it reviewed, and build from that.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    if let Some(said) = dirty(image) {
        case.find(&UNCOMMITTED).says(format!("{} is {:?}: what was built is in no commit.", said.field, said.value)).in_said(&said).add();
    }
    for step in committed_by_hand(image) {
        case.find(&BY_HAND).says(format!("Step {step} of the history is a shell: its layer was made by hand.")).in_history(step).add();
    }
    case.need("how changes reach the release branch", "give the source repository and access to its forge, or a signed statement");
    case.fail_or_unknown("What is in the image was not all reviewed.", "The image does not show how its source was reviewed.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().label("org.opencontainers.image.revision", "abc-dirty"), "fail: medium uncommitted-changes"),
            (Kit::new().label("org.opencontainers.image.revision", "abc"), "unknown"),
            (Kit::new().layer("bash"), "fail: medium changed-by-hand"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
