//! How a deployment names its images.

use plimsoll_evidence::workload::VolumeKind;
use plimsoll_evidence::{Digest, Placed};

use super::super::prelude::*;
use crate::deployed::Deployed;

pub(super) const BY_TAG: Rule = Rule::new(
    "deployed-by-tag",
    Medium,
    "The deployment names the image by a tag, which can be moved.",
    "Name it by digest: name:tag@sha256:…, the tag for people.",
);
pub(super) const NOT_A_DIGEST: Rule = Rule::new(
    "deployed-by-invalid-digest",
    Medium,
    "The deployment names the image by a digest that is none.",
    "Take the digest that the registry shows for the image.",
);

/// Judges each reference; how many name a digest, and how many there are.
pub(super) fn judge(case: &mut Case<'_>, deployed: &Deployed<'_>) -> (usize, usize) {
    let (mut pinned, mut all) = (0, 0);
    for running in &deployed.containers {
        let of_volumes = running.mounts().filter_map(|at| match &at.volume.kind {
            VolumeKind::Image { reference } => Some(reference),
            _ => None,
        });
        // What is built where it is run has no digest before: its name is what the result gets.
        let own = running.container.image.as_ref().filter(|_| running.container.built.is_none());
        for reference in own.into_iter().chain(of_volumes) {
            all += 1;
            pinned += usize::from(one(case, &running.name(), reference));
        }
    }
    (pinned, all)
}

fn one(case: &mut Case<'_>, name: &str, reference: &Placed<String>) -> bool {
    let text = &reference.value;
    match text.split_once('@').map(|(_, digest)| digest.parse::<Digest>()) {
        Some(Ok(_)) => return true,
        Some(Err(why)) => {
            case.find(&NOT_A_DIGEST)
                .about(format!("{name} {text}"))
                .says(format!("{name} runs {text:?}, whose digest is none: {why}."))
                .in_source(reference.place)
                .add();
        }
        None => case
            .find(&BY_TAG)
            .about(format!("{name} {text}"))
            .says(format!("{name} runs {text:?}, without a digest."))
            .in_source(reference.place)
            .add(),
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::ITEM;
    use crate::deployed::trial::{compose, deployed, pod};
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let none = || Kit::new().without_image();
        let with = |image: &str| deployed(none(), "k8s.yaml", &pod("", "").replace("image: app", &format!("image: {image}")));
        let digest = format!("sha256:{}", "a".repeat(64));
        for (kit, wanted) in [
            (with("app"), "fail: medium deployed-by-tag"),
            (with("app:1.2.3"), "fail: medium deployed-by-tag"),
            (with(&format!("app@{digest}")), "unknown"),
            (with(&format!("app:1.2.3@{digest}")), "unknown"),
            (with("app@sha256:abc"), "fail: medium deployed-by-invalid-digest"),
            (
                compose(none(), "volumes: [{type: image, source: other:1, target: /x}]"),
                "fail: medium deployed-by-tag, medium deployed-by-tag",
            ),
            // A service that is built here names no image.
            (deployed(none(), "compose.yaml", "services: {web: {build: .}}\n"), "unknown"),
            // Nor does one whose result gets a name.
            (deployed(none(), "compose.yaml", "services: {web: {build: ., image: app:1}}\n"), "unknown"),
            (
                deployed(none(), "compose.yaml", "services: {web: {build: ., image: app:1}, db: {image: db:1}}\n"),
                "fail: medium deployed-by-tag",
            ),
            // What the image records of its base stays judged beside.
            (
                deployed(
                    Kit::new().annotation(super::super::NAME, &format!("base@{digest}")),
                    "k8s.yaml",
                    &pod("", "").replace("image: app", &format!("image: app@{digest}")),
                ),
                "pass",
            ),
        ] {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.judge(&ITEM));
        }
    }
}
