//! What a file is, by its name and place.

use plimsoll_evidence::ElfFacts;

/// Libraries that a C library loads for itself, for names of hosts and users and to unwind stacks: no caller sees their strings.
const OF_C_LIBRARY: [&str; 7] =
    ["libgcc_s.so", "libidn2.so", "libunistring.so", "libnss_compat.so", "libnss_dns.so", "libnss_files.so", "libnss_hesiod.so"];

/// Who names a directory or one above it.
pub(super) fn above<T>(mut path: &str, namer: impl Fn(&str) -> Option<T>) -> Option<T> {
    loop {
        if let Some(by) = namer(path) {
            return Some(by);
        }
        path = path.rsplit_once('/')?.0;
    }
}

pub(super) fn is_library(name: &str) -> bool {
    name.ends_with(".so") || name.rsplit_once(".so.").is_some_and(|(_, version)| version.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// Directories that a dynamic linker searches.
pub(super) fn is_searched(directory: &str) -> bool {
    let last = directory.rsplit('/').next().unwrap_or_default();
    let is_lib = |d: &str| matches!(d, "lib" | "lib64" | "usr/lib" | "usr/lib64" | "usr/local/lib" | "usr/local/lib64");
    is_lib(directory) || (last.contains("-linux-") && directory.rsplit_once('/').is_some_and(|(parent, _)| is_lib(parent)))
}

pub(in super::super) fn is_c_library(elf: &ElfFacts) -> bool {
    let name = elf.path.rsplit('/').next().unwrap_or_default();
    ["libc.so", "libc-2", "libc.musl", "ld-linux", "ld-musl"].iter().any(|begin| name.starts_with(begin))
}

pub(super) fn is_of_c_library(elf: &ElfFacts) -> bool {
    let name = elf.path.rsplit('/').next().unwrap_or_default();
    OF_C_LIBRARY.iter().any(|begin| name.starts_with(begin))
}

pub(in super::super) fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "dash" | "bash" | "ash" | "ksh" | "zsh")
}

/// A program whose texts are not followed: an interpreter that is no shell, or one program that is many.
pub(super) fn runs_texts(name: &str) -> bool {
    super::super::is_interpreter(name) && !is_shell(name)
}

pub(super) fn is_script(name: &str) -> bool {
    super::super::is_code(name)
}
