//! ELF facts, without running anything: hardening, language, what is needed, which paths and libraries a file names; and
//! what an image's entrypoint reaches.

mod closure;
mod elf;
mod hardening;
mod language;
mod mentions;
mod modules;
mod names;
pub mod node;
mod strings;

pub use closure::closure;
pub use elf::Elf;
pub use mentions::{LOADS, Mentions, STARTS, UNREAD};
pub use modules::{ACTS, ARCHIVE, LISTS, Modules, PYTHON, SCRIPT, STARTS_PYTHON};
pub use names::{GO, NAMES, Names, SYMBOLS, is_of_names};
pub use node::NodeCode;
