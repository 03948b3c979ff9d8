//! Build files that are written into other files: Compose's `dockerfile_inline`, bake's `dockerfile-inline`.

use std::ops::Range;

use plimsoll_evidence::Place;

use super::Input;
use crate::Sources;

/// A build file inside of another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its text, as the format of the other file gives it.
    pub text: String,
    /// The other file, and the line of it, from 1, that has the first line of the text as it is; none where the format writes the text
    /// otherwise, with quotes or escapes.
    pub at: Option<(u32, u32)>,
}

/// A build file's text and where it stands.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) source: u32,
    lines: Option<Lines>,
}

/// Lines that stand indented in a longer text.
#[derive(Debug)]
struct Lines {
    /// The line of the source, from 0, that has the first of them.
    first: usize,
    /// By how many bytes each is indented; none where the source has another text there, as before variables are put in.
    indents: Vec<Option<usize>>,
    /// The lines that the source has otherwise.
    text: String,
}

impl Origin {
    /// A file of its own.
    pub(super) fn file(source: u32) -> Self {
        Self { source, lines: None }
    }

    /// A text inside of another file; where its lines are not found there, it is a source of its own.
    pub(super) fn written(sources: &mut Sources<'_>, input: &Input, written: &Written) -> Self {
        if let Some((source, line)) = written.at {
            let first = (line as usize).saturating_sub(1);
            let indents: Vec<Option<usize>> = {
                let mut there = sources.text(source).lines().skip(first);
                written.text.lines().map(|own| there.next().and_then(|line| indent(line, own))).collect()
            };
            if indents.iter().any(Option::is_some) {
                return Self { source, lines: Some(Lines { first, indents, text: written.text.clone() }) };
            }
        }
        let source = sources.add(&format!("{} (build file written into it)", input.name), written.text.as_bytes());
        Self { source, lines: None }
    }

    /// The text to parse. What was concealed in the source is concealed here.
    pub(super) fn text(&self, sources: &Sources<'_>) -> String {
        let whole = sources.text(self.source);
        let Some(lines) = &self.lines else { return whole.to_owned() };
        let there = whole.lines().skip(lines.first).chain(std::iter::repeat(""));
        let own = lines.text.lines().zip(&lines.indents).zip(there);
        own.map(|((own, indent), there)| indent.and_then(|by| there.get(by..)).unwrap_or(own).to_owned() + "\n").collect()
    }

    /// Where in the source a place of the text is. Of a line that stands otherwise there, the whole line.
    pub(super) fn place(&self, sources: &str, place: Place) -> Place {
        let Some(lines) = &self.lines else { return Place { source: self.source, ..place } };
        let at = (place.line as usize).saturating_sub(1);
        let line = (lines.first + at + 1) as u32;
        let there = sources.lines().nth(lines.first + at).unwrap_or_default();
        // What indents is ASCII.
        if let Some(by) = lines.indents.get(at).copied().flatten() {
            return Place { source: self.source, line, column: place.column + by as u32, ..place };
        }
        let blank = there.len() - there.trim_start().len();
        Place { source: self.source, line, column: blank as u32 + 1, width: there.trim().chars().count() as u32 }
    }

    /// The bytes of the source that bytes of the text are.
    pub(super) fn ranges(&self, sources: &Sources<'_>, text: &str, ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
        let Some(lines) = &self.lines else { return ranges };
        let whole = sources.text(self.source);
        let starts = |text: &str| std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect::<Vec<_>>();
        let (own, there) = (starts(text), starts(whole));
        let moved = |range: Range<usize>| {
            let line = own.partition_point(|start| *start <= range.start).checked_sub(1)?;
            let by = lines.indents.get(line).copied().flatten()?;
            let start = there.get(lines.first + line)? + by + (range.start - own[line]);
            Some(start..start + range.len())
        };
        ranges.into_iter().filter_map(moved).collect()
    }
}

/// By how much a line is indented that is the other one otherwise.
fn indent(line: &str, own: &str) -> Option<usize> {
    let by = line.len().checked_sub(own.len())?;
    let (blank, rest) = line.split_at_checked(by)?;
    (rest == own && blank.bytes().all(|b| matches!(b, b' ' | b'\t'))).then_some(by)
}
