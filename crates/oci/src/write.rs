//! Writing an artifact of one blob as an OCI image layout (OCI image specification v1.1, image-layout.md), in a directory or a tar.
//! Equal input gives equal bytes; what is replaced is replaced in one step.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use plimsoll_evidence::{Algorithm, Digest};
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::blob::{Hasher, digest_of};
use crate::error::{OpenError, OpenErrorKind};
use crate::limits::Limits;
use crate::manifest::media;
use crate::reference::{Reference, There};
use crate::registry::is_valid_tag;
use crate::select::Pick;

/// Level of zstd: what is written once and fetched often.
const LEVEL: i32 = 9;
/// A config that says nothing (manifest.md, "Guidance for an Empty Descriptor").
const EMPTY: &[u8] = b"{}";
const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// What an artifact says of itself and of its blob.
#[derive(Debug, Clone, Default)]
pub struct NewArtifact {
    /// Its `artifactType`.
    pub kind: String,
    /// The manifest's annotations.
    pub annotations: BTreeMap<String, String>,
    /// The blob's media type: with `+zstd` at its end it is packed.
    pub media_type: String,
    /// The annotations of the blob's descriptor.
    pub blob_annotations: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewManifest<'a> {
    schema_version: u32,
    media_type: &'a str,
    artifact_type: &'a str,
    config: NewDescriptor<'a>,
    layers: [NewDescriptor<'a>; 1],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewDescriptor<'a> {
    media_type: &'a str,
    digest: String,
    size: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
}

/// Writes an artifact whose blob is what a stream yields to `oci:DIR[:TAG]` or `oci-archive:FILE[:TAG]`; gives its digest. A layout
/// that is there is added to, and what had the tag loses it.
pub fn write_artifact(target: &str, new: &NewArtifact, blob: &mut dyn Read) -> Result<Digest, OpenError> {
    let reference = Reference::parse(target, &There::look, &mut Vec::new())?;
    let bad = |cause: &str, next: &str| OpenError::new(OpenErrorKind::Reference, target, cause, next);
    let (path, pick, is_archive) = match reference {
        Reference::Layout { path, pick } => (path, pick, false),
        Reference::OciArchive { path, pick } => (path, pick, true),
        _ => return Err(bad("nothing is written there", "name oci:DIR[:TAG] or oci-archive:FILE[:TAG]")),
    };
    let tag = match pick {
        Pick::Only => None,
        Pick::Name(tag) if is_valid_tag(&tag) => Some(tag),
        Pick::Name(_) => return Err(bad("what follows the colon is no tag", "write letters, digits, dots, hyphens and underscores")),
        Pick::Digest(_) => return Err(bad("a digest follows from what is written", "name a tag, or none")),
    };
    let failed = |e: io::Error| write_error(&path, &e);
    if is_archive {
        let folder = folder_of(&path);
        fs::create_dir_all(&folder).map_err(failed)?;
        let packed = pack(&folder, &new.media_type, blob).map_err(failed)?;
        let made = Made::of(new, &packed);
        archive(&path, &folder, &packed, &made, &index(None, new, &made, tag.as_deref(), &path)?).map_err(failed)?;
        return Ok(made.digest);
    }
    match There::look(&path) {
        There::Layout | There::Nothing => {}
        There::Directory if fs::read_dir(&path).map_err(failed)?.next().is_none() => {}
        There::Directory | There::File => {
            let cause = "something is there that is no OCI layout";
            return Err(OpenError::new(OpenErrorKind::NotAnImage, path.to_string_lossy(), cause, "name a new folder, or a layout"));
        }
    }
    let blobs = path.join("blobs/sha256");
    fs::create_dir_all(&blobs).map_err(failed)?;
    let old = old_index(&path)?;
    let packed = pack(&blobs, &new.media_type, blob).map_err(failed)?;
    let made = Made::of(new, &packed);
    let index = index(old, new, &made, tag.as_deref(), &path)?;
    directory(&path, &blobs, packed, &made, &index).map_err(failed)?;
    Ok(made.digest)
}

fn write_error(path: &Path, error: &io::Error) -> OpenError {
    let cause = format!("it cannot be written ({error})");
    OpenError::new(OpenErrorKind::Io, path.to_string_lossy(), cause, "see that the folder is there, takes more and may be written to")
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// The blob as it is stored.
struct PackedBlob {
    file: NamedTempFile,
    digest: Digest,
    size: u64,
}

struct Counted<W> {
    to: W,
    hasher: Hasher,
    size: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.to.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        self.size += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn pack(folder: &Path, media_type: &str, from: &mut dyn Read) -> io::Result<PackedBlob> {
    let file = tempfile::Builder::new().prefix(".plimsoll-blob").tempfile_in(folder)?;
    let mut out = Counted { to: BufWriter::new(file), hasher: Hasher::new(Algorithm::Sha256), size: 0 };
    if media_type.ends_with("+zstd") {
        let mut encoder = zstd::stream::write::Encoder::new(out, LEVEL)?;
        io::copy(from, &mut encoder)?;
        out = encoder.finish()?;
    } else {
        io::copy(from, &mut out)?;
    }
    let file = out.to.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(PackedBlob { file, digest: out.hasher.finish(), size: out.size })
}

/// The manifest.
struct Made {
    bytes: Vec<u8>,
    digest: Digest,
}

impl Made {
    fn of(new: &NewArtifact, packed: &PackedBlob) -> Self {
        let none = BTreeMap::new();
        let manifest = NewManifest {
            schema_version: 2,
            media_type: media::OCI_MANIFEST,
            artifact_type: &new.kind,
            config: NewDescriptor {
                media_type: media::EMPTY,
                digest: digest_of(Algorithm::Sha256, EMPTY).to_string(),
                size: EMPTY.len() as u64,
                annotations: &none,
            },
            layers: [NewDescriptor {
                media_type: &new.media_type,
                digest: packed.digest.to_string(),
                size: packed.size,
                annotations: &new.blob_annotations,
            }],
            annotations: &new.annotations,
        };
        // Strings, numbers and maps of strings: nothing that JSON could not hold.
        let bytes = serde_json::to_vec(&manifest).unwrap_or_default();
        Self { digest: digest_of(Algorithm::Sha256, &bytes), bytes }
    }
}

fn old_index(layout: &Path) -> Result<Option<Value>, OpenError> {
    let path = layout.join("index.json");
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(OpenError::io(path.to_string_lossy(), &e)),
    };
    let most = Limits::default().manifest_bytes;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|e| OpenError::io(path.to_string_lossy(), &e))?;
    if bytes.len() as u64 > most {
        return Err(OpenError::limit(path.to_string_lossy(), format!("it has more than {most} bytes")));
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|e| OpenError::malformed(path.to_string_lossy(), format!("it is no JSON ({e})")))
}

/// The index with the new manifest in it, in place of what had its tag.
fn index(old: Option<Value>, new: &NewArtifact, made: &Made, tag: Option<&str>, path: &Path) -> Result<Vec<u8>, OpenError> {
    let mut index = old.unwrap_or_else(|| json!({ "schemaVersion": 2, "mediaType": media::OCI_INDEX, "manifests": [] }));
    let Some(manifests) = index.get_mut("manifests").and_then(Value::as_array_mut) else {
        return Err(OpenError::malformed(path.join("index.json").to_string_lossy(), "it has no list of manifests"));
    };
    let name = |entry: &Value| entry.pointer("/annotations").and_then(|a| a.get(REF_NAME)).and_then(Value::as_str).map(str::to_owned);
    manifests.retain(|entry| match (name(entry), tag) {
        (Some(had), Some(tag)) => had != tag,
        (None, None) => entry.get("artifactType").and_then(Value::as_str) != Some(&new.kind),
        _ => true,
    });
    let mut entry = json!({
        "mediaType": media::OCI_MANIFEST, "artifactType": new.kind, "digest": made.digest.to_string(), "size": made.bytes.len(),
    });
    if let Some(tag) = tag {
        entry["annotations"] = json!({ REF_NAME: tag });
    }
    manifests.push(entry);
    serde_json::to_vec(&index).map_err(|e| OpenError::malformed(path.to_string_lossy(), e.to_string()))
}

fn directory(path: &Path, blobs: &Path, packed: PackedBlob, made: &Made, index: &[u8]) -> io::Result<()> {
    put(packed.file, &blobs.join(packed.digest.hex()))?;
    place(blobs, digest_of(Algorithm::Sha256, EMPTY).hex(), EMPTY)?;
    place(blobs, made.digest.hex(), &made.bytes)?;
    place(path, "oci-layout", LAYOUT)?;
    place(path, "index.json", index)
}

fn place(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".plimsoll-part").tempfile_in(folder)?;
    file.write_all(bytes)?;
    put(file, &folder.join(name))
}

fn put(file: NamedTempFile, path: &Path) -> io::Result<()> {
    // A temporary file is private; a layout may be shared.
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|e| e.error)
}

