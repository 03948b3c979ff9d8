//! Where temporary data goes.

mod deployment;

use plimsoll_evidence::ImageFacts;

use super::prelude::*;
use super::read_only_root::{is_temporary, place};
use crate::deployed::Deployed;
use crate::shown::{count, list};
use crate::writes::{on_volume, writes};

const ID: ItemId = ItemId("ephemeral-temp-data");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Temporary data uses ephemeral volumes",
    section: Section::Runtime,
    requirement: "Temporary data is written to volumes that live as long as the container, and not to its filesystem.",
    why: "Temporary files in the container's own filesystem fill the host's disk, survive a restart, and stand in the way of a read-only root.",
    remediation: "Mount an emptyDir with a sizeLimit (tmpfs in Compose and Quadlet) at /tmp and wherever else temporary data goes; never a hostPath or a persistent claim.",
    references: &[footnote(48)],
    rules: &[UNCOVERED, SHIPPED, deployment::PERSISTENT, deployment::UNBOUNDED, deployment::UNUSED],
    example: Some(Example {
        language: "yaml",
        bad: "volumes:\n  - { name: tmp, hostPath: { path: /tmp } }",
        good: "volumes:\n  - { name: tmp, emptyDir: { sizeLimit: 64Mi } }",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Files, RestsOn::Deployment],
    judge,
};

const UNCOVERED: Rule = Rule::new(
    "temporary-in-root",
    Medium,
    "Temporary data is written to the container's filesystem.",
    "Mount an emptyDir or tmpfs with a size limit at this path.",
);
const SHIPPED: Rule = Rule::new(
    "temporary-files-shipped",
    Low,
    "Temporary files of the build are in the image.",
    "Remove them in the step that makes them, or build on a tmpfs: RUN --mount=type=tmpfs,target=/tmp.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    let image = evidence.image.found();
    if image.is_none() && !deployed.is_known() {
        return without_deployment(evidence);
    }
    let mut case = Case::new(ID, evidence);
    deployment::judge(&mut case, &deployed, image);
    // A read-only root leaves the volumes alone to be written.
    let only_volumes =
        deployed.is_known() && deployed.containers.iter().all(|r| r.container.security.read_only_root.as_ref().is_some_and(|s| s.value));
    case.advice_only(deployed.replaces_start());
    let named = image.map(|image| of_image(&mut case, image, &deployed)).unwrap_or_default();
    case.advice_only(false);
    let open = deployed.replaces_start() || image.is_none_or(|image| !crate::running::is_closed(image));
    if !only_volumes && (open || named > 0) {
        case.need(
            if named > 0 {
                format!("whether the programs write the {} that their strings name", count(named, "temporary path"))
            } else {
                "what the container writes: not all that it runs is known from its files".to_owned()
            },
            "make the root read-only in the deployment and give each temporary path a volume, or run the check with the sandbox",
        );
    }
    let fail = format!("{} about temporary data.", count(case.failing(), "fault"));
    let pass = match image {
        _ if only_volumes => format!("The root of {} is read-only, and its temporary volumes end with it.", deployed.shown()),
        Some(image) => format!(
            "Nothing among {} reached writes temporary data outside of {}.",
            count(image.closure.reached.len(), "file"),
            count(image.config.volumes.len(), "volume")
        ),
        None => String::new(),
    };
    case.conclude(fail, "Where temporary data goes is not known.", pass)
}

/// What the image writes and ships; how many temporary paths its programs name besides.
fn of_image(case: &mut Case<'_>, image: &ImageFacts, deployed: &Deployed<'_>) -> usize {
    // Only a volume where the software writes takes what it writes: one elsewhere helps nothing.
    let has_place = |path: &str| {
        if deployed.is_known() { deployed.containers.iter().all(|r| r.takes_writes(path, image)) } else { on_volume(image, path) }
    };
    let mut named = 0;
    for write in writes(image).iter().filter(|w| is_temporary(w) && !has_place(&w.path)) {
        if write.certain {
            let example = format!("--mount type=tmpfs,destination={},tmpfs-size=64m", write.path);
            place(
                case.find(&UNCOVERED).about(&write.path).says(format!(
                    "{} writes {} to {}, which is on no volume.",
                    write.by,
                    write.purpose.words(),
                    write.path
                )),
                write,
            )
            .example(example)
            .add();
        } else {
            named += 1;
        }
    }
    // What the image ships, it ships whatever is started.
    case.advice_only(false);
    for directory in ["tmp", "var/tmp"] {
        let files: Vec<_> =
            image.tree.below(directory).map(|(_, f)| f).filter(|f| f.kind == plimsoll_evidence::FileKind::Regular).collect();
        if let Some(first) = files.first() {
            let size = files.iter().map(|f| f.size).sum();
            let paths: Vec<String> = files.iter().map(|f| f.absolute()).collect();
            case.find(&SHIPPED)
                .about(directory)
                .says(format!("{} in /{directory} ({}): {}.", count(files.len(), "file"), crate::shown::bytes(size), list(&paths, 3)))
                .in_file(first)
                .add();
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Link;

    use super::*;
    use crate::testkit::{Kit, elf};

    #[test]
    fn cases() {
        let script =
            |text: &str| Kit::new().entrypoint(&["/e.sh"]).script("e.sh", &format!("#!/bin/sh\n{text}\n")).reach("e.sh", Link::Entrypoint);
        let mut naming = elf("app");
        naming.paths = vec!["/tmp/x".to_owned()];
        let named = || Kit::new().entrypoint(&["/app"]).elf(naming.clone()).reach("app", Link::Entrypoint);
        let cases = [
            (Kit::new(), "unknown"),
            (script("exec app"), "pass"),
            (script("x > /tmp/y"), "fail: medium temporary-in-root"),
            (script("x > /tmp/y").volume("/tmp"), "pass"),
            (script("x=$(mktemp)"), "fail: medium temporary-in-root"),
            (script("x > /etc/y"), "pass"),
            (named(), "unknown"),
            (named().volume("/tmp"), "pass"),
            (script("exec app").file("tmp/build.o", 0o644), "fail: low temporary-files-shipped"),
            (script("exec app").dir("tmp", 0o1777, 0, 0), "pass"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
