//! Signed statements on which vulnerabilities matter.

use plimsoll_evidence::{Gathered, Vex, VexConflict, VexReason};

use super::prelude::*;
use crate::shown::count;

const ID: ItemId = ItemId("attested-vex");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "VEX is attested",
    section: Section::Compliance,
    requirement: "VEX documents say, signed, which vulnerabilities of this image can be exploited and which cannot.",
    why: "Most reported vulnerabilities do not matter where the component is used. Without a statement that can be trusted everybody has to find that out again, or stops looking.",
    remediation: "Write an OpenVEX, CycloneDX or CSAF document for the product, keep it up to date at an https:// address, and attach it signed to the image.",
    references: &[footnote(17), footnote(31)],
    rules: &[INSECURE_URL, SAYS_ABSENT, SAYS_FIXED, OTHER_IMAGE, INCOMPLETE, INSIDE],
    example: Some(Example {
        language: "sh",
        bad: "COPY vex.json /",
        good: "vexctl create --product=pkg:oci/app@sha256:… --vuln=CVE-2026-1234 --status=not_affected --justification=vulnerable_code_not_present > vex.json\ncosign attest --type openvex --predicate vex.json app@sha256:…",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::Packages],
    judge,
};

const INSECURE_URL: Rule = Rule::new(
    "insecure-vex-url",
    Medium,
    "The image names a VEX document at an address that anybody on the way can answer for.",
    "Publish the document at an https:// address, and sign it.",
);
const SAYS_ABSENT: Rule = Rule::new(
    "vex-says-absent",
    Medium,
    "A VEX statement says that a component is not present, and it is.",
    "Take the statement back, or give the justification that holds.",
);
const SAYS_FIXED: Rule = Rule::new(
    "vex-says-fixed",
    Medium,
    "A VEX statement says that a vulnerability is fixed, and what is installed is older than the fix.",
    "Update the component, or take the statement back.",
);
const OTHER_IMAGE: Rule = Rule::new(
    "vex-of-another-image",
    Low,
    "A VEX document was given for this image and speaks of another product alone.",
    "Give the document of this image, and name the image in it by its digest.",
);
const INCOMPLETE: Rule = Rule::new(
    "vex-says-too-little",
    Info,
    "A VEX statement lacks what it needs to count: a vulnerability, a product, or why the product is not affected.",
    "Complete the statement: plimsoll vex add writes one that is whole.",
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
    let said = match &evidence.vex {
        Gathered::Found(vex) => content(&mut case, evidence, vex),
        Gathered::Absent(_) => None,
        Gathered::Failed(problem) => {
            case.need(format!("VEX documents that can be read ({})", problem.message), "mend what the problem names and check again");
            None
        }
    };
    case.need(
        "a signed VEX document for this image, and whom to trust for it",
        "attach it to the image (or give it as a file with --vex), and name the key or identity that signs it",
    );
    let unknown = said.map_or_else(|| "No attested VEX was given.".to_owned(), |said| format!("No VEX that was given is signed: {said}."));
    case.fail_or_unknown("The image's VEX cannot be trusted.", unknown)
}

/// Statements that are told one by one, of each kind.
const MOST_TOLD: usize = 20;

/// What is wrong with what the documents say; and how much of it speaks of the image, in words.
fn content(case: &mut Case<'_>, evidence: &Evidence, vex: &Vex) -> Option<String> {
    for (nth, conflict) in vex.contradictions.iter().enumerate() {
        if nth == MOST_TOLD {
            let rest = count(vex.contradictions.len() - nth, "statement");
            case.find(&SAYS_ABSENT).about("the rest").says(format!("The image contradicts {rest} more.")).add();
            break;
        }
        let rule = match conflict.kind {
            VexConflict::ComponentPresent => &SAYS_ABSENT,
            VexConflict::NotFixed => &SAYS_FIXED,
            VexConflict::OtherImage => &OTHER_IMAGE,
        };
        let from = vex.document(conflict.statement).map(|d| d.source.clone()).unwrap_or_default();
        let draft = case.find(rule).about(&conflict.says).says(format!("{} ({from})", conflict.says));
        let package = conflict.component.and_then(|c| evidence.components.found()?.packages.get(c as usize));
        match package {
            Some(package) => draft.in_record(package).add(),
            None => draft.add(),
        }
    }
    for unused in vex.unused.iter().filter(|u| u.reason == VexReason::Incomplete).take(MOST_TOLD) {
        let ids = vex.statements.get(unused.statement as usize).map(|s| s.vulnerabilities.join(", ")).unwrap_or_default();
        let from = vex.document(unused.statement).map(|d| d.source.as_str()).unwrap_or_default();
        case.find(&INCOMPLETE).about(&ids).says(format!("The statement on {ids} counts for nothing: {} ({from}).", unused.why)).add();
    }
    let used: std::collections::BTreeSet<u32> = vex.answers.iter().map(|a| a.statement).collect();
    (!vex.documents.is_empty())
        .then(|| format!("{} of {} speak of what was found here", used.len(), count(vex.statements.len(), "statement")))
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

    #[test]
    fn what_is_said_against_the_image_is_found() {
        use plimsoll_evidence::{VexContradiction, VexDocument, VexStatement, VexUnused};
        let given = || Vex {
            documents: vec![VexDocument { source: "vex.json".to_owned(), ..VexDocument::default() }],
            statements: vec![VexStatement::default()],
            ..Vex::default()
        };
        let conflict = |kind| {
            let says = "X is so.".to_owned();
            Vex { contradictions: vec![VexContradiction { statement: 0, kind, component: Some(0), says }], ..given() }
        };
        let unused = Vex { unused: vec![VexUnused { statement: 0, reason: VexReason::Incomplete, why: "w".to_owned() }], ..given() };
        let cases = [
            (given(), "unknown"),
            (conflict(VexConflict::ComponentPresent), "fail: medium vex-says-absent"),
            (conflict(VexConflict::NotFixed), "fail: medium vex-says-fixed"),
            (conflict(VexConflict::OtherImage), "fail: low vex-of-another-image"),
            (unused, "unknown: info vex-says-too-little"),
        ];
        for (vex, wanted) in cases {
            let kit = Kit::new().package(plimsoll_evidence::Ecosystem::Dpkg, "curl", "8", &[]).vex(vex);
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
