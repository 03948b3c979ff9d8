//! Signed statements on which vulnerabilities matter.

use super::prelude::*;

const ID: ItemId = ItemId("attested-vex");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "VEX is attested",
    section: Section::Compliance,
    requirement: "VEX documents say, signed, which vulnerabilities of this image can be exploited and which cannot.",
    why: "Most reported vulnerabilities do not matter where the component is used. Without a statement that can be trusted everybody has to find that out again, or stops looking.",
    remediation: "Write an OpenVEX, CycloneDX or CSAF document for the product, keep it up to date at an https:// address, and attach it signed to the image.",
    references: &[footnote(17), footnote(31)],
    rules: &[INSECURE_URL, INSIDE],
    example: Some(Example {
        language: "sh",
        bad: "COPY vex.json /",
        good: "vexctl create --product=pkg:oci/app@sha256:… --vuln=CVE-2026-1234 --status=not_affected --justification=vulnerable_code_not_present > vex.json\ncosign attest --type openvex --predicate vex.json app@sha256:…",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files],
    judge,
};

const INSECURE_URL: Rule = Rule::new(
    "insecure-vex-url",
    Medium,
    "The image names a VEX document at an address that anybody on the way can answer for.",
    "Publish the document at an https:// address, and sign it.",
);
const INSIDE: Rule = Rule::new(
    "vex-inside-image",
    Info,
    "A VEX document lies inside of the image. It cannot name the image's digest, nothing signs it, and it cannot change when a new hole becomes known.",
    "Attach it to the image's digest as a signed attestation.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    let labels = image.config.labels.iter().map(|(n, v)| (n, v, false));
    for (name, value, in_manifest) in labels.chain(image.annotations.iter().map(|(n, v)| (n, v, true))) {
        let is_vex = name.to_ascii_lowercase().split(['.', '-', '_', '/']).any(|part| matches!(part, "vex" | "openvex"));
        if is_vex && (value.starts_with("http://") || value.starts_with("ftp://")) {
            let draft = case.find(&INSECURE_URL).about(name).says(format!("{name} names {value:?}."));
            if in_manifest {
                draft.in_manifest(format!("annotations[{name}]")).add();
            } else {
                draft.in_config(format!("Labels[{name}]")).add();
            }
        }
    }
    let inside = image.tree.files.iter().find(|f| {
        // Few end so; the others need no copy of their name.
        let is_json = f.path.len() >= 5 && f.path.as_bytes()[f.path.len() - 5..].eq_ignore_ascii_case(b".json");
        let name = if is_json { f.name().to_ascii_lowercase() } else { String::new() };
        f.kind == plimsoll_evidence::FileKind::Regular
            && (name.ends_with(".openvex.json") || name.ends_with(".vex.json") || matches!(name.as_str(), "vex.json" | "openvex.json"))
    });
    if let Some(file) = inside {
        case.find(&INSIDE).says(format!("{} lies inside of the image.", file.absolute())).in_file(file).add();
    }
    case.need(
        "a signed VEX document for this image, and whom to trust for it",
        "attach it to the image (or give it as a file), and name the key or identity that signs it",
    );
    case.fail_or_unknown("The image's VEX cannot be trusted.", "No attested VEX was given.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().label("org.example.vex", "http://x.test/vex.json"), "fail: medium insecure-vex-url"),
            (Kit::new().label("org.example.vex", "https://x.test/vex.json"), "unknown"),
            (Kit::new().label("org.example.vexing", "http://x.test"), "unknown"),
            (Kit::new().file("vex.json", 0o644), "unknown: info vex-inside-image"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
