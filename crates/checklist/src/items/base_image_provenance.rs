//! Where the base image comes from, and who vouches for it.

use plimsoll_evidence::BaseImage;

use super::prelude::*;
use crate::built;
use crate::reference::full;
use crate::revision::said;

const ID: ItemId = ItemId("base-image-provenance");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Base image provenance is verified",
    section: Section::BaseImage,
    requirement: "Base images come from registries that are trusted, and their signatures and attestations are checked before they are used.",
    why: "What stands in the base image runs in every image made from it. A base from anywhere, checked by nobody, is the shortest way into all of them.",
    remediation: "Keep a list of trusted registries, take base images from those only, verify their signature or provenance in the build, and record the base by name and digest in the annotations.",
    references: &[footnote(9), footnote(10), footnote(11), footnote(3), footnote(12), footnote(13), footnote(14), footnote(15)],
    rules: &[UNTRUSTED, LOCAL],
    example: None,
    rests_on: &[RestsOn::Config, RestsOn::BuildFiles],
    judge,
};

const UNTRUSTED: Rule = Rule::new(
    "untrusted-registry",
    High,
    "The base image comes from a registry that is not on the list of trusted ones.",
    "Take the base image from a trusted registry, or put its registry on the list after having looked at it.",
);
const LOCAL: Rule = Rule::new(
    "local-base",
    Medium,
    "The base image comes from a builder's own machine: nobody else can get it or check where it is from.",
    "Push the base image to a registry, sign it there, and build from it by digest.",
);

fn judge(evidence: &Evidence, policy: &Policy) -> Verdict {
    let mut case = Case::new(ID, evidence);
    let named = build_files(&mut case, evidence, policy);
    if built::given(evidence) {
        built::need_match(&mut case, evidence);
        return by_build_files(case, policy, &named);
    }
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let name = said(image, "org.opencontainers.image.base.name");
    if let BaseImage::Known(base) = &image.base
        && base.layers == 0
    {
        return case.not_applicable("The image is built from scratch: there is no base image.");
    }
    if let Some(name) = &name {
        let full = full(name.value);
        if is_local(&full) {
            case.find(&LOCAL)
                .says(format!("The base image {:?} was taken from the builder's own machine.", name.value))
                .in_said(name)
                .add();
        } else if !policy.trusted_registries.is_empty() && !policy.trusted_registries.iter().any(|t| is_under(&full, t)) {
            case.find(&UNTRUSTED).says(format!("The base image {:?} is from no trusted registry.", name.value)).in_said(name).add();
        }
    } else {
        case.need(
            "the name and digest of the base image",
            "build with the annotations org.opencontainers.image.base.name and .digest, or name the base with --base IMAGE",
        );
    }
    if policy.trusted_registries.is_empty() {
        case.need("which registries base images may come from", "list them as trusted-registries in the policy");
    }
    case.need(
        "the base image's signature or provenance, and whom to trust for it",
        "give the base image with its referrers, and the key or the identity and issuer that sign it",
    );
    let known = name.map_or_else(
        || "The base image is not known.".to_owned(),
        |n| format!("The base image is recorded as {:?}; no signature of it was checked.", n.value),
    );
    case.fail_or_unknown("The base image does not come from where base images may come from.", known)
}

/// Where the images come from that the build files name: what runs in the image, and what the build takes files from or runs in.
fn build_files(case: &mut Case<'_>, evidence: &Evidence, policy: &Policy) -> Vec<String> {
    let mut names = Vec::new();
    for named in built::images(evidence) {
        let image = named.image.filter(|image| !image.text.starts_with('$'));
        let Some(image) = image else {
            names.push(named.written.to_owned());
            case.need(
                format!("which registry {} {:?} of line {} takes its image from", named.by, named.written, named.place.line),
                "give the build's arguments, or write a default into the ARG line",
            );
            continue;
        };
        let name = full(&image.text);
        if is_local(&name) {
            case.find(&LOCAL)
                .about(named.written)
                .says(format!("{} {:?} names an image of the builder's own machine.", named.by, named.written))
                .in_source(named.place)
                .add();
        } else if !policy.trusted_registries.is_empty() && !policy.trusted_registries.iter().any(|t| is_under(&name, t)) {
            case.find(&UNTRUSTED)
                .about(named.written)
                .says(format!("{} {:?} is {name:?}, from no trusted registry.", named.by, named.written))
                .in_source(named.place)
                .add();
        }
        names.push(name);
    }
    names
}

fn by_build_files(mut case: Case<'_>, policy: &Policy, named: &[String]) -> Verdict {
    if named.is_empty() && case.failing() == 0 {
        return case.not_applicable("The image is built from scratch and takes nothing from another image.");
    }
    if policy.trusted_registries.is_empty() {
        case.need("which registries base images may come from", "list them as trusted-registries in the policy");
    }
    case.need(
        "the base image's signature or provenance, and whom to trust for it",
        "give the base image with its referrers, and the key or the identity and issuer that sign it",
    );
    let known = format!("The build file takes {}; no signature was checked.", crate::shown::list(named, 3));
    case.fail_or_unknown("Images are taken from where they may not come from.", known)
}

fn is_local(full: &str) -> bool {
    let registry = full.split('/').next().unwrap_or_default();
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "host.docker.internal")
}

fn is_under(full: &str, trusted: &str) -> bool {
    let trusted = trusted.trim_end_matches('/');
    full.strip_prefix(trusted).is_some_and(|rest| rest.starts_with(['/', ':', '@']) && (trusted.contains('/') || rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let policy = Policy {
            trusted_registries: vec!["registry.example.org/base".to_owned(), "docker.io/library".to_owned()],
            ..Policy::default()
        };
        let base = |name: &str| Kit::new().annotation("org.opencontainers.image.base.name", name);
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().base(0), "not-applicable"),
            (base("registry.example.org/base/debian:12"), "unknown"),
            (base("registry.example.org/baseless/debian:12"), "fail: high untrusted-registry"),
            (base("registry.example.org.evil.test/base/debian"), "fail: high untrusted-registry"),
            (base("debian:12"), "unknown"),
            (base("someone/debian:12"), "fail: high untrusted-registry"),
            (base("localhost:5000/debian"), "fail: medium local-base"),
            (base("localhost/debian"), "fail: medium local-base"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome_with(&ITEM, &policy), wanted, "{:?}", kit.image().annotations);
        }
        assert_eq!(base("someone/debian").outcome(&ITEM), "unknown");
        let files = [
            ("FROM debian:12\nCOPY --from=registry.example.org/base/x /y /\n", "unknown"),
            ("FROM someone/debian AS b\nFROM scratch\nCOPY --from=b /x /\n", "fail: high untrusted-registry"),
            ("FROM someone/debian AS unused\nFROM scratch\n", "not-applicable"),
            ("ARG R=localhost:5000\nFROM $R/x\n", "fail: medium local-base"),
            ("ARG R\nFROM $R/x\n", "unknown"),
            ("FROM debian\nRUN --mount=from=evil.test/x,target=/x y\n", "fail: high untrusted-registry"),
        ];
        for (text, wanted) in files {
            assert_eq!(built::tests::alone(text).outcome_with(&ITEM, &policy), wanted, "{text}");
        }
    }
}
