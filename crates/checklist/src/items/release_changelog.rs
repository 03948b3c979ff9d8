//! A changelog for the release that the image is.

use super::prelude::*;
use crate::revision::said;

const ID: ItemId = ItemId("release-changelog");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Release changelog is provided",
    section: Section::BuildProcess,
    requirement: "Every release comes with a changelog that describes functional changes, security fixes and updates of dependencies.",
    why: "Who has to decide whether to update needs to know what changed and which holes it closes.",
    remediation: "Keep a changelog with an entry for every release and sections for changes, security and dependencies, and write the release's version into the label org.opencontainers.image.version.",
    references: &[footnote(24)],
    rules: &[MEANINGLESS, MALFORMED],
    example: Some(Example {
        language: "markdown",
        bad: "## 1.4.2\n- various fixes",
        good: "## 1.4.2 - 2026-03-01\n### Changed\n- …\n### Security\n- Fixes CVE-2026-1234 in the upload form.\n### Dependencies\n- libfoo 2.1 → 2.2",
    }),
    rests_on: &[RestsOn::Config],
    judge,
};

const VERSION: &str = "Write the release's version into the label org.opencontainers.image.version.";
const MEANINGLESS: Rule =
    Rule::new("version-names-no-release", Low, "The image's version names no release that a changelog could describe.", VERSION);
const MALFORMED: Rule = Rule::new("malformed-version", Low, "The image's version cannot be a version.", VERSION);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    let version = ["org.opencontainers.image.version", "org.label-schema.version"].iter().find_map(|name| said(image, name));
    if let Some(said) = &version {
        let value = said.value.trim().to_ascii_lowercase();
        let meaningless = matches!(
            value.as_str(),
            "" | "latest"
                | "dev"
                | "devel"
                | "develop"
                | "main"
                | "master"
                | "unknown"
                | "none"
                | "null"
                | "snapshot"
                | "0.0.0"
                | "test"
                | "edge"
                | "nightly"
                | "local"
        );
        let malformed = said.value.len() > 128 || said.value.chars().any(char::is_control);
        let rule = if meaningless { Some(&MEANINGLESS) } else { malformed.then_some(&MALFORMED) };
        if let Some(rule) = rule {
            case.find(rule).says(format!("{} is {:?}, which names no release.", said.field, said.value)).in_said(said).add();
        }
    } else {
        case.need("which release the image is", "write the version into the label org.opencontainers.image.version");
    }
    case.need("the changelog", "give the source repository");
    let unknown = version.map_or_else(
        || "The image does not say which release it is.".to_owned(),
        |v| format!("The image says that it is version {}; no changelog was given.", v.value),
    );
    case.fail_or_unknown("The image's version names no release.", unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let version = |value: &str| Kit::new().label("org.opencontainers.image.version", value);
        let cases = [
            (Kit::new(), "unknown"),
            (version("1.4.2"), "unknown"),
            (version("2026-03"), "unknown"),
            (version("latest"), "fail: low version-names-no-release"),
            (version(" "), "fail: low version-names-no-release"),
            (version("1\u{1b}[0m"), "fail: low malformed-version"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
