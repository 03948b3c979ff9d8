//! Formats of printf(3), and the names that may come of them.

use super::LEAST_BEGINNING;

/// A part of a format.
pub(super) enum Part {
    Literal(Vec<u8>),
    Number,
    Text,
}

impl Part {
    /// The parts of a format; none where it says too little: `%d.%d.%d` makes versions and addresses, and `lib%s` is but the beginning of every
    /// library's name.
    pub(super) fn of(pattern: &[u8]) -> Option<Vec<Self>> {
        let mut pieces = pattern.split(|b| *b == b'%');
        let first = pieces.next().unwrap_or_default();
        let mut parts = vec![Self::Literal(first.to_vec())];
        for piece in pieces.take(8) {
            let flags = piece.iter().take_while(|b| b.is_ascii_digit() || b".-+#lhzjt".contains(b)).count();
            parts.push(if piece.get(flags).is_some_and(|b| b"diuxXo".contains(b)) { Self::Number } else { Self::Text });
            parts.push(Self::Literal(piece.get(flags + 1..).unwrap_or_default().to_vec()));
        }
        let literal: Vec<u8> = parts.iter().flat_map(|p| if let Self::Literal(text) = p { text.clone() } else { Vec::new() }).collect();
        let says = literal.iter().filter(|b| b.is_ascii_alphanumeric()).count();
        (says >= LEAST_BEGINNING && literal != b"lib").then_some(parts)
    }

    /// Whether a name may come of it. Takes time by the length of the name and of the parts, whatever they are.
    pub(super) fn fit(parts: &[Self], name: &[u8]) -> bool {
        if let [.., Self::Literal(last)] = parts
            && !name.ends_with(last)
        {
            return false;
        }
        // Where in the name the parts so far may end.
        let mut ends = vec![false; name.len() + 1];
        ends[0] = true;
        for part in parts {
            let mut next = vec![false; name.len() + 1];
            match part {
                Self::Literal(text) => {
                    for at in 0..=name.len().saturating_sub(text.len()) {
                        if ends[at] && name[at..].starts_with(text) {
                            next[at + text.len()] = true;
                        }
                    }
                }
                Self::Number => {
                    for at in 0..name.len() {
                        next[at + 1] = (ends[at] || next[at]) && name[at].is_ascii_hexdigit();
                    }
                }
                Self::Text => {
                    let mut may = false;
                    for (end, next) in ends.iter().zip(&mut next) {
                        may |= *end;
                        *next = may;
                    }
                }
            }
            ends = next;
        }
        ends[name.len()]
    }
}
