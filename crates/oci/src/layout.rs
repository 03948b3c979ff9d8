//! OCI image layouts (OCI image specification v1.1, image-layout.md), in a directory or a tar.

use std::io::Read;
use std::sync::Arc;

use plimsoll_evidence::Digest;

use crate::base::Beside;
use crate::error::{BlobError, OpenError, OpenErrorKind};
use crate::files::Files;
use crate::image::read_document;
use crate::manifest::{Descriptor, Document, Index};
use crate::select::{self, Pick};
use crate::source::{Source, verified};
use crate::{Image, Options, docker_archive};

/// A layout's blobs.
struct Layout {
    files: Files,
}

impl Layout {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, OpenError> {
        let digest = &descriptor.digest;
        let name = format!("blobs/{}/{}", digest.algorithm().name(), digest.hex());
        let what = || format!("blob {digest} in {}", self.files.name());
        let Some((stream, size)) = self.files.open(&name)? else {
            return Err(OpenError::new(
                OpenErrorKind::NotFound,
                what(),
                format!("there is no file {name}"),
                "the layout is not whole: copy or save it again, with every platform that its index names",
            ));
        };
        let (expected, digest) = (descriptor.size, digest.clone());
        match size.cmp(&expected) {
            std::cmp::Ordering::Equal => Ok(stream),
            std::cmp::Ordering::Less => Err(OpenError::mismatch(what(), &BlobError::Short { digest, expected, found: size })),
            std::cmp::Ordering::Greater => Err(OpenError::mismatch(what(), &BlobError::Long { digest, expected })),
        }
    }
}

impl Source for Layout {
    fn manifest(&self, descriptor: &Descriptor, most: u64) -> Result<Vec<u8>, OpenError> {
        let mut bytes = Vec::new();
        let stream = self.open(descriptor)?;
        stream.take(most).read_to_end(&mut bytes).map_err(|e| OpenError::io(self.name(), &e))?;
        Ok(bytes)
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, OpenError> {
        self.open(descriptor)
    }

    fn beside(&self, _: &str, digest: &Digest, options: &Options) -> Result<Option<Beside>, OpenError> {
        let name = format!("blobs/{}/{}", digest.algorithm().name(), digest.hex());
        let Some(bytes) = self.files.read(&name, options.limits.manifest_bytes)? else { return Ok(None) };
        let descriptor = Descriptor::of(digest.clone(), bytes.len() as u64);
        let bytes = verified(&format!("{name} in {}", self.name()), &bytes[..], &descriptor)?;
        Ok(Some(Beside { source: None, descriptor, bytes }))
    }

    fn name(&self) -> String {
        self.files.name()
    }
}

/// Opens what a layout holds.
pub(crate) fn open(
    reference: &str,
    files: Files,
    pick: &Pick,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Vec<Image>, OpenError> {
    let index = read_index(&files, options)?;
    if index.manifests.is_empty() && *pick == Pick::Only && files.has("manifest.json") {
        // Docker 25 wrote an index of nothing beside a whole manifest.json.
        return docker_archive::open(reference, files, pick, options, notes);
    }
    select::from_roots(&source(files), reference, index.manifests, pick, options, notes)
}

/// A layout as a source of documents and blobs.
pub(crate) fn source(files: Files) -> Arc<dyn Source> {
    Arc::new(Layout { files })
}

/// What a layout's index says.
pub(crate) fn read_index(files: &Files, options: &Options) -> Result<Index, OpenError> {
    let name = files.name();
    let what = format!("index.json in {name}");
    let Some(bytes) = files.read("index.json", options.limits.manifest_bytes)? else {
        return Err(OpenError::new(
            OpenErrorKind::NotAnImage,
            &name,
            "it has no index.json, so it is no OCI layout",
            "name a directory or tar that skopeo copy, podman save --format oci-archive or docker buildx wrote",
        ));
    };
    let Document::Index(index) = read_document(&what, &bytes, &options.limits)? else {
        return Err(OpenError::malformed(what, "it is no index"));
    };
    Ok(index)
}
