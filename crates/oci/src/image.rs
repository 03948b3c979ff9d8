//! An opened image: what its manifest and config say, and streams of its layers.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::sync::Arc;

use plimsoll_evidence::{Digest, HistoryStep, ImageConfig, Platform, Problem, ProblemKind, Subject};

use crate::blob::Verified;
use crate::config::Config;
use crate::error::{OpenError, OpenErrorKind};
use crate::limits::Limits;
use crate::manifest::{self, Descriptor, Document, DocumentError, Manifest};
use crate::source::{Source, small_blob};

/// One image for one platform.
pub struct Image {
    /// What it is.
    pub subject: Subject,
    /// The manifest's annotations, and those of the index's descriptor where the manifest has none of the same name.
    pub annotations: BTreeMap<String, String>,
    /// How it is to be run.
    pub config: ImageConfig,
    /// The steps that made it, each with the layer it made.
    pub history: Vec<HistoryStep>,
    /// Its layers, lowest first.
    pub layers: Vec<Layer>,
    /// What of manifest and config could not be read, or is doubtful.
    pub problems: Vec<Problem>,
    pub(crate) raw_manifest: Option<Vec<u8>>,
    pub(crate) raw_config: Vec<u8>,
    pub(crate) descriptors: Vec<Descriptor>,
    pub(crate) source: Arc<dyn Source>,
}

/// One layer, as the manifest describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Digest of the stored bytes; the diff ID where there is no manifest.
    pub digest: Digest,
    /// Digest of the uncompressed tar, from the config.
    pub diff_id: Option<Digest>,
    /// Media type; empty where the manifest does not say it.
    pub media_type: String,
    /// Bytes as stored.
    pub size: u64,
    /// The descriptor's annotations.
    pub annotations: BTreeMap<String, String>,
    /// Why it is not read: foreign, encrypted or of an unknown type. None for a layer that can be read.
    pub refusal: Option<String>,
}

impl Image {
    /// The stored (compressed) bytes of a layer. The stream never yields more than the promised size and ends with an
    /// error that holds a [`crate::BlobError`] unless size and digest agree; a docker-archive's layers, which are named by
    /// their diff IDs, are verified by whoever unpacks them. Several layers can be read at once, from any thread.
    pub fn blob(&self, layer: usize) -> Result<Box<dyn Read + Send>, OpenError> {
        let (Some(info), Some(descriptor)) = (self.layers.get(layer), self.descriptors.get(layer)) else {
            return Err(OpenError::new(
                OpenErrorKind::NotFound,
                format!("layer {layer} of {}", self.subject.reference),
                format!("the image has {} layers", self.layers.len()),
                "ask for one of those",
            ));
        };
        if let Some(refusal) = &info.refusal {
            return Err(OpenError::new(
                OpenErrorKind::Unsupported,
                format!("layer {layer} ({}) of {}", info.digest, self.subject.reference),
                refusal,
                "check the other layers without it",
            ));
        }
        let stream = self.source.blob(descriptor)?;
        if self.source.verifies_itself() {
            return Ok(stream);
        }
        Ok(Box::new(Verified::new(stream, descriptor.digest.clone(), descriptor.size)))
    }

    /// The manifest's bytes, as its digest covers them; none for a docker-archive, which has none.
    pub fn raw_manifest(&self) -> Option<&[u8]> {
        self.raw_manifest.as_deref()
    }

    /// The config's bytes, as its digest covers them.
    pub fn raw_config(&self) -> &[u8] {
        &self.raw_config
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("subject", &self.subject).field("layers", &self.layers).finish_non_exhaustive()
    }
}

/// Reads a manifest-like document, with an error that names it.
pub(crate) fn read_document(what: &str, bytes: &[u8], limits: &Limits) -> Result<Document, OpenError> {
    Document::read(bytes, limits).map_err(|e| document_error(what, e))
}

/// Why a document could not be read, with what it is.
pub(crate) fn document_error(what: &str, error: DocumentError) -> OpenError {
    match error {
        DocumentError::Malformed(cause) => OpenError::malformed(what, cause),
        DocumentError::Limit(cause) => OpenError::limit(what, cause),
        DocumentError::Unsupported(cause) => OpenError::new(
            OpenErrorKind::Unsupported,
            what,
            cause,
            "build or push the image again with a tool of today, which writes OCI or schema 2 manifests",
        ),
    }
}

