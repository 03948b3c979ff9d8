//! Tokens of a Python text (The Python Language Reference 3.14, section 2), as far as names need them.

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A name or keyword, or a number.
    Name(&'a [u8]),
    /// What stands between the quotes of a string.
    Text(&'a [u8]),
    /// A character of an operator or delimiter.
    Sign(u8),
    /// The end of a logical line.
    End,
    /// The end of a line within brackets. No statement starts after it, unless a bracket that seems open is not: quotes in the replacement
    /// fields of a formatted string are not taken apart.
    Break,
}

/// Splits a text into tokens.
pub(crate) struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
    /// Brackets that are open: a line goes on within them.
    open: u32,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, open: 0 }
    }

    fn name(&mut self) -> Token<'a> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|b| is_of_name(*b)) {
            self.at += 1;
        }
        let name = &self.text[start..self.at];
        let is_prefix = name.len() <= 2 && name.iter().all(|b| b"rRbBuUfFtT".contains(b));
        match self.text.get(self.at) {
            Some(quote @ (b'"' | b'\'')) if is_prefix => self.string(*quote),
            _ => Token::Name(name),
        }
    }

    /// A string, from its first quote. One in single quotes ends with its line where nothing closes it.
    fn string(&mut self, quote: u8) -> Token<'a> {
        let is_long = self.text[self.at..].starts_with(&[quote; 3]);
        self.at += if is_long { 3 } else { 1 };
        let start = self.at;
        while let Some(byte) = self.text.get(self.at) {
            match byte {
                b'\\' => self.at += 1,
                b'\n' if !is_long => break,
                b if *b == quote && !is_long => break,
                b if *b == quote && self.text[self.at..].starts_with(&[quote; 3]) => break,
                _ => {}
            }
            self.at += 1;
        }
        let end = self.at.min(self.text.len());
        let is_closed = self.text.get(end) == Some(&quote);
        self.at = end
            + if !is_closed {
                0
            } else if is_long {
                3
            } else {
                1
            };
        Token::Text(&self.text[start..end])
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let byte = *self.text.get(self.at)?;
            match byte {
                b'\n' => {
                    self.at += 1;
                    return Some(if self.open == 0 { Token::End } else { Token::Break });
                }
                // A line that goes on.
                b'\\' => self.at += if self.text[self.at..].starts_with(b"\\\r\n") { 3 } else { 2 },
                b'#' => self.at = memchr::memchr(b'\n', &self.text[self.at..]).map_or(self.text.len(), |to| self.at + to),
                b'"' | b'\'' => return Some(self.string(byte)),
                b if is_of_name(b) => return Some(self.name()),
                b if b.is_ascii_whitespace() || b == 0x0c => self.at += 1,
                _ => {
                    self.at += 1;
                    match byte {
                        b'(' | b'[' | b'{' => self.open += 1,
                        b')' | b']' | b'}' => self.open = self.open.saturating_sub(1),
                        _ => {}
                    }
                    return Some(Token::Sign(byte));
                }
            }
        }
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
