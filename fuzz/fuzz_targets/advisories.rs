//! Publishers' forms of advisories and database files: the first byte chooses.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

fuzz_target!(|data: &[u8]| {
    let Some((which, bytes)) = data.split_first() else { return };
    if *which >= 200 {
        plimsoll_advisories::fuzzing::database(bytes, FOLDER.path());
    } else {
        plimsoll_advisories::fuzzing::feed(*which, bytes, FOLDER.path());
    }
});
