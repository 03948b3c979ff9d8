//! One file that starts like ELF.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_evidence::{FileEntry, FileKind, LayerFacts};
use plimsoll_layers::{Analyser, Content};

fuzz_target!(|data: &[u8]| {
    let bytes = [b"\x7fELF", data].concat();
    let entry = FileEntry { path: "a".into(), kind: FileKind::Regular, mode: 0o755, uid: 0, gid: 0, size: bytes.len() as u64, mtime: 0, link: None, caps: None, layer: 0 };
    let _ = plimsoll_binaries::Elf.analyse(&entry, Content::Whole(&bytes), &mut LayerFacts::default());
});
