//! Whether everything in the image belongs to a component that is known.

use std::collections::BTreeSet;

use plimsoll_evidence::{FileEntry, Gathered, ImageFacts, Inventory, SbomDocument, SbomDoubt, SbomOf};

use super::prelude::*;
use crate::shown::{bytes, count, list};

const ID: ItemId = ItemId("components-identified");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "All components are identified",
    section: Section::Components,
    requirement: "Every software component, library and dependency in the container is catalogued.",
    why: "When a new hole becomes known, only who knows what runs where can say whether it concerns him.",
    remediation: "Install from package managers and keep their databases in the image; build programs with their dependency lists inside (Go does, cargo auditable for Rust); attach an SBOM for the rest.",
    references: &[footnote(30), footnote(31), footnote(32)],
    rules: &[DATABASE_REMOVED, UNEXPLAINED, UNNAMED],
    example: Some(Example { language: "dockerfile", bad: "RUN rm -rf /var/lib/dpkg", good: "RUN rm -rf /var/lib/apt/lists/*" }),
    rests_on: &[RestsOn::Files, RestsOn::Packages],
    judge,
};

const DATABASE_REMOVED: Rule = Rule::new(
    "package-database-removed",
    High,
    "The package manager's database was deleted: what it installed is still there and can no longer be named.",
    "Keep the database in the image, or keep status.d entries as distroless images do.",
);
const UNEXPLAINED: Rule = Rule::new(
    "unexplained-code",
    Low,
    "Native code that no component owns.",
    "Install it as a package, build it with its dependency list inside, or describe it in an attached SBOM.",
);

const UNNAMED: Rule = Rule::new(
    "unnamed-archive",
    Medium,
    "A Java archive of classes that says neither its name nor its version: no report can be matched to it.",
    "Take the archive from a repository unchanged, or write pom.properties or Implementation-Title and Implementation-Version into it.",
);

/// Databases of package managers whose loss hides what is installed.
const DATABASES: [&str; 6] = [
    "var/lib/dpkg/status",
    "lib/apk/db/installed",
    "usr/lib/apk/db/installed",
    "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/Packages",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
];

/// Databases that a later layer deleted, where no other stands in their place.
pub(super) fn removed_databases(image: &ImageFacts) -> Vec<&FileEntry> {
    let others = [
        "var/lib/dpkg/status",
        "var/lib/dpkg/status.d",
        "lib/apk/db/installed",
        "usr/lib/apk/db/installed",
        "var/lib/rpm",
        "usr/lib/sysimage/rpm",
    ];
    if others.iter().any(|path| {
        image
            .tree
            .find(path)
            .is_some_and(|id| image.tree.file(id).kind == plimsoll_evidence::FileKind::Regular || image.tree.below(path).next().is_some())
    }) {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    image.tree.deleted.iter().map(|d| &d.entry).filter(|e| DATABASES.contains(&e.path.as_str()) && seen.insert(e.path.as_str())).collect()
}

/// The visible ELF files that no package owns and that carry no record of what is in them, with the bytes of their code.
pub(super) fn unexplained<'a>(image: &'a ImageFacts, inventory: &Inventory) -> Vec<(&'a FileEntry, u64)> {
    let recorded: BTreeSet<&str> = inventory.packages.iter().map(|p| p.recorded_in.as_str()).collect();
    // Records that name a package lie in its directory: node_modules/x/package.json, x-1.0.dist-info/METADATA.
    let directories: BTreeSet<&str> =
        inventory.packages.iter().filter(|p| !p.ecosystem.is_system()).filter_map(|p| Some(p.recorded_in.rsplit_once('/')?.0)).collect();
    let in_package = |path: &str| path.match_indices('/').any(|(end, _)| directories.contains(&path[..end]));
    image
        .elfs
        .iter()
        .filter(|elf| !recorded.contains(elf.path.as_str()) && !in_package(&elf.path))
        .filter_map(|elf| {
            let id = image.tree.find(&elf.path)?;
            inventory.owner(id).is_none().then(|| (image.tree.file(id), elf.code_bytes))
        })
        .collect()
}

