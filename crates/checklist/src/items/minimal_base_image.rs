//! The ladder of images: static, distroless, minimal distribution, general purpose.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_evidence::{FileEntry, FileKind, ImageFacts, Inventory, Package};

use super::prelude::*;
use crate::BaseRung;
use crate::minimal_sets::holds;
use crate::shown::{bytes, count, list};

const ID: ItemId = ItemId("minimal-base-image");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Minimal base images are used",
    section: Section::BaseImage,
    requirement: "The container is built on the smallest base that will do (distroless, scratch or a minimal Alpine) and holds only the programs and libraries that the application needs.",
    why: "Whatever is in an image can have holes, has to be updated and helps who breaks in. What is not there needs none of that.",
    remediation: "Copy the application into a scratch or distroless final stage. Where a shell is needed take a minimal distribution and add nothing that the application does not run.",
    references: &[footnote(1), footnote(2), footnote(3), footnote(4), footnote(5), footnote(6), footnote(7), footnote(8)],
    rules: &[UNNEEDED, UNNEEDED_FILES, TOO_LOW, COULD_GO],
    example: Some(Example { language: "dockerfile", bad: "FROM ubuntu:24.04", good: "FROM gcr.io/distroless/static-debian12@sha256:…" }),
    rests_on: &[RestsOn::Files, RestsOn::Packages],
    judge,
};

const UNNEEDED: Rule = Rule::new(
    "unneeded-package",
    Low,
    "A package that nothing reachable from the entrypoint needs.",
    "Leave it out: start from a smaller base, and install only what the application runs.",
);
const UNNEEDED_FILES: Rule = Rule::new(
    "unneeded-program",
    Low,
    "Programs that no package owns and nothing reachable from the entrypoint needs.",
    "Remove them from the final stage.",
);
const TOO_LOW: Rule = Rule::new(
    "not-minimal",
    Medium,
    "The image is larger than the policy's rung allows.",
    "Start from a smaller base: scratch, distroless, or a minimal distribution.",
);
const COULD_GO: Rule = Rule::new(
    "could-go",
    Info,
    "A package of the minimal base that nothing reachable from the entrypoint needs.",
    "It goes with a distroless base.",
);

/// The most packages that each get a finding; the rest are summed up in one.
const MOST_FINDINGS: usize = 20;

/// Above this many system packages no image is a minimal distribution's with what an application needs: Alpine's has 14 to 16, Wolfi's as
/// many, Debian's slim 88, Red Hat's minimal 105, Ubuntu's chiselled slices a handful.
const MOST_MINIMAL: usize = 120;

const SHELLS: [&str; 9] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "busybox", "toybox"];
const MANAGERS: [&str; 12] = ["apt", "apt-get", "dpkg", "apk", "rpm", "dnf", "yum", "microdnf", "zypper", "pacman", "tdnf", "opkg"];

/// What is on board.
struct Aboard<'a> {
    shells: Vec<&'a FileEntry>,
    managers: Vec<&'a FileEntry>,
    libraries: usize,
}

fn aboard(image: &ImageFacts) -> Aboard<'_> {
    let mut aboard = Aboard { shells: Vec::new(), managers: Vec::new(), libraries: 0 };
    for file in &image.tree.files {
        let program =
            matches!(file.kind, FileKind::Regular | FileKind::Symlink) && file.mode & 0o111 != 0 && file.parent().ends_with("bin");
        if program && SHELLS.contains(&file.name()) {
            aboard.shells.push(file);
        }
        if program && file.kind == FileKind::Regular && MANAGERS.contains(&file.name()) {
            aboard.managers.push(file);
        }
        aboard.libraries += usize::from(file.kind == FileKind::Regular && file.name().contains(".so"));
    }
    aboard
}

