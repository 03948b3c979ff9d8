//! The JSON of the exec form, by the rules of Go's `encoding/json`.

use std::ops::Range;

/// What an argument that may be a JSON array is.
pub(crate) enum Array {
    /// An array of strings, each with its bytes in the text, quotes included.
    Strings(Vec<(String, Range<usize>)>),
    /// An array that holds something else.
    Mixed,
    /// Anything else: the shell form.
    Not,
}

/// How deep values may nest; Go's limit.
const MOST_DEPTH: usize = 10_000;

/// Reads a text that has to be one JSON array and nothing more.
pub(crate) fn array(text: &str) -> Array {
    let mut reader = Reader { text, at: 0 };
    reader.blanks();
    if reader.peek() != Some(b'[') {
        return Array::Not;
    }
    match reader.elements() {
        Some((strings, mixed)) => {
            reader.blanks();
            match (reader.peek(), mixed) {
                (Some(_), _) => Array::Not,
                (None, true) => Array::Mixed,
                (None, false) => Array::Strings(strings),
            }
        }
        None => Array::Not,
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

type Elements = (Vec<(String, Range<usize>)>, bool);

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    /// The elements of the outermost array, and whether one of them is no string.
    fn elements(&mut self) -> Option<Elements> {
        self.take(b'[')?;
        let (mut strings, mut mixed) = (Vec::new(), false);
        self.blanks();
        if self.take(b']').is_some() {
            return Some((strings, mixed));
        }
        loop {
            self.blanks();
            let start = self.at;
            if self.peek() == Some(b'"') {
                let text = self.string()?;
                strings.push((text, start..self.at));
            } else {
                self.value()?;
                mixed = true;
            }
            self.blanks();
            if self.take(b',').is_none() {
                self.take(b']')?;
                return Some((strings, mixed));
            }
        }
    }

    /// Passes over a value of any kind, without recursion.
    fn value(&mut self) -> Option<()> {
        // Each open bracket: true for an object.
        let mut open: Vec<bool> = Vec::new();
        loop {
            self.blanks();
            match self.peek()? {
                b'[' => {
                    self.at += 1;
                    self.blanks();
                    if self.take(b']').is_none() {
                        open.push(false);
                        if open.len() >= MOST_DEPTH {
                            return None;
                        }
                        continue;
                    }
                }
                b'{' => {
                    self.at += 1;
                    self.blanks();
                    if self.take(b'}').is_none() {
                        open.push(true);
                        if open.len() >= MOST_DEPTH {
                            return None;
                        }
                        self.key()?;
                        continue;
                    }
                }
                b'"' => self.string().map(|_| ())?,
                b'-' | b'0'..=b'9' => self.number()?,
                _ => self.word()?,
            }
            loop {
                let Some(object) = open.last().copied() else { return Some(()) };
                self.blanks();
                if self.take(b',').is_some() {
                    if object {
                        self.blanks();
                        self.key()?;
                    }
                    break;
                }
                self.take(if object { b'}' } else { b']' })?;
                open.pop();
            }
        }
    }

    fn key(&mut self) -> Option<()> {
        self.string()?;
        self.blanks();
        self.take(b':')
    }

    fn word(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        let word = ["true", "false", "null"].into_iter().find(|w| rest.starts_with(w))?;
        self.at += word.len();
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        let _ = self.take(b'-');
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut out = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|b| b >= 0x20 && b != b'"' && b != b'\\') {
                self.at += 1;
            }
            out.push_str(self.text.get(start..self.at)?);
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(out);
                }
                b'\\' => {
                    self.at += 1;
                    let escape = self.peek()?;
                    self.at += 1;
                    out.push(match escape {
                        b'"' | b'\\' | b'/' => char::from(escape),
                        b'b' => '\u{8}',
                        b'f' => '\u{c}',
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        b'u' => self.unicode()?,
                        _ => return None,
                    });
                }
                _ => return None,
            }
        }
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let value = digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())??;
        self.at += 4;
        Some(value)
    }

    /// A lone half of a surrogate pair becomes the replacement character, as in Go.
    fn unicode(&mut self) -> Option<char> {
        let high = self.hex()?;
        if let Some(c) = char::from_u32(high) {
            return Some(c);
        }
        let back = self.at;
        if (0xd800..0xdc00).contains(&high) && self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
            self.at += 2;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                return char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            }
            self.at = back;
        }
        Some(char::REPLACEMENT_CHARACTER)
    }
}
