//! Whether each component has a name under which vulnerabilities are reported.

mod optional;

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_evidence::{Ecosystem, Gathered, KnownName, Package};
use plimsoll_purl::Purl;

use super::prelude::*;
use crate::dates::day_of;
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
    rules: &[NO_DISTRIBUTION, NOT_COVERED, OTHER_NAME, LOOKED_UP, NO_VERSION, BAD_NAME, NO_PURL],
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
const OTHER_NAME: Rule = Rule::new(
    "known-by-another-name",
    Medium,
    "No record can be about a component's own package URL, while records speak of something that is called alike.",
    "Find out whether it is the same thing; if it is, take it from where the records are, or name it by that package URL in the SBOM.",
);
const LOOKED_UP: Rule = Rule::new(
    "matched-by-another-name",
    Low,
    "No record can be about a component's own package URL; Plimsoll looks it up by another, and a tool that goes by the first finds nothing.",
    "Name the component by the package URL that records have, in the SBOM that is attached.",
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

fn judge(evidence: &Evidence, policy: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    let kept = optional::kept_vex(evidence, policy);
    case.advice_only(kept.is_some());
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
    let elsewhere: BTreeSet<u32> = evidence.vulnerabilities.found().into_iter().flat_map(|v| &v.elsewhere).map(|e| e.component).collect();
    told_elsewhere(&mut case, evidence, packages);
    let is_elsewhere = |at: usize| elsewhere.contains(&(at as u32));
    let mut uncovered: BTreeMap<String, Vec<&Package>> = BTreeMap::new();
    for (_, package) in packages.iter().enumerate().filter(|(at, p)| p.owned_by.is_none() && !is_elsewhere(*at)) {
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
            let of_rule = packages
                .iter()
                .enumerate()
                .filter(|(at, p)| odd(p) && p.owned_by.is_none() && !(rule.name == NO_PURL.name && is_elsewhere(*at)));
            let mut found: Vec<&Package> = of_rule.map(|(_, p)| p).collect();
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
    let covered = evidence.vulnerabilities.found().is_some_and(|known| known.uncovered.is_empty());
    if let Some((document, changed)) = kept
        && (!covered || case.has_findings())
    {
        let changed = day_of(changed);
        return case.not_applicable(format!(
            "Optional here: the VEX document at {} tells of the image's holes, and was changed on {changed}.",
            document.source
        ));
    }
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

/// Components that records can only be about by another name than their own.
fn told_elsewhere(case: &mut Case<'_>, evidence: &Evidence, packages: &[Package]) {
    // The same in many places is one thing to mend.
    let mut told: BTreeSet<(Ecosystem, &str, &str)> = BTreeSet::new();
    for elsewhere in evidence.vulnerabilities.found().into_iter().flat_map(|v| &v.elsewhere) {
        let Some(package) = packages.get(elsewhere.component as usize) else { continue };
        if !told.insert((package.ecosystem, &package.name, &package.version)) {
            continue;
        }
        let own = package
            .purl
            .as_ref()
            .map_or_else(|| "has no package URL".to_owned(), |purl| format!("is {purl}, which no record can be about"));
        let names: Vec<String> = elsewhere.names.iter().map(known).collect();
        let (rule, end) = match &elsewhere.looked_up_as {
            Some(purl) => (&LOOKED_UP, format!("It was looked up as {purl}.")),
            None => (&OTHER_NAME, "Whether it is the same is not known, and none of them was matched.".to_owned()),
        };
        let title = format!("{} {}", package.name, package.version);
        case.find(rule)
            .about(&title)
            .says(format!("{} {own}; records speak of {}. {end}", title.trim_end(), list(&names, 3)))
            .in_record(package)
            .add();
    }
}

/// A name that records speak of: `pkg:deb/debian/nodejs (Debian 11, 12; 34 records)`.
fn known(name: &KnownName) -> String {
    let purl = name.purl.clone().unwrap_or_else(|| name.name.clone());
    let releases = if name.releases.is_empty() { String::new() } else { format!(" {}", list(&name.releases, 3)) };
    format!("{purl} ({}{releases}; {})", name.ecosystem, count(name.records as usize, "record"))
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
    fn the_reverse_search_names_the_package_url_to_use() {
        use plimsoll_evidence::{Elsewhere, Vulnerabilities};
        let node = || {
            Kit::new()
                .package(Ecosystem::Program, "node", "18.1.0", &[])
                .last_package(|p| p.purl = Some("pkg:generic/node@18.1.0".to_owned()))
        };
        assert_eq!(node().outcome(&ITEM), "fail: medium not-covered");
        let bitnami = KnownName {
            ecosystem: "Bitnami".to_owned(),
            name: "node".to_owned(),
            purl: Some("pkg:bitnami/node".to_owned()),
            records: 45,
            ..KnownName::default()
        };
        let debian = KnownName {
            ecosystem: "Debian".to_owned(),
            releases: vec!["11".to_owned(), "12".to_owned()],
            name: "nodejs".to_owned(),
            purl: Some("pkg:deb/debian/nodejs?arch=source".to_owned()),
            records: 1,
        };
        let with = |looked_up_as: Option<&str>| {
            let elsewhere = vec![Elsewhere {
                component: 0,
                looked_up_as: looked_up_as.map(str::to_owned),
                names: vec![bitnami.clone(), debian.clone()],
            }];
            node().advisories(Vulnerabilities { elsewhere, ..Vulnerabilities::default() }).judge(&ITEM)
        };
        let verdict = with(None);
        assert_eq!((verdict.findings.len(), verdict.findings[0].rule.rule()), (1, "known-by-another-name"));
        assert_eq!(
            verdict.findings[0].message,
            "node 18.1.0 is pkg:generic/node@18.1.0, which no record can be about; records speak of pkg:bitnami/node (Bitnami; 45 records), \
             pkg:deb/debian/nodejs?arch=source (Debian 11, 12; 1 record). Whether it is the same is not known, and none of them was matched."
        );
        let verdict = with(Some("pkg:bitnami/node@18.1.0"));
        assert_eq!(verdict.findings[0].rule.rule(), "matched-by-another-name");
        assert!(verdict.findings[0].message.ends_with("It was looked up as pkg:bitnami/node@18.1.0."));
    }

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
                with(package(Ecosystem::Rpm, "bash", "5-1").distribution("mandriva", "40"), "pkg:rpm/mandriva/bash@5-1?distro=mandriva-40"),
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
