//! Whether the base image was named by digest.

mod deployment;

use plimsoll_evidence::{BaseImage, Digest, Expansion, ImageFacts};

use super::prelude::*;
use crate::built;
use crate::deployed::Deployed;
use crate::reference::{Hold, hold};
use crate::revision::said;
use crate::shown::count;

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
    rules: &[
        FROM_TAG,
        COPY_TAG,
        FRONTEND_TAG,
        TAG_ONLY,
        NOT_A_DIGEST,
        DISAGREE,
        ONBUILD_TAG,
        NAME_BY_TAG,
        deployment::BY_TAG,
        deployment::NOT_A_DIGEST,
    ],
    example: Some(Example {
        language: "dockerfile",
        bad: "FROM debian:12-slim",
        good: "FROM debian:12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    }),
    rests_on: &[RestsOn::Config, RestsOn::BuildFiles, RestsOn::Deployment],
    judge,
};

const PIN: &str = "Write the base image with its digest, and build with annotations that record it.";
const WRITE: &str = "Write the digest behind the tag: name:tag@sha256:….";
const FROM_TAG: Rule = Rule::new("from-by-tag", Medium, "FROM names an image by tag.", WRITE);
const COPY_TAG: Rule = Rule::new("copy-from-by-tag", Medium, "COPY or a mount takes files from an image that is named by tag.", WRITE);
const FRONTEND_TAG: Rule = Rule::new(
    "frontend-by-tag",
    Low,
    "The directive # syntax names the frontend that reads the build file by tag: whoever moves the tag decides what is built.",
    "Write the digest behind the tag, or leave the line out: BuildKit has the stable syntax built in.",
);
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
    let declared = built::given(evidence);
    if evidence.image.found().is_none() && !declared && !deployed.is_known() {
        return without_image(evidence);
    }
    let mut case = Case::new(ID, evidence);
    let named = references(&mut case, evidence);
    let (pinned, running) = deployment::judge(&mut case, &deployed);
    match evidence.image.found() {
        Some(image) => judge_image(case, evidence, image, named),
        None if declared => by_build_files(case, named),
        None => {
            case.need("how the image names its base", "name the image to check, or give its build file");
            let shown = if running == 0 {
                "The deployment names no image.".to_owned()
            } else {
                format!("Of {} in the deployment, by digest: {pinned}.", count(running, "reference"))
            };
            case.conclude(shown.clone(), shown, "")
        }
    }
}

/// The references of the build files, judged: how many there are.
fn references(case: &mut Case<'_>, evidence: &Evidence) -> usize {
    let mut all = 0;
    for file in built::files(evidence) {
        if let Some(syntax) = &file.syntax {
            all += 1;
            reference(case, "# syntax", &FRONTEND_TAG, &Expansion::fixed(syntax.value.clone()), &syntax.value, syntax.place);
        }
    }
    for named in built::images(evidence) {
        all += 1;
        let rule = if named.by == "FROM" { &FROM_TAG } else { &COPY_TAG };
        match named.image {
            Some(image) => reference(case, named.by, rule, image, named.written, named.place),
            None => unknown(case, named.by, named.written, named.place.line),
        }
    }
    all
}

fn reference(case: &mut Case<'_>, by: &str, rule: &'static Rule, image: &Expansion, written: &str, place: plimsoll_evidence::Place) {
    let stands_for = if image.text == written { String::new() } else { format!(" ({:?})", image.text) };
    match hold(image) {
        Hold::Digest => {}
        Hold::BadDigest(why) => {
            case.find(&NOT_A_DIGEST).about(written).says(format!("{by} names {written:?}{stands_for}: {why}.")).in_source(place).add();
        }
        Hold::Tag(tag) => {
            let what =
                if image.text.contains(&format!(":{tag}")) { format!("the tag {tag:?}") } else { "no tag, which means latest".to_owned() };
            let tagged = if image.text.contains(':') { image.text.clone() } else { format!("{}:latest", image.text) };
            let example = match by {
                "FROM" => format!("FROM {tagged}@sha256:…"),
                "# syntax" => format!("# syntax={tagged}@sha256:…"),
                _ => format!("FROM {tagged}@sha256:… AS files"),
            };
            case.find(rule)
                .about(written)
                .says(format!("{by} names {written:?}{stands_for} by {what}."))
                .example(example)
                .in_source(place)
                .add();
        }
        Hold::Unknown => unknown(case, by, written, place.line),
    }
}

fn unknown(case: &mut Case<'_>, by: &str, written: &str, line: u32) {
    case.need(
        format!("which image {by} {written:?} of line {line} names"),
        "give the build's arguments, or write a default with a digest into the ARG line",
    );
}

fn by_build_files(case: Case<'_>, named: usize) -> Verdict {
    if named == 0 {
        return case.not_applicable("The build file starts from scratch and takes nothing from another image.");
    }
    let fail = format!("{} to mend in the references to images.", count(case.failing(), "finding"));
    let pass = format!("{} to images, each with its digest.", count(named, "reference"));
    case.conclude(fail, "Which images are used, only the build can tell.", pass)
}

