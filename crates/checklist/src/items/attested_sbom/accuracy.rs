//! Whether SBOMs that were given say what the image shows.

use std::collections::BTreeMap;

use plimsoll_evidence::{ImageFacts, Inventory, SbomDocument, SbomDoubt, SbomOf, Sboms, Severity};

use super::super::components_identified::unexplained;
use super::super::prelude::*;
use crate::shown::{bytes, count, list};

pub(super) const OTHER_IMAGE: Rule = Rule::new(
    "sbom-of-another-image",
    Medium,
    "The SBOM that was given is of another image.",
    "Make the SBOM from this image by its digest; an archive of the same image has another one.",
);
pub(super) const OTHER_DISTRIBUTION: Rule = Rule::new(
    "other-distribution",
    Medium,
    "The SBOM names another distribution or release than the image's os-release.",
    "Make the SBOM from the finished image.",
);
pub(super) const LACKS: Rule = Rule::new(
    "component-missing",
    Medium,
    "The image has components that the SBOM does not name.",
    "Make the SBOM from the finished image, with a tool that reads these packages (plimsoll sbom).",
);
pub(super) const OTHER_VERSION: Rule = Rule::new(
    "other-version",
    Medium,
    "The SBOM names components in other versions than the image has.",
    "Make the SBOM anew with each build, from the finished image.",
);
pub(super) const NOT_THERE: Rule = Rule::new(
    "component-not-there",
    Low,
    "The SBOM names components that the image does not have.",
    "Make the SBOM from the finished image, not from a lock file, a build stage or a layer that a later one deletes from.",
);
pub(super) const UNEXPLAINED: Rule = Rule::new(
    "code-not-described",
    Low,
    "Native code in the image belongs to no component, and the SBOM names none for it.",
    "Describe the program in the SBOM with its path, or give the SBOM of its build: --sbom /PATH/IN/IMAGE=FILE.",
);
pub(super) const NOT_COMPARED: Rule = Rule::new(
    "component-unnamed",
    Info,
    "The SBOM has entries without a valid package URL, which nobody can look up.",
    "Name each component by its package URL.",
);
pub(super) const NAMES_MORE: Rule = Rule::new(
    "names-more-than-the-image-shows",
    Info,
    "The SBOM alone names components of a file; nothing in the image confirms it or speaks against it.",
    "Build the program so that it names its components itself (Go's build information, cargo auditable).",
);
pub(super) const NO_SUBJECT: Rule = Rule::new(
    "no-subject",
    Info,
    "The SBOM does not say by a digest which image it is of.",
    "Make it from the image by its digest, or attach it to the image as an attestation, which names it.",
);

/// Differences that are shown of each kind.
const SHOWN: usize = 5;

/// Adds what is found; says how far documents and image agree, in words.
pub(super) fn judge(case: &mut Case<'_>, image: &ImageFacts, inventory: &Inventory, sboms: &Sboms, policy: &Policy) -> String {
    let lacking = sboms.lacking();
    let sum = |of: fn(&SbomDocument) -> usize| sboms.documents.iter().map(of).sum::<usize>();
    let same = sboms.documents.iter().map(|d| d.same).max().unwrap_or_default() as usize;
    let differ = lacking.len() + sum(|d| d.other_versions.len()) + sum(|d| d.claims.iter().filter(|c| c.why.counts()).count());
    // Tolerated differences are still told.
    let enough = same * 100 >= (same + differ) * usize::from(policy.sbom_agreement);
    let graded = |rule: &Rule| if enough { Info } else { rule.severity };
    for document in &sboms.documents {
        about(case, document);
        versions(case, inventory, document, graded(&OTHER_VERSION));
        claims(case, document, graded(&NOT_THERE));
        supplied(case, image, inventory, document);
    }
    lacks(case, inventory, sboms, &lacking, graded(&LACKS));
    for (file, code) in unexplained(image, inventory) {
        case.find(&UNEXPLAINED)
            .says(format!("{}: {} of native code that no SBOM describes.", file.absolute(), bytes(code)))
            .in_file(file)
            .add();
    }
    let names: Vec<&str> = sboms.documents.iter().map(|d| d.source.as_str()).collect();
    let all = same + differ;
    format!("{} and the image agree on {same} of {}", list(&names, 3), count(all, "component"))
}

