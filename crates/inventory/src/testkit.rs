//! Files that tests build: ELF files with named sections, zip archives.

use std::io::Write;

use plimsoll_evidence::{FileEntry, FileKind, LayerFacts, Problem};
use plimsoll_layers::{Analyser, Content, Interest, Spooled};

pub(crate) fn entry(path: &str, size: usize) -> FileEntry {
    FileEntry {
        path: path.into(),
        kind: FileKind::Regular,
        mode: 0o644,
        uid: 0,
        gid: 0,
        size: size as u64,
        mtime: 0,
        link: None,
        caps: None,
        layer: 0,
    }
}

/// What an analyser finds in one file, and its problem. The file is given both ways: in memory and on disk.
pub(crate) fn look(analyser: &dyn Analyser, path: &str, bytes: &[u8]) -> (LayerFacts, Option<Problem>) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let memory = look_in_memory(analyser, path, bytes);
    assert_eq!(memory, look_at(analyser, path, bytes, Content::Spooled(Spooled::new(&file, bytes.len() as u64))));
    memory
}

/// The same of an analyser that takes only what is small enough for memory.
pub(crate) fn look_in_memory(analyser: &dyn Analyser, path: &str, bytes: &[u8]) -> (LayerFacts, Option<Problem>) {
    look_at(analyser, path, bytes, Content::Whole(bytes))
}

fn look_at(analyser: &dyn Analyser, path: &str, bytes: &[u8], content: Content<'_>) -> (LayerFacts, Option<Problem>) {
    let entry = entry(path, bytes.len());
    let mut facts = LayerFacts::default();
    let wants = analyser.wants(&entry, &bytes[..bytes.len().min(512)]) != Interest::Nothing;
    let problem = wants.then(|| analyser.analyse(&entry, content, &mut facts).err()).flatten();
    (facts, problem)
}

/// Name, version and place of each package found.
pub(crate) fn packages(facts: &LayerFacts) -> Vec<(&str, &str, &str)> {
    facts.databases.iter().flat_map(|d| &d.packages).map(|p| (p.name.as_str(), p.version.as_str(), p.recorded_in.as_str())).collect()
}

/// A program for x86-64 that has these sections, each loaded at its place in the file plus [`BASE`].
pub(crate) fn elf(sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut names = vec![0];
    let mut file = vec![0; 64 + 56];
    let mut headers = vec![[0_u8; 64]];
    let mut add = |file: &mut Vec<u8>, name: &str, bytes: Option<&[u8]>| {
        file.resize(file.len().next_multiple_of(16), 0);
        let at = names.len() as u32;
        names.extend_from_slice(name.as_bytes());
        names.push(0);
        let offset = file.len() as u64;
        file.extend_from_slice(bytes.unwrap_or(&names));
        let size = file.len() as u64 - offset;
        let mut header = [0; 64];
        header[..4].copy_from_slice(&at.to_le_bytes());
        header[4] = if bytes.is_some() { 1 } else { 3 };
        header[16..24].copy_from_slice(&(BASE + offset).to_le_bytes());
        header[24..32].copy_from_slice(&offset.to_le_bytes());
        header[32..40].copy_from_slice(&size.to_le_bytes());
        headers.push(header);
    };
    for (name, bytes) in sections {
        add(&mut file, name, Some(bytes));
    }
    add(&mut file, ".shstrtab", None);
    let table = file.len() as u64;
    let count = headers.len() as u16;
    file.extend(headers.concat());
    file[..8].copy_from_slice(b"\x7fELF\x02\x01\x01\0");
    for (at, value) in [(16, 2_u16), (18, 62), (52, 64), (54, 56), (56, 1), (58, 64), (60, count), (62, count - 1)] {
        file[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    file[20..24].copy_from_slice(&1_u32.to_le_bytes());
    file[32..40].copy_from_slice(&64_u64.to_le_bytes());
    file[40..48].copy_from_slice(&table.to_le_bytes());
    // One segment, readable and writable, of all there is.
    file[64..68].copy_from_slice(&1_u32.to_le_bytes());
    file[68..72].copy_from_slice(&6_u32.to_le_bytes());
    file[80..88].copy_from_slice(&BASE.to_le_bytes());
    file[96..104].copy_from_slice(&table.to_le_bytes());
    file[104..112].copy_from_slice(&table.to_le_bytes());
    file
}

/// Where the first byte of [`elf`]'s file is loaded; the first section's is at [`FIRST_SECTION`].
pub(crate) const BASE: u64 = 0x40_0000;
pub(crate) const FIRST_SECTION: u64 = BASE + 128;

/// A zip archive; entries are deflated but for archives, as Spring Boot does.
pub(crate) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
    for (name, bytes) in entries {
        let method = if name.ends_with(".jar") { rawzip::CompressionMethod::STORE } else { rawzip::CompressionMethod::DEFLATE };
        let (mut entry, config) = archive.new_file(*name).compression_method(method).start().unwrap();
        let descriptor = if method == rawzip::CompressionMethod::STORE {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap().1
        } else {
            let mut writer = config.wrap(flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default()));
            writer.write_all(bytes).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    out
}

/// The bytes with some of them changed: what a parser meets where a file was damaged on purpose.
pub(crate) fn damaged(bytes: &[u8], changes: &[(usize, u8)], end: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, value) in changes {
        let at = at % bytes.len();
        bytes[at] = *value;
    }
    bytes.truncate(end % (bytes.len() * 2));
    bytes
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
