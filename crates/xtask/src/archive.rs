//! An OCI image layout (image-spec v1.1, image-layout.md) in one tar, its bytes a function of its contents.

use std::io::Write as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// 2026-01-01, where the caller has no better time.
pub(crate) const EPOCH: u64 = 1_767_225_600;

pub(crate) struct Image {
    pub(crate) tag: String,
    /// Seconds since 1970: of the image and of every file.
    pub(crate) time: u64,
    pub(crate) config: Value,
    pub(crate) annotations: Value,
    pub(crate) layers: Vec<Layer>,
}

pub(crate) struct Layer {
    pub(crate) created_by: &'static str,
    pub(crate) files: Vec<File>,
}

pub(crate) struct File {
    path: &'static str,
    mode: u32,
    kind: tar::EntryType,
    bytes: Vec<u8>,
}

impl File {
    pub(crate) fn new(path: &'static str, mode: u32, text: impl Into<String>) -> Self {
        Self { path, mode, kind: tar::EntryType::Regular, bytes: text.into().into_bytes() }
    }

    pub(crate) fn program(path: &'static str, mode: u32, bytes: &[u8]) -> Self {
        Self { path, mode, kind: tar::EntryType::Regular, bytes: bytes.to_vec() }
    }

    pub(crate) fn directory(path: &'static str, mode: u32) -> Self {
        Self { path, mode, kind: tar::EntryType::Directory, bytes: Vec::new() }
    }
}

/// The archive's bytes.
pub(crate) fn write(image: &Image) -> anyhow::Result<Vec<u8>> {
    let created = rfc3339(image.time);
    let mut blobs = Vec::new();
    let (mut diff_ids, mut layers, mut history) = (Vec::new(), Vec::new(), Vec::new());
    for layer in &image.layers {
        let plain = tarred(image.time, layer.files.iter().map(|f| (f.path, f.mode, f.kind, f.bytes.as_slice())))?;
        diff_ids.push(digest(&plain));
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&plain)?;
        layers.push(blob(&mut blobs, encoder.finish()?, "application/vnd.oci.image.layer.v1.tar+gzip"));
        history.push(json!({ "created": created, "created_by": layer.created_by, "comment": "buildkit.dockerfile.v0" }));
    }
    let config = json!({
        "created": created, "architecture": "amd64", "os": "linux", "config": image.config, "rootfs": { "type": "layers", "diff_ids": diff_ids }, "history": history,
    });
    let config = blob(&mut blobs, config.to_string().into_bytes(), "application/vnd.oci.image.config.v1+json");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers, "annotations": image.annotations,
    });
    let mut manifest = blob(&mut blobs, manifest.to_string().into_bytes(), "application/vnd.oci.image.manifest.v1+json");
    manifest["platform"] = json!({ "architecture": "amd64", "os": "linux" });
    manifest["annotations"] = json!({ "org.opencontainers.image.ref.name": image.tag });
    let index = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [manifest] }).to_string();
    let regular = tar::EntryType::Regular;
    let files = [("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()), ("index.json".to_owned(), index.into_bytes())]
        .into_iter()
        .chain(blobs);
    let files: Vec<(String, Vec<u8>)> = files.collect();
    tarred(image.time, files.iter().map(|(path, bytes)| (path.as_str(), 0o644, regular, bytes.as_slice())))
}

fn tarred<'a>(time: u64, files: impl Iterator<Item = (&'a str, u32, tar::EntryType, &'a [u8])>) -> anyhow::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, mode, kind, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_mtime(time);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, path, bytes)?;
    }
    Ok(builder.into_inner()?)
}

/// Days and seconds since 1970 as a date (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
fn rfc3339(time: u64) -> String {
    let (days, rest) = (time / 86_400 + 719_468, time % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

fn blob(blobs: &mut Vec<(String, Vec<u8>)>, bytes: Vec<u8>, media_type: &str) -> Value {
    let digest = digest(&bytes);
    let descriptor = json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() });
    blobs.push((format!("blobs/{}", digest.replace(':', "/")), bytes));
    descriptor
}

fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |mut hex, b| {
        let _ = write!(hex, "{b:02x}");
        hex
    })
}

#[cfg(test)]
/// The program inside an archive: the file named `service` in any of its layers.
pub(crate) fn program(archive: &[u8]) -> anyhow::Result<Vec<u8>> {
    use std::io::Read as _;

    use anyhow::Context as _;

    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if !bytes.starts_with(&[0x1f, 0x8b]) {
            continue;
        }
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain)?;
        for file in tar::Archive::new(plain.as_slice()).entries()? {
            let mut file = file?;
            if file.path()?.file_name().is_some_and(|n| n == "service") && file.header().entry_type().is_file() {
                let mut program = Vec::new();
                file.read_to_end(&mut program)?;
                return Ok(program);
            }
        }
    }
    None.context("no layer holds a file named service")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (time, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (EPOCH, "2026-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(time), date);
        }
    }
}
