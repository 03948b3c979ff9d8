//! Text put together from several pieces of the file, which knows where each byte came from.

use crate::Span;

/// Text that was put together from pieces of the file: an instruction whose lines are continued, without the escape
/// characters, line ends and comments between them; the body of a here-document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    text: String,
    /// Where in `text` each piece begins, and at which byte of the file; both ascend.
    pieces: Vec<(usize, usize)>,
}

impl Text {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Adds a piece that stands at a byte of the file.
    pub(crate) fn push(&mut self, text: &str, source: usize) {
        // A piece that goes on where the last one ended is the same piece.
        let joined = self.pieces.last().is_some_and(|(at, from)| from + (self.text.len() - at) == source);
        if !joined {
            self.pieces.push((self.text.len(), source));
        }
        self.text.push_str(text);
    }

    /// The byte of the file from which a byte of the text came.
    fn source(&self, offset: usize) -> usize {
        let piece = self.pieces.partition_point(|(at, _)| *at <= offset).saturating_sub(1);
        self.pieces.get(piece).map_or(0, |(at, from)| from + offset.saturating_sub(*at))
    }

    /// Where a range of bytes of the text stands in the file.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let from = self.source(start);
        if end <= start {
            return Span { start: from, end: from };
        }
        // The end belongs to the piece of the last byte, not to the piece that begins there.
        Span { start: from, end: self.source(end - 1) + 1 }
    }

    /// Where all of it stands.
    pub fn whole(&self) -> Span {
        self.span(0, self.text.len())
    }

    /// A part of it, by bytes; empty where the range does not lie between characters of it.
    pub(crate) fn part(&self, start: usize, end: usize) -> Self {
        let Some(text) = self.text.get(start..end) else { return Self::default() };
        let first = self.pieces.partition_point(|(at, _)| *at <= start).saturating_sub(1);
        let pieces = self
            .pieces
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(|(at, _)| *at < end.max(start + 1))
            .map(|(at, from)| if *at <= start { (0, from + (start - at)) } else { (at - start, *from) })
            .collect();
        Self { text: text.to_owned(), pieces }
    }

    /// Adds another text at the end.
    pub(crate) fn append(&mut self, other: &Self) {
        let base = self.text.len();
        self.pieces.extend(other.pieces.iter().map(|(at, from)| (at + base, *from)));
        self.text.push_str(&other.text);
    }
}
