//! The parsers of foreign bytes, each as one function that must return whatever it is given.

use crate::config::Config;
use crate::limits::Limits;
use crate::manifest::{ArtifactManifest, Document};
use crate::registry;
use crate::tar_index::TarIndex;

/// A manifest or index.
pub fn manifest(bytes: &[u8]) {
    let _ = Document::read(bytes, &Limits::default());
    let _ = ArtifactManifest::read(bytes, &Limits::default());
}

/// An image config.
pub fn config(bytes: &[u8]) {
    if let Ok(mut config) = Config::read(bytes) {
        config.pair_history(3);
    }
}

/// The index over an archive's outer tar; what it finds must lie in the archive.
pub fn tar_index(bytes: &[u8]) {
    let Ok(index) = TarIndex::scan(bytes, bytes.len() as u64, 1_000) else { return };
    for name in index.names() {
        if let Ok(Some((offset, len))) = index.find(name) {
            assert!(offset.checked_add(len).is_some_and(|end| end <= bytes.len() as u64), "{name}");
        }
    }
}

/// A reference to an image of a registry.
pub fn name(text: &str) {
    registry::fuzz_name(text);
}

/// A `WWW-Authenticate` header.
pub fn challenge(text: &str) {
    registry::fuzz_challenge(text);
}
