//! One file that starts like ELF, and the same bytes as Python code and an extension of it, a script for Node.js and its package's description.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_evidence::{FileEntry, FileKind, LayerFacts};
use plimsoll_layers::{Analyser, Content};

fuzz_target!(|data: &[u8]| {
    let bytes = [b"\x7fELF", data].concat();
    let entry = FileEntry { path: "a".into(), kind: FileKind::Regular, mode: 0o755, uid: 0, gid: 0, size: bytes.len() as u64, mtime: 0, link: None, caps: None, layer: 0 };
    let names = ["abc", "django", "yaml"].map(str::to_owned);
    let modules = plimsoll_binaries::Modules::new(&names, Default::default(), vec!["usr/lib/python3.11/".to_owned()]);
    for (path, bytes) in [("usr/lib/python3.11/a.py", data), ("usr/lib/python3.11/a.so", &bytes)] {
        let entry = FileEntry { path: path.into(), ..entry.clone() };
        let _ = modules.analyse(&entry, Content::Whole(bytes), &mut LayerFacts::default());
    }
    let node = plimsoll_binaries::NodeCode::new(&names);
    for path in ["app/a.js", "app/node_modules/a/package.json", "app/config.json"] {
        let entry = FileEntry { path: path.into(), ..entry.clone() };
        let _ = node.analyse(&entry, Content::Whole(data), &mut LayerFacts::default());
    }
    let _ = plimsoll_binaries::Elf.analyse(&entry, Content::Whole(&bytes), &mut LayerFacts::default());
});
