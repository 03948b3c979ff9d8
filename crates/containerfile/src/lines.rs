//! Lines of the file, and the lines that continue each other.

use crate::{Span, Text};

/// The longest line that BuildKit reads, in bytes without the line feed.
pub const MOST_LINE_BYTES: usize = 65_535;

/// A line of the file.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    /// With its line end.
    pub(crate) raw: &'a str,
    /// Where it begins.
    pub(crate) start: usize,
}

impl<'a> Line<'a> {
    /// Without its line end.
    pub(crate) fn content(&self) -> &'a str {
        self.raw.trim_end_matches(['\r', '\n'])
    }

    pub(crate) fn span(&self) -> Span {
        Span { start: self.start, end: self.start + self.content().len() }
    }

    pub(crate) fn is_too_long(&self) -> bool {
        self.raw.strip_suffix('\n').unwrap_or(self.raw).len() > MOST_LINE_BYTES
    }

    pub(crate) fn is_comment(&self) -> bool {
        self.content().trim_start().starts_with('#')
    }
}

/// Walks over the lines.
pub(crate) struct Lines<'a> {
    text: &'a str,
    at: usize,
    number: u32,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }, number: 0 }
    }

    /// The number of the line that was read last.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let raw = rest.split_inclusive('\n').next()?;
        let start = self.at;
        self.at += raw.len();
        self.number += 1;
        Some(Line { raw, start })
    }
}

/// An instruction's lines, put together.
pub(crate) struct Logical {
    pub(crate) text: Text,
    /// Whether its first line was continued, by another or by the end of the file.
    pub(crate) continued: bool,
    /// Where it ends in the file.
    pub(crate) end: usize,
    /// An empty line between its lines, which BuildKit passes over with a warning.
    pub(crate) empty_line: Option<Span>,
    /// A line that is longer than BuildKit reads.
    pub(crate) too_long: Option<Span>,
}

/// A line without the escape character that continues it; none where it does not go on.
fn continued(content: &str, escape: char) -> Option<&str> {
    let before = content.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    // Behind another escape character it is an escaped one.
    (!before.ends_with(escape)).then_some(before)
}

/// Puts the lines together that begin with `first`, whose leading blanks do not count.
pub(crate) fn logical(first: Line<'_>, lines: &mut Lines<'_>, escape: char) -> Logical {
    let content = first.content();
    let trimmed = content.trim_start();
    let mut this = Logical {
        text: Text::default(),
        continued: false,
        end: first.span().end,
        empty_line: None,
        too_long: first.is_too_long().then(|| first.span()),
    };
    let mut goes_on = this.add(trimmed, first.start + (content.len() - trimmed.len()), escape);
    this.continued = goes_on;
    while goes_on {
        let Some(line) = lines.next() else { break };
        if line.is_too_long() {
            this.too_long.get_or_insert(line.span());
        }
        if line.is_comment() {
            continue;
        }
        let content = line.content();
        if content.trim_start().is_empty() {
            this.empty_line.get_or_insert(line.span());
            continue;
        }
        this.end = line.span().end;
        goes_on = this.add(content, line.start, escape);
    }
    this
}

impl Logical {
    /// Adds a line and tells whether the next one belongs to it too.
    fn add(&mut self, content: &str, start: usize, escape: char) -> bool {
        let before = continued(content, escape);
        if self.too_long.is_none() {
            self.text.push(before.unwrap_or(content), start);
        }
        before.is_some()
    }
}