/// Adds a need for what is in the image and belongs to no component that advisories could speak of: nothing is known of its
/// vulnerabilities, however new the advisories are.
pub(super) fn need_identified(case: &mut Case<'_>, image: &ImageFacts, inventory: &Inventory) {
    let mut loose: Vec<String> = unexplained(image, inventory).into_iter().map(|(file, _)| file.absolute()).collect();
    loose.extend(inventory.packages.iter().filter(|p| !p.holds.is_empty() && p.owned_by.is_none()).map(|p| format!("/{}", p.recorded_in)));
    if !loose.is_empty() {
        case.need(
            format!("what {} that belong to no known component are: {}", count(loose.len(), "file"), list(&loose, 3)),
            "build them so that they name their components (Go's build information, cargo auditable, a manifest), or install them as packages",
        );
    }
    let gone: Vec<String> = removed_databases(image).into_iter().map(FileEntry::absolute).collect();
    if !gone.is_empty() {
        case.need(format!("the packages that {} listed, which a layer deleted", list(&gone, 3)), "keep the database in the image");
    }
}

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    for file in removed_databases(image) {
        case.find(&DATABASE_REMOVED)
            .says(format!("{} was deleted; what it lists is still in the image.", file.absolute()))
            .in_file(file)
            .add();
    }
    let mut summary = "No list of components was made.".to_owned();
    if let Some(inventory) = evidence.components.found() {
        let total: u64 = image.elfs.iter().map(|e| e.code_bytes).sum();
        let loose = unexplained(image, inventory);
        let unknown: u64 = loose.iter().map(|(_, n)| n).sum();
        for (file, code) in &loose {
            case.find(&UNEXPLAINED)
                .says(format!("{}: {} of native code that belongs to no known component.", file.absolute(), bytes(*code)))
                .in_file(file)
                .add();
        }
        for package in inventory.packages.iter().filter(|p| !p.holds.is_empty() && p.owned_by.is_none()) {
            case.find(&UNNAMED)
                .about(&package.recorded_in)
                .says(format!(
                    "/{} says neither its name nor its version; it holds classes of {}.",
                    package.recorded_in,
                    list(&package.holds, 3)
                ))
                .in_layer(
                    package.layer,
                    package.recorded_in.split('!').next().unwrap_or_default(),
                    None,
                    package.recorded_in.split_once('!').map(|(_, i)| i),
                )
                .add();
        }
        let names: Vec<String> = loose.iter().map(|(f, _)| f.absolute()).collect();
        summary = if loose.is_empty() {
            format!("{} identified; all {} of native code belong to one.", count(inventory.packages.len(), "component"), bytes(total))
        } else {
            format!(
                "{} identified; {} of {} of native code ({}) belong to none: {}.",
                count(inventory.packages.len(), "component"),
                bytes(unknown),
                bytes(total),
                share(unknown, total),
                list(&names, 3)
            )
        };
        let stated = stated(image, inventory);
        if !stated.is_empty() {
            let by: BTreeSet<&str> = inventory.stated.iter().map(|s| s.by.as_str()).collect();
            let by = list(&by.into_iter().collect::<Vec<_>>(), 3);
            let code = bytes(stated.iter().map(|(_, n)| n).sum());
            let places: Vec<String> = stated.iter().map(|(path, _)| format!("/{path}")).collect();
            summary = format!("{summary} What is in {} ({code} of native code) is the word of {by} alone.", list(&places, 3));
            case.need(
                format!("proof of what is in {}: {by} alone says it, and nobody signed that", list(&places, 3)),
                "build them so that they name their components themselves (Go's build information, cargo auditable)",
            );
        }
    }
    need_sbom(&mut case, evidence);
    case.conclude(summary.clone(), summary.clone(), summary)
}

/// Programs that only an SBOM explains, with the bytes of their code.
fn stated<'a>(image: &ImageFacts, inventory: &'a Inventory) -> Vec<(&'a str, u64)> {
    let shown = inventory.packages.len().saturating_sub(inventory.stated.len());
    let shown: BTreeSet<&str> = inventory.packages[..shown].iter().map(|p| p.recorded_in.as_str()).collect();
    let files = inventory.stated.iter().filter_map(|s| Some(inventory.packages.get(s.package as usize)?.recorded_in.as_str()));
    let files: BTreeSet<&str> = files.filter(|path| !shown.contains(path)).collect();
    files.into_iter().filter_map(|path| Some((path, image.elf(path)?.code_bytes))).collect()
}

/// Without an SBOM nobody says what no database in the image records; with one, everything it names has to be accounted for.
fn need_sbom(case: &mut Case<'_>, evidence: &Evidence) {
    let Gathered::Found(sboms) = &evidence.sboms else {
        case.need(
            "an SBOM to compare the list with, for what no database in the image records",
            "attach an SBOM to the image, or give it as a file with --sbom",
        );
        return;
    };
    let of_it: Vec<&SbomDocument> =
        sboms.documents.iter().filter(|d| d.limited_to.is_none() && !matches!(d.of, SbomOf::Other(_))).collect();
    if of_it.is_empty() {
        case.need("an SBOM of this image, as a whole, to compare the list with", "make it from this image and give it with --sbom");
    }
    for document in of_it {
        // What another kind of evidence denies is the SBOM's fault; what may be there is this item's question.
        let open: Vec<String> =
            document.claims.iter().filter(|c| matches!(c.why, SbomDoubt::Unplaced | SbomDoubt::Compiled)).map(|c| c.name.clone()).collect();
        let open = [open, document.unnamed.clone()].concat();
        if !open.is_empty() {
            case.need(
                format!("whether what {} names without a file is in the image: {}", document.source, list(&open, 3)),
                "name each component's file in the SBOM, or make the SBOM from the finished image",
            );
        }
    }
}

