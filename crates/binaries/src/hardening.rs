//! Mitigations as they show in an ELF file.

use object::Endianness;
use object::elf as spec;
use object::read::elf::{FileHeader, Note};
use plimsoll_evidence::{Hardening, Language, Relro};

/// Functions that have a checked twin (`__NAME_chk`) with `_FORTIFY_SOURCE`, and that real programs call.
const FORTIFIABLE: &[&[u8]] = &[
    b"asprintf",
    b"confstr",
    b"dprintf",
    b"fgets",
    b"fprintf",
    b"fread",
    b"getcwd",
    b"getgroups",
    b"gethostname",
    b"gets",
    b"longjmp",
    b"mbsrtowcs",
    b"mbstowcs",
    b"memcpy",
    b"memmove",
    b"mempcpy",
    b"memset",
    b"poll",
    b"ppoll",
    b"pread",
    b"printf",
    b"read",
    b"readlink",
    b"realpath",
    b"recv",
    b"recvfrom",
    b"snprintf",
    b"sprintf",
    b"stpcpy",
    b"strcat",
    b"strcpy",
    b"strncat",
    b"strncpy",
    b"swprintf",
    b"syslog",
    b"ttyname_r",
    b"vasprintf",
    b"vdprintf",
    b"vfprintf",
    b"vprintf",
    b"vsnprintf",
    b"vsprintf",
    b"vsyslog",
    b"wcscpy",
    b"wcsncpy",
    b"wctomb",
    b"wmemcpy",
];
/// Bytes of C code among which some function has a buffer on its stack.
const SURELY_HAS_BUFFERS: u64 = 64 << 10;
/// Of those, the ones that compilers also emit on their own or that have a checked twin only where the size is known:
/// their plain form alone says nothing.
const SAYS_NOTHING_ALONE: &[&[u8]] = &[
    b"memcpy",
    b"memmove",
    b"memset",
    b"read",
    b"poll",
    b"ppoll",
    b"recv",
    b"recvfrom",
    b"fread",
    b"pread",
    b"readlink",
    b"realpath",
    b"getcwd",
    b"gethostname",
    b"getgroups",
    b"confstr",
    b"ttyname_r",
    b"fgets",
];

/// Symbol names that tell something, from a string table.
#[derive(Default)]
pub(crate) struct Symbols {
    pub(crate) any: bool,
    pub(crate) dlopens: bool,
    pub(crate) runs_shell: bool,
    pub(crate) logs_to_syslog: bool,
    pub(crate) stack_guard: bool,
    pub(crate) checked: bool,
    pub(crate) unchecked: bool,
    pub(crate) cpp: bool,
    pub(crate) rust: bool,
    pub(crate) go: bool,
    pub(crate) other: bool,
}

impl Symbols {
    /// Reads every name of a string table once. Tails shared between names (a linker's saving) cost a sign, never invent one.
    pub(crate) fn of(table: &[u8]) -> Self {
        let mut symbols = Self::default();
        for name in table.split(|&b| b == 0).filter(|n| n.len() > 3) {
            symbols.any = true;
            match name[0] {
                b'_' if name.starts_with(b"__stack_chk_") => symbols.stack_guard = true,
                b'_' if name.starts_with(b"__") && name.ends_with(b"_chk") => symbols.checked = true,
                b'_' if name.starts_with(b"_ZN") || name.starts_with(b"_ZS") || name.starts_with(b"__gxx_personality") => {
                    // Rust's older mangling is C++'s with a hash at the end: 17h and sixteen digits.
                    if name.ends_with(b"E") && name.len() > 20 && &name[name.len() - 20..name.len() - 17] == b"17h" {
                        symbols.rust = true;
                    } else {
                        symbols.cpp = true;
                    }
                }
                b'_' if name.starts_with(b"_R") && (name.starts_with(b"_RN") || name.starts_with(b"_RI")) => symbols.rust = true,
                b'_' if name.starts_with(b"_D") && name.starts_with(b"_Dmain") => symbols.other = true,
                b'r' if name.starts_with(b"rust_eh_personality") || name.starts_with(b"rust_begin_unwind") => symbols.rust = true,
                b'r' if name.starts_with(b"runtime.gopanic") => symbols.go = true,
                b'c' if name.starts_with(b"caml_startup") => symbols.other = true,
                b'o' | b's' if name == b"openlog" || name == b"syslog" => symbols.logs_to_syslog = true,
                b's' | b'p' if name == b"system" || name == b"popen" => symbols.runs_shell = true,
                b'd' if name == b"dlopen" || name == b"dlmopen" => symbols.dlopens = true,
                _ => {}
            }
            symbols.unchecked |= name.len() <= 11 && FORTIFIABLE.contains(&name) && !SAYS_NOTHING_ALONE.contains(&name);
        }
        symbols
    }
}

