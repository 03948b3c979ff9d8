//! Artifacts: manifests whose type says what their blobs are, and which nothing runs (OCI image specification v1.1,
//! manifest.md, "Guidelines for Artifact Usage").

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::sync::Arc;

use plimsoll_evidence::Digest;

use crate::blob::Verified;
use crate::error::{OpenError, OpenErrorKind};
use crate::files::Files;
use crate::image::{document_error, read_document};
use crate::manifest::{ArtifactManifest, Descriptor, Document};
use crate::reference::{Reference, There};
use crate::select::{Pick, is_named, label, listed};
use crate::source::{Source, document, small_blob};
use crate::unpacked::Unpacked;
use crate::{Options, archive, layout, registry};

/// An artifact whose manifest and config were read and have their digests.
pub struct Artifact {
    /// The manifest's digest.
    pub digest: Digest,
    /// What it is: its `artifactType`, or else the media type of its config.
    pub kind: String,
    /// The manifest's annotations.
    pub annotations: BTreeMap<String, String>,
    /// Its blobs.
    pub layers: Vec<ArtifactLayer>,
    /// What a person should know: what a name was taken for, which mirrors were passed over.
    pub notes: Vec<String>,
    name: String,
    descriptors: Vec<Descriptor>,
    source: Arc<dyn Source>,
}

/// One blob of an artifact, as the manifest describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactLayer {
    /// What it is.
    pub media_type: String,
    /// Of its stored bytes.
    pub digest: Digest,
    /// Bytes as stored.
    pub size: u64,
}

