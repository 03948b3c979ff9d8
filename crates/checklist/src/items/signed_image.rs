//! The image's own signature.

use plimsoll_evidence::{LayerRead, ProblemKind};

use super::prelude::*;

const ID: ItemId = ItemId("signed-image");

pub(crate) static ITEM: Item = Item {
    id: ID,
    title: "Containers are signed",
    section: Section::BuildProcess,
    requirement: "The image carries a cryptographic signature over its digest that verifies under a key or identity that its users trust.",
    why: "A signature shows that the image comes from whom it should and was not changed since. A registry alone shows neither.",
    remediation: "Sign the digest in the pipeline (cosign sign, notation sign), publish the key or the identity and issuer, and verify before deployment.",
    references: &[footnote(9), footnote(11), footnote(3), footnote(22)],
    rules: &[MISMATCH, OLD_MANIFEST],
    example: Some(Example {
        language: "sh",
        bad: "docker push registry.example.org/app:1",
        good: "cosign sign registry.example.org/app@sha256:…\ncosign verify --certificate-identity=… --certificate-oidc-issuer=… registry.example.org/app@sha256:…",
    }),
    rests_on: &[RestsOn::Config],
    judge,
};

const MISMATCH: Rule = Rule::new(
    "content-mismatch",
    Critical,
    "Bytes of the image are not those that its digests name: no signature over the image covers them.",
    "Do not run the image. Get it again from its source, and find out where it was changed.",
);
const OLD_MANIFEST: Rule = Rule::new(
    "unsignable-manifest",
    High,
    "The manifest is of the old Docker schema 1, whose content no digest covers in a way that signatures could.",
    "Build and push the image anew with an OCI or Docker schema 2 manifest.",
);

fn judge(evidence: &Evidence, _: &Policy) -> Verdict {
    let Some(image) = evidence.image.found() else { return without_image(evidence) };
    let mut case = Case::new(ID, evidence);
    for problem in evidence.problems.iter().filter(|p| p.kind == ProblemKind::Mismatch) {
        let draft = case.find(&MISMATCH).about(&problem.message).says(&problem.message);
        match &problem.location {
            Some(location) => draft.at(location.clone(), plimsoll_evidence::Origin::Unknown).add(),
            None => draft.add(),
        }
    }
    for (at, layer) in image.layers.iter().enumerate() {
        if let LayerRead::Not(why) | LayerRead::Partly(why) = &layer.read
            && why.contains("mismatch")
            && case.failing() == 0
        {
            let location = image.whole_layer(at as u32);
            case.find(&MISMATCH).says(format!("Layer {at}: {why}.")).at(location, image.origin(at as u32)).add();
        }
    }
    let media_type = evidence.subject.as_ref().map_or("", |s| s.media_type.as_str());
    if media_type.starts_with("application/vnd.docker.distribution.manifest.v1") {
        case.find(&OLD_MANIFEST).says(format!("The manifest is {media_type}.")).in_manifest("mediaType").add();
    }
    let has_manifest = media_type.contains("manifest");
    if !has_manifest {
        case.need(
            "the image's manifest: signatures are over its digest, and this form of the image has none",
            "give the image as an OCI layout or from its registry",
        );
    }
    case.need(
        "a signature over this image, and whom to trust for it",
        "give the image with its referrers (or the signature as a file), and the key or the identity and issuer that sign it",
    );
    case.fail_or_unknown("A signature could not cover this image.", "No signature was given.")
}

#[cfg(test)]
mod tests {
    use plimsoll_evidence::Problem;

    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn cases() {
        let cases = [
            (Kit::new(), "unknown"),
            (Kit::new().problem(Problem::hiding(ProblemKind::Truncated, "short")), "unknown"),
            (
                Kit::new().problem(Problem::hiding(ProblemKind::Mismatch, "layer 0 is sha256:…, not sha256:…")),
                "fail: critical content-mismatch",
            ),
            (Kit::new().layer_not_read(0, "digest mismatch: sha256:… instead of sha256:…"), "fail: critical content-mismatch"),
            (Kit::new().layer_not_read(0, "encrypted"), "unknown"),
            (Kit::new().media_type("application/vnd.docker.distribution.manifest.v1+prettyjws"), "fail: high unsignable-manifest"),
        ];
        for (kit, wanted) in cases {
            assert_eq!(kit.outcome(&ITEM), wanted);
        }
        let archive = Kit::new().media_type("application/vnd.oci.image.config.v1+json").judge(&ITEM);
        assert_eq!(archive.needs.len(), 2);
    }
}
