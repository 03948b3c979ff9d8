//! A streaming tar reader with the semantics of Go's `archive/tar`, because that is what container engines unpack with:
//! the files seen here have to be the files that a container sees.
//!
//! Formats: V7, USTAR, STAR, PAX and GNU, with GNU long names and PAX records; of sparse files the stored bytes are given
//! and the file is marked.

mod header;
mod pax;
mod reader;

pub use header::{EntryType, Header};
pub use reader::{TarError, TarReader};
