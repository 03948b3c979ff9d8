//! Manifests and indexes: OCI image specification v1.1 (manifest.md, image-index.md, descriptor.md) and Docker's schema 2,
//! read leniently where it harms nothing and refused where engines would disagree about what they say.

use std::collections::BTreeMap;

use plimsoll_evidence::{Digest, Platform, Problem, ProblemKind};

use crate::json::Members;
use crate::limits::Limits;

pub(crate) mod media {
    pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// A config that says nothing.
    pub(crate) const EMPTY: &str = "application/vnd.oci.empty.v1+json";
    pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    pub(crate) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    pub(crate) const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    pub(crate) const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
    pub(crate) const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";
    /// What an index's descriptor of a `BuildKit` attestation says of itself.
    pub(crate) const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
}

/// Where a manifest, config or layer is, and what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// Empty where it was left out.
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) platform: Option<Platform>,
    pub(crate) artifact_type: Option<String>,
}

impl Descriptor {
    /// A descriptor that says nothing but digest and size.
    pub(crate) fn of(digest: Digest, size: u64) -> Self {
        Self { media_type: String::new(), digest, size, annotations: BTreeMap::new(), platform: None, artifact_type: None }
    }

    fn read(members: &Members<'_>, place: &str) -> Result<Self, String> {
        ambiguous(members, &["mediaType", "digest", "size", "urls", "annotations", "platform", "artifactType", "data"], place)?;
        let digest = members.read::<String>("digest").map_err(|e| format!("{place}: {e}"))?.ok_or(format!("{place} has no digest"))?;
        let digest = digest.parse().map_err(|e| format!("{place}: {e}"))?;
        let size = members
            .read::<u64>("size")
            .map_err(|e| format!("{place}: {e}"))?
            .ok_or_else(|| format!("{place} ({digest}) does not say its size"))?;
        Ok(Self {
            media_type: members.read("mediaType").map_err(|e| format!("{place}: {e}"))?.unwrap_or_default(),
            digest,
            size,
            annotations: annotations(members, place)?,
            platform: match members.object("platform").map_err(|e| format!("{place}: {e}"))? {
                Some(platform) => read_platform(&platform).map_err(|e| format!("{place}: {e}"))?,
                None => None,
            },
            artifact_type: members.read("artifactType").map_err(|e| format!("{place}: {e}"))?,
        })
    }

    /// An attestation that `BuildKit` puts beside the images of an index: no image of its own.
    pub(crate) fn is_attestation(&self) -> bool {
        self.annotations.contains_key(media::REFERENCE_TYPE)
            || self.platform.as_ref().is_some_and(|p| p.os == "unknown" && p.architecture == "unknown")
    }

    pub(crate) fn is_index(&self) -> bool {
        matches!(self.media_type.as_str(), media::OCI_INDEX | media::DOCKER_LIST)
    }
}

fn annotations(members: &Members<'_>, place: &str) -> Result<BTreeMap<String, String>, String> {
    Ok(members.read("annotations").map_err(|e| format!("{place}: {e}"))?.unwrap_or_default())
}

/// A platform object; none where it names no system or processor.
pub(crate) fn read_platform(members: &Members<'_>) -> Result<Option<Platform>, String> {
    let text = |name| members.read::<String>(name).map(Option::unwrap_or_default);
    let (os, architecture, variant) = (text("os")?, text("architecture")?, text("variant")?);
    if os.is_empty() || architecture.is_empty() {
        return Ok(None);
    }
    Ok(Some(Platform { os, architecture, variant: Some(variant).filter(|v| !v.is_empty()) }))
}

fn ambiguous(members: &Members<'_>, known: &[&str], place: &str) -> Result<(), String> {
    match members.doubtful(known).as_slice() {
        [] => Ok(()),
        names => Err(format!("{place} has members twice or in another case ({}), which engines read differently", names.join(", "))),
    }
}

