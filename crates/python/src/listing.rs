//! Whether code asks for whatever modules there are.

use crate::token::Token;

/// Keywords after which a name is only looked at.
const BEFORE_USE: [&[u8]; 9] = [b"and", b"elif", b"if", b"in", b"is", b"not", b"or", b"return", b"while"];

fn before<'a, 'b>(tokens: &'b [Token<'a>], at: usize) -> Option<&'b Token<'a>> {
    at.checked_sub(1).and_then(|before| tokens.get(before))
}

/// Whether a function that lists modules is called without a package's own path, or handed on.
pub(crate) fn lists_anything(tokens: &[Token<'_>], at: usize) -> bool {
    match (before(tokens, at), tokens.get(at + 1)) {
        (Some(Token::Name(b"def")), _) => return false,
        (_, Some(Token::Sign(b'('))) => {}
        (before, _) => return before == Some(&Token::Sign(b'.')),
    }
    if let Some([Token::Sign(b'('), Token::Name(name), Token::Sign(b')')]) = tokens.get(at + 1..at + 4)
        && is_path_of_package(tokens, name)
    {
        return false;
    }
    let mut open = 0;
    for token in &tokens[at + 1..] {
        match token {
            Token::Sign(b'(') => open += 1,
            Token::Sign(b')') => open -= 1,
            Token::Name(b"__path__") => return false,
            _ => {}
        }
        if open == 0 {
            break;
        }
    }
    true
}

/// Whether a name is given nothing but the path of a package, wherever the text gives it something: `p = m.__path__`, and
/// `p = getattr(m, "__path__", …)` where the text asks whether it is none.
fn is_path_of_package(tokens: &[Token<'_>], name: &[u8]) -> bool {
    let (mut is_given, mut may_be_none, mut asks_for_none) = (false, false, false);
    // Brackets that are open in the head of a function, once it began.
    let mut head: Option<u32> = None;
    for (at, token) in tokens.iter().enumerate() {
        match (token, head) {
            (Token::Name(b"def" | b"lambda"), _) => head = Some(0),
            (Token::Sign(b'('), Some(open)) => head = Some(open + 1),
            (Token::Sign(b')'), Some(open)) => head = Some(open.saturating_sub(1)),
            (Token::Sign(b':'), Some(0)) => head = None,
            _ => {}
        }
        if *token != Token::Name(name) {
            continue;
        }
        let (before, after) = (before(tokens, at), &tokens[at + 1..]);
        let is_start = matches!(before, None | Some(Token::End | Token::Sign(b';' | b':')));
        match (before, after) {
            (Some(Token::Sign(b'.')), _) => {}
            _ if head.is_some() => return false,
            // A keyword of a call; or all that a call is given.
            (Some(Token::Sign(b'(' | b',')), [Token::Sign(b'='), ..]) | (Some(Token::Sign(b'(')), [Token::Sign(b')'), ..]) => {}
            (_, [Token::Sign(b'='), rest @ ..]) if is_start => {
                let end = rest.iter().position(|t| matches!(t, Token::End | Token::Sign(b';'))).unwrap_or(rest.len());
                match &rest[..end] {
                    [Token::Name(_), Token::Sign(b'.'), Token::Name(b"__path__")] => {}
                    [Token::Name(b"getattr"), Token::Sign(b'('), Token::Name(_), Token::Sign(b','), Token::Text(b"__path__"), ..] => {
                        may_be_none = true;
                    }
                    _ => return false,
                }
                is_given = true;
            }
            (Some(Token::Name(word)), [next, ..]) if BEFORE_USE.contains(word) => {
                asks_for_none |= *word == b"if" && *next == Token::Name(b"is") && after.get(1) == Some(&Token::Name(b"None"));
            }
            _ => return false,
        }
    }
    is_given && (asks_for_none || !may_be_none)
}