fn judge(evidence: &Evidence, policy: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    let empty = Inventory::default();
    let inventory = evidence.components.found().unwrap_or(&empty);
    let aboard = aboard(image);
    let system = inventory.system().count();
    let bare = aboard.shells.is_empty() && aboard.managers.is_empty();
    let size: u64 = image.tree.files.iter().map(|f| f.size).sum();
    let total = format!("{}, {}, {}", bytes(size), count(image.tree.regular(), "file"), count(system, "system package"));
    if bare {
        let rung =
            if system == 0 && aboard.libraries == 0 && image.distribution.is_none() { BaseRung::Static } else { BaseRung::Distroless };
        return rung_of(case, policy, rung, &total, "no shell and no package manager");
    }
    if image.closure.stopped.is_some() || image.closure.reached.is_empty() {
        let why = image.closure.stopped.clone().unwrap_or_else(|| "nothing is reached".to_owned());
        if system > MOST_MINIMAL {
            case.find(&TOO_LOW).says(format!("{} and a shell: a general-purpose image.", count(system, "system package"))).add();
            return case.conclude(format!("The image is general purpose: {total}."), "", "");
        }
        case.need(
            format!("what the container starts ({why})"),
            "set ENTRYPOINT or CMD in the image, or give the deployment that sets the command",
        );
        return case.conclude(
            "",
            format!("There is a shell or package manager on board, and what the application needs is not known: {total}."),
            "",
        );
    }
    let unneeded = unneeded(image, inventory);
    let loose = loose(image, inventory);
    let known = vulnerabilities(evidence, inventory);
    // What a minimal distribution itself brings is forgiven: its release files, package manager, shell, and what those depend on.
    let own: Vec<&(&Package, u64)> = unneeded.iter().filter(|(p, _)| !holds(&p.name)).collect();
    let minimal = system <= MOST_MINIMAL && own.is_empty() && loose.is_empty();
    let rung = if minimal { BaseRung::MinimalDistribution } else { BaseRung::GeneralPurpose };
    for (at, (package, reclaimed)) in unneeded.iter().enumerate() {
        let rule = if minimal || holds(&package.name) { &COULD_GO } else { &UNNEEDED };
        if at < MOST_FINDINGS {
            case.find(rule)
                .about(&package.name)
                .says(format!(
                    "{} {} takes {}, and nothing that the entrypoint reaches needs it.{}",
                    package.name,
                    package.version,
                    bytes(*reclaimed),
                    goes_with(known.get(package).map_or(0, BTreeSet::len))
                ))
                .in_layer(package.layer, &package.recorded_in, None, None)
                .add();
        }
    }
    // The rest, one finding for each layer that brought some.
    let mut rest: BTreeMap<u32, Vec<&(&Package, u64)>> = BTreeMap::new();
    for left in unneeded.iter().skip(MOST_FINDINGS) {
        rest.entry(left.0.layer).or_default().push(left);
    }
    for (layer, left) in &rest {
        let any = left.iter().any(|(p, _)| !holds(&p.name)) && !minimal;
        let size: u64 = left.iter().map(|(_, n)| n).sum();
        case.find(if any { &UNNEEDED } else { &COULD_GO })
            .about("the rest")
            .says(format!("{} more of layer {layer} take {}.", count(left.len(), "unneeded package"), bytes(size)))
            .at(image.whole_layer(*layer), image.origin(*layer))
            .add();
    }
    if let Some(first) = loose.first() {
        let names: Vec<String> = loose.iter().map(|f| f.absolute()).collect();
        let size = loose.iter().map(|f| f.size).sum();
        case.find(&UNNEEDED_FILES)
            .says(format!("{} ({}) that nothing needs: {}.", count(loose.len(), "program"), bytes(size), list(&names, 4)))
            .in_file(first)
            .add();
    }
    let reclaim: u64 = unneeded.iter().map(|(_, n)| n).sum();
    let closed = unneeded.iter().filter_map(|(p, _)| known.get(p)).flatten().collect::<BTreeSet<_>>().len();
    let with = if closed > 0 { format!(", with {}", count(closed, "known vulnerability")) } else { String::new() };
    if !image.closure.open_ends.is_empty() && case.failing() == 0 {
        // Advice may be wrong where more could be reached; that does not make the image less minimal.
        return rung_of(case, policy, rung, &total, &format!("{} could go{with}", bytes(reclaim)));
    }
    rung_of(case, policy, rung, &total, &format!("{} could go, {}{with}", count(unneeded.len(), "package"), bytes(reclaim)))
}

fn rung_of(mut case: Case<'_>, policy: &Policy, rung: BaseRung, total: &str, what: &str) -> Verdict {
    if rung < policy.minimal_base {
        let severity = if rung == BaseRung::GeneralPurpose { Medium } else { Low };
        case.find(&TOO_LOW)
            .severity(severity)
            .says(format!("The image is on the rung {:?}, and {:?} is asked for.", rung.name(), policy.minimal_base.name()))
            .add();
    }
    let summary = format!("The image is {}: {what}; {total}.", rung.name());
    case.conclude(summary.clone(), "", summary)
}

/// The ids of the vulnerabilities that each component is known to have.
fn vulnerabilities<'a>(evidence: &'a Evidence, inventory: &'a Inventory) -> BTreeMap<&'a Package, BTreeSet<&'a str>> {
    let mut of: BTreeMap<&Package, BTreeSet<&str>> = BTreeMap::new();
    for vulnerability in evidence.vulnerabilities.found().into_iter().flat_map(|k| &k.found) {
        if let Some(package) = inventory.packages.get(vulnerability.component as usize) {
            of.entry(package).or_default().insert(&vulnerability.id);
        }
    }
    of
}

fn goes_with(vulnerabilities: usize) -> String {
    match vulnerabilities {
        0 => String::new(),
        n => format!(" {} would go with it.", count(n, "known vulnerability")),
    }
}