fn archive(path: &Path, folder: &Path, packed: &PackedBlob, made: &Made, index: &[u8]) -> io::Result<()> {
    let mut tar = tempfile::Builder::new().prefix(".plimsoll-part").tempfile_in(folder)?;
    {
        let mut out = BufWriter::new(tar.as_file_mut());
        let empty = digest_of(Algorithm::Sha256, EMPTY);
        let mut entry = |name: &str, size: u64, from: &mut dyn Read| -> io::Result<()> {
            out.write_all(&header(name, size)?)?;
            if io::copy(&mut from.take(size), &mut out)? != size {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let padding = (512 - size % 512) % 512;
            out.write_all(&[0; 512][..padding as usize])
        };
        let blob = |digest: &Digest| format!("blobs/sha256/{}", digest.hex());
        entry("oci-layout", LAYOUT.len() as u64, &mut &LAYOUT[..])?;
        entry("index.json", index.len() as u64, &mut &*index)?;
        entry(&blob(&empty), EMPTY.len() as u64, &mut &EMPTY[..])?;
        entry(&blob(&made.digest), made.bytes.len() as u64, &mut &made.bytes[..])?;
        let mut file = packed.file.reopen()?;
        file.rewind()?;
        entry(&blob(&packed.digest), packed.size, &mut file)?;
        out.write_all(&[0; 1024])?;
        out.flush()?;
    }
    put(tar, path)
}

/// A header of a plain file (POSIX.1-2017, pax, "ustar Interchange Format"); its time and its owner are nobody's.
fn header(name: &str, size: u64) -> io::Result<[u8; 512]> {
    let mut block = [0_u8; 512];
    let mut field = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    if name.len() > 100 || size >= 1 << 33 {
        return Err(io::Error::other("it is too large for an archive; write it as oci:DIR"));
    }
    field(0, name.as_bytes());
    field(100, b"0000644\0");
    field(108, b"0000000\0");
    field(116, b"0000000\0");
    field(124, format!("{size:011o}\0").as_bytes());
    field(136, b"00000000000\0");
    field(148, b"        ");
    field(156, b"0");
    field(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}