/// Which image the document is of, and what of it could not be compared.
fn about(case: &mut Case<'_>, document: &SbomDocument) {
    let source = document.source.as_str();
    match &document.of {
        SbomOf::This(_) => {}
        // A bill of a program's build names the program.
        _ if document.limited_to.is_some() => {}
        SbomOf::Other(which) => {
            case.find(&OTHER_IMAGE).about(source).says(format!("{source} is of another image ({which}).")).add();
        }
        SbomOf::Unsaid => {
            case.find(&NO_SUBJECT).about(source).says(format!("{source} does not say by a digest which image it is of.")).add();
        }
    }
    if let Some((said, own)) = &document.other_distribution {
        case.find(&OTHER_DISTRIBUTION).about(source).says(format!("{source} is of {said}, and the image is {own}.")).add();
    }
    if !document.unnamed.is_empty() {
        let entries = count(document.unnamed.len(), "entry");
        let named = list(&document.unnamed, SHOWN);
        case.find(&NOT_COMPARED).about(source).says(format!("{source} has {entries} without a valid package URL: {named}.")).add();
    }
}

fn versions(case: &mut Case<'_>, inventory: &Inventory, document: &SbomDocument, severity: Severity) {
    let mut by_ecosystem: BTreeMap<&str, Vec<&plimsoll_evidence::SbomVersions>> = BTreeMap::new();
    for version in &document.other_versions {
        by_ecosystem.entry(&version.ecosystem).or_default().push(version);
    }
    for (ecosystem, of) in by_ecosystem {
        let here = |places: &[u32]| {
            places.iter().filter_map(|p| inventory.packages.get(*p as usize)).map(|p| p.version.as_str()).collect::<Vec<_>>().join(" and ")
        };
        let told: Vec<String> = of.iter().map(|v| format!("{} {} for {}", v.name, v.said.join(" and "), here(&v.here))).collect();
        let draft = case.find(&OTHER_VERSION).about(format!("{} {ecosystem}", document.source)).severity(severity).says(format!(
            "{} has other versions of {} of {ecosystem}: {}.",
            document.source,
            count(of.len(), "component"),
            list(&told, SHOWN)
        ));
        match of[0].here.first().and_then(|p| inventory.packages.get(*p as usize)) {
            Some(package) => draft.in_record(package).add(),
            None => draft.add(),
        }
    }
}

fn claims(case: &mut Case<'_>, document: &SbomDocument, severity: Severity) {
    let mut by_kind: BTreeMap<(SbomDoubt, &str), Vec<String>> = BTreeMap::new();
    for claim in &document.claims {
        let file = claim.file.as_deref().filter(|_| matches!(claim.why, SbomDoubt::NoFile | SbomDoubt::Deleted | SbomDoubt::OtherRecord));
        let file = file.map(|f| format!(" in {f}")).unwrap_or_default();
        by_kind
            .entry((claim.why, &claim.ecosystem))
            .or_default()
            .push(format!("{} {}{file}", claim.name, claim.version).trim_end().to_owned());
    }
    for ((why, ecosystem), named) in by_kind {
        case.find(&NOT_THERE)
            .about(format!("{} {ecosystem} {why:?}", document.source))
            .severity(if why.counts() { severity } else { Info })
            .says(format!(
                "{} names {} of {ecosystem} {}: {}.",
                document.source,
                count(named.len(), "component"),
                why.words(),
                list(&named, SHOWN)
            ))
            .add();
    }
}

fn supplied(case: &mut Case<'_>, image: &ImageFacts, inventory: &Inventory, document: &SbomDocument) {
    let mut by_file: BTreeMap<&str, Vec<&plimsoll_evidence::Package>> = BTreeMap::new();
    for package in document.supplies.iter().filter_map(|p| inventory.packages.get(*p as usize)) {
        by_file.entry(&package.recorded_in).or_default().push(package);
    }
    for (file, packages) in by_file {
        let named: Vec<String> = packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
        let place =
            if image.tree.find(file).is_some() { format!("of /{file}") } else { "whose database the image does not keep".to_owned() };
        case.find(&NAMES_MORE)
            .about(&document.source)
            .says(format!("{} alone names {} {place}: {}.", document.source, count(packages.len(), "component"), list(&named, SHOWN)))
            .in_record(packages[0])
            .add();
    }
}

