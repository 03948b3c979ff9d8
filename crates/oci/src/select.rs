//! Which images are meant: by tag or digest among what a place holds, by platform among what an index holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use plimsoll_evidence::{Digest, printable_line};

use crate::error::{OpenError, OpenErrorKind};
use crate::image::{Image, assemble, no_image, read_config, read_document};
use crate::manifest::{Descriptor, Document, media};
use crate::platform::{choose, fits, take_only};
use crate::source::{Source, document};
use crate::{Options, PlatformChoice};

/// What the reference picks among several images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pick {
    /// It picks none: there must be one.
    Only,
    /// By tag, or by name.
    Name(String),
    /// By digest.
    Digest(Digest),
}

/// Documents up to this size are kept between looking at them and opening them.
const KEEP: usize = 16 << 10;
/// How many of a long list an error shows.
pub(crate) const SHOWN: usize = 20;

/// A manifest that an index leads to.
struct Leaf {
    descriptor: Descriptor,
    bytes: Option<Vec<u8>>,
    /// The indexes that led here, the outermost first.
    indexes: Vec<Digest>,
}

/// Goes through nested indexes.
struct Walk<'a> {
    source: &'a dyn Source,
    options: &'a Options,
    documents: usize,
    bytes: u64,
    entries: usize,
    seen: BTreeSet<Digest>,
    leaves: Vec<Leaf>,
    indexes: Vec<Descriptor>,
    /// The indexes that are being descended into, the outermost first.
    within: Vec<Digest>,
    artifacts: Vec<String>,
}

impl<'a> Walk<'a> {
    fn new(source: &'a dyn Source, options: &'a Options) -> Self {
        Self {
            source,
            options,
            documents: 0,
            bytes: 0,
            entries: 0,
            seen: BTreeSet::new(),
            leaves: Vec::new(),
            indexes: Vec::new(),
            within: Vec::new(),
            artifacts: Vec::new(),
        }
    }

    fn read(&mut self, descriptor: &Descriptor) -> Result<Vec<u8>, OpenError> {
        self.documents += 1;
        if self.documents > self.options.limits.documents {
            return Err(OpenError::limit(
                self.source.name(),
                format!("more than {} manifests and indexes would have to be read", self.options.limits.documents),
            ));
        }
        self.bytes = self.bytes.saturating_add(descriptor.size);
        if self.bytes > self.options.limits.document_bytes {
            return Err(OpenError::limit(
                self.source.name(),
                format!("its manifests and indexes have more than {} bytes together", self.options.limits.document_bytes),
            ));
        }
        document(self.source, "the manifest", descriptor, self.options.limits.manifest_bytes)
    }

    /// Descends into what a descriptor names. Of one digest that is named twice, the first place counts; a digest cannot
    /// name itself, but a registry that does not verify could still serve a circle, which ends here too.
    fn descend(&mut self, descriptor: Descriptor, bytes: Option<Vec<u8>>, depth: usize) -> Result<(), OpenError> {
        if descriptor.is_attestation() && depth > 0 {
            return Ok(());
        }
        if !self.seen.insert(descriptor.digest.clone()) {
            return Ok(());
        }
        let is_manifest = matches!(descriptor.media_type.as_str(), media::OCI_MANIFEST | media::DOCKER_MANIFEST);
        let known = is_manifest || descriptor.is_index() || descriptor.media_type.is_empty();
        if depth > 0 && (!known || descriptor.artifact_type.as_deref().is_some_and(|t| !t.is_empty())) {
            let kind = descriptor.artifact_type.clone().filter(|t| !t.is_empty());
            self.artifacts.push(kind.unwrap_or_else(|| descriptor.media_type.clone()));
            return Ok(());
        }
        if is_manifest && descriptor.platform.is_some() && bytes.is_none() {
            self.leaves.push(Leaf { descriptor, bytes: None, indexes: self.within.clone() });
            return Ok(());
        }
        let bytes = match bytes {
            Some(bytes) => bytes,
            None => self.read(&descriptor)?,
        };
        let what = format!("the manifest {} in {}", descriptor.digest, self.source.name());
        let found = read_document(&what, &bytes, &self.options.limits)?;
        let contradicted = match &found {
            Document::Index(_) => is_manifest,
            Document::Image(_) => descriptor.is_index(),
            Document::Artifact(_) => false,
        };
        if contradicted {
            let cause = format!("it was said to be {}, and its members say otherwise: engines read it differently", descriptor.media_type);
            return Err(OpenError::malformed(what, cause));
        }
        match found {
            Document::Artifact(kind) => self.artifacts.push(kind),
            Document::Image(_) => {
                let keep = bytes.len() <= KEEP;
                self.leaves.push(Leaf { descriptor, bytes: keep.then_some(bytes), indexes: self.within.clone() });
            }
            Document::Index(index) => {
                if depth >= self.options.limits.index_depth {
                    return Err(OpenError::limit(what, format!("indexes lie more than {depth} deep in indexes")));
                }
                self.entries += index.manifests.len();
                if self.entries > self.options.limits.index_entries {
                    return Err(OpenError::limit(
                        what,
                        format!("its indexes list more than {} manifests", self.options.limits.index_entries),
                    ));
                }
                self.within.push(descriptor.digest.clone());
                self.indexes.push(descriptor);
                for inner in index.manifests {
                    self.descend(inner, None, depth + 1)?;
                }
                self.within.pop();
            }
        }
        Ok(())
    }

