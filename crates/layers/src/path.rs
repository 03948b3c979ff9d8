//! Names in a layer, brought to the one form that is used everywhere.

use std::fmt::Write as _;

/// Why a name is no path in the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadPath {
    /// It climbs out of the image's root with `..`.
    Escapes,
    /// It holds a NUL.
    Nul,
    /// It is longer than the limit.
    TooLong,
}

/// A stored name as a path in the image: no leading slash, no `.`, `..` or empty parts; the root is the empty path. Bytes
/// that are not UTF-8 are written `\xNN`.
pub(crate) fn clean(stored: &[u8], most_bytes: usize) -> Result<String, BadPath> {
    if stored.contains(&0) {
        return Err(BadPath::Nul);
    }
    if stored.len() > most_bytes {
        return Err(BadPath::TooLong);
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in stored.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop().ok_or(BadPath::Escapes)?;
            }
            _ => parts.push(part),
        }
    }
    let mut path = String::with_capacity(stored.len());
    for part in parts {
        if !path.is_empty() {
            path.push('/');
        }
        push_utf8(&mut path, part);
    }
    Ok(path)
}

/// A link's target as text, as stored; bytes that are not UTF-8 are written `\xNN`.
pub(crate) fn target(stored: &[u8]) -> String {
    let mut text = String::with_capacity(stored.len());
    push_utf8(&mut text, stored);
    text
}

fn push_utf8(into: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        into.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(into, "\\x{byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_paths() {
        for (stored, path) in [
            ("/etc//passwd", Ok("etc/passwd")),
            ("./a/./b/../c/", Ok("a/c")),
            ("", Ok("")),
            ("./", Ok("")),
            ("/", Ok("")),
            ("../x", Err(BadPath::Escapes)),
            ("a/../../x", Err(BadPath::Escapes)),
            ("a\0b", Err(BadPath::Nul)),
        ] {
            assert_eq!(clean(stored.as_bytes(), 4096).as_deref(), path.as_ref().map(|p| *p), "{stored:?}");
        }
        assert_eq!(clean(b"caf\xe9/x", 4096).unwrap(), "caf\\xe9/x");
        assert_eq!(clean(&vec![b'a'; 5000], 4096), Err(BadPath::TooLong));
    }
}
