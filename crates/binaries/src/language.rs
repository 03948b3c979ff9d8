//! The language that native code was compiled from, by the traces that compilers and runtimes leave.

use plimsoll_evidence::Language;

use crate::hardening::Symbols;
use crate::strings::Strings;

/// Owners of notes that name a language.
#[derive(Default)]
pub(crate) struct Notes {
    go: bool,
}

impl Notes {
    pub(crate) fn see(&mut self, owner: &[u8], kind: u32) {
        // Go's linker writes its build id as note type 4 of owner "Go".
        self.go |= owner == b"Go" && kind == 4;
    }
}

/// Languages, strongest sign first.
pub(crate) fn languages(notes: &Notes, sections: &[String], symbols: &Symbols, needed: &[String], strings: &Strings) -> Vec<Language> {
    let section = |name: &str| sections.iter().any(|s| s == name);
    let needs = |prefix: &str| needed.iter().any(|n| n.starts_with(prefix));
    let mut found = Vec::new();
    if notes.go || symbols.go || section(".go.buildinfo") || section(".gopclntab") {
        found.push(Language::Go);
    }
    if symbols.rust || section(".dep-v0") || strings.names_rust {
        found.push(Language::Rust);
    }
    if needs("libstdc++.so") || needs("libc++.so") || (symbols.cpp && !found.contains(&Language::Rust)) {
        found.push(Language::Cpp);
    }
    if symbols.other || needs("libgfortran.so") || needs("libgnat") || needs("libHS") || needs("libphobos2") || needs("libgnustep") {
        found.push(Language::Other);
    }
    // What links C's runtime and shows nothing else is C. cgo and Rust's standard library link it as well.
    let links_c =
        needs("libc.so") || needs("libc.musl") || needs("ld-linux") || symbols.stack_guard || symbols.checked || symbols.unchecked;
    if found.is_empty() && (links_c || strings.names_gcc) {
        found.push(Language::C);
    }
    found
}