impl Artifact {
    /// What a blob unpacks to, by its media type: `+gzip`, `+zstd` or as it is stored; at most so many bytes. The stream ends with an
    /// error unless the stored bytes have their size and digest.
    pub fn unpacked(&self, layer: usize, most: u64) -> Result<Box<dyn Read + Send>, OpenError> {
        let descriptor = self.descriptors.get(layer).ok_or_else(|| {
            let cause = format!("it has {} blobs", self.descriptors.len());
            OpenError::new(OpenErrorKind::NotFound, format!("blob {layer} of {}", self.name), cause, "ask for one of those")
        })?;
        let stored = Verified::new(self.source.blob(descriptor)?, descriptor.digest.clone(), descriptor.size);
        let what = format!("blob {} in {}", descriptor.digest, self.name);
        let unpacked = Unpacked::new(stored, &descriptor.media_type, descriptor.size, most).map_err(|e| OpenError::io(what, &e))?;
        Ok(Box::new(unpacked))
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifact").field("kind", &self.kind).field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// Opens the artifact that a reference names: `oci:PATH[:tag|@digest]`, `oci-archive:FILE[:tag|@digest]` or `docker://NAME`. Among
/// several of one name, the one whose kind is wanted is taken; what its kind is, where there is but one, is for the caller to judge.
pub fn open_artifact(reference: &str, wanted: impl Fn(&str) -> bool, options: &Options) -> Result<Artifact, OpenError> {
    let mut notes = Vec::new();
    let (source, found) = match Reference::parse(reference, &There::look, &mut notes)? {
        Reference::Layout { path, pick } => {
            if There::look(&path) == There::Nothing {
                return Err(archive::absent(&path.to_string_lossy(), &std::io::ErrorKind::NotFound.into()));
            }
            of_files(Files::directory(&path)?, &pick, &wanted, options)?
        }
        Reference::OciArchive { path, pick } => of_files(archive::oci_files(&path, options)?, &pick, &wanted, options)?,
        Reference::File { path } => of_files(archive::oci_files(&path, options)?, &Pick::Only, &wanted, options)?,
        Reference::Registry(name) => {
            let (source, descriptor, bytes) = registry::root(&name, options, &mut notes)?;
            let found = choose(source.as_ref(), vec![(descriptor, Some(bytes))], &wanted, options)?;
            (source, found)
        }
        Reference::Stdin | Reference::DockerArchive { .. } | Reference::Engine { .. } => {
            return Err(OpenError::new(
                OpenErrorKind::Reference,
                reference,
                "only images lie there, no other artifacts",
                "name an OCI layout (oci:DIR), an archive of one (oci-archive:FILE) or a registry's (docker://HOST/NAME:TAG)",
            ));
        }
    };
    let (descriptor, bytes) = found;
    let what = format!("the manifest {} in {}", descriptor.digest, source.name());
    let manifest = ArtifactManifest::read(&bytes, &options.limits).map_err(|e| document_error(&what, e))?;
    if let Some(config) = &manifest.config {
        small_blob(source.as_ref(), "the config", config, options.limits.config_bytes)?;
    }
    Ok(Artifact {
        digest: descriptor.digest,
        kind: manifest.kind,
        annotations: manifest.annotations,
        layers: manifest
            .layers
            .iter()
            .map(|l| ArtifactLayer { media_type: l.media_type.clone(), digest: l.digest.clone(), size: l.size })
            .collect(),
        notes,
        name: source.name(),
        descriptors: manifest.layers,
        source,
    })
}

type Chosen = (Descriptor, Vec<u8>);

fn of_files(files: Files, pick: &Pick, wanted: &dyn Fn(&str) -> bool, options: &Options) -> Result<(Arc<dyn Source>, Chosen), OpenError> {
    let mut roots = layout::read_index(&files, options)?.manifests;
    let source = layout::source(files);
    let there: Vec<String> = roots.iter().map(label).collect();
    match pick {
        Pick::Only => {}
        Pick::Name(name) => roots.retain(|d| is_named(d, name)),
        Pick::Digest(digest) => roots.retain(|d| d.digest == *digest),
    }
    if roots.is_empty() {
        let (cause, next) = if there.is_empty() {
            ("its index is empty".to_owned(), "name a layout with something in it".to_owned())
        } else {
            ("nothing in it has that tag or digest".to_owned(), format!("name one of those it has: {}", listed(there)))
        };
        return Err(OpenError::new(OpenErrorKind::NotFound, source.name(), cause, next));
    }
    let found = choose(source.as_ref(), roots.into_iter().map(|d| (d, None)).collect(), wanted, options)?;
    Ok((source, found))
}

/// The one manifest under these that is wanted, or the only one there is.
fn choose(
    source: &dyn Source,
    roots: Vec<(Descriptor, Option<Vec<u8>>)>,
    wanted: &dyn Fn(&str) -> bool,
    options: &Options,
) -> Result<Chosen, OpenError> {
    let limits = &options.limits;
    let too_many = || OpenError::limit(source.name(), format!("more than {} manifests would have to be read", limits.documents));
    let (mut todo, mut seen, mut read) = (Vec::new(), BTreeSet::new(), 0);
    todo.extend(roots.into_iter().rev().map(|(descriptor, bytes)| (descriptor, bytes, 0)));
    let (mut those, mut others): (Vec<Chosen>, Vec<(String, Chosen)>) = (Vec::new(), Vec::new());
    while let Some((descriptor, bytes, depth)) = todo.pop() {
        if !seen.insert(descriptor.digest.clone()) {
            continue;
        }
        read += 1;
        if read > limits.documents {
            return Err(too_many());
        }
        let bytes = match bytes {
            Some(bytes) => bytes,
            None => document(source, "the manifest", &descriptor, limits.manifest_bytes)?,
        };
        let what = format!("the manifest {} in {}", descriptor.digest, source.name());
        if let Document::Index(index) = read_document(&what, &bytes, limits)? {
            if depth >= limits.index_depth {
                return Err(OpenError::limit(what, format!("indexes lie more than {depth} deep in indexes")));
            }
            if index.manifests.len() > limits.documents {
                return Err(too_many());
            }
            todo.extend(index.manifests.into_iter().rev().map(|inner| (inner, None, depth + 1)));
            continue;
        }
        let kind = ArtifactManifest::read(&bytes, limits).map_err(|e| document_error(&what, e))?.kind;
        if wanted(&kind) { those.push((descriptor, bytes)) } else { others.push((kind, (descriptor, bytes))) }
    }
    match (those.len(), others.len()) {
        (1, _) => Ok(those.swap_remove(0)),
        (0, 1) => Ok(others.swap_remove(0).1),
        (0, 0) => Err(OpenError::new(OpenErrorKind::NotFound, source.name(), "there is no manifest in it", "name an artifact")),
        (0, n) => Err(OpenError::new(
            OpenErrorKind::NotFound,
            source.name(),
            format!("it holds {n} manifests, and none is of the wanted kind"),
            format!("name another place; these are in it: {}", listed(others.into_iter().map(|(kind, _)| kind).collect())),
        )),
        (n, _) => Err(OpenError::new(
            OpenErrorKind::Ambiguous,
            source.name(),
            format!("it holds {n} of the wanted kind, and nothing says which is meant"),
            format!("append :TAG or @DIGEST for one of: {}", listed(those.iter().map(|(d, _)| label(d)).collect())),
        )),
    }
}