/// An image manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) media_type: String,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) problems: Vec<Problem>,
}

/// An index, or manifest list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) manifests: Vec<Descriptor>,
    pub(crate) annotations: BTreeMap<String, String>,
}

/// A manifest as one of an artifact, whatever it holds (manifest.md, "Guidelines for Artifact Usage").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArtifactManifest {
    /// Its `artifactType`, or else the media type of its config.
    pub(crate) kind: String,
    pub(crate) config: Option<Descriptor>,
    pub(crate) layers: Vec<Descriptor>,
    pub(crate) annotations: BTreeMap<String, String>,
}

impl ArtifactManifest {
    /// Reads a manifest; what engines would read differently is refused as in one of an image.
    pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Self, DocumentError> {
        if let Document::Index(_) = Document::read(bytes, limits)? {
            return Err(DocumentError::Malformed("it is an index where a manifest was promised".to_owned()));
        }
        let members = Members::of(bytes)?;
        let config = members.object("config")?.map(|c| Descriptor::read(&c, "config")).transpose()?;
        let layers = members.objects("layers")?.unwrap_or_default();
        if layers.len() > limits.layers {
            return Err(DocumentError::Limit(format!("it has {} layers; {} are read", layers.len(), limits.layers)));
        }
        let layers = layers.iter().enumerate().map(|(n, m)| Descriptor::read(m, &format!("layers[{n}]"))).collect::<Result<_, _>>()?;
        let kind = members.read::<String>("artifactType")?.filter(|t| !t.is_empty());
        let kind = kind.or_else(|| config.as_ref().map(|c| c.media_type.clone())).unwrap_or_default();
        Ok(Self { kind, config, layers, annotations: annotations(&members, "it")? })
    }
}

/// What a manifest-like document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Document {
    Image(Box<Manifest>),
    Index(Index),
    /// A manifest that holds something else than an image; says what.
    Artifact(String),
}

/// Why a document could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DocumentError {
    Malformed(String),
    Unsupported(String),
    Limit(String),
}

impl From<String> for DocumentError {
    fn from(text: String) -> Self {
        Self::Malformed(text)
    }
}

const MEMBERS: &[&str] = &[
    "schemaVersion",
    "mediaType",
    "config",
    "layers",
    "manifests",
    "annotations",
    "artifactType",
    "subject",
    "fsLayers",
    "history",
    "signatures",
];

impl Document {
    /// Reads a manifest or index. What it is follows from its members, not from what was said of it elsewhere; one that
    /// could be both is refused (CVE-2021-41190).
    pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Self, DocumentError> {
        let members = Members::of(bytes).map_err(|e| format!("it is not JSON of a manifest ({e})"))?;
        ambiguous(&members, MEMBERS, "it")?;
        let version = members.read::<u64>("schemaVersion")?;
        let has = |name| members.get(name).is_some();
        if version == Some(1) || (has("fsLayers") && !has("config")) {
            return Err(DocumentError::Unsupported(
                "it is a schema 1 manifest, a format that registries gave up in 2019 and that has no digests of uncompressed layers"
                    .to_owned(),
            ));
        }
        if version.is_some_and(|v| v != 2) {
            return Err(DocumentError::Unsupported(format!("its schemaVersion is {}, not 2", version.unwrap_or_default())));
        }
        let media_type = members.read::<String>("mediaType")?.unwrap_or_default();
        if has("manifests") && (has("layers") || has("config")) {
            return Err(DocumentError::Malformed(
                "it is an index and an image manifest at once, which engines read differently".to_owned(),
            ));
        }
        let says_index = matches!(media_type.as_str(), media::OCI_INDEX | media::DOCKER_LIST);
        let says_manifest = matches!(media_type.as_str(), media::OCI_MANIFEST | media::DOCKER_MANIFEST);
        if (says_index && (has("layers") || has("config"))) || (says_manifest && has("manifests")) {
            return Err(DocumentError::Malformed(format!("its media type {media_type} contradicts its members")));
        }
        if has("manifests") || says_index {
            return read_index(&members, limits).map(Self::Index);
        }
        if !has("config") && !has("layers") {
            let what = members.read::<String>("artifactType")?.filter(|t| !t.is_empty()).unwrap_or(media_type);
            return if what.is_empty() {
                Err(DocumentError::Malformed("it is JSON, but neither a manifest nor an index".to_owned()))
            } else {
                Ok(Self::Artifact(what))
            };
        }
        read_manifest(&members, media_type, limits)
    }
}

