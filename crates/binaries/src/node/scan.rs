//! Parts of a script's text, found without knowing where its strings and comments are.

/// The longest name that is looked at.
const LONGEST: usize = 512;

/// Part of a name of the language.
pub(super) fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}

/// Where names of the language begin and end.
pub(super) fn identifiers(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes.get(at..)?.iter().position(|b| is_part(*b))?;
        let end = bytes[start..].iter().position(|b| !is_part(*b)).map_or(bytes.len(), |n| start + n);
        at = end;
        Some((start, end))
    })
}

/// The place of the first byte from here on that is no space.
pub(super) fn next(bytes: &[u8], at: usize) -> usize {
    bytes[at.min(bytes.len())..].iter().position(|b| !b.is_ascii_whitespace()).map_or(bytes.len(), |n| at + n)
}

/// The name of the language that ends before this place, spaces between.
pub(super) fn before(bytes: &[u8], at: usize) -> &[u8] {
    let end = bytes[..at].iter().rposition(|b| !b.is_ascii_whitespace()).map_or(0, |n| n + 1);
    let start = bytes[..end].iter().rposition(|b| !is_part(*b)).map_or(0, |n| n + 1);
    &bytes[start..end]
}

/// The last byte before this place that is no space; 0 at the beginning.
pub(super) fn last(bytes: &[u8], at: usize) -> u8 {
    bytes[..at].iter().rev().find(|b| !b.is_ascii_whitespace()).copied().unwrap_or_default()
}

/// A string that is written out at this place, and where it ends: on one line, without escapes and without parts that are computed.
pub(super) fn literal(bytes: &[u8], at: usize) -> Option<(String, usize)> {
    let quote = *bytes.get(at).filter(|b| matches!(b, b'\'' | b'"' | b'`'))?;
    let rest = &bytes[at + 1..];
    let length = rest.iter().take(LONGEST).position(|b| *b == quote)?;
    let text = std::str::from_utf8(&rest[..length]).ok()?;
    let is_made = text.contains(['\\', '\n', '\r']) || quote == b'`' && text.contains("${");
    (!is_made).then(|| (text.to_owned(), at + 1 + length + 1))
}

/// Lines of one comment that are looked back over.
const MOST_COMMENT: usize = 300;
/// Bytes that are looked back over for a line's beginning: scripts made small have lines of megabytes, and no comments.
const LONGEST_LINE: usize = 4096;

/// What stands before a place on its line; none where the line is too long to be one that a person wrote.
pub(super) fn line_before(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let from = at.saturating_sub(LONGEST_LINE);
    let near = &bytes[from..at];
    match near.iter().rposition(|b| *b == b'\n') {
        Some(end) => Some(&near[end + 1..]),
        None => (from == 0).then_some(near),
    }
}

/// Whether a place is on a line that is a comment from its beginning: one behind `//`, or one of those below `/*` that all begin with a star. A line
/// with a star alone may be a product, or a generator's method.
pub(super) fn is_comment(bytes: &[u8], at: usize) -> bool {
    let mut end = at;
    for _ in 0..MOST_COMMENT {
        let Some(whole) = line_before(bytes, end) else { return false };
        let (start, line) = (end - whole.len(), whole.trim_ascii_start());
        if end == at && line.starts_with(b"//") {
            return true;
        }
        let is_ended = memchr::memmem::find(line, b"*/").is_some();
        if is_ended {
            return false;
        }
        if !line.starts_with(b"*") || start == 0 {
            return line.starts_with(b"/*");
        }
        end = start - 1;
    }
    false
}

/// What stands between a quotation mark and the next of its kind on the same line, whichever of them begins a string. In a script with texts over
/// several lines, lines without a mark count whole.
pub(super) fn strings(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let has_long = bytes.contains(&b'`');
    bytes.split(|b| *b == b'\n').flat_map(move |line| {
        let marks = memchr::memchr3_iter(b'\'', b'"', b'`', line);
        let whole = (has_long && memchr::memchr3(b'\'', b'"', b'`', line).is_none()).then_some(line);
        let marked = marks.map(move |at| {
            let rest = &line[at + 1..];
            &rest[..memchr::memchr(line[at], rest).unwrap_or(rest.len())]
        });
        marked.chain(whole)
    })
}

/// Words that could be names of packages: whole ones, and the parts that dots and slashes leave.
pub(super) fn words(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let is_inside = |b: &u8| is_part(*b) || matches!(b, b'.' | b'-' | b'/' | b'@' | b'~');
    bytes
        .split(move |b| !is_inside(b))
        .filter(|w| !w.is_empty() && w.len() <= LONGEST)
        .filter_map(|w| std::str::from_utf8(w).ok())
        .flat_map(|word| {
            let scoped = word.find('@').and_then(|at| {
                let mut slashes = word[at..].match_indices('/').map(|(i, _)| at + i);
                slashes.next()?;
                Some(&word[at..slashes.next().unwrap_or(word.len())])
            });
            let dots = word.split('/').flat_map(|part| part.match_indices('.').map(move |(i, _)| &part[i + 1..]).chain(part.split('.')));
            std::iter::once(word).chain(scoped).chain(word.split('/')).chain(dots)
        })
}
