//! Whether each component has a name under which vulnerabilities are reported.

use std::collections::BTreeMap;

use plimsoll_evidence::{Ecosystem, Gathered, Package};
use plimsoll_purl::Purl;

use super::prelude::*;
use crate::shown::{count, list};

const ID: ItemId = ItemId("purls-match-cves");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Component PURLs can be matched to CVE reports",
    section: Section::Components,
    requirement: "Each component has a package URL under which its vulnerabilities are found in the OSV database; a maintained VEX with a URL makes this optional.",
    why: "A component with a name that no vulnerability report uses is never reported, however many holes it has.",
    remediation: "Take components from ecosystems that the OSV database covers, keep os-release in the image, and give released versions to what is built from source.",
    references: &[footnote(30)],
    rules: &[NO_DISTRIBUTION, NOT_COVERED, NO_VERSION, BAD_NAME, NO_PURL],
    example: None,
    rests_on: &[RestsOn::Packages],
    judge,
};

const NO_DISTRIBUTION: Rule = Rule::new(
    "no-distribution",
    Medium,
    "System packages are installed and no os-release says whose: their names match no report.",
    "Keep /etc/os-release in the image.",
);
const NOT_COVERED: Rule = Rule::new(
    "not-covered",
    Medium,
    "The OSV database has no reports for packages of this kind.",
    "Take a base whose distribution publishes its advisories there, or match these packages against the distribution's own feed and publish a VEX.",
);
const NO_VERSION: Rule =
    Rule::new("no-version", Low, "A component has no version that a report could match.", "Build it from a tagged release.");
const BAD_NAME: Rule = Rule::new("bad-name", Low, "A component's name is none that its ecosystem allows.", "Correct the package's record.");

const NO_PURL: Rule = Rule::new(
    "no-purl",
    Low,
    "A component's records do not say enough for a valid package URL.",
    "Take it from its repository unchanged, so that its records name the group or vendor it belongs to.",
);

