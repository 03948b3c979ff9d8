//! Whether what is released is what the repository holds.

use super::prelude::*;
use crate::revision::{committed_by_hand, dirty};

const ID: ItemId = ItemId("source-package-integrity");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Source packages contain only repository content",
    section: Section::BuildProcess,
    requirement: "Released source packages hold nothing that is not in the project's repository or made from it in a repeatable way.",
    why: "What is in a release and not in the repository was seen by no review. The backdoor of xz-utils lay in the release archive only.",
    remediation: "Make releases by machine from a tag, publish digests, and compare each released file with the repository at that tag.",
    references: &[footnote(28)],
    rules: &[UNCOMMITTED, EDITOR_FILES, BY_HAND],
    example: None,
    rests_on: &[RestsOn::Config, RestsOn::Files],
    judge,
};

const UNCOMMITTED: Rule = Rule::new(
    "uncommitted-content",
    Medium,
    "The image was built from a tree with changes that the repository has not.",
    "Build from a clean checkout of the tag.",
);
const EDITOR_FILES: Rule = Rule::new(
    "working-tree-files",
    Low,
    "The image holds files of somebody's working tree that no repository holds: the build took what lay on a desk.",
    "Build from a clean checkout, and list what the build does not need in .dockerignore.",
);
const BY_HAND: Rule = Rule::new(
    "made-by-hand",
    Medium,
    "A layer is what a person did in a running container: it is in no repository.",
    "Write what was done into the build file and build from that.",
);

/// Names that editors, desktops and merges leave behind.
fn is_leftover(name: &str) -> bool {
    matches!(name, ".DS_Store" | "Thumbs.db" | "desktop.ini" | ".idea" | ".vscode")
        || (name.starts_with('.') && (name.ends_with(".swp") || name.ends_with(".swo")))
        || [".orig", ".rej"].iter().any(|end| name.ends_with(end))
}

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    if let Some(said) = dirty(image) {
        case.find(&UNCOMMITTED)
            .says(format!("{} is {:?}: the repository has not what was built.", said.field, said.value))
            .in_said(&said)
            .add();
    }
    for step in committed_by_hand(image) {
        case.find(&BY_HAND).says(format!("Step {step} of the history is a shell: its layer was made by hand.")).in_history(step).add();
    }
    let owners = evidence.components.found();
    for (id, file) in image.tree.files.iter().enumerate() {
        let unowned = owners.is_some_and(|o| o.owner(id as u32).is_none());
        let application = ["usr/share/", "usr/lib/", "var/", "etc/", "usr/local/lib/"].iter().all(|d| !file.path.starts_with(d))
            && !file.path.contains("node_modules/");
        if unowned && application && is_leftover(file.name()) {
            case.find(&EDITOR_FILES).says(format!("{} was left by an editor, a desktop or a merge.", file.absolute())).in_file(file).add();
        }
    }
    case.need(
        "the released source package and the repository at its tag",
        "give both: the package's files are compared with the repository's",
    );
    case.fail_or_unknown("The image holds what its repository does not.", "No source package and repository were given to compare.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().label("org.opencontainers.image.revision", "1.2.dirty"), "fail: medium uncommitted-content"),
            (Kit::new().file("app/.DS_Store", 0o644), "fail: low working-tree-files"),
            (Kit::new().file("app/.main.py.swp", 0o644), "fail: low working-tree-files"),
            (Kit::new().file("usr/share/x/y.orig", 0o644), "unknown"),
            (Kit::new().file("app/node_modules/x/y.orig", 0o644), "unknown"),
            (Kit::new().layer("bash"), "fail: medium made-by-hand"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
    }
}