fn lacks(case: &mut Case<'_>, inventory: &Inventory, sboms: &Sboms, lacking: &[u32], severity: Severity) {
    let mut by_ecosystem: BTreeMap<&str, Vec<&plimsoll_evidence::Package>> = BTreeMap::new();
    for package in lacking.iter().filter_map(|p| inventory.packages.get(*p as usize)) {
        by_ecosystem.entry(package.ecosystem.name()).or_default().push(package);
    }
    let names: Vec<&str> = sboms.documents.iter().map(|d| d.source.as_str()).collect();
    let verb = if names.len() == 1 { "does" } else { "do" };
    for (ecosystem, of) in by_ecosystem {
        let told: Vec<String> = of.iter().map(|p| format!("{} {}", p.name, p.version).trim_end().to_owned()).collect();
        case.find(&LACKS)
            .about(ecosystem)
            .severity(severity)
            .says(format!("{} {verb} not name {} of {ecosystem}: {}.", list(&names, 3), count(of.len(), "component"), list(&told, SHOWN)))
            .in_record(of[0])
            .add();
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::{Ecosystem, SbomClaim, SbomVersions};

    use super::super::ITEM;
    use super::*;
    use crate::testkit::{Kit, elf};

    fn kit(document: SbomDocument) -> Kit {
        let document = SbomDocument { source: "s.json".to_owned(), same: 9, ..document };
        let kit = Kit::new().package(Ecosystem::Dpkg, "curl", "8", &[]).package(Ecosystem::Dpkg, "zlib", "1", &[]);
        kit.distribution("debian", "12").sboms(Sboms { documents: vec![document], ..Sboms::default() })
    }

    fn this() -> SbomDocument {
        SbomDocument { of: SbomOf::This("names it".to_owned()), ..SbomDocument::default() }
    }

    fn claims(why: SbomDoubt) -> SbomDocument {
        let claim = |name: &str| SbomClaim { ecosystem: "npm".to_owned(), name: name.to_owned(), version: "1".to_owned(), file: None, why };
        SbomDocument { claims: vec![claim("a"), claim("b")], ..this() }
    }

    #[test]
    fn an_accurate_one_is_still_not_signed() {
        let verdict = kit(this()).judge(&ITEM);
        assert_eq!((verdict.outcome, verdict.findings.len()), (crate::Outcome::Unknown, 0));
        assert_eq!(verdict.summary, "No SBOM that was given is signed: s.json and the image agree on 9 of 9 components.");
    }

    #[test]
    fn each_difference_is_found() {
        let versions =
            vec![SbomVersions { ecosystem: "dpkg".to_owned(), name: "curl".to_owned(), here: vec![0], said: vec!["7".to_owned()] }];
        let cases = [
            (SbomDocument::default(), "unknown: info no-subject"),
            (SbomDocument { of: SbomOf::Other("x".to_owned()), ..SbomDocument::default() }, "fail: medium sbom-of-another-image"),
            (SbomDocument { limited_to: Some("app".to_owned()), ..SbomDocument::default() }, "unknown"),
            (
                SbomDocument { other_distribution: Some(("debian 11".to_owned(), "debian 12".to_owned())), ..this() },
                "fail: medium other-distribution",
            ),
            (SbomDocument { lacking: vec![0, 1], ..this() }, "fail: medium component-missing"),
            (SbomDocument { other_versions: versions, ..this() }, "fail: medium other-version"),
            (claims(SbomDoubt::NoFile), "fail: low component-not-there"),
            (claims(SbomDoubt::Compiled), "unknown: info component-not-there"),
            (SbomDocument { unnamed: vec!["x 1".to_owned()], ..this() }, "unknown: info component-unnamed"),
            (SbomDocument { supplies: vec![1], ..this() }, "unknown: info names-more-than-the-image-shows"),
        ];
        for (document, wanted) in cases {
            assert_eq!(kit(document.clone()).outcome(&ITEM), wanted, "{document:?}");
        }
        assert_eq!(kit(this()).elf(elf("app/x")).outcome(&ITEM), "fail: low code-not-described");
    }

    #[test]
    fn the_policy_says_how_far_they_have_to_agree() {
        let kit = kit(SbomDocument { lacking: vec![0], ..this() });
        let with = |share| kit.outcome_with(&ITEM, &Policy { sbom_agreement: share, ..Policy::default() });
        assert_eq!((with(90).as_str(), with(91).as_str()), ("unknown: info component-missing", "fail: medium component-missing"));
        let verdict = kit.judge(&ITEM);
        assert_eq!(verdict.summary, "The SBOM does not say what is in the image: s.json and the image agree on 9 of 10 components.");
        assert!(
            verdict.findings[0].message.contains("s.json does not name 1 component of dpkg: curl 8."),
            "{}",
            verdict.findings[0].message
        );
    }
}