/// A share in per cent, rounded up: what is not explained is not shown as nothing.
fn share(part: u64, whole: u64) -> String {
    let tenths = (u128::from(part) * 1000).div_ceil(u128::from(whole.max(1)));
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Ecosystem;

    use super::*;
    use crate::testkit::{Kit, elf};

    #[test]
    fn shares_are_rounded_up() {
        assert_eq!(
            (share(1, 3).as_str(), share(1, 1 << 40).as_str(), share(0, 9).as_str(), share(5, 5).as_str()),
            ("33.4 %", "0.1 %", "0.0 %", "100.0 %")
        );
    }

    #[test]
    fn an_sbom_settles_what_no_database_records() {
        use plimsoll_evidence::{SbomClaim, Sboms};
        let with = |kit: Kit, document: SbomDocument| kit.sboms(Sboms { documents: vec![document], ..Sboms::default() }).judge(&ITEM);
        let outcome = |kit: Kit, document| with(kit, document).outcome.to_string();
        let known = || Kit::new().elf(elf("app")).package(Ecosystem::Dpkg, "app", "1", &["app"]);
        assert_eq!(outcome(known(), SbomDocument::default()), "pass");
        assert_eq!(outcome(Kit::new().elf(elf("app")), SbomDocument::default()), "fail");
        let claim = |why| SbomDocument {
            claims: vec![SbomClaim { ecosystem: "npm".to_owned(), name: "a".to_owned(), version: "1".to_owned(), file: None, why }],
            ..SbomDocument::default()
        };
        assert_eq!(outcome(known(), claim(SbomDoubt::Unplaced)), "unknown");
        assert_eq!(outcome(known(), claim(SbomDoubt::OtherRecord)), "pass", "the SBOM is wrong, the list is not");
        assert_eq!(outcome(known(), SbomDocument { of: SbomOf::Other("x".to_owned()), ..SbomDocument::default() }), "unknown");
        assert_eq!(outcome(known(), SbomDocument { limited_to: Some("app".to_owned()), ..SbomDocument::default() }), "unknown");
        let stated = Kit::new()
            .elf(elf("app"))
            .package(Ecosystem::Cargo, "serde", "1", &[])
            .last_package(|p| p.recorded_in = "app".to_owned())
            .stated(0, "s.json");
        let verdict = with(stated, SbomDocument { supplies: vec![0], ..SbomDocument::default() });
        assert!(verdict.summary.ends_with("What is in /app (1.0 kB of native code) is the word of s.json alone."), "{}", verdict.summary);
        assert_eq!(verdict.outcome.to_string(), "unknown");
    }

    #[test]
    fn cases() {
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().elf(elf("app")), "fail: low unexplained-code"),
            (Kit::new().elf(elf("app")).package(Ecosystem::Dpkg, "app", "1", &["app"]), "unknown"),
            (
                Kit::new().elf(elf("app")).package(Ecosystem::Go, "x.test/m", "v1", &[]).last_package(|p| p.recorded_in = "app".to_owned()),
                "unknown",
            ),
            (
                Kit::new()
                    .elf(elf("srv/node_modules/x/build/y.node"))
                    .package(Ecosystem::Npm, "x", "1", &[])
                    .last_package(|p| p.recorded_in = "srv/node_modules/x/package.json".to_owned()),
                "unknown",
            ),
            (
                Kit::new().package(Ecosystem::Java, "app", "", &[]).last_package(|p| p.holds = vec!["org.example".to_owned()]),
                "fail: medium unnamed-archive",
            ),
            (
                Kit::new().package(Ecosystem::Java, "app", "", &[]).last_package(|p| {
                    p.holds = vec!["org.example".to_owned()];
                    p.owned_by = Some("libapp-java".to_owned());
                }),
                "unknown",
            ),
            (Kit::new().deleted("var/lib/dpkg/status", 9).layer("RUN rm"), "fail: high package-database-removed"),
            (Kit::new().deleted("var/lib/dpkg/status", 9).layer("RUN rm").file("var/lib/dpkg/status.d/base", 0o644), "unknown"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
