//! Opens a container image wherever it lies and hands out its manifest, config and verified streams of its layers.
//!
//! Everything an image holds is foreign bytes: sizes, digests, names and nesting are bounded before they are believed
//! ([`Limits`]), nothing outside of the image is opened, and a blob is only as good as its digest.

mod address;
mod archive;
mod artifact;
mod base;
mod blob;
mod config;
mod docker_archive;
mod engine;
mod error;
mod files;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod image;
mod json;
mod layout;
mod limits;
mod manifest;
mod platform;
mod reference;
mod registry;
mod select;
mod source;
mod spool;
mod tar_header;
mod tar_index;
mod unpacked;
mod write;

pub use address::without_login;
pub use artifact::{Artifact, ArtifactLayer, open_artifact};
pub use error::{BlobError, OpenError, OpenErrorKind};
pub use image::{Image, Layer};
pub use limits::Limits;
pub use registry::{Mirror, RegistryOptions, RetryPolicy, http_client, is_loopback};
pub use write::{NewArtifact, write_artifact};

use std::io;
use std::path::PathBuf;

use plimsoll_evidence::Platform;

use crate::archive::Format;
use crate::files::Files;
use crate::reference::{Reference, There};
use crate::select::Pick;

/// How images are opened.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which of an index's images are wanted.
    pub platform: PlatformChoice,
    /// Opens no socket: what would need one is an error.
    pub offline: bool,
    /// How registries are asked.
    pub registry: RegistryOptions,
    /// The only socket to ask an engine by; otherwise `DOCKER_HOST` or `CONTAINER_HOST`, or the standard places.
    pub engine_socket: Option<PathBuf>,
    /// Bounds on what is read.
    pub limits: Limits,
}

/// Which of an index's images are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PlatformChoice {
    /// The one for this machine; a note says so where there are several. The only one, whatever it is for, with a note.
    #[default]
    Host,
    /// The one for this platform, or an error that lists those that are there.
    Exactly(Platform),
    /// Each.
    All,
}

/// What a reference led to.
#[derive(Debug)]
pub struct Opened {
    /// The images, in the index's order: one, unless every platform's was asked for.
    pub images: Vec<Image>,
    /// What a person should know: what a bare word was taken for, which platform was taken.
    pub notes: Vec<String>,
}

/// Opens what a reference names: `oci:PATH[:tag|@digest]`, `oci-archive:FILE[:tag|@digest]`, `docker-archive:FILE[:name:tag]`,
/// `docker://NAME`, `docker:NAME`, `podman:NAME`, `-` for an archive on standard input, or a bare path or name.
///
/// Fails with one paragraph that says what is wrong and what to do. Blocks; not to be called inside an asynchronous
/// runtime, as registries and engines are asked by a runtime of their own.
pub fn open(reference: &str, options: &Options) -> Result<Opened, OpenError> {
    let mut notes = Vec::new();
    let images = match Reference::parse(reference, &There::look, &mut notes)? {
        Reference::Stdin => {
            archive::open_stream(reference, "standard input", io::stdin().lock(), Format::Seen, &Pick::Only, options, &mut notes)?
        }
        Reference::File { path } => archive::open_path(reference, &path, Format::Seen, &Pick::Only, options, &mut notes)?,
        Reference::OciArchive { path, pick } => archive::open_path(reference, &path, Format::Oci, &pick, options, &mut notes)?,
        Reference::DockerArchive { path, pick } => archive::open_path(reference, &path, Format::Docker, &pick, options, &mut notes)?,
        Reference::Layout { path, pick } => {
            if There::look(&path) == There::Nothing {
                return Err(archive::absent(&path.to_string_lossy(), &io::ErrorKind::NotFound.into()));
            }
            layout::open(reference, Files::directory(&path)?, &pick, options, &mut notes)?
        }
        Reference::Registry(name) => registry::open(reference, &name, options, &mut notes)?,
        Reference::Engine { engine, name } => engine::open(reference, engine, &name, options, &mut notes)?,
    };
    Ok(Opened { images, notes })
}
