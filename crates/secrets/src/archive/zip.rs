//! zip.

use std::io::Read;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive};

use super::{Bytes, Cursor, MOST_ENTRIES, Stop, Unpacked};

/// What is needed of an entry of the directory.
struct Listed {
    name: String,
    method: CompressionMethod,
    size: u64,
    wayfinder: rawzip::ZipArchiveEntryWayfinder,
}

pub(super) fn look(bytes: Bytes<'_>, unpacked: &mut Unpacked<'_>) -> Result<(), Stop> {
    let damaged = |what: &str, error: &rawzip::Error| Stop::Damaged(format!("the zip {what}: {error}"));
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_seekable(Cursor::new(bytes), &mut buffer).map_err(|e| damaged("cannot be read", &e))?;
    let mut listed = Vec::new();
    let mut entries = archive.entries(&mut buffer);
    while let Some(entry) = entries.next_entry().map_err(|e| damaged("has a damaged directory", &e))? {
        unpacked.count()?;
        let name = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
        let size = entry.uncompressed_size_hint();
        if !entry.flags().is_encrypted() && unpacked.wants(&name, size) {
            listed.push(Listed { name, method: entry.compression_method(), size, wayfinder: entry.wayfinder() });
        }
    }
    debug_assert!(listed.len() as u64 <= MOST_ENTRIES);
    let mut ranges: Vec<(u64, u64)> = Vec::with_capacity(listed.len());
    for item in &listed {
        let entry = archive.get_entry(item.wayfinder).map_err(|e| damaged("has a damaged entry", &e))?;
        let range = entry.compressed_data_range();
        // Entries that share their data are how a small zip unpacks to petabytes.
        let at = ranges.partition_point(|r| r.0 < range.0);
        let overlaps = at.checked_sub(1).is_some_and(|i| ranges[i].1 > range.0) || ranges.get(at).is_some_and(|r| range.1 > r.0);
        if overlaps {
            return Err(Stop::Limit("entries of the zip share their data, as only bombs do".to_owned()));
        }
        ranges.insert(at, range);
        let packed = entry.reader();
        match item.method {
            CompressionMethod::STORE => unpacked.search(&item.name, packed)?,
            CompressionMethod::DEFLATE => unpacked.search(&item.name, DeflateDecoder::new(packed).take(item.size.saturating_add(1)))?,
            // Other methods are so rare that no builder writes them.
            _ => {}
        }
    }
    Ok(())
}
