//! Signs for and against a build that gives the same bytes twice.

mod build_files;

pub(super) use build_files::{is_commit, repository};

use plimsoll_evidence::{FileEntry, FileKind, ImageFacts, Origin};
use plimsoll_shell::Command;

use super::prelude::*;
use crate::built;
use crate::dates::rfc3339;
use crate::history::{Instruction, Step, steps};
use crate::shown::{count, list};

const ID: ItemId = ItemId("reproducible-build");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Reproducible builds are implemented",
    section: Section::BuildProcess,
    requirement: "The build gives bit-for-bit the same image from the same source and dependencies.",
    why: "Only a build that others can repeat lets them see that the image was made from its source and that nobody put something else in.",
    remediation: "Pin every input (base by digest, packages by version or snapshot, downloads by checksum), set SOURCE_DATE_EPOCH with rewrite-timestamp=true, and remove logs and caches in the step that makes them. Then build twice and compare.",
    references: &[footnote(20), footnote(21)],
    rules: &[UNPINNED, BRANCH, UNCHECKED, LEFTOVER, TIMES],
    example: Some(Example {
        language: "sh",
        bad: "docker build -t app .",
        good: "SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) docker buildx build --output type=oci,dest=app.tar,rewrite-timestamp=true .",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::BuildFiles],
    judge,
};

