//! Which of an image's layers its base brought.

use std::collections::BTreeMap;

use plimsoll_evidence::{BaseImage, BaseKnown};
use plimsoll_oci::Image;

use crate::Base;

/// The annotations that name a base image (OCI image specification v1.1, annotations.md).
const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// The base, as far as it was opened: its own config tells which layers are its.
pub(crate) fn base(image: &Image, given: Option<&Base>) -> BaseImage {
    let Some(base) = given else { return BaseImage::Unknown(why_unknown(&image.annotations)) };
    let ids = image.layers.iter().map(|l| l.diff_id.as_ref());
    let is_prefix = base.diff_ids.len() <= image.layers.len() && ids.zip(&base.diff_ids).all(|(own, base)| own == Some(base));
    if !is_prefix || base.diff_ids.is_empty() {
        return BaseImage::Unknown(format!(
            "{} is not the base of this image: its {} layers are not the lowest of the image's {}",
            base.reference,
            base.diff_ids.len(),
            image.layers.len()
        ));
    }
    BaseImage::Known(BaseKnown {
        how: base.how.to_owned(),
        name: Some(base.reference.clone()),
        digest: Some(base.digest.clone()),
        layers: base.diff_ids.len(),
    })
}

fn why_unknown(annotations: &BTreeMap<String, String>) -> String {
    match (annotations.get(BASE_NAME), annotations.get(BASE_DIGEST)) {
        (Some(name), Some(digest)) => {
            format!("the annotations name {name}@{digest}; give it with --base to tell its layers from the application's")
        }
        (Some(name), None) => format!("the annotations name {name} without a digest; give the base with --base IMAGE"),
        _ => "the image does not name its base; give it with --base IMAGE".to_owned(),
    }
}
