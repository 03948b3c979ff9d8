//! What every place of images has in common: documents and blobs by descriptor.

use std::io::Read;

use plimsoll_evidence::Digest;

use crate::Options;
use crate::base::Beside;
use crate::blob::Verified;
use crate::error::{BlobError, OpenError};
use crate::manifest::Descriptor;

/// A place that holds manifests and blobs.
pub(crate) trait Source: Send + Sync {
    /// The bytes of a manifest or index, unverified, at most `most` of them.
    fn manifest(&self, descriptor: &Descriptor, most: u64) -> Result<Vec<u8>, OpenError>;

    /// A blob's stored bytes, unverified. May be called from several threads.
    fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, OpenError>;

    /// The manifest of another image that lies beside this one, its digest verified. `name` is what a registry knows it by.
    fn beside(&self, _name: &str, _digest: &Digest, _options: &Options) -> Result<Option<Beside>, OpenError> {
        Ok(None)
    }

    /// What it is called in errors.
    fn name(&self) -> String;

    /// Whether `blob` already yields what the digest promises, or the promise is kept elsewhere: a docker-archive's layers
    /// are known by their diff IDs, which whoever unpacks them verifies.
    fn verifies_itself(&self) -> bool {
        false
    }
}

/// A small document's bytes, of the right size and digest.
pub(crate) fn document(source: &dyn Source, kind: &str, descriptor: &Descriptor, most: u64) -> Result<Vec<u8>, OpenError> {
    let what = || format!("{kind} {} in {}", descriptor.digest, source.name());
    if descriptor.size > most {
        return Err(OpenError::limit(what(), format!("it is said to have {} bytes; {most} are read", descriptor.size)));
    }
    let bytes = source.manifest(descriptor, most)?;
    verified(&what(), &bytes[..], descriptor)
}

/// A small blob's bytes, of the right size and digest.
pub(crate) fn small_blob(source: &dyn Source, kind: &str, descriptor: &Descriptor, most: u64) -> Result<Vec<u8>, OpenError> {
    let what = || format!("{kind} {} in {}", descriptor.digest, source.name());
    if descriptor.size > most {
        return Err(OpenError::limit(what(), format!("it is said to have {} bytes; {most} are read", descriptor.size)));
    }
    verified(&what(), source.blob(descriptor)?, descriptor)
}

pub(crate) fn verified(what: &str, stream: impl Read, descriptor: &Descriptor) -> Result<Vec<u8>, OpenError> {
    let mut bytes = Vec::new();
    match Verified::new(stream, descriptor.digest.clone(), descriptor.size).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(e) => Err(BlobError::of(&e).map_or_else(|| OpenError::io(what, &e), |b| OpenError::mismatch(what, b))),
    }
}
