//! Which image a bill is of.

use plimsoll_evidence::{ImageFacts, SbomOf, Subject};
use plimsoll_purl::Purl;

use crate::bill::{Bill, Component};

/// Whether a bill is of this image. An index is several images, and a repository's digest may be an index's: what names nothing but
/// these may be of this one or of another.
pub(super) fn subject(bill: &Bill, subject: &Subject, image: &ImageFacts) -> SbomOf {
    let manifest = subject.digest.to_string();
    let config = image.config_digest.as_ref().map(ToString::to_string);
    let asked = subject.reference.split_once('@').map(|(_, digest)| digest);
    let is_this = |digest: &str| {
        let digest = digest.to_ascii_lowercase();
        digest == manifest || Some(&digest) == config.as_ref() || Some(digest.as_str()) == asked
    };
    let of = bill.subject.as_ref();
    let mut named: Vec<String> = bill.stated_of.clone();
    named.extend(of.into_iter().flat_map(digests));
    if let Some(digest) = named.iter().find(|digest| is_this(digest)) {
        return SbomOf::This(format!("names {digest}"));
    }
    let property =
        |name: &'static str| of.into_iter().flat_map(move |c| c.properties.iter().filter(move |(n, _)| n == name)).map(|(_, v)| v);
    if let Some(digest) = property(REPOSITORY).filter_map(|v| Some(v.rsplit_once('@')?.1)).find(|digest| is_this(digest)) {
        return SbomOf::This(format!("names {digest}"));
    }
    // Sorted: Trivy writes them in the order of their digits.
    let (mut layers, mut ours): (Vec<String>, Vec<String>) =
        (property(LAYER).cloned().collect(), image.layers.iter().filter_map(|l| l.diff_id.as_ref()).map(ToString::to_string).collect());
    layers.sort();
    ours.sort();
    if !layers.is_empty() && ours.len() == image.layers.len() && layers == ours {
        return SbomOf::This("names its layers".to_owned());
    }
    let is_index = |digest: &str| subject.indexes.iter().any(|index| index.to_string().eq_ignore_ascii_case(digest));
    match named.first().filter(|_| !named.iter().any(|digest| is_index(digest))) {
        Some(digest) => {
            let name = of.map(|c| c.name.as_str()).filter(|n| !n.is_empty()).map(|n| format!("{n}, ")).unwrap_or_default();
            SbomOf::Other(format!("{name}{digest}"))
        }
        None => SbomOf::Unsaid,
    }
}

const IMAGE: &str = "aquasecurity:trivy:ImageID";
const LAYER: &str = "aquasecurity:trivy:DiffID";
const REPOSITORY: &str = "aquasecurity:trivy:RepoDigest";

/// The digests by which a bill's subject may be an image.
fn digests(subject: &Component) -> Vec<String> {
    let mut digests: Vec<String> = subject.version.iter().filter(|v| is_digest(v)).cloned().collect();
    let purl = subject.purl.as_deref().and_then(|p| Purl::parse_loosely(p).ok()).filter(|p| p.kind() == "oci");
    digests.extend(purl.and_then(|p| p.version().map(str::to_owned)).filter(|v| is_digest(v)));
    digests.extend(subject.hashes.iter().filter(|h| h.algorithm == "SHA-256").map(|h| format!("sha256:{}", h.value)));
    digests.extend(subject.properties.iter().filter(|(name, value)| name == IMAGE && is_digest(value)).map(|(_, value)| value.clone()));
    digests
}

fn is_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").or_else(|| text.strip_prefix("sha512:"));
    digits.is_some_and(|d| d.len() >= 64 && d.bytes().all(|b| b.is_ascii_hexdigit()))
}
