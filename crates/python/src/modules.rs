//! The whole names of what import statements load.

use std::collections::BTreeSet;

use crate::token::Token;

/// Parts of one name that are kept, dots among them.
const MOST_PARTS: usize = 64;

/// `import a.b as c, d`.
pub(crate) fn import(tokens: &[Token<'_>], modules: &mut BTreeSet<Vec<u8>>) {
    let mut rest = tokens;
    while let Some((name, after)) = dotted(rest) {
        modules.insert(name);
        // What it is called here, up to the next.
        let end = after.iter().position(|t| matches!(t, Token::End | Token::Sign(b';' | b','))).unwrap_or(after.len());
        match after.get(end) {
            Some(Token::Sign(b',')) => rest = &after[end + 1..],
            _ => return,
        }
    }
}

/// `from a.b import c, d`; `from . import c`; `from ..a import (b as c)`. What is imported may be a module.
pub(crate) fn from(tokens: &[Token<'_>], modules: &mut BTreeSet<Vec<u8>>) {
    let Some((base, after)) = dotted(tokens) else { return };
    modules.insert(base.clone());
    let Some((Token::Name(b"import"), after)) = after.split_first() else { return };
    let mut is_name = true;
    for token in after.iter().take_while(|t| !matches!(t, Token::End | Token::Sign(b';'))) {
        match token {
            Token::Name(name) if is_name => {
                let dot: &[u8] = if base.ends_with(b".") { b"" } else { b"." };
                modules.insert([base.as_slice(), dot, name].concat());
                is_name = false;
            }
            Token::Sign(b',') => is_name = true,
            _ => {}
        }
    }
}

/// A name with its dots, and what follows it.
fn dotted<'a, 'b>(tokens: &'b [Token<'a>]) -> Option<(Vec<u8>, &'b [Token<'a>])> {
    let mut name: Vec<u8> = Vec::new();
    let mut rest = tokens;
    for _ in 0..MOST_PARTS {
        match rest.split_first() {
            Some((Token::Sign(b'.'), after)) => {
                name.push(b'.');
                rest = after;
            }
            Some((Token::Name(part), after)) if name.last().is_none_or(|b| *b == b'.') && *part != b"import" => {
                name.extend_from_slice(part);
                rest = after;
            }
            _ => break,
        }
    }
    (!name.is_empty()).then_some((name, rest))
}
