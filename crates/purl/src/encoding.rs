use std::borrow::Cow;
use std::fmt::{self, Write};

/// A part of a package URL, percent-encoded. The specification leaves ASCII letters, digits, `-`, `.`, `_`, `~` and `:` as they are.
pub(crate) struct Encoded<'a>(pub(crate) &'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
        if self.0.bytes().all(is_plain) {
            return f.write_str(self.0);
        }
        for byte in self.0.bytes() {
            if is_plain(byte) {
                f.write_char(char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

/// The text that a percent-encoded one stands for; `None` where a `%` is followed by no two digits, or the bytes are not UTF-8.
pub fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digit = |at: usize| after.get(at).and_then(|b| char::from(*b).to_digit(16));
            bytes.push((digit(0)? << 4 | digit(1)?) as u8);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}
