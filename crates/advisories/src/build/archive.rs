//! Zip archives of advisories: every member that is wanted, within bounds.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive};

use super::Builder;
use crate::limits;
use crate::listing::id_of;

impl Builder {
    /// Takes in every member of a zip archive.
    pub(super) fn add_zip(&mut self, name: &str, file: &fs::File, size: u64, fetched: Option<i64>) {
        let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
        let Ok(clone) = file.try_clone() else { return self.fails(name, "it cannot be read") };
        let archive = match ZipArchive::from_file(clone, &mut buffer) {
            Ok(archive) => archive,
            Err(error) => return self.fails(name, &format!("it is no zip archive ({error})")),
        };
        let (mut members, mut unpacked) = (0_u64, 0_u64);
        let mut wayfinders = Vec::new();
        let mut entries = archive.entries(&mut buffer);
        loop {
            let entry = match entries.next_entry() {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(error) => {
                    self.fails(name, &format!("its list of members is damaged ({error})"));
                    break;
                }
            };
            members += 1;
            unpacked = unpacked.saturating_add(entry.uncompressed_size_hint());
            if members > limits::MEMBERS || unpacked > limits::UNPACKED {
                self.fails(name, "it has more members or bytes than are read; the rest is left out");
                break;
            }
            let member = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
            if entry.is_dir() || self.is_unlisted(&member) {
                continue;
            }
            wayfinders.push((member, entry.wayfinder(), entry.compression_method()));
        }
        wayfinders.sort_by(|a, b| a.0.cmp(&b.0));
        for (member, wayfinder, method) in wayfinders {
            let full = format!("{name}!{member}");
            let (packed, hint) = (wayfinder.compressed_size_hint(), wayfinder.uncompressed_size_hint());
            if hint > limits::FILE || packed > size || hint > packed.saturating_mul(limits::RATIO).max(1 << 20) {
                self.fails(&full, "it unpacks to more than is read");
                continue;
            }
            let Ok(entry) = archive.get_entry(wayfinder) else {
                self.fails(&full, "it lies outside of the archive");
                continue;
            };
            let mut bytes = Vec::new();
            let read = match method {
                CompressionMethod::STORE => entry.reader().take(hint).read_to_end(&mut bytes),
                CompressionMethod::DEFLATE => DeflateDecoder::new(entry.reader()).take(hint).read_to_end(&mut bytes),
                _ => Err(io::Error::other("its compression is not read")),
            };
            match read {
                Ok(n) if n as u64 == hint => self.add_bytes(&full, &bytes, fetched),
                Ok(_) => self.fails(&full, "it is shorter than the archive says"),
                Err(error) => self.fails(&full, &format!("it cannot be unpacked ({error})")),
            }
        }
    }
}

/// Whether a file is a zip archive with its list of members at its end.
pub fn is_whole_zip(path: &Path) -> bool {
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    fs::File::open(path).is_ok_and(|file| ZipArchive::from_file(file, &mut buffer).is_ok())
}

/// The ids of the records in a zip archive, by the names of its members; none of what is no archive.
pub fn ids_in_zip(path: &Path) -> Vec<String> {
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let mut ids = Vec::new();
    let Some(archive) = fs::File::open(path).ok().and_then(|file| ZipArchive::from_file(file, &mut buffer).ok()) else { return ids };
    let mut entries = archive.entries(&mut buffer);
    while let Ok(Some(entry)) = entries.next_entry() {
        ids.extend(id_of(&String::from_utf8_lossy(entry.file_path().as_ref())).map(str::to_owned));
        if ids.len() as u64 >= limits::MEMBERS {
            break;
        }
    }
    ids
}
