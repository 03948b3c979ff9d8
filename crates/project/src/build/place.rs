//! Places of a build file in the evidence's terms.

use std::ops::Range;

use plimsoll_containerfile::{Containerfile, Span, Text, Word};
use plimsoll_evidence::{Place, Placed};

use super::written::Origin;

/// A parsed file and where it came from.
pub(super) struct Locator<'a> {
    pub(super) file: &'a Containerfile,
    pub(super) text: &'a str,
    pub(super) origin: &'a Origin,
    /// The text of the source, of which the parsed one may be a part.
    pub(super) whole: &'a str,
}

impl Locator<'_> {
    pub(super) fn place(&self, span: Span) -> Place {
        let place = self.file.place(self.text, span);
        self.origin.place(self.whole, Place { source: 0, line: place.line, column: place.column, width: place.width })
    }

    /// The place of bytes of a text that was put together from pieces of the file.
    pub(super) fn within(&self, text: &Text, range: Range<usize>) -> Place {
        self.place(text.span(range.start, range.end))
    }

    pub(super) fn word(&self, word: &Word) -> Placed<String> {
        Placed::new(word.text.clone(), self.place(word.span))
    }
}
