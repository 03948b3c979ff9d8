use std::fmt;

use crate::Place;

/// Why something could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text does not follow YAML's grammar, or is no UTF-8.
    Syntax,
    /// An alias names an anchor that the document has not defined before, or that it stands in.
    Alias,
    /// A limit was reached.
    Limit,
}

/// A document, or the rest of a text, that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// Why.
    pub kind: ErrorKind,
    /// What is wrong, in one sentence without its place.
    pub message: String,
    /// Where it was noticed.
    pub place: Place,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.place.line, self.place.column, self.message)
    }
}

impl std::error::Error for ReadError {}

/// The error for bytes that are UTF-8 up to `valid` only.
pub(crate) fn not_utf8(bytes: &[u8], valid: usize, source: u32) -> ReadError {
    let before = String::from_utf8_lossy(bytes.get(..valid).unwrap_or_default());
    let message = match bytes {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] => "the text is UTF-16; write it as UTF-8",
        _ => "the text is not UTF-8; write it as UTF-8",
    };
    ReadError { kind: ErrorKind::Syntax, message: message.to_owned(), place: Place::after(&before, source) }
}
