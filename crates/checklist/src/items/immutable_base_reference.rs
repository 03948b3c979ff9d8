//! Whether the base image was named by digest.

mod deployment;

use plimsoll_evidence::{BaseImage, Digest, ImageFacts};

use super::prelude::*;
use crate::deployed::Deployed;
use crate::revision::said;

const ID: ItemId = ItemId("immutable-base-reference");
const NAME: &str = "org.opencontainers.image.base.name";
const DIGEST: &str = "org.opencontainers.image.base.digest";

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Immutable artifact references are used",
    section: Section::BaseImage,
    requirement: "The base image is referenced by its digest and not by a tag that can be moved.",
    why: "A tag names whatever was pushed last. Who can move it, or answers in the registry's place, chooses what the image is built on.",
    remediation: "Write every FROM with a digest (name:tag@sha256:…, the tag for people) and let an update bot move it. Record it in the annotations org.opencontainers.image.base.name and .digest.",
    references: &[footnote(16), footnote(12), footnote(13), footnote(5), footnote(6)],
    rules: &[TAG_ONLY, NOT_A_DIGEST, DISAGREE, ONBUILD_TAG, NAME_BY_TAG, deployment::BY_TAG, deployment::NOT_A_DIGEST],
    example: Some(Example {
        language: "dockerfile",
        bad: "FROM debian:12-slim",
        good: "FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    }),
    rests_on: &[RestsOn::Config, RestsOn::Deployment],
    judge,
};

const PIN: &str = "Write the base image with its digest, and build with annotations that record it.";
const TAG_ONLY: Rule = Rule::new("tag-only", Medium, "The image records its base by a tag alone.", PIN);
const NOT_A_DIGEST: Rule = Rule::new("invalid-digest", Medium, "The recorded digest of the base image is no digest.", PIN);
const DISAGREE: Rule = Rule::new(
    "digests-disagree",
    High,
    "Two records of the base image name different digests.",
    "Find out which is true, and build anew from the one that you trust.",
);
const ONBUILD_TAG: Rule = Rule::new(
    "onbuild-tag",
    Low,
    "The image carries a build instruction for images made from it that copies from another image by tag.",
    "Name that image by digest, or write the instruction into the build files that need it.",
);
const NAME_BY_TAG: Rule = Rule::new(
    "name-by-tag",
    Info,
    "The base image's digest is recorded, and its name is a tag: whether the build file names the digest is not shown.",
    "Write the digest into FROM too.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let deployed = Deployed::of(evidence);
    if evidence.image.found().is_none() && !deployed.is_known() {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    let (pinned, named) = deployment::judge(&mut case, &deployed);
    let Some(image) = evidence.image.found() else {
        case.need("how the image names its base", "name the image to check, or give its build file");
        let fail = format!("{pinned} of {} in the deployment are by digest.", crate::shown::count(named, "reference"));
        return case.conclude(fail.clone(), fail, "");
    };
    onbuild(&mut case, image);
    let name = said(image, NAME);
    let from_scratch = name.as_ref().is_some_and(|n| n.value == "scratch");
    if (from_scratch || matches!(&image.base, BaseImage::Known(base) if base.layers == 0)) && case.failing() == 0 {
        return case.not_applicable("The image is built from scratch: there is no base image to name.");
    }
    let recorded = said(image, DIGEST);
    let in_name = name.as_ref().and_then(|n| n.value.split_once('@')).map(|(_, digest)| digest);
    let mut known: Vec<(&str, String)> = Vec::new();
    for (value, field, in_manifest) in recorded
        .iter()
        .map(|r| (r.value, r.field.as_str(), r.in_manifest))
        .chain(in_name.zip(name.as_ref()).map(|(digest, n)| (digest, n.field.as_str(), n.in_manifest)))
    {
        match value.parse::<Digest>() {
            Ok(digest) => known.push((field, digest.to_string())),
            Err(why) => {
                let draft = case.find(&NOT_A_DIGEST).says(format!("The base image's digest is recorded as {value:?}: {why}."));
                if in_manifest { draft.in_manifest(field).add() } else { draft.in_config(field).add() }
            }
        }
    }
    if let BaseImage::Known(base) = &image.base
        && let Some(digest) = base.digest.as_ref().filter(|_| base.how != "annotations")
    {
        known.push(("the base image found", digest.to_string()));
    }
    if let Some((first, digest)) = known.first()
        && let Some((other, second)) = known.iter().find(|(_, d)| d != digest)
        // A base given by the user may be an index where the record is a manifest: only two records of the image contradict each other.
        && *other != "the base image found"
    {
        case.find(&DISAGREE).says(format!("{first} says {digest}, {other} says {second}.")).in_manifest(*first).add();
    }
    let recorded_by_image: Vec<_> = known.iter().filter(|(field, _)| *field != "the base image found").collect();
    if let Some(name) = &name {
        if known.is_empty() && case.failing() == 0 {
            let draft = case.find(&TAG_ONLY).says(format!("The base image is recorded as {:?}, by tag and without a digest.", name.value));
            draft.in_said(name).example(format!("FROM {}@sha256:…", name.value)).add();
        } else if in_name.is_none() && !recorded_by_image.is_empty() {
            let draft = case
                .find(&NAME_BY_TAG)
                .says(format!("The base image {:?} is recorded with its digest; its name itself is a tag.", name.value));
            draft.in_said(name).add();
        }
    }
    let summary =
        recorded_by_image.first().map_or_else(String::new, |(_, digest)| format!("The image records its base by digest: {digest}."));
    if recorded_by_image.is_empty() {
        case.need(
            "how the build file names its base image: the image records no base",
            format!("give the build file, or build with the annotations {NAME} and {DIGEST}"),
        );
    }
    case.conclude("The base image is not named by one digest.", "The image does not say what it was built from.", summary)
}

/// `ONBUILD COPY --from=IMAGE`.
fn onbuild(case: &mut Case<'_>, image: &ImageFacts) {
    for trigger in &image.config.on_build {
        let from = trigger.split_whitespace().find_map(|w| w.strip_prefix("--from="));
        if let Some(from) = from.filter(|f| !f.contains("@sha256:") && (f.contains(':') || f.contains('/'))) {
            case.find(&ONBUILD_TAG)
                .about(trigger)
                .says(format!("The build trigger {trigger:?} copies from {from:?} by tag."))
                .in_config("OnBuild")
                .add();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, digest};

    fn base(name: &str, recorded: &str) -> Kit {
        let kit = if name.is_empty() { Kit::new() } else { Kit::new().annotation(NAME, name) };
        if recorded.is_empty() { kit } else { kit.annotation(DIGEST, recorded) }
    }

    #[test]
    fn cases() {
        let nine = digest(9).to_string();
        let eight = digest(8).to_string();
        let cases = [
            (Kit::new().annotation(NAME, "scratch"), "not-applicable"),
            (base("", ""), "unknown"),
            (base("debian:12", ""), "fail: medium tag-only"),
            (base("debian", ""), "fail: medium tag-only"),
            (base("debian:12", &nine), "pass: info name-by-tag"),
            (base("", &nine), "pass"),
            (base(&format!("debian:12@{nine}"), ""), "pass"),
            (base(&format!("debian@{nine}"), &nine), "pass"),
            (base(&format!("debian@{nine}"), &eight), "fail: high digests-disagree"),
            (base("debian:12", "sha256:abc"), "fail: medium invalid-digest"),
            (base("debian@sha256:abc", ""), "fail: medium invalid-digest"),
            (base("", "latest"), "fail: medium invalid-digest"),
            (Kit::new().label(NAME, "debian:12").label(DIGEST, &nine), "pass: info name-by-tag"),
            (Kit::new().base(0), "not-applicable"),
            (Kit::new().base(1), "unknown"),
            (Kit::new().base(0).config(|c| c.on_build = vec!["COPY --from=golang:1 /x /y".to_owned()]), "fail: low onbuild-tag"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.image().annotations);
        }
    }
}
