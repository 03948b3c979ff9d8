//! The base image that an image's annotations name, where it lies beside the image.

use std::sync::Arc;

use plimsoll_evidence::Digest;

use crate::error::OpenError;
use crate::manifest::Descriptor;
use crate::source::Source;
use crate::{Image, Options, PlatformChoice, select};

/// The annotations that name a base image (OCI image specification v1.1, annotations.md, "Pre-Defined Annotation Keys").
const NAME: &str = "org.opencontainers.image.base.name";
const DIGEST: &str = "org.opencontainers.image.base.digest";

/// A manifest that lies beside an image.
pub(crate) struct Beside {
    /// Where, if not in the image's own source.
    pub(crate) source: Option<Arc<dyn Source>>,
    pub(crate) descriptor: Descriptor,
    pub(crate) bytes: Vec<u8>,
}

impl Image {
    /// The image that the annotations name as this one's base by name and digest, for the same platform. It is looked for only where the
    /// image itself came from: in the same layout, or on the same registry's host. An image must not choose which hosts are asked.
    /// `None` where the annotations name none or it is not there.
    ///
    /// # Errors
    /// What opening any image fails with: it is there and cannot be read.
    pub fn annotated_base(&self, options: &Options) -> Result<Option<Self>, OpenError> {
        let (Some(name), Some(digest)) = (self.annotations.get(NAME), self.annotations.get(DIGEST)) else { return Ok(None) };
        let Ok(digest) = digest.parse::<Digest>() else { return Ok(None) };
        let Some(beside) = self.source.beside(name, &digest, options)? else { return Ok(None) };
        let source = beside.source.unwrap_or_else(|| Arc::clone(&self.source));
        let options = Options { platform: PlatformChoice::Exactly(self.subject.platform.clone()), ..options.clone() };
        let reference = format!("{name}@{digest}");
        let images = select::from_document(&source, &reference, beside.descriptor, beside.bytes, &options, &mut Vec::new())?;
        Ok(images.into_iter().next())
    }
}