/// Raw signs, before they are put together.
#[derive(Default)]
pub(crate) struct Signs {
    pub(crate) pie: bool,
    pub(crate) relro: bool,
    pub(crate) bind_now: bool,
    pub(crate) stack_header: bool,
    pub(crate) executable_stack: bool,
    pub(crate) rwx_segment: bool,
    pub(crate) branch_protection: bool,
}

impl Signs {
    pub(crate) fn judge(
        self,
        symbols: &Symbols,
        languages: &[Language],
        code_bytes: u64,
        text_relocations: bool,
        static_linked: bool,
    ) -> Hardening {
        // Only C and C++ compilers insert guards and checked calls; Go, Rust and others check by other means.
        let checkable = symbols.any
            && languages.iter().any(|l| matches!(l, Language::C | Language::Cpp))
            && !languages.iter().any(|l| matches!(l, Language::Go | Language::Rust));
        Hardening {
            pie: self.pie,
            // Without a dynamic section there is no table that would be bound late.
            relro: match (self.relro, self.bind_now || static_linked) {
                (false, _) => Relro::None,
                (true, false) => Relro::Partial,
                (true, true) => Relro::Full,
            },
            nx: self.stack_header && !self.executable_stack,
            rwx_segment: self.rwx_segment,
            // The compiler guards only functions that have a buffer: little code may have none, and then nothing can be said.
            stack_protector: (checkable && (symbols.stack_guard || code_bytes >= SURELY_HAS_BUFFERS)).then_some(symbols.stack_guard),
            fortify: (checkable && (symbols.checked || symbols.unchecked)).then_some(symbols.checked),
            branch_protection: self.branch_protection,
            text_relocations,
            static_linked,
        }
    }
}

/// Whether a note marks indirect branch tracking and shadow stack (x86 psABI, "Program Property") or branch target
/// identification (ELF for the Arm 64-bit architecture, "Program Property").
pub(crate) fn marks_branch_protection<H: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    machine: spec::Machine,
    note: &Note<'_, H>,
) -> bool {
    let (wanted_type, wanted_bits) = match machine {
        spec::EM_X86_64 | spec::EM_386 => (0xc000_0002u32, 0b11u32),
        spec::EM_AARCH64 => (0xc000_0000, 0b1),
        _ => return false,
    };
    let Some(mut properties) = note.gnu_properties(endian) else { return false };
    while let Ok(Some(property)) = properties.next() {
        if property.pr_type().0 == wanted_type {
            return property.data_u32(endian).is_ok_and(|bits| bits & wanted_bits == wanted_bits);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_code_without_a_guard_says_nothing() {
        let symbols = |guard: bool| Symbols { any: true, stack_guard: guard, ..Symbols::default() };
        let told = |guard: bool, code: u64| Signs::default().judge(&symbols(guard), &[Language::C], code, false, false).stack_protector;
        assert_eq!((told(true, 100), told(false, 100), told(false, 1 << 20)), (Some(true), None, Some(false)));
        assert_eq!(Signs::default().judge(&symbols(false), &[Language::Rust], 1 << 20, false, false).stack_protector, None);
    }
}
