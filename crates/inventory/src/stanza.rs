//! Stanzas of `Key: value` lines with continuation lines (deb822(5)), as dpkg's databases and Python's metadata have them.

/// The fields of one stanza, in order. Continuation lines are part of the value, line feeds kept.
pub(crate) struct Stanza {
    fields: Vec<(String, String)>,
}

/// The longest value kept; dpkg's own `Conffiles` and `Description` stay far below.
const MOST_VALUE: usize = 64 << 10;

impl Stanza {
    /// The first field of this name; names do not depend on case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Every field of this name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// The stanzas of a text, separated by empty lines. Lines that are neither fields nor continuations are passed over. Bytes
/// that are not UTF-8 are replaced.
pub(crate) fn stanzas(bytes: &[u8]) -> impl Iterator<Item = Stanza> {
    let mut lines = bytes.split(|&b| b == b'\n').peekable();
    std::iter::from_fn(move || {
        let mut fields: Vec<(String, String)> = Vec::new();
        while lines.peek().is_some() {
            let Some(line) = lines.next() else { break };
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.iter().all(u8::is_ascii_whitespace) {
                if fields.is_empty() {
                    continue;
                }
                break;
            }
            if line[0] == b' ' || line[0] == b'\t' {
                if let Some((_, value)) = fields.last_mut()
                    && value.len() < MOST_VALUE
                {
                    value.push('\n');
                    value.push_str(&String::from_utf8_lossy(&line[1..line.len().min(MOST_VALUE)]));
                }
            } else if let Some(colon) = line.iter().position(|&b| b == b':') {
                let value = &line[colon + 1..];
                let value = String::from_utf8_lossy(&value[..value.len().min(MOST_VALUE)]);
                fields.push((String::from_utf8_lossy(&line[..colon]).trim().to_owned(), value.trim().to_owned()));
            }
        }
        (!fields.is_empty()).then_some(Stanza { fields })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_continuations_and_separators() {
        let all: Vec<_> = stanzas(b"\nA: 1\nB: x\n y\n\tz\nnonsense\n\r\n\na:2\r\n").collect();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].get("b"), Some("x\ny\nz"));
        assert_eq!(all[1].get("A"), Some("2"));
        assert_eq!(stanzas(b"\n\n \n").count(), 0);
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert!(stanzas(&bytes).count() <= bytes.len());
        }
    }
}
