use serde::{Deserialize, Serialize};

/// What one ELF file shows without being run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElfFacts {
    /// Path, as in [`crate::FileEntry::path`].
    pub path: String,
    /// Program, library or object.
    pub kind: ElfKind,
    /// Go's name of the processor: `amd64`, `arm64` …, or `unknown-N` with the ELF machine number.
    pub architecture: String,
    /// 64 or 32.
    pub bits: u8,
    /// The program interpreter (`PT_INTERP`).
    pub interpreter: Option<String>,
    /// `DT_NEEDED`, in order.
    pub needed: Vec<String>,
    /// `DT_RUNPATH`, or `DT_RPATH` where there is none; split at colons, `$ORIGIN` kept.
    pub runpath: Vec<String>,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// Whether it imports `dlopen` or `dlmopen`.
    pub dlopens: bool,
    /// Whether it names `system` or `popen`, which start `/bin/sh`.
    pub runs_shell: bool,
    /// Whether it names `openlog` or `syslog`, which write to the host's log daemon.
    pub logs_to_syslog: bool,
    /// Strings in it that look like the file name of a shared library (`libnss_files.so.2`), sorted; what dlopen may be given.
    pub library_names: Vec<String>,
    /// Absolute paths in its strings under directories that programs write (`/tmp`, `/var`, `/run` …), sorted.
    pub paths: Vec<String>,
    /// The language of the native code, strongest sign first; empty where no sign was found.
    pub languages: Vec<Language>,
    /// Which mitigations it was built with.
    pub hardening: Hardening,
    /// Names of well-known programs whose distinctive strings it holds, whatever the file is called: `openssh-server`,
    /// `dropbear`, `busybox` …, sorted.
    pub identities: Vec<String>,
    /// Bytes of executable segments.
    pub code_bytes: u64,
    /// Whether a symbol table is left in (`.symtab`).
    pub has_symbols: bool,
    /// Whether debug information is left in.
    pub has_debug: bool,
}

/// What an ELF file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ElfKind {
    /// A program: `ET_EXEC`, or `ET_DYN` with an interpreter or an entry point in a `DF_1_PIE` file.
    Executable,
    /// A shared library.
    SharedLibrary,
    /// A relocatable object (`ET_REL`): a compiler's intermediate product, or a kernel module.
    Object,
    /// Anything else.
    Other,
}

/// The language that native code was compiled from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Language {
    /// Rust.
    Rust,
    /// Go.
    Go,
    /// C++.
    Cpp,
    /// C, or something that links C's runtime only.
    C,
    /// Haskell, OCaml, D, Nim, Zig, Swift, Ada, Fortran, Pascal …: found by name and not told apart further.
    Other,
}

/// How far the relocation tables are made read-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Relro {
    /// Not at all.
    None,
    /// `PT_GNU_RELRO` only; the PLT's table stays writable.
    Partial,
    /// With immediate binding.
    Full,
}

/// Mitigations as they show in an ELF file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardening {
    /// Position independent (always true of libraries).
    pub pie: bool,
    /// Relocation read-only.
    pub relro: Relro,
    /// The stack is not executable (`PT_GNU_STACK` without X). A file without the header has an executable stack on most processors.
    pub nx: bool,
    /// A segment is both writable and executable.
    pub rwx_segment: bool,
    /// Refers to `__stack_chk_fail` or a stack guard. `None` where the file has no C or C++ code that could.
    pub stack_protector: Option<bool>,
    /// Refers to checked functions (`__*_chk`) where it calls functions that have a checked twin. `None` where it calls none.
    pub fortify: Option<bool>,
    /// Indirect branch tracking and shadow stack, or branch target identification, marked in the GNU property note.
    pub branch_protection: bool,
    /// `DT_TEXTREL`: code is written while loading.
    pub text_relocations: bool,
    /// Whether it has no dynamic section: nothing is resolved while loading.
    pub static_linked: bool,
}