/// Whether a rule finds something in a package.
type Test<'a> = &'a dyn Fn(&Package) -> bool;

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    let packages: &[Package] = evidence.components.found().map_or(&[], |i| &i.packages);
    let system: Vec<&Package> = packages.iter().filter(|p| p.ecosystem.is_system()).collect();
    if image.distribution.is_none()
        && let Some(first) = system.first()
    {
        case.find(&NO_DISTRIBUTION)
            .says(format!("{} are installed and the image has no os-release.", count(system.len(), "system package")))
            .in_layer(first.layer, &first.recorded_in, None, None)
            .add();
    }
    let mut uncovered: BTreeMap<String, Vec<&Package>> = BTreeMap::new();
    for package in packages.iter().filter(|p| p.owned_by.is_none()) {
        let Some(purl) = package.purl.as_deref().and_then(|p| Purl::parse(p).ok()) else { continue };
        if purl.osv_ecosystem().is_none() {
            let vendor = purl.namespace().filter(|_| package.ecosystem.is_system()).map(|n| format!("/{n}")).unwrap_or_default();
            uncovered.entry(format!("pkg:{}{vendor}", purl.kind())).or_default().push(package);
        }
    }
    for (kind, of) in uncovered {
        let names: Vec<String> = of.iter().map(|p| p.name.clone()).collect();
        case.find(&NOT_COVERED)
            .about(&kind)
            .says(format!("{} of {kind}, for which the OSV database has no reports: {}.", count(of.len(), "package"), list(&names, 5)))
            .in_layer(of[0].layer, &of[0].recorded_in, None, None)
            .add();
    }
    let has_distribution = image.distribution.is_some();
    let has_no_purl =
        |p: &Package| p.purl.is_none() && !has_bad_name(p) && !has_no_version(p) && (has_distribution || !p.ecosystem.is_system());
    let rules: [(&Rule, Test<'_>); 3] = [(&NO_VERSION, &has_no_version), (&BAD_NAME, &has_bad_name), (&NO_PURL, &has_no_purl)];
    for (rule, odd) in rules {
        // One finding for each file that records such components. What a system's package brought is matched by that.
        let mut at = 0;
        let found: Vec<&Package> = {
            let mut found: Vec<&Package> = packages.iter().filter(|p| odd(p) && p.owned_by.is_none()).collect();
            found.sort_by(|a, b| a.recorded_in.cmp(&b.recorded_in).then_with(|| a.name.cmp(&b.name)));
            found
        };
        while let Some(first) = found.get(at) {
            let group: Vec<String> = found[at..]
                .iter()
                .take_while(|p| p.recorded_in == first.recorded_in)
                .map(|p| format!("{} {:?}", p.name, p.version))
                .collect();
            at += group.len();
            case.find(rule)
                .says(format!("{} Recorded in /{}: {}.", rule.finds, first.recorded_in, list(&group, 5)))
                .in_layer(first.layer, &first.recorded_in, None, None)
                .add();
        }
    }
    let total = count(packages.len(), "component");
    match &evidence.vulnerabilities {
        Gathered::Found(known) => {
            for uncovered in &known.uncovered {
                let n = count(uncovered.components.len(), "component");
                case.need(format!("advisories that {} could be matched to ({n}): {}", uncovered.what, uncovered.why), &uncovered.supply);
            }
        }
        Gathered::Absent(need) => case.need(&need.what, &need.supply),
        Gathered::Failed(problem) => {
            case.need(format!("an advisory database that can be read ({})", problem.message), "make it again with plimsoll db update");
        }
    }
    case.conclude(
        "Some components cannot be matched to reports.",
        format!("{total} have names and versions; for some it is not known whether reports use them."),
        format!("{total} have names, versions and an ecosystem that the advisory database covers."),
    )
}

fn has_no_version(package: &Package) -> bool {
    // Go writes (devel) for the main module of an untagged build, and v0.0.0 for replaced ones.
    matches!(package.version.as_str(), "" | "unknown" | "(devel)" | "0.0.0" | "v0.0.0" | "UNKNOWN" | "0.0.0-development")
        || package.version.contains("${")
}

fn has_bad_name(package: &Package) -> bool {
    let name = package.name.as_str();
    let odd = name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '$' | '{' | '}'));
    odd || (package.ecosystem == Ecosystem::Dpkg && name.chars().any(|c| c.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let package = |e, name: &str, version: &str| Kit::new().package(e, name, version, &[]);
        let with = |kit: Kit, purl: &str| kit.last_package(|p| p.purl = Some(purl.to_owned()));
        let cases = [
            (Kit::new(), "unknown"),
            (with(package(Ecosystem::Npm, "express", "4.1.0"), "pkg:npm/express@4.1.0"), "unknown"),
            (package(Ecosystem::Java, "spring-core", "5.3.17"), "fail: low no-purl"),
            (package(Ecosystem::Java, "x", "1").last_package(|p| p.owned_by = Some("libx-java".to_owned())), "unknown"),
            (
                with(package(Ecosystem::Rpm, "bash", "5-1").distribution("fedora", "40"), "pkg:rpm/fedora/bash@5-1?distro=fedora-40"),
                "fail: medium not-covered",
            ),
            (package(Ecosystem::Dpkg, "libc6", "2.36-9"), "fail: medium no-distribution"),
            (
                with(
                    package(Ecosystem::Dpkg, "libc6", "2.36-9").distribution("debian", "12"),
                    "pkg:deb/debian/libc6@2.36-9?distro=debian-12",
                ),
                "unknown",
            ),
            (package(Ecosystem::Go, "x.test/m", "(devel)"), "fail: low no-version"),
            (package(Ecosystem::Java, "${project.artifactId}", "1"), "fail: low bad-name"),
            (package(Ecosystem::Npm, "a", "").package(Ecosystem::Npm, "b", "", &[]), "fail: low no-version"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