fn read_index(members: &Members<'_>, limits: &Limits) -> Result<Index, DocumentError> {
    let manifests = members.objects("manifests")?.unwrap_or_default();
    if manifests.len() > limits.index_entries {
        return Err(DocumentError::Limit(format!("it lists {} manifests; {} are read", manifests.len(), limits.index_entries)));
    }
    let manifests = manifests.iter().enumerate().map(|(n, m)| Descriptor::read(m, &format!("manifests[{n}]"))).collect::<Result<_, _>>()?;
    Ok(Index { manifests, annotations: annotations(members, "it")? })
}

fn read_manifest(members: &Members<'_>, media_type: String, limits: &Limits) -> Result<Document, DocumentError> {
    let mut problems = Vec::new();
    let config = members.object("config")?.ok_or_else(|| "it has layers, but no config".to_owned())?;
    let config = Descriptor::read(&config, "config")?;
    if !matches!(config.media_type.as_str(), "" | media::OCI_CONFIG | media::DOCKER_CONFIG) {
        let artifact = members.read::<String>("artifactType")?.filter(|t| !t.is_empty());
        return Ok(Document::Artifact(artifact.unwrap_or(config.media_type)));
    }
    if config.media_type.is_empty() {
        problems.push(Problem::noted(ProblemKind::Malformed, "the manifest does not say the media type of its config"));
    }
    let layers = members.objects("layers")?.unwrap_or_default();
    if layers.len() > limits.layers {
        return Err(DocumentError::Limit(format!("it has {} layers; {} are read", layers.len(), limits.layers)));
    }
    let layers = layers.iter().enumerate().map(|(n, m)| Descriptor::read(m, &format!("layers[{n}]"))).collect::<Result<_, _>>()?;
    let media_type = if media_type.is_empty() { media::OCI_MANIFEST.to_owned() } else { media_type };
    Ok(Document::Image(Box::new(Manifest { media_type, config, layers, annotations: annotations(members, "it")?, problems })))
}

