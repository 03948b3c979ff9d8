//! Manifests, configs, outer tars, names and challenges: the first byte chooses the parser.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_oci::fuzzing;

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    match first % 5 {
        0 => fuzzing::manifest(bytes),
        1 => fuzzing::config(bytes),
        2 => fuzzing::tar_index(bytes),
        3 => fuzzing::name(&String::from_utf8_lossy(bytes)),
        _ => fuzzing::challenge(&String::from_utf8_lossy(bytes)),
    }
});
