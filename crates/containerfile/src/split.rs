//! An instruction's line in parts: its name, its flags, its words.

use crate::{Flag, Span, Text, Word};

/// What BuildKit splits words at: other white space is a part of a word.
pub(crate) fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// A part of a text without white space around it.
pub(crate) fn trimmed(text: &Text) -> Text {
    let whole = text.as_str();
    let start = whole.len() - whole.trim_start().len();
    text.part(start, start + whole.trim().len())
}

/// A word out of a text.
pub(crate) fn word(text: &Text, start: usize, end: usize) -> Word {
    Word { text: text.as_str().get(start..end).unwrap_or_default().to_owned(), span: text.span(start, end) }
}

/// All of a text as one word.
pub(crate) fn whole(text: &Text) -> Word {
    word(text, 0, text.as_str().len())
}

/// The first word of a text and what stands behind the blanks after it; None where there is nothing behind it.
pub(crate) fn first(text: &Text) -> (Word, Option<Text>) {
    let all = text.as_str();
    let Some(end) = all.find(is_blank) else { return (whole(text), None) };
    let rest = all.get(end..).unwrap_or_default();
    let start = end + (rest.len() - rest.trim_start_matches(is_blank).len());
    (word(text, 0, end), Some(text.part(start, all.len())))
}

/// Words between blanks.
pub(crate) fn blank_separated(text: &Text) -> Vec<Word> {
    let all = text.as_str();
    let mut words = Vec::new();
    let mut at = 0;
    for piece in all.split(is_blank) {
        if !piece.is_empty() {
            words.push(word(text, at, at + piece.len()));
        }
        at += piece.len() + 1;
    }
    words
}

/// Words between white space, each with the byte of the text at which it begins; quotes and escape characters hold white
/// space together and stay.
pub(crate) fn quoted_words(text: &Text, escape: char) -> Vec<(usize, Word)> {
    let mut words = Vec::new();
    let mut chars = text.as_str().char_indices().peekable();
    let mut open: Option<(usize, String)> = None;
    let mut quote: Option<char> = None;
    let length = text.as_str().len();
    while let Some((at, c)) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            if let Some((start, word)) = open.take().filter(|(_, word)| !word.is_empty()) {
                words.push((start, Word { text: word, span: text.span(start, at) }));
            }
            continue;
        }
        let (_, word) = open.get_or_insert_with(|| (at, String::new()));
        if c == escape && quote != Some('\'') {
            // An escape character at the very end counts for nothing, and ends the quote.
            match chars.next() {
                Some((_, next)) => {
                    word.push(c);
                    word.push(next);
                }
                None => quote = None,
            }
            continue;
        }
        match quote {
            Some(sign) if sign == c => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            _ => {}
        }
        word.push(c);
    }
    if let Some((start, word)) = open.filter(|(_, word)| !word.is_empty()) {
        words.push((start, Word { text: word, span: text.span(start, length) }));
    }
    words
}

/// The flags at the start of a text, and the rest. Flags end at the first word that does not begin with two dashes, and
/// behind `--`.
pub(crate) fn flags(text: &Text, escape: char) -> (Vec<Flag>, Text) {
    let all = text.as_str();
    let mut flags = Vec::new();
    let mut at = 0;
    loop {
        let rest = all.get(at..).unwrap_or_default();
        let start = at + (rest.len() - rest.trim_start().len());
        if !all.get(start..).is_some_and(|rest| rest.starts_with("--")) {
            return (flags, trimmed(&text.part(start, all.len())));
        }
        let (value, equals, end) = flag_word(all, start, escape);
        at = end;
        if value == "--" {
            return (flags, trimmed(&text.part(end, all.len())));
        }
        if !value.is_empty() {
            flags.push(flag(text, &value, equals, start, end));
        }
    }
}

/// A flag's text without quotes and escape characters, the byte behind its first `=`, and where it ends.
fn flag_word(all: &str, start: usize, escape: char) -> (String, Option<usize>, usize) {
    let mut out = String::new();
    let mut equals = None;
    let mut quote: Option<char> = None;
    let mut chars = all.get(start..).unwrap_or_default().char_indices();
    while let Some((at, c)) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            return (out, equals, start + at);
        }
        if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && (c == '\'' || c == '"') {
            quote = Some(c);
        } else if c == escape {
            match chars.next() {
                Some((_, next)) => out.push(next),
                None => quote = None,
            }
        } else {
            if c == '=' && equals.is_none() {
                equals = Some(start + at + 1);
            }
            out.push(c);
        }
    }
    (out, equals, all.len())
}

fn flag(text: &Text, value: &str, equals: Option<usize>, start: usize, end: usize) -> Flag {
    let bare = value.strip_prefix("--").unwrap_or(value);
    let span = text.span(start, end);
    match bare.split_once('=') {
        Some((name, value)) => {
            let span_of_value = equals.map_or(Span { start: span.end, end: span.end }, |at| text.span(at, end));
            Flag { name: name.to_owned(), value: Some(Word { text: value.to_owned(), span: span_of_value }), span }
        }
        None => Flag { name: bare.to_owned(), value: None, span },
    }
}
