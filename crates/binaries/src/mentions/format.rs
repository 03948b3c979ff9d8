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

    /// Whether a name may come of it. Each text ends where what follows it is first found, the last one at the name's end.
    pub(super) fn fit(parts: &[Self], name: &[u8]) -> bool {
        match parts {
            [] => name.is_empty(),
            [Self::Literal(text), rest @ ..] => name.strip_prefix(text.as_slice()).is_some_and(|name| Self::fit(rest, name)),
            [Self::Number, rest @ ..] => {
                let digits = name.iter().take_while(|b| b.is_ascii_hexdigit()).count();
                (1..=digits).any(|n| Self::fit(rest, &name[n..]))
            }
            [Self::Text] => true,
            [Self::Text, Self::Literal(text)] => name.ends_with(text),
            [Self::Text, rest @ ..] => (0..=name.len().min(64)).any(|n| Self::fit(rest, &name[n..])),
        }
    }
}
