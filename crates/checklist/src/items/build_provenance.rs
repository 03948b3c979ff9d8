//! Signed provenance of the build.

use super::prelude::*;
use crate::revision::{dirty, nameless};

const ID: ItemId = ItemId("build-provenance");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Build provenance is attested",
    section: Section::BuildProcess,
    requirement: "The build makes signed metadata of who built what, when and how, at SLSA Build Level 2 or higher.",
    why: "Provenance ties an image to its source and its builder. Without it nobody can tell the image that the pipeline made from one that somebody put in its place.",
    remediation: "Let the build platform make and sign SLSA provenance (buildx --provenance=mode=max, slsa-github-generator, GitLab's attestations), attach it to the image, and build from clean commits only.",
    references: &[footnote(20), footnote(11)],
    rules: &[DIRTY, NAMELESS],
    example: Some(Example {
        language: "sh",
        bad: "docker build .",
        good: "docker buildx build --provenance=mode=max --sbom=true --push .",
    }),
    rests_on: &[RestsOn::Config],
    judge,
};

const DIRTY: Rule = Rule::new(
    "dirty-revision",
    Medium,
    "The image says that it was built from a tree with uncommitted changes: no provenance can name its source.",
    "Commit the changes and build from the commit.",
);
const NAMELESS: Rule = Rule::new(
    "nameless-revision",
    Low,
    "The image's revision names no commit.",
    "Write the commit's hash into org.opencontainers.image.revision.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    for (rule, said) in [(&DIRTY, dirty(image)), (&NAMELESS, nameless(image))] {
        if let Some(said) = said {
            case.find(rule).says(format!("{} is {:?}. {}", said.field, said.value, rule.finds)).in_said(&said).add();
        }
    }
    case.need(
        "signed SLSA provenance of this image",
        "attach it to the image (or give it as a file) and name the identity or key to trust for it",
    );
    case.fail_or_unknown("The image names no source that provenance could confirm.", "No provenance was given.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let revision = |value: &str| Kit::new().label("org.opencontainers.image.revision", value);
        let cases = [
            (Kit::new(), "unknown"),
            (revision("0123456789abcdef0123456789abcdef01234567"), "unknown"),
            (revision("v1.2-3-gabc-dirty"), "fail: medium dirty-revision"),
            (revision("unknown"), "fail: low nameless-revision"),
            (revision(""), "fail: low nameless-revision"),
            (Kit::new().annotation("org.opencontainers.image.revision", "abc-dirty"), "fail: medium dirty-revision"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
