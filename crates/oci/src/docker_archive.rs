//! Docker archives: what `docker save`, `podman save` and `skopeo copy … docker-archive:` write. A `manifest.json` names a
//! config and layers for each image; there is no manifest with digests, so an image is known by its config's digest and a
//! layer by its diff ID.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use plimsoll_evidence::{Algorithm, Digest, Subject};

use crate::blob::digest_of;
use crate::config::Config;
use crate::error::{BlobError, OpenError, OpenErrorKind};
use crate::files::Files;
use crate::image::platform_of;
use crate::json::Members;
use crate::manifest::{Descriptor, media};
use crate::platform::take_only;
use crate::select::{Pick, listed};
use crate::source::Source;
use crate::spool::Packing;
use crate::{Image, Layer, Limits, Options};

/// An image as `manifest.json` tells of it.
#[derive(Debug)]
struct Item {
    config: String,
    tags: Vec<String>,
    layers: Vec<String>,
}

/// The archive, and where the layer of each descriptor lies in it. Descriptors of layers of one image can be equal (an
/// empty layer made twice), and then so are the files.
struct Archive {
    files: Arc<Files>,
    layers: BTreeMap<Digest, String>,
}

impl Source for Archive {
    fn manifest(&self, descriptor: &Descriptor, _most: u64) -> Result<Vec<u8>, OpenError> {
        Err(OpenError::malformed(self.name(), format!("it has no manifest {}", descriptor.digest)))
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send>, OpenError> {
        let found = match self.layers.get(&descriptor.digest) {
            Some(name) => self.files.open(name)?,
            None => None,
        };
        found.map(|(stream, _)| stream).ok_or_else(|| OpenError::malformed(self.name(), format!("it has no layer {}", descriptor.digest)))
    }

    fn name(&self) -> String {
        self.files.name()
    }

    fn verifies_itself(&self) -> bool {
        true
    }
}

/// The annotation under which layouts keep an image's own name (OCI image specification v1.1, annotations.md).
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// Opens what a docker-archive holds.
pub(crate) fn open(
    reference: &str,
    files: Files,
    pick: &Pick,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Vec<Image>, OpenError> {
    let files = Arc::new(files);
    let items = read_items(&files, &options.limits)?;
    let item = choose(&files.name(), items, pick)?;
    let image = assemble(reference, &files, &item, &options.limits)?;
    take_only(&files.name(), &image.subject.platform, &options.platform, notes)?;
    Ok(vec![image])
}

fn read_items(files: &Files, limits: &Limits) -> Result<Vec<Item>, OpenError> {
    let what = format!("manifest.json in {}", files.name());
    let Some(bytes) = files.read("manifest.json", limits.manifest_bytes)? else {
        return Err(OpenError::new(
            OpenErrorKind::NotAnImage,
            files.name(),
            "it has no manifest.json, so it is no docker-archive",
            "name what docker save, podman save or skopeo copy wrote",
        ));
    };
    let malformed = |e: String| OpenError::malformed(&what, e);
    let list: Option<Vec<Members<'_>>> =
        serde_json::from_slice(&bytes).map_err(|e| malformed(format!("it is not JSON of a list of images ({e})")))?;
    let mut items = Vec::new();
    for item in list.unwrap_or_default() {
        let names = ["Config", "RepoTags", "Layers"];
        if let Some(name) = item.doubtful(&names).first() {
            return Err(malformed(format!("{name} is there twice or in another case, which engines read differently")));
        }
        let layers: Vec<String> = item.read("Layers").map_err(malformed)?.unwrap_or_default();
        if layers.len() > limits.layers {
            return Err(OpenError::limit(&what, format!("an image has {} layers; {} are read", layers.len(), limits.layers)));
        }
        let config = item.read("Config").map_err(malformed)?.ok_or_else(|| malformed("an image has no config".to_owned()))?;
        items.push(Item { config, tags: item.read("RepoTags").map_err(malformed)?.unwrap_or_default(), layers });
    }
    Ok(items)
}

/// Docker's full form of a name, so that `nginx` finds `docker.io/library/nginx:latest` and the other way round.
fn full(name: &str) -> String {
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains(':') { name.to_owned() } else { format!("{name}:latest") }
}

fn choose(archive: &str, items: Vec<Item>, pick: &Pick) -> Result<Item, OpenError> {
    let labels = |items: &[Item]| {
        let label = |i: &Item| i.tags.first().cloned().unwrap_or_else(|| format!("{} (without a name)", i.config));
        listed(items.iter().map(label).collect())
    };
    let list = labels(&items);
    let count = items.len();
    let mut matching: Vec<Item> = items
        .into_iter()
        .filter(|item| match pick {
            Pick::Only => true,
            Pick::Name(name) => item.tags.iter().any(|t| full(t) == full(name) || t.rsplit_once(':').is_some_and(|(_, tag)| tag == name)),
            Pick::Digest(digest) => item.config.contains(digest.hex()),
        })
        .collect();
    let ids: std::collections::BTreeSet<&str> = matching.iter().map(|i| i.config.as_str()).collect();
    let several = ids.len() > 1;
    match (matching.pop(), pick) {
        (Some(item), _) if !several => Ok(item),
        (Some(_), _) => Err(OpenError::new(
            OpenErrorKind::Ambiguous,
            archive,
            format!("it holds {count} images, and nothing says which is meant"),
            format!("append :NAME:TAG for one of: {list}"),
        )),
        (None, Pick::Only) => Err(OpenError::new(
            OpenErrorKind::NotAnImage,
            archive,
            "its manifest.json lists no image",
            "save the image again: this archive is empty",
        )),
        (None, Pick::Name(wanted)) => Err(OpenError::new(
            OpenErrorKind::NotFound,
            archive,
            format!("no image in it is called {wanted:?}"),
            format!("name one of those it has: {list}"),
        )),
        (None, Pick::Digest(wanted)) => Err(OpenError::new(
            OpenErrorKind::NotFound,
            archive,
            format!("no image in it has a config of the digest {wanted}"),
            format!("name one of those it has: {list}"),
        )),
    }
}

/// The digest that a config's file name promises: `<hex>.json` of older writers, `blobs/sha256/<hex>` of newer ones.
fn promised(name: &str) -> Option<Digest> {
    let last = name.rsplit('/').next().unwrap_or(name);
    let hex = last.strip_suffix(".json").unwrap_or(last);
    let hex = hex.strip_prefix("sha256:").unwrap_or(hex);
    format!("sha256:{hex}").parse().ok()
}

fn assemble(reference: &str, files: &Arc<Files>, item: &Item, limits: &Limits) -> Result<Image, OpenError> {
    let missing = |name: &str| OpenError::malformed(files.name(), format!("its manifest.json names {name}, which is not in it"));
    let what = format!("the config {} in {}", item.config, files.name());
    let raw_config = files.read(&item.config, limits.config_bytes)?.ok_or_else(|| missing(&item.config))?;
    let found = digest_of(Algorithm::Sha256, &raw_config);
    if let Some(expected) = promised(&item.config).filter(|p| *p != found) {
        return Err(OpenError::mismatch(what, &BlobError::Digest { expected, found }));
    }
    let mut config = Config::read(&raw_config).map_err(|e| OpenError::malformed(&what, e))?;
    if config.diff_ids.len() != item.layers.len() {
        return Err(OpenError::malformed(
            files.name(),
            format!("its manifest.json names {} layers and the config {}", item.layers.len(), config.diff_ids.len()),
        ));
    }
    config.pair_history(item.layers.len());
    let mut problems = std::mem::take(&mut config.problems);
    let platform = platform_of(None, config.platform.as_ref(), &mut problems);
    let mut layers = Vec::new();
    let mut places = BTreeMap::new();
    for (diff_id, name) in config.diff_ids.iter().zip(&item.layers) {
        let (stream, size) = files.open(name)?.ok_or_else(|| missing(name))?;
        let mut head = Vec::new();
        stream.take(4).read_to_end(&mut head).map_err(|e| OpenError::io(files.name(), &e))?;
        let packing = match Packing::of(&head) {
            Packing::Gzip => ".gzip",
            Packing::Zstd => ".zstd",
            Packing::None | Packing::Other(_) => "",
        };
        places.insert(diff_id.clone(), name.clone());
        layers.push(Layer {
            digest: diff_id.clone(),
            diff_id: Some(diff_id.clone()),
            media_type: format!("{}{packing}", media::DOCKER_LAYER),
            size,
            annotations: BTreeMap::new(),
            refusal: None,
        });
    }
    let descriptors = layers
        .iter()
        .map(|l| Descriptor {
            media_type: l.media_type.clone(),
            digest: l.digest.clone(),
            size: l.size,
            annotations: BTreeMap::new(),
            platform: None,
            artifact_type: None,
        })
        .collect();
    Ok(Image {
        subject: Subject {
            reference: reference.to_owned(),
            digest: found,
            media_type: media::DOCKER_CONFIG.to_owned(),
            platform,
            indexes: Vec::new(),
        },
        // The name that the archive gives it stands where layouts keep theirs.
        annotations: item.tags.first().map(|tag| (REF_NAME.to_owned(), tag.clone())).into_iter().collect(),
        config: config.run,
        history: config.history,
        layers,
        problems,
        raw_manifest: None,
        raw_config,
        descriptors,
        source: Arc::new(Archive { files: Arc::clone(files), layers: places }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_in_full() {
        for (a, b) in
            [("nginx", "docker.io/library/nginx:latest"), ("a/b:1", "docker.io/a/b:1"), ("localhost:5000/x", "localhost:5000/x:latest")]
        {
            assert_eq!(full(a), full(b));
        }
        assert_ne!(full("nginx:1"), full("nginx"));
    }

    #[test]
    fn a_config_name_promises_a_digest_or_nothing() {
        let hex = "0a".repeat(32);
        for name in [format!("{hex}.json"), format!("blobs/sha256/{hex}"), format!("sha256:{hex}")] {
            assert!(promised(&name).is_some(), "{name}");
        }
        assert_eq!(promised("config.json"), None);
    }
}