/// Why a layer of this descriptor is not read; none where it is.
pub(crate) fn refusal(layer: &Descriptor) -> Option<String> {
    let kind = layer.media_type.as_str();
    let plain = kind.strip_suffix("+encrypted");
    if plain.is_some() {
        return Some("it is encrypted: check the image before it is encrypted, or decrypt it first".to_owned());
    }
    if kind.starts_with("application/vnd.oci.image.layer.nondistributable.v1.")
        || kind.starts_with("application/vnd.docker.image.rootfs.foreign.")
    {
        return Some("it is a foreign (non-distributable) layer, which lies elsewhere and is never fetched from there".to_owned());
    }
    let known = matches!(
        kind,
        "" | media::DOCKER_LAYER
            | "application/vnd.docker.image.rootfs.diff.tar.gzip"
            | "application/vnd.docker.image.rootfs.diff.tar.zstd"
            | "application/vnd.oci.image.layer.v1.tar"
            | "application/vnd.oci.image.layer.v1.tar+gzip"
            | "application/vnd.oci.image.layer.v1.tar+zstd"
    );
    (!known).then(|| format!("its media type {kind:?} is none of a layer that is known here"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn descriptor(media_type: &str) -> String {
        format!(r#"{{"mediaType":"{media_type}","digest":"sha256:{}","size":3}}"#, "0a".repeat(32))
    }

    fn read(text: &str) -> Result<Document, DocumentError> {
        Document::read(text.as_bytes(), &Limits { layers: 2, index_entries: 2, ..Limits::default() })
    }

    #[test]
    fn what_a_document_is_follows_from_its_members() {
        let config = descriptor(media::OCI_CONFIG);
        let layer = descriptor("application/vnd.oci.image.layer.v1.tar+gzip");
        assert!(
            matches!(read(&format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{layer}]}}"#)), Ok(Document::Image(m)) if m.layers.len() == 1)
        );
        assert!(matches!(read(&format!(r#"{{"manifests":[{layer}]}}"#)), Ok(Document::Index(i)) if i.manifests.len() == 1));
        let helm = descriptor("application/vnd.cncf.helm.config.v1+json");
        assert_eq!(
            read(&format!(r#"{{"schemaVersion":2,"config":{helm},"layers":[]}}"#)),
            Ok(Document::Artifact("application/vnd.cncf.helm.config.v1+json".to_owned()))
        );
        assert!(matches!(read(r#"{"schemaVersion":1,"fsLayers":[]}"#), Err(DocumentError::Unsupported(_))));
    }

    #[test]
    fn what_engines_would_read_differently_is_refused() {
        let config = descriptor(media::OCI_CONFIG);
        for text in [
            format!(r#"{{"config":{config},"layers":[],"manifests":[]}}"#),
            format!(r#"{{"config":{config},"layers":[],"Layers":[]}}"#),
            format!(r#"{{"config":{config},"layers":[],"layers":[]}}"#),
            format!(r#"{{"mediaType":"{}","config":{config},"layers":[]}}"#, media::OCI_INDEX),
            r#"{"config":{"digest":"sha256:../../etc/passwd","size":1},"layers":[]}"#.to_owned(),
            r#"{"config":{"size":1},"layers":[]}"#.to_owned(),
            format!(r#"{{"config":{{"digest":"sha256:{}","size":-1}},"layers":[]}}"#, "0a".repeat(32)),
            format!(r#"{{"config":{config},"layers":{{}}}}"#),
            "{}".to_owned(),
        ] {
            assert!(matches!(read(&text), Err(DocumentError::Malformed(_))), "{text}");
        }
        let three = [descriptor("x"), descriptor("x"), descriptor("x")].join(",");
        assert!(matches!(read(&format!(r#"{{"config":{config},"layers":[{three}]}}"#)), Err(DocumentError::Limit(_))));
        assert!(matches!(read(&format!(r#"{{"manifests":[{three}]}}"#)), Err(DocumentError::Limit(_))));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(at in 0usize..400, with in "[\\[\\]{}:,\"0-9a-z-]{0,6}", cut in 0usize..600) {
            let config = descriptor(media::OCI_CONFIG);
            let mut text = format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{config}]}}"#);
            text.insert_str(at.min(text.len()), &with);
            text.truncate(cut);
            let _ = read(&text);
            let _ = crate::config::Config::read(text.as_bytes());
        }
    }

    #[test]
    fn layers_that_are_not_read_say_why() {
        let layer = |kind: &str| Descriptor {
            media_type: kind.to_owned(),
            digest: format!("sha256:{}", "0a".repeat(32)).parse().unwrap(),
            size: 1,
            annotations: BTreeMap::new(),
            platform: None,
            artifact_type: None,
        };
        for (kind, part) in [
            ("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", Some("encrypted")),
            ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Some("foreign")),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar", Some("foreign")),
            ("application/wasm", Some("application/wasm")),
            ("application/vnd.oci.image.layer.v1.tar", None),
            ("application/vnd.docker.image.rootfs.diff.tar.gzip", None),
        ] {
            let said = refusal(&layer(kind));
            assert_eq!(said.is_some(), part.is_some(), "{kind}");
            assert!(said.unwrap_or_default().contains(part.unwrap_or("")), "{kind}");
        }
    }
}