fn judge_image(mut case: Case<'_>, evidence: &Evidence, image: &ImageFacts, named: usize) -> Verdict {
    let declared = built::given(evidence);
    onbuild(&mut case, image);
    let name = said(image, NAME);
    let from_scratch = name.as_ref().is_some_and(|n| n.value == "scratch");
    let scratch = from_scratch || matches!(&image.base, BaseImage::Known(base) if base.layers == 0);
    if scratch && named == 0 && case.failing() == 0 {
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
    // What the build files write is the cause; what the image records of it is not judged again.
    if let Some(name) = name.as_ref().filter(|_| !declared) {
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
    if declared {
        built::need_match(&mut case, evidence);
        return by_build_files(case, named);
    }
    let summary =
        recorded_by_image.first().map_or_else(String::new, |(_, digest)| format!("The image records its base by digest: {digest}."));
    if !recorded_by_image.is_empty() && in_name.is_none() {
        case.need(
            "how the build file names its base image: what the image records is the digest that the build found, whatever FROM says",
            "give the build file with --build",
        );
    }
    if recorded_by_image.is_empty() {
        case.need(
            "how the build file names its base image: the image records no base",
            format!("give the build file, or build with the annotations {NAME} and {DIGEST}"),
        );
    }
    let unknown = if summary.is_empty() { "The image does not say what it was built from." } else { summary.as_str() }.to_owned();
    case.conclude("The base image is not named by one digest.", unknown, summary)
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
            (base("debian:12", &nine), "unknown: info name-by-tag"),
            (base("", &nine), "unknown"),
            (base(&format!("debian:12@{nine}"), ""), "pass"),
            (base(&format!("debian@{nine}"), &nine), "pass"),
            (base(&format!("debian@{nine}"), &eight), "fail: high digests-disagree"),
            (base("debian:12", "sha256:abc"), "fail: medium invalid-digest"),
            (base("debian@sha256:abc", ""), "fail: medium invalid-digest"),
            (base("", "latest"), "fail: medium invalid-digest"),
            (Kit::new().label(NAME, "debian:12").label(DIGEST, &nine), "unknown: info name-by-tag"),
            (Kit::new().base(0), "not-applicable"),
            (Kit::new().base(1), "unknown"),
            (Kit::new().base(0).config(|c| c.on_build = vec!["COPY --from=golang:1 /x /y".to_owned()]), "fail: low onbuild-tag"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted, "{:?}", kit.image().annotations);
        }
    }

    #[test]
    fn build_files() {
        let pin = format!("@{}", digest(9));
        let cases = [
            ("FROM debian:12\n".to_owned(), "fail: from-by-tag:1:6"),
            ("FROM debian\n".to_owned(), "fail: from-by-tag:1:6"),
            (format!("FROM debian:12{pin}\n"), "pass"),
            ("FROM scratch\n".to_owned(), "not-applicable"),
            (format!("# syntax=docker/dockerfile:1\nFROM debian{pin}\n"), "fail: frontend-by-tag:1:10"),
            (format!("# syntax=docker/dockerfile:1{pin}\nFROM debian{pin}\n"), "pass"),
            (format!("ARG T=12\nARG D={pin}\nFROM debian:$T$D\n"), "pass"),
            ("ARG T=12\nFROM debian:$T\n".to_owned(), "fail: from-by-tag:2:6"),
            ("ARG T\nFROM debian:$T\n".to_owned(), "unknown"),
            ("ARG D\nFROM debian@$D\n".to_owned(), "pass"),
            ("ARG R\nFROM $R/debian:12\n".to_owned(), "fail: from-by-tag:2:6"),
            (format!("FROM golang:1 AS b\nFROM debian{pin}\nCOPY --from=b /x /\n"), "fail: from-by-tag:1:6"),
            (format!("FROM golang:1 AS unused\nFROM debian{pin}\n"), "pass"),
            (format!("FROM debian{pin} AS b\nFROM b\nCOPY --from=b /x /\nCOPY --from=0 /x /\n"), "pass"),
            (
                format!("FROM debian{pin}\nCOPY --from=nginx:1 /x /\nRUN --mount=from=busybox,target=/b x\n"),
                "fail: copy-from-by-tag:2:13, copy-from-by-tag:3:5",
            ),
            ("FROM debian@sha256:00\n".to_owned(), "fail: invalid-digest:1:6"),
            ("FROM debian@sha256:00\nRUM x\n".to_owned(), "fail: invalid-digest:1:6"),
            (format!("FROM debian{pin}\nRUM x\n"), "unknown"),
        ];
        for (text, wanted) in cases {
            assert_eq!(built::tests::lines(&built::tests::alone(&text), &ITEM), wanted, "{text}");
        }
    }

    #[test]
    fn a_build_file_tells_what_the_image_does_not_record() {
        let pinned = format!("FROM debian@{}\nUSER 1001\n", digest(9));
        let kit = |text: &str| built::tests::with(Kit::new().step("USER 1001").annotation(NAME, "debian:12"), text);
        assert_eq!(kit(&pinned).outcome(&ITEM), "pass");
        assert_eq!(kit("FROM debian:12\nUSER 1001\n").outcome(&ITEM), "fail: medium from-by-tag");
        // Another image's build file.
        assert_eq!(kit(&pinned.replace("1001", "1002")).outcome(&ITEM), "unknown");
    }
}