/// System packages of which no file is reached and that nothing needed depends on, with the bytes that their files take: largest first.
fn unneeded<'a>(image: &ImageFacts, inventory: &'a Inventory) -> Vec<(&'a Package, u64)> {
    let mut sizes = vec![0_u64; inventory.packages.len()];
    for (id, owner) in inventory.owners.iter().enumerate() {
        if let (Some(size), Some(file)) = (sizes.get_mut(*owner as usize), image.tree.files.get(id)) {
            *size += file.size;
        }
    }
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, package) in inventory.packages.iter().enumerate().filter(|(_, p)| p.ecosystem.is_system()) {
        by_name.entry(&package.name).or_default().push(at);
    }
    // Reached by a file, or data without code (certificates, time zones) that a distroless image keeps too.
    let mut needed: BTreeSet<usize> = BTreeSet::new();
    for reached in &image.closure.reached {
        let owner = inventory.owners.get(reached.file as usize).copied().unwrap_or(u32::MAX) as usize;
        if owner < inventory.packages.len() {
            needed.insert(owner);
        }
    }
    // A reached library's package may need configuration of another; programs that a dependency names are not followed, for packages
    // depend on what their maintainer scripts run.
    for (at, package) in inventory.packages.iter().enumerate() {
        if is_data(package) {
            needed.insert(at);
        }
    }
    let mut unneeded: Vec<(&Package, u64)> = inventory
        .packages
        .iter()
        .enumerate()
        .filter(|(at, p)| p.ecosystem.is_system() && !needed.contains(at))
        .map(|(at, p)| (p, if sizes[at] > 0 { sizes[at] } else { p.installed_bytes }))
        .collect();
    unneeded.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    unneeded
}

/// Packages of data that libraries read by themselves.
fn is_data(package: &Package) -> bool {
    matches!(
        package.name.as_str(),
        "ca-certificates"
            | "ca-certificates-bundle"
            | "tzdata"
            | "base-files"
            | "netbase"
            | "media-types"
            | "mime-support"
            | "alpine-baselayout-data"
            | "alpine-release"
            | "wolfi-baselayout"
            | "alpine-keys"
            | "wolfi-keys"
            | "glibc-locale-posix"
            | "openssl"
            | "mailcap"
            | "nsswitch"
            | "setup"
            | "filesystem"
            | "redhat-release"
            | "fedora-release"
    ) || package.name.starts_with("gcc-") && package.name.ends_with("-base")
}

/// Programs that no system package owns, that nothing reaches, and that are no part of a language's packages.
fn loose<'a>(image: &'a ImageFacts, inventory: &Inventory) -> Vec<&'a FileEntry> {
    let reached = image.closure.files();
    image
        .elfs
        .iter()
        .filter(|e| e.kind == plimsoll_evidence::ElfKind::Executable)
        .filter_map(|e| image.tree.find(&e.path))
        .filter(|id| inventory.owner(*id).is_none() && !reached.contains(id))
        .map(|id| image.tree.file(id))
        .filter(|f| f.mode & 0o111 != 0 && !f.path.contains("node_modules/") && !f.path.contains("site-packages/"))
        .collect()
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::{Ecosystem, Link};

    use super::*;
    use crate::testkit::{Kit, elf};

    fn alpine() -> Kit {
        Kit::new()
            .entrypoint(&["/app"])
            .elf(elf("app"))
            .reach("app", Link::Entrypoint)
            .distribution("alpine", "3.22")
            .file("bin/busybox", 0o755)
            .link("bin/sh", "/bin/busybox")
            .file("sbin/apk", 0o755)
            .package(Ecosystem::Apk, "busybox", "1.37", &["bin/busybox", "bin/sh"])
            .package(Ecosystem::Apk, "apk-tools", "2.14", &["sbin/apk"])
    }

    #[test]
    fn cases() {
        let static_image = || Kit::new().entrypoint(&["/app"]).elf(elf("app")).reach("app", Link::Entrypoint);
        let general = (0..120).fold(alpine(), |kit, n| kit.package(Ecosystem::Dpkg, &format!("p{n:03}"), "1", &[]));
        let cases = [
            (static_image(), "pass"),
            (static_image().distribution("debian", "12").package(Ecosystem::Dpkg, "libc6", "2", &[]), "pass"),
            (alpine(), "pass: info could-go, info could-go"),
            (
                alpine().package(Ecosystem::Apk, "curl", "8", &["usr/bin/curl"]).file("usr/bin/curl", 0o755),
                "fail: medium not-minimal, low unneeded-package, info could-go, info could-go",
            ),
            (
                alpine()
                    .package(Ecosystem::Apk, "curl", "8", &["usr/bin/curl"])
                    .file("usr/bin/curl", 0o755)
                    .reach("usr/bin/curl", Link::Command),
                "pass: info could-go, info could-go",
            ),
            (alpine().package(Ecosystem::Apk, "ca-certificates", "2026", &[]), "pass: info could-go, info could-go"),
            (alpine().elf(elf("usr/local/bin/yq")), "fail: medium not-minimal, low unneeded-program, info could-go, info could-go"),
            (alpine().with(|i| i.closure.stopped = Some("no command".to_owned())), "unknown"),
            (general.clone().with(|i| i.closure.stopped = Some("no command".to_owned())), "fail: medium not-minimal"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
        let verdict = general.judge(&ITEM);
        assert_eq!(verdict.findings.len(), MOST_FINDINGS + 2, "never thousands");
        let strict = Policy { minimal_base: BaseRung::Static, ..Policy::default() };
        assert_eq!(static_image().outcome_with(&ITEM, &strict), "pass");
        assert!(alpine().outcome_with(&ITEM, &strict).starts_with("fail: low not-minimal"));
    }
}
