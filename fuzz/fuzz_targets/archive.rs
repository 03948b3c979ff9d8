//! An image archive (OCI layout, docker-archive, compressed or not): index, manifest, config and outer tar.
#![no_main]

use std::io::{Read, Write};

use libfuzzer_sys::fuzz_target;
use plimsoll_oci::{Options, PlatformChoice};

fuzz_target!(|data: &[u8]| {
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(data).is_err() {
        return;
    }
    let options = Options { offline: true, platform: PlatformChoice::All, ..Options::default() };
    for transport in ["docker-archive", "oci-archive"] {
        let Ok(opened) = plimsoll_oci::open(&format!("{transport}:{}", file.path().display()), &options) else { continue };
        for image in &opened.images {
            for layer in 0..image.layers.len().min(8) {
                if let Ok(mut blob) = image.blob(layer) {
                    let mut buffer = [0; 4096];
                    while blob.read(&mut buffer).is_ok_and(|n| n > 0) {}
                }
            }
        }
    }
});