/// That a document is a manifest, but of something that cannot be run.
pub(crate) fn no_image(what: &str, kind: &str) -> OpenError {
    OpenError::new(
        OpenErrorKind::NotAnImage,
        what,
        format!("it is an artifact of type {kind}, not a container image"),
        "name an image: artifacts such as signatures, charts and SBOMs have nothing to run",
    )
}

/// The config of a manifest.
pub(crate) fn read_config(source: &dyn Source, manifest: &Manifest, limits: &Limits) -> Result<(Vec<u8>, Config), OpenError> {
    let bytes = small_blob(source, "the config", &manifest.config, limits.config_bytes)?;
    let config =
        Config::read(&bytes).map_err(|e| OpenError::malformed(format!("the config {} in {}", manifest.config.digest, source.name()), e))?;
    Ok((bytes, config))
}

/// Puts an image together from its manifest.
pub(crate) fn assemble(
    source: &Arc<dyn Source>,
    reference: &str,
    descriptor: &Descriptor,
    raw_manifest: Vec<u8>,
    limits: &Limits,
) -> Result<Image, OpenError> {
    let what = format!("the manifest {} in {}", descriptor.digest, source.name());
    let manifest = match read_document(&what, &raw_manifest, limits)? {
        Document::Image(manifest) => *manifest,
        Document::Artifact(kind) => return Err(no_image(&what, &kind)),
        Document::Index(_) => return Err(OpenError::malformed(&what, "it is an index where a manifest was promised")),
    };
    let (raw_config, mut config) = read_config(source.as_ref(), &manifest, limits)?;
    config.pair_history(manifest.layers.len());
    let mut problems = manifest.problems;
    problems.append(&mut config.problems);
    let diff_ids = pair_diff_ids(&config.diff_ids, manifest.layers.len(), &mut problems);
    let platform = platform_of(descriptor.platform.as_ref(), config.platform.as_ref(), &mut problems);
    let mut annotations = descriptor.annotations.clone();
    annotations.extend(manifest.annotations);
    let layers = manifest
        .layers
        .iter()
        .zip(diff_ids)
        .map(|(layer, diff_id)| Layer {
            digest: layer.digest.clone(),
            diff_id,
            media_type: layer.media_type.clone(),
            size: layer.size,
            annotations: layer.annotations.clone(),
            refusal: manifest::refusal(layer),
        })
        .collect();
    Ok(Image {
        subject: Subject {
            reference: reference.to_owned(),
            digest: descriptor.digest.clone(),
            media_type: manifest.media_type,
            platform,
            indexes: Vec::new(),
        },
        annotations,
        config: config.run,
        history: config.history,
        layers,
        problems,
        raw_manifest: Some(raw_manifest),
        raw_config,
        descriptors: manifest.layers,
        source: Arc::clone(source),
    })
}

/// A diff ID for each layer; none at all where there are more or fewer than layers, as nothing says which is missing.
fn pair_diff_ids(diff_ids: &[Digest], layers: usize, problems: &mut Vec<Problem>) -> Vec<Option<Digest>> {
    if diff_ids.len() == layers {
        return diff_ids.iter().cloned().map(Some).collect();
    }
    problems.push(Problem::hiding(
        ProblemKind::Mismatch,
        format!(
            "the config names {} uncompressed layers and the manifest {layers} layers: engines refuse such an image, and what the layers unpack to cannot be verified",
            diff_ids.len()
        ),
    ));
    vec![None; layers]
}

/// The platform that the index promises, or else the config's.
pub(crate) fn platform_of(promised: Option<&Platform>, config: Option<&Platform>, problems: &mut Vec<Problem>) -> Platform {
    match (promised, config) {
        (Some(promised), Some(config)) => {
            if !config.satisfies(promised) && !promised.satisfies(config) {
                problems.push(Problem::noted(
                    ProblemKind::Mismatch,
                    format!("the index says that the image is for {promised}, its config says {config}"),
                ));
            }
            promised.clone()
        }
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => {
            problems.push(Problem::noted(ProblemKind::Malformed, "nothing says which platform the image is for"));
            Platform { os: "unknown".to_owned(), architecture: "unknown".to_owned(), variant: None }
        }
    }
}
