//! A signed list of what is in the image.

mod accuracy;

use plimsoll_evidence::Gathered;

use super::components_identified::removed_databases;
use super::prelude::*;
use crate::shown::count;

const ID: ItemId = ItemId("attested-sbom");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "SBOM is attested",
    section: Section::Compliance,
    requirement: "A software bill of materials is made, is accurate, and is signed for this image.",
    why: "Who runs the image can only ask whether a new hole concerns him if there is a list that he can trust and that is true.",
    remediation: "Make the SBOM from the finished image in the pipeline (buildx --sbom=true, syft), and attach it signed to the digest (cosign attest --type spdxjson).",
    references: &[footnote(30), footnote(31), footnote(3)],
    rules: &[
        INACCURATE,
        accuracy::OTHER_IMAGE,
        accuracy::OTHER_DISTRIBUTION,
        accuracy::LACKS,
        accuracy::OTHER_VERSION,
        accuracy::NOT_THERE,
        accuracy::UNEXPLAINED,
        accuracy::NOT_COMPARED,
        accuracy::NAMES_MORE,
        accuracy::NO_SUBJECT,
        INSIDE,
    ],
    example: Some(Example {
        language: "sh",
        bad: "syft app:1 > sbom.json",
        good: "syft -o spdx-json app@sha256:… > sbom.json\ncosign attest --type spdxjson --predicate sbom.json app@sha256:…",
    }),
    rests_on: &[RestsOn::Files, RestsOn::Packages],
    judge,
};

const INACCURATE: Rule = Rule::new(
    "cannot-be-accurate",
    Medium,
    "The package manager's database was deleted: no SBOM made from the image can list what it installed.",
    "Keep the database in the image.",
);
const INSIDE: Rule = Rule::new(
    "sbom-inside-image",
    Info,
    "An SBOM lies inside of the image. It cannot name the image's digest, and nothing signs it.",
    "Attach it to the image's digest as a signed attestation.",
);

fn is_sbom(name: &str) -> bool {
    // Few names end so; the others need no copy in lower case.
    let ends = |end: &str| name.len() >= end.len() && name.as_bytes()[name.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes());
    if !ends(".json") && !ends(".xml") && !ends(".spdx") {
        return false;
    }
    let name = name.to_ascii_lowercase();
    [".spdx.json", ".cdx.json", ".spdx", ".cyclonedx.json", ".cdx.xml"].iter().any(|end| name.ends_with(end))
        || matches!(name.as_str(), "sbom.json" | "bom.json" | "bom.xml" | "sbom.xml")
}

fn judge(evidence: &Evidence, policy: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    for file in removed_databases(image) {
        case.find(&INACCURATE).says(format!("{} was deleted; what it lists is still in the image.", file.absolute())).in_file(file).add();
    }
    let inside: Vec<_> = image.tree.files.iter().filter(|f| f.kind == plimsoll_evidence::FileKind::Regular && is_sbom(f.name())).collect();
    if let Some(first) = inside.first() {
        case.find(&INSIDE)
            .says(format!("{} lies inside of the image, the first of {}.", first.absolute(), count(inside.len(), "SBOM")))
            .in_file(first)
            .add();
    }
    let said = match (&evidence.sboms, evidence.components.found()) {
        (Gathered::Found(sboms), Some(inventory)) => Some(accuracy::judge(&mut case, image, inventory, sboms, policy)),
        (Gathered::Failed(problem), _) => {
            case.need(format!("an SBOM that can be read ({})", problem.message), "mend what the problem names and check again");
            None
        }
        _ => None,
    };
    case.need(
        "a signed SBOM of this image, and whom to trust for it",
        "attach it to the image (or give it as a file with --sbom), and name the key or identity that signs it",
    );
    let (fail, unknown) = match said {
        Some(said) => {
            (format!("The SBOM does not say what is in the image: {said}."), format!("No SBOM that was given is signed: {said}."))
        }
        None => ("No SBOM of this image can be accurate.".to_owned(), "No attested SBOM was given.".to_owned()),
    };
    case.fail_or_unknown(fail, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().file("app/sbom.spdx.json", 0o644), "unknown: info sbom-inside-image"),
            (Kit::new().deleted("lib/apk/db/installed", 9).layer("RUN rm"), "fail: medium cannot-be-accurate"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
