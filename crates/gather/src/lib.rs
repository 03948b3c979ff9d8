//! Composes the gatherers into the [`Evidence`] about one image: what runs in parallel, what the cache already knows, what
//! is said while it works. It judges nothing.

mod base;
mod image;
mod layers;
mod project;
mod verify;

use plimsoll_evidence::{Digest, Evidence};
pub use plimsoll_inventory::Depth;
use plimsoll_layers::{Analyser, Cache, Limits};
use plimsoll_oci::{Image, OpenError};

pub use image::gather;
pub use project::{Project, add_project, without_image};

/// How to gather.
pub struct Request<'a> {
    /// Layers that are read side by side; at least one.
    pub threads: usize,
    /// Facts of layers that were read before.
    pub cache: Option<&'a Cache>,
    /// What hostile input may cost.
    pub limits: &'a Limits,
    /// The base image, where it was opened.
    pub base: Option<&'a Base>,
    /// How many files of packages are compared with the digests that their managers recorded.
    pub depth: Depth,
    /// Told how far the work is.
    pub progress: &'a dyn Progress,
}

/// A base image that the user or the image's annotations name.
#[derive(Debug, Clone)]
pub struct Base {
    /// How it is known: `--base`, `annotations`.
    pub how: &'static str,
    /// As it was named.
    pub reference: String,
    /// Its manifest digest.
    pub digest: Digest,
    /// Its layers' diff IDs, lowest first.
    pub diff_ids: Vec<Digest>,
}

/// Hears how far the work is. Bytes are those of stored layers.
pub trait Progress: Sync {
    /// So many bytes will be read.
    fn expect(&self, bytes: u64);
    /// So many more were read.
    fn read(&self, bytes: u64);
}

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {
    fn expect(&self, _: u64) {}
    fn read(&self, _: u64) {}
}

/// Why there is no evidence.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// A layer's bytes cannot be had.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A layer's bytes are not those that the image names, or cannot be read.
    #[error("layer {layer} ({digest}) cannot be used: {cause}")]
    Layer {
        /// Its place in the manifest, from 0.
        layer: usize,
        /// As the manifest names it.
        digest: Digest,
        /// What is wrong.
        cause: String,
    },
}

/// Every analyser that looks at layers.
pub fn analysers() -> Vec<Box<dyn Analyser>> {
    let mut analysers = plimsoll_inventory::analysers();
    analysers.push(Box::new(plimsoll_binaries::Elf));
    analysers.push(Box::new(plimsoll_secrets::Secrets));
    analysers
}

/// Evidence about an image, with its layers read by every analyser.
pub fn gather_image(image: &Image, request: &Request<'_>) -> Result<Evidence, GatherError> {
    gather(image, &analysers(), request)
}
