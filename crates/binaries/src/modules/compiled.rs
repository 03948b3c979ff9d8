//! What the words of compiled code tell of the names in it.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use memchr::memmem::find;

/// Letters of a name that is looked for within words, at the least: a shorter one stands in everything.
const LEAST: usize = 3;

/// How strings stand in compiled code.
pub(super) enum Compiled {
    /// Each with an end, as C's.
    Ended,
    /// One after the other without ends: of Rust and Go.
    Endless,
    /// Compressed, as newer releases of Cython do (`CYTHON_COMPRESS_STRINGS`): nothing can be read.
    Packed,
}

impl Compiled {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let has = |text: &[u8]| find(bytes, text).is_some();
        if has(b"cython_runtime") && has(b"decompress\0") {
            Self::Packed
        } else if has(b"/rustc/") || has(b"rust_eh_personality") || has(b"Go buildinf:") {
            Self::Endless
        } else {
            Self::Ended
        }
    }
}

/// Takes each name that is a part of a word: what stands before and after it may be of other strings.
pub(super) fn take_parts(words: &[String], names: &[String], found: &mut BTreeSet<u32>) {
    let wanted: Vec<(usize, &String)> = names.iter().enumerate().filter(|(_, n)| n.len() >= LEAST).collect();
    let Ok(automaton) = AhoCorasick::new(wanted.iter().map(|(_, name)| name.as_str())) else {
        // Too many to be looked for: any may be there.
        found.extend(0..names.len() as u32);
        return;
    };
    for word in words {
        found.extend(automaton.find_overlapping_iter(word).filter_map(|m| wanted.get(m.pattern().as_usize())).map(|(at, _)| *at as u32));
    }
}

/// Functions that start a program, as the tables of dynamic symbols end them, and beginnings of those that run Python within a process.
const STARTING: [&[u8]; 10] =
    [b"execl\0", b"execle\0", b"execlp\0", b"execv\0", b"execve\0", b"execvp\0", b"execvpe\0", b"popen\0", b"posix_spawn", b"system\0"];
const EMBEDDING: [&[u8]; 5] = [b"PyEval_", b"PyImport_", b"PyRun_", b"Py_Initialize", b"dlopen\0"];

/// Whether a program or library may start Python, or run it within itself: by a function of the C library that it imports, or, linked statically,
/// for all that is known.
pub(super) fn may_start(bytes: &[u8]) -> bool {
    let has = |text: &&[u8]| find(bytes, text).is_some();
    STARTING.iter().chain(&EMBEDDING).any(has) || !has(&b"\0libc.".as_slice())
}

/// Whether a library is one that Python can import.
pub(super) fn is_extension(bytes: &[u8]) -> bool {
    find(bytes, b"PyInit_").is_some()
}
