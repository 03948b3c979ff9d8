//! Whether the image was made in a fresh, isolated environment.

use super::prelude::*;
use crate::revision::committed_by_hand;

const ID: ItemId = ItemId("isolated-build");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Build environment is isolated",
    section: Section::BuildProcess,
    requirement: "Each build runs in an environment of its own that is made for it and thrown away afterwards.",
    why: "What one build leaves behind can change the next, or read its secrets. An environment that lives on collects both.",
    remediation: "Build on hosted, ephemeral runners without the host's engine socket, without privileged mode and without caches that untrusted branches can write; let the builder sign provenance that names it.",
    references: &[footnote(20)],
    rules: &[COMMITTED, REMAINS, ENGINE_SOCKET],
    example: None,
    rests_on: &[RestsOn::Config, RestsOn::Files],
    judge,
};

const COMMITTED: Rule = Rule::new(
    "made-by-commit",
    Medium,
    "A layer was made by committing a running container, by hand and not by a builder.",
    "Write what was done by hand into a build file and build from that.",
);
const REMAINS: Rule = Rule::new(
    "container-remains",
    Low,
    "The image holds what an engine puts into running containers: it was exported from one.",
    "Build the image from a build file instead of exporting a container.",
);
const ENGINE_SOCKET: Rule = Rule::new(
    "engine-in-build",
    Medium,
    "A build step talks to a container engine: the build reaches out of its own environment.",
    "Build in one environment; use stages instead of an engine inside of the build.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    for step in committed_by_hand(image) {
        case.find(&COMMITTED)
            .says(format!("Step {step} of the history is a shell, not an instruction: a person changed a container and committed it."))
            .in_history(step)
            .add();
    }
    for path in [".dockerenv", "run/.containerenv", ".containerenv"] {
        if let Some(id) = image.tree.find(path) {
            let file = image.tree.file(id);
            case.find(&REMAINS).says(format!("{} is what an engine puts into a running container.", file.absolute())).in_file(file).add();
        }
    }
    for step in crate::history::steps(image) {
        for command in step.script().map(|s| s.commands).unwrap_or_default() {
            let engine = matches!(command.program(), Some("docker" | "podman" | "nerdctl" | "ctr" | "crictl"));
            let acts = command
                .arguments()
                .first()
                .is_some_and(|w| matches!(w.text.as_str(), "run" | "exec" | "build" | "pull" | "cp" | "load" | "commit"));
            if engine && acts {
                let shown = step.shown(&command.shown());
                case.find(&ENGINE_SOCKET).about(command.shown()).says(format!("A build step runs {shown:?}.")).in_history(step.at).add();
            }
        }
    }
    case.need(
        "signed provenance that names the builder, or the pipeline's definition",
        "give the image's attestations with the identity to trust for them, or the repository with its CI configuration",
    );
    case.fail_or_unknown("The image was not made in an isolated build.", "The image does not show where it was built.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().layer("bash"), "fail: medium made-by-commit"),
            (Kit::new().layer("/bin/bash -l"), "fail: medium made-by-commit"),
            (Kit::new().layer("/bin/sh"), "unknown"),
            (Kit::new().step("bash"), "unknown"),
            (Kit::new().layer("/bin/sh -c bash build.sh"), "unknown"),
            (Kit::new().file(".dockerenv", 0o755), "fail: low container-remains"),
            (
                Kit::new().layer("RUN /bin/sh -c docker pull x && docker run y # buildkit"),
                "fail: medium engine-in-build, medium engine-in-build",
            ),
            (Kit::new().layer("RUN /bin/sh -c apt-get install docker # buildkit"), "unknown"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.image().history);
        }
    }
}
