//! plimsoll.toml.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    if let Err(mistake) = plimsoll_config::read("f", &text) {
        assert!(mistake.at.line >= 1 && mistake.at.column >= 1 && !mistake.message.is_empty());
    }
});
