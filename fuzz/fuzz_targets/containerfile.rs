//! A Containerfile, its stages and what its variables become.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_containerfile::{Settings, Stages, parse};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let file = parse(&text);
    let stages = Stages::of(&file, &Settings::default());
    for problem in file.errors.iter().chain(&file.warnings).chain(&stages.problems) {
        let place = file.place(&text, problem.span);
        assert!(place.line >= 1 && place.column >= 1);
    }
    for stage in 0..stages.stages.len() {
        stages.visit(&file, stage, |_, instruction, variables| {
            let _ = (instruction.script(), variables.expand(instruction.text.as_str(), file.escape));
        });
    }
    let _ = stages.needed(None);
});