const UNPINNED: Rule = Rule::new(
    "unpinned-install",
    Medium,
    "A build step installs whatever version is newest when it runs.",
    "Pin versions, or use a lock file or a snapshot of the package archive.",
);
const BRANCH: Rule = Rule::new(
    "unpinned-source",
    Medium,
    "A build step takes a source that moves: a branch, or latest.",
    "Name a commit or a release, and check its digest.",
);
const UNCHECKED: Rule = Rule::new(
    "download-without-checksum",
    Medium,
    "ADD downloads a file without a checksum: it may be another one next time.",
    "Write ADD --checksum=sha256:….",
);
const LEFTOVER: Rule = Rule::new(
    "varying-files",
    Low,
    "The image holds logs and caches that differ with each build.",
    "Remove them in the step that makes them.",
);
const TIMES: Rule = Rule::new(
    "varying-times",
    Low,
    "Files carry the time at which they were made, so that each build differs.",
    "Build with SOURCE_DATE_EPOCH and rewrite-timestamp=true.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let image = evidence.image.found();
    if image.is_none() && !built::given(evidence) {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    build_files::judge(&mut case, evidence);
    if let Some(image) = image {
        judge_image(&mut case, evidence, image);
    }
    case.need("a second, independent build of the same source", "build again elsewhere and compare both images");
    let fail = format!("{} against a build that can be repeated.", count(case.failing(), "sign"));
    case.conclude(fail, "One build cannot show that it can be repeated; nothing in it speaks against that.", "")
}

fn judge_image(case: &mut Case<'_>, evidence: &Evidence, image: &ImageFacts) {
    // A step that the build file tells of is judged there.
    for step in steps(image).filter(|s| s.origin != Origin::BaseImage && !built::tells(evidence, s.at)) {
        if step.instruction == Instruction::Add
            && let Some(url) = step.text.split_whitespace().find(|w| w.contains("://"))
            && !step.text.contains("--checksum=")
        {
            let url = step.shown(url);
            case.find(&UNCHECKED).about(&url).says(format!("ADD downloads {url:?} without a checksum.")).in_history(step.at).add();
        }
        for command in step.script().map(|s| s.commands).unwrap_or_default() {
            command_of(case, &step, &command);
        }
    }
    leftovers(case, image);
    times(case, image);
}

fn command_of(case: &mut Case<'_>, step: &Step<'_>, command: &Command) {
    let shown = step.shown(&command.shown());
    let Some(program) = command.program() else { return };
    let names: Vec<&str> = command.arguments().iter().map(|w| w.text.as_str()).filter(|w| !w.starts_with('-')).collect();
    let verb = names.first().copied().unwrap_or_default();
    let packages = names.get(1..).unwrap_or_default();
    let has = |option: &str| command.arguments().iter().any(|w| w == option);
    // A package is pinned by name=version, a file, or an address of a fixed file.
    let loose = |pins: &[&str]| {
        packages
            .iter()
            .filter(|p| !p.contains('/') && !p.starts_with('.') && !p.contains('$') && !pins.iter().any(|pin| p.contains(pin)))
            .count()
    };
    let unpinned = match (program, verb) {
        ("apt-get" | "apt", "install") => loose(&["="]),
        ("apk", "add") => loose(&["=", "~"]).saturating_sub(usize::from(has("--virtual") || has("-t"))),
        ("yum" | "dnf" | "microdnf" | "tdnf", "install") => packages.iter().filter(|p| !p.bytes().any(|b| b.is_ascii_digit())).count(),
        ("pip" | "pip3", "install") if !has("-r") && !has("--requirement") => loose(&["==", "@"]),
        ("npm", "install" | "i") if packages.is_empty() => 1,
        ("npm" | "pnpm" | "yarn", "install" | "i" | "add") => {
            packages.iter().filter(|p| !p.starts_with('.') && !p.get(1..).is_some_and(|rest| rest.contains('@'))).count()
        }
        ("gem", "install") if !has("-v") && !has("--version") => loose(&[":"]),
        ("go", "install" | "get") => packages.iter().filter(|p| !p.contains('@') || p.ends_with("@latest")).count(),
        ("cargo", "install") if !has("--version") && !has("--locked") && !has("--path") => loose(&["@"]),
        ("apt-get" | "apt", "upgrade" | "dist-upgrade" | "full-upgrade") | ("apk", "upgrade") | ("yum" | "dnf", "update" | "upgrade") => 1,
        _ => 0,
    };
    if matches!((program, verb), ("npm", "install" | "i")) && packages.is_empty() {
        case.find(&UNPINNED)
            .about(command.shown())
            .says(format!("{shown:?} may take other versions than a lock file names, and any where there is none."))
            .fix("Write a lock file and install with npm ci, which takes what it names or fails.")
            .in_history(step.at)
            .add();
    } else if unpinned > 0 {
        case.find(&UNPINNED)
            .about(command.shown())
            .says(format!("{} without a version: {shown:?}.", count(unpinned, "package")))
            .in_history(step.at)
            .add();
    }
    let url = names.iter().find(|w| w.contains("://"));
    let moves =
        url.is_some_and(|u| ["/latest", "/master/", "/main/", "/HEAD/", "refs/heads/", "-latest"].iter().any(|part| u.contains(part)));
    let branch = program == "git" && verb == "clone" && !has("--revision");
    if (crate::items::component_checksums::is_download(command) && moves) || branch {
        // A clone may be followed by a checkout of a commit in the same step.
        let pinned = branch && step.text.contains("checkout ") | step.text.contains("reset --hard");
        if !pinned {
            case.find(&BRANCH).about(command.shown()).says(format!("The step takes what moves: {shown:?}.")).in_history(step.at).add();
        }
    }
}

/// Files whose content differs with each build.
fn leftovers(case: &mut Case<'_>, image: &ImageFacts) {
    const VARYING: [&str; 9] = [
        "var/log/apt/",
        "var/log/dpkg.log",
        "var/log/alternatives.log",
        "var/log/bootstrap.log",
        "var/cache/ldconfig/aux-cache",
        "var/lib/apt/lists/",
        "var/cache/apt/pkgcache.bin",
        "var/cache/apt/srcpkgcache.bin",
        "var/log/apk.log",
    ];
    let is_varying = |f: &&FileEntry| {
        let own = VARYING.iter().any(|v| f.path.starts_with(v))
            || matches!(f.path.as_str(), "etc/machine-id" | "var/lib/dbus/machine-id" | "var/lib/systemd/random-seed");
        let keys = f.path.starts_with("etc/ssh/ssh_host_");
        f.kind == FileKind::Regular && f.size > 0 && (own || keys) && image.origin(f.layer) != Origin::BaseImage
    };
    let found: Vec<&FileEntry> = image.tree.files.iter().filter(is_varying).collect();
    if let Some(first) = found.first() {
        let names: Vec<String> = found.iter().map(|f| f.absolute()).collect();
        case.find(&LEFTOVER)
            .says(format!("{} that differ with each build: {}.", count(found.len(), "file"), list(&names, 4)))
            .in_file(first)
            .add();
    }
}

/// Modification times later than the image says that it was made, or spread over the time of the build.
fn times(case: &mut Case<'_>, image: &ImageFacts) {
    let Some(created) = image.config.created.as_deref().and_then(rfc3339) else { return };
    for layer in 0..image.layers.len() as u32 {
        if image.origin(layer) == Origin::BaseImage {
            continue;
        }
        let mine: Vec<&FileEntry> = image.tree.files.iter().filter(|f| f.layer == layer && f.kind == FileKind::Regular).collect();
        // Files stand in the order of their paths: of the newest ones, the first.
        let Some(newest) = mine.iter().rev().max_by_key(|f| f.mtime) else { continue };
        // Times of the hour before creation that are not all one are those of a running build; clamped ones are all the same.
        let fresh: std::collections::BTreeSet<i64> = mine.iter().map(|f| f.mtime).filter(|t| *t > created - 3600).collect();
        if newest.mtime > created || fresh.len() > 1 {
            let says = if newest.mtime > created {
                format!("{} is newer than the image's own time of creation.", newest.absolute())
            } else {
                format!(
                    "Files of layer {layer} carry {} within an hour of the build: they are not set to one time.",
                    count(fresh.len(), "different time")
                )
            };
            case.find(&TIMES)
                .about(
                    image
                        .layers
                        .get(layer as usize)
                        .and_then(|l| l.step)
                        .and_then(|s| image.history.get(s))
                        .map(|s| s.created_by.as_str())
                        .unwrap_or_default(),
                )
                .says(says)
                .in_file(newest)
                .add();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let run = |command: &str| Kit::new().layer(&format!("RUN /bin/sh -c {command} # buildkit"));
        let timed = |mtimes: &[i64]| {
            let mtimes = mtimes.to_vec();
            Kit::new().file("a", 0o644).file("b", 0o644).config(|c| c.created = Some("2026-01-01T00:00:00Z".to_owned())).with(move |i| {
                for (name, mtime) in ["a", "b"].iter().zip(mtimes) {
                    let id = i.tree.find(name).unwrap() as usize;
                    i.tree.files[id].mtime = mtime;
                }
            })
        };
        let created = 1_767_225_600;
        let cases = [
            (Kit::new(), "unknown"),
            (run("apt-get update && apt-get install -y curl"), "fail: medium unpinned-install"),
            (run("apt-get install -y curl=7.88.1-10"), "unknown"),
            (run("apk add --no-cache curl"), "fail: medium unpinned-install"),
            (run("pip install flask"), "fail: medium unpinned-install"),
            (run("pip install flask==3.0.0"), "unknown"),
            (run("pip install -r requirements.txt"), "unknown"),
            (run("npm ci"), "unknown"),
            (run("npm install"), "fail: medium unpinned-install"),
            (run("npm install -g yarn"), "fail: medium unpinned-install"),
            (run("npm install -g @scope/x@1.2.3"), "unknown"),
            (run("go install x.test/y@latest"), "fail: medium unpinned-install"),
            (run("git clone https://x.test/y"), "fail: medium unpinned-source"),
            (run("git clone https://x.test/y && cd y && git checkout 0123abcd"), "unknown"),
            (run("curl -O https://x.test/releases/latest/download/y"), "fail: medium unpinned-source"),
            (run("curl -O https://x.test/releases/1.2/y"), "unknown"),
            (run("apt-get install -y curl").base(2), "unknown"),
            (Kit::new().layer("ADD https://x.test/y / # buildkit"), "fail: medium download-without-checksum"),
            (Kit::new().file("var/log/dpkg.log", 0o644), "fail: low varying-files"),
            (timed(&[created, created]), "unknown"),
            (timed(&[0, created - 86_400]), "unknown"),
            (timed(&[created - 10, created - 5]), "fail: low varying-times"),
            (timed(&[0, created + 5]), "fail: low varying-times"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.image().history);
        }
    }
}
