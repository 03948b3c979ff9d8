//! Where something stands in the text.

/// A range of bytes of the text that was parsed. An instruction's part that goes over several lines covers what lies
/// between them too: the escape character at the line's end, comments, empty lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Byte at which it begins, from 0.
    pub start: usize,
    /// Byte behind its last one.
    pub end: usize,
}

/// A place as an editor shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1. A byte order mark is no column.
    pub column: u32,
    /// How many characters of that line it covers; 0 at a line's end.
    pub width: u32,
}

/// How many bytes lie between two known counts of characters.
const STEP: usize = 1024;

/// Finds lines and columns of a text: in constant time for each, however long the lines are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// Where each line begins.
    lines: Vec<usize>,
    /// Characters before each multiple of [`STEP`]; empty where every byte is a character.
    characters: Vec<usize>,
}

impl Places {
    pub(crate) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut lines = vec![if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }];
        lines.extend(bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1));
        let mut characters = Vec::new();
        if !text.is_ascii() {
            let mut before = 0;
            for chunk in bytes.chunks(STEP) {
                characters.push(before);
                before += count(chunk);
            }
            characters.push(before);
        }
        Self { lines, characters }
    }

    /// Line of a byte, from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        self.lines.partition_point(|start| *start <= offset).max(1) as u32
    }

    pub(crate) fn place(&self, text: &str, span: Span) -> Place {
        let line = self.line(span.start);
        let start = self.lines.get(line as usize - 1).copied().unwrap_or_default();
        let at = span.start.max(start);
        let line_end = self.lines.get(line as usize).map_or(text.len(), |next| next - 1);
        let line_end = if line_end > at && text.as_bytes().get(line_end - 1) == Some(&b'\r') { line_end - 1 } else { line_end };
        let end = span.end.clamp(at, line_end.max(at));
        Place { line, column: (self.between(text, start, at) + 1) as u32, width: self.between(text, at, end) as u32 }
    }

    fn between(&self, text: &str, from: usize, to: usize) -> usize {
        if self.characters.is_empty() {
            return to - from;
        }
        self.before(text, to) - self.before(text, from)
    }

    fn before(&self, text: &str, offset: usize) -> usize {
        let step = offset / STEP;
        let known = self.characters.get(step).copied().unwrap_or_default();
        known + text.as_bytes().get(step * STEP..offset).map_or(0, count)
    }
}

/// Characters that begin in these bytes.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| (**b as i8) >= -0x40).count()
}
