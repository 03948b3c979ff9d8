//! Here-documents: which an instruction announces, and their bodies.

use crate::lex::{Rules, words};
use crate::lines::Lines;
use crate::{Heredoc, Problem, Span, Text};

/// The most here-documents of one instruction.
const MOST: usize = 1000;

/// The word that announces a here-document, such as `<<EOF`, `3<<-'END'`.
pub fn announced(word: &str) -> Option<Heredoc> {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let rest = word.get(digits..)?.strip_prefix("<<")?;
    let (chomp, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{c}']);
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let rules = Rules { escape: '\\', raw_quotes: false, raw_escapes: false, keep_unset: true };
    let plain = words(rest, rules).ok()?;
    let raw = words(rest, Rules { raw_quotes: true, ..rules }).ok()?;
    let ([name], [raw]) = (plain.as_slice(), raw.as_slice()) else { return None };
    let quotes = |text: &str| text.matches(['\'', '"']).count();
    Some(Heredoc {
        expand: quotes(name) == quotes(raw),
        name: name.clone(),
        descriptor: word.get(..digits)?.parse().unwrap_or_default(),
        chomp,
        body: Text::default(),
    })
}

/// The here-documents that an instruction's line announces. BuildKit reads the line with its own words, always with the
/// backslash; a line that it cannot split into words announces none.
pub(crate) fn of_line(line: &str) -> Vec<Heredoc> {
    if !line.contains("<<") {
        return Vec::new();
    }
    let rules = Rules { escape: '\\', raw_quotes: true, raw_escapes: true, keep_unset: true };
    words(line, rules).unwrap_or_default().iter().filter_map(|word| announced(word)).take(MOST).collect()
}

/// Reads the body of a here-document, and where its last line ends. The error is that its end is missing: then all the
/// rest of the file is its body, as it would be for BuildKit, which reads no further.
pub(crate) fn read_body(heredoc: &mut Heredoc, lines: &mut Lines<'_>, at: Span) -> (Option<usize>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut end = None;
    for line in lines.by_ref() {
        end = Some(line.span().end);
        if line.is_too_long() {
            problems.push(crate::parse::too_long(line.span()));
            continue;
        }
        let content = line.content();
        let candidate = if heredoc.chomp { content.trim_start_matches('\t') } else { content };
        if candidate == heredoc.name {
            return (end, problems);
        }
        let kept = if heredoc.chomp { line.raw.trim_start_matches('\t') } else { line.raw };
        heredoc.body.push(kept, line.start + (line.raw.len() - kept.len()));
    }
    problems
        .push(Problem { message: format!("the here-document `{}` does not end: no line is `{}`", heredoc.name, heredoc.name), span: at });
    (end, problems)
}
