#![no_main]
//! Bills of materials that others wrote: whatever they say, they are read to an end, judged, and written again.

use libfuzzer_sys::fuzz_target;
use plimsoll_sbom::{Form, check, diff, read, write};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(contents) = read(bytes) {
        let _ = check(&contents.bill);
        assert!(diff(&contents.bill, &contents.bill).is_empty());
        for form in [Form::CycloneDx17, Form::CycloneDx16Xml, Form::Spdx23TagValue, Form::Spdx30] {
            let _ = write(&contents.bill, form);
        }
    }
});
