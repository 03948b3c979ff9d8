//! A shell script.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let script = plimsoll_shell::parse(&text);
    for command in &script.commands {
        let _ = (command.programs(), command.arguments(), command.shown());
    }
});
