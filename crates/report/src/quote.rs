use std::fmt::Write as _;

use plimsoll_evidence::{SourceLine, printable_line};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A line of a text, with its number before it and carets under what is meant: two lines, or none where the line is empty.
pub fn quote(line: &SourceLine, indent: usize, width: usize) -> String {
    let number = line.line.to_string();
    let room = width.saturating_sub(indent + number.len() + 3).max(20);
    let quote = Quote::new(line, room);
    let mut out = String::new();
    if quote.text.trim().is_empty() {
        return out;
    }
    let _ = writeln!(out, "{:indent$}{number} | {}", "", quote.text);
    let _ = writeln!(out, "{:indent$}{:2$} | {3}{4}", "", "", number.len(), " ".repeat(quote.before), "^".repeat(quote.under));
    out
}

/// A line of a text as a terminal shows it.
#[derive(Debug, PartialEq, Eq)]
struct Quote {
    /// The line, or the part of it that fits.
    text: String,
    /// Columns of the terminal before what is meant.
    before: usize,
    /// Columns that it covers; at least one.
    under: usize,
}

/// What stands for a part of the line that is not shown.
const CUT: &str = "…";

impl Quote {
    /// The quote of a line in so many columns.
    fn new(line: &SourceLine, room: usize) -> Self {
        let first = (line.column as usize).saturating_sub(1);
        let characters: Vec<char> = line.text.chars().collect();
        let first = first.min(characters.len());
        let last = (first + line.width as usize).min(characters.len());
        let shown = |part: &[char]| {
            // A tab is as wide as the terminal likes: a space keeps the carets where they belong.
            let text: String = part.iter().map(|c| if *c == '\t' { ' ' } else { *c }).collect();
            printable_line(&text, usize::MAX)
        };
        let wide: usize = characters.iter().map(|c| c.width().unwrap_or(1)).sum();
        // The start of the line stays where what is meant fits beside it.
        let needed: usize = characters[..last].iter().map(|c| c.width().unwrap_or(1)).sum();
        let from = if wide <= room || needed < room { 0 } else { first.saturating_sub(room / 4) };
        let (head, middle) = (shown(&characters[from..first]), shown(&characters[first..last]));
        let lead = if from > 0 { CUT } else { "" };
        let mut text = format!("{lead}{head}{middle}{}", shown(&characters[last..]));
        if text.width() > room {
            let mut left = room.saturating_sub(1);
            text = text
                .chars()
                .take_while(|c| {
                    let width = c.width().unwrap_or(0);
                    let fits = width <= left;
                    left = left.saturating_sub(width);
                    fits
                })
                .collect();
            text.push_str(CUT);
        }
        let before = lead.width() + head.width();
        let under = middle.width().clamp(1, room.saturating_sub(before).max(1));
        Self { text: text.trim_end().to_owned(), before, under }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, column: u32, width: u32) -> SourceLine {
        SourceLine { path: "f".to_owned(), line: 1, column, width, text: text.to_owned() }
    }

    #[test]
    fn carets_stand_under_what_is_meant() {
        let cases = [
            ("FROM alpine", 6, 6, 80, "FROM alpine", 5, 6),
            ("\tprivileged: true", 2, 10, 80, " privileged: true", 1, 10),
            ("名: 値", 4, 1, 80, "名: 値", 4, 2),
            ("short", 40, 3, 80, "short", 5, 1),
            ("a\u{1b}[31m b", 9, 1, 80, "a\\u{1b}[31m b", 0, 0),
            ("0123456789012345678901234567890123456789", 31, 2, 20, "…567890123456789", 6, 2),
        ];
        for (text, column, width, room, shown, before, under) in cases {
            let quote = Quote::new(&line(text, column, width), room);
            if under == 0 {
                assert!(!quote.text.contains('\u{1b}'), "{quote:?}");
                continue;
            }
            assert_eq!((quote.text.as_str(), quote.before, quote.under), (shown, before, under), "{text}");
        }
    }
}