    /// Finds out a leaf's platform from its config, where its descriptor does not say it.
    fn resolve(&mut self, n: usize) -> Result<(), OpenError> {
        let Some(leaf) = self.leaves.get(n).filter(|l| l.descriptor.platform.is_none()) else { return Ok(()) };
        let descriptor = leaf.descriptor.clone();
        let bytes = match leaf.bytes.clone() {
            Some(bytes) => bytes,
            None => self.read(&descriptor)?,
        };
        let what = format!("the manifest {} in {}", descriptor.digest, self.source.name());
        if let Document::Image(manifest) = read_document(&what, &bytes, &self.options.limits)? {
            self.documents += 1;
            let (_, config) = read_config(self.source, &manifest, &self.options.limits)?;
            if let Some(leaf) = self.leaves.get_mut(n) {
                leaf.descriptor.platform = config.platform;
            }
        }
        Ok(())
    }
}

/// Images of a layout: its index's own entries are names, below them are platforms.
pub(crate) fn from_roots(
    source: &Arc<dyn Source>,
    reference: &str,
    roots: Vec<Descriptor>,
    pick: &Pick,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Vec<Image>, OpenError> {
    if roots.len() > options.limits.index_entries {
        return Err(OpenError::limit(source.name(), format!("its index lists {} manifests", roots.len())));
    }
    let chosen = match pick {
        Pick::Digest(digest) => by_digest(source.as_ref(), roots, digest, options)?,
        Pick::Name(name) => by_name(source.as_ref(), roots, name)?,
        Pick::Only => only(source.as_ref(), roots)?,
    };
    let mut walk = Walk::new(source.as_ref(), options);
    for root in chosen {
        walk.descend(root, None, 0)?;
    }
    by_platform(source, reference, walk, options, notes)
}

/// Images under one document, as a registry serves it for a tag.
pub(crate) fn from_document(
    source: &Arc<dyn Source>,
    reference: &str,
    descriptor: Descriptor,
    bytes: Vec<u8>,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Vec<Image>, OpenError> {
    let mut walk = Walk::new(source.as_ref(), options);
    walk.descend(descriptor, Some(bytes), 0)?;
    by_platform(source, reference, walk, options, notes)
}

fn names_of(descriptor: &Descriptor) -> Vec<&str> {
    ["org.opencontainers.image.ref.name", "io.containerd.image.name"]
        .iter()
        .filter_map(|key| descriptor.annotations.get(*key))
        .map(String::as_str)
        .collect()
}

/// The tag of a full name: `x:1` in `registry/x:1`.
fn tag_of(name: &str) -> &str {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.split_once(':').map_or(last, |(_, tag)| tag)
}

pub(crate) fn is_named(descriptor: &Descriptor, name: &str) -> bool {
    names_of(descriptor).iter().any(|n| *n == name || tag_of(n) == name)
}

/// How an image is told from others in a list.
pub(crate) fn label(descriptor: &Descriptor) -> String {
    let name = names_of(descriptor).first().map(|n| (*n).to_owned());
    let platform = descriptor.platform.as_ref().map(|p| format!(" ({p})")).unwrap_or_default();
    match name {
        Some(name) => format!("{name}{platform}"),
        None => format!("{}{platform}", descriptor.digest),
    }
}

/// A list for an error, cut where it is long.
pub(crate) fn listed(mut all: Vec<String>) -> String {
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    let shown: Vec<String> = all.iter().map(|l| printable_line(l, 200)).collect();
    match more {
        0 => shown.join(", "),
        n => format!("{} and {n} more", shown.join(", ")),
    }
}

fn by_name(source: &dyn Source, roots: Vec<Descriptor>, name: &str) -> Result<Vec<Descriptor>, OpenError> {
    let (mut matching, others): (Vec<_>, Vec<_>) = roots.into_iter().partition(|d| is_named(d, name));
    dedup(&mut matching);
    if !matching.is_empty() {
        return one_image(source, matching);
    }
    let there: BTreeSet<String> = others.iter().flat_map(|d| names_of(d).into_iter().take(1)).map(str::to_owned).collect();
    let cause = format!("no image in it has the tag {name:?}");
    if there.is_empty() {
        let digests = others.iter().map(|d| format!("@{}", d.digest)).collect();
        return Err(OpenError::new(
            OpenErrorKind::NotFound,
            source.name(),
            format!("{cause}, and none has a tag at all"),
            format!("name one by digest: {}", listed(digests)),
        ));
    }
    Err(OpenError::new(
        OpenErrorKind::NotFound,
        source.name(),
        cause,
        format!("name one of those it has: {}", listed(there.into_iter().collect())),
    ))
}

fn by_digest(source: &dyn Source, roots: Vec<Descriptor>, digest: &Digest, options: &Options) -> Result<Vec<Descriptor>, OpenError> {
    if let Some(root) = roots.iter().find(|d| d.digest == *digest) {
        return Ok(vec![root.clone()]);
    }
    let mut walk = Walk::new(source, options);
    for root in roots {
        walk.descend(root, None, 1)?;
    }
    let mut all = walk.leaves.into_iter().map(|l| l.descriptor).chain(walk.indexes);
    let mut there = Vec::new();
    for descriptor in all.by_ref() {
        if descriptor.digest == *digest {
            return Ok(vec![descriptor]);
        }
        there.push(label_with_digest(&descriptor));
    }
    Err(OpenError::new(
        OpenErrorKind::NotFound,
        source.name(),
        format!("no image in it has the digest {digest}"),
        format!("name one of those it has: {}", listed(there)),
    ))
}

fn label_with_digest(descriptor: &Descriptor) -> String {
    let name = label(descriptor);
    if name.starts_with("sha") { name } else { format!("{name} {}", descriptor.digest) }
}

fn dedup(descriptors: &mut Vec<Descriptor>) {
    let mut seen = BTreeSet::new();
    descriptors.retain(|d| seen.insert(d.digest.clone()));
}

fn only(source: &dyn Source, roots: Vec<Descriptor>) -> Result<Vec<Descriptor>, OpenError> {
    if roots.is_empty() {
        return Err(OpenError::new(
            OpenErrorKind::NotAnImage,
            source.name(),
            "its index is empty: there is no image in it",
            "name a layout with an image",
        ));
    }
    let (mut images, attestations): (Vec<_>, Vec<_>) = roots.into_iter().partition(|d| !d.is_attestation());
    dedup(&mut images);
    if images.is_empty() {
        images = attestations;
    }
    one_image(source, images)
}

/// That several entries are one image: the only one, or one entry for each platform under one name.
fn one_image(source: &dyn Source, images: Vec<Descriptor>) -> Result<Vec<Descriptor>, OpenError> {
    if images.len() == 1 {
        return Ok(images);
    }
    let name = |d: &Descriptor| names_of(d).first().map(|n| (*n).to_owned());
    let same_name = images.iter().all(|d| name(d) == images.first().and_then(name));
    let platforms: BTreeSet<_> = images.iter().filter_map(|d| d.platform.as_ref()).collect();
    if same_name && platforms.len() == images.len() {
        return Ok(images);
    }
    let distinct: BTreeSet<_> = images.iter().filter_map(name).collect();
    let by_name = distinct.len() == images.len();
    let list = images.iter().map(|d| if by_name { label(d) } else { label_with_digest(d) }).collect();
    let how = if by_name { "append :TAG" } else { "append @DIGEST" };
    Err(OpenError::new(
        OpenErrorKind::Ambiguous,
        source.name(),
        format!("it holds {} images, and nothing says which is meant", images.len()),
        format!("{how} for one of: {}", listed(list)),
    ))
}

/// The images of the wanted platform.
fn by_platform(
    source: &Arc<dyn Source>,
    reference: &str,
    mut walk: Walk<'_>,
    options: &Options,
    notes: &mut Vec<String>,
) -> Result<Vec<Image>, OpenError> {
    if walk.leaves.is_empty() {
        return Err(match walk.artifacts.first() {
            Some(kind) => no_image(&source.name(), kind),
            None => OpenError::new(OpenErrorKind::NotAnImage, source.name(), "its index names no image", "name an image"),
        });
    }
    let mut unreadable = Vec::new();
    let alone = walk.leaves.len() == 1;
    // Whoever wants all of them, or has no choice, need not know the platforms before they are opened.
    for n in (0..walk.leaves.len()).filter(|_| !alone && options.platform != PlatformChoice::All) {
        match walk.resolve(n) {
            Ok(()) => {}
            Err(e) if e.kind() == OpenErrorKind::Limit => return Err(e),
            Err(e) => unreadable.push(e.cause().to_owned()),
        }
    }
    let descriptors: Vec<&Descriptor> = walk.leaves.iter().map(|l| &l.descriptor).collect();
    let chosen = if alone { vec![0] } else { choose(&source.name(), &descriptors, &unreadable, options, notes)? };
    let mut images = Vec::new();
    for n in chosen {
        let Some(leaf) = walk.leaves.get(n) else { continue };
        let (descriptor, indexes) = (leaf.descriptor.clone(), leaf.indexes.clone());
        let bytes = match leaf.bytes.clone() {
            Some(bytes) => bytes,
            None => walk.read(&descriptor)?,
        };
        if alone && let (PlatformChoice::Exactly(wanted), Some(promised)) = (&options.platform, &descriptor.platform) {
            fits(&source.name(), promised, wanted)?;
        }
        let mut image = assemble(source, reference, &descriptor, bytes, &options.limits)?;
        image.subject.indexes = indexes;
        images.push(image);
    }
    if let (true, [image]) = (alone, images.as_slice()) {
        take_only(&source.name(), &image.subject.platform, &options.platform, notes)?;
    }
    Ok(images)
}
