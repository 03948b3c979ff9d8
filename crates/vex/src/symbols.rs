//! Who has to do with a symbol: the programs and libraries that define or import it, and how what starts reaches them.

use plimsoll_evidence::{ElfFacts, ElfKind, ImageFacts};

use crate::chain::{Step, chain};

/// What was found of some symbols in an image's ELF files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Symbols {
    /// The symbols that were looked for.
    pub wanted: Vec<String>,
    /// Who has to do with them, by path.
    pub holders: Vec<Holder>,
    /// Paths of the files that have a symbol table that could be read, without the leading slash, sorted.
    pub readable: Vec<String>,
    /// Why some files were not looked through: they may hold any symbol.
    pub unread: Vec<String>,
}

/// An ELF file that defines or imports a symbol.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// Its path, without the leading slash.
    pub path: String,
    /// The symbol.
    pub symbol: String,
    /// Whether it has the symbol's code; else it is linked with who has.
    pub defines: bool,
}

impl Holder {
    /// What it does with the symbol, as a verb.
    pub const fn verb(&self) -> &'static str {
        if self.defines { "defines" } else { "imports" }
    }

    /// The chain from what starts to it; none where it is not reached.
    pub fn chain(&self, image: &ImageFacts) -> Option<Vec<Step>> {
        chain(&image.closure, &image.tree, image.tree.find(&self.path)?)
    }
}

impl Symbols {
    /// Whether a file's symbol tables were read.
    pub(crate) fn is_readable(&self, path: &str) -> bool {
        self.readable.binary_search_by(|p| p.as_str().cmp(path)).is_ok()
    }
}

/// Why code of a program may have no name: what a file keeps to itself goes nameless when its own table is stripped.
pub(crate) fn hides_names(elf: &ElfFacts, symbols: &Symbols) -> Option<&'static str> {
    if !symbols.is_readable(&elf.path) {
        Some("has no symbol table that can be read")
    } else if elf.kind == ElfKind::Executable && elf.hardening.static_linked && !elf.has_symbols {
        Some("is linked statically and stripped")
    } else {
        None
    }
}
