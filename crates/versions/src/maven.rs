//! Apache Maven's version order specification (POM reference, "Version Order Specification").

use std::cmp::Ordering;

use crate::runs::{is_number, numbers};

/// A token with what stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    /// Whether a dash, or a change between digits and letters, stands before it.
    dash: bool,
    text: String,
}

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (tokens(a), tokens(b));
    for n in 0..a.len().max(b.len()) {
        let order = match (a.get(n), b.get(n)) {
            (Some(x), Some(y)) => token(x, y),
            (Some(x), None) => token(x, &padding(x)),
            (None, Some(y)) => token(&padding(y), y),
            (None, None) => Ordering::Equal,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// What stands for a token that is not there.
fn padding(beside: &Token) -> Token {
    let text = if is_number(&beside.text) { "0" } else { "" };
    Token { dash: beside.dash, text: text.to_owned() }
}

fn token(a: &Token, b: &Token) -> Ordering {
    // Qualifiers before numbers; among equals what a dot leads to comes before what a dash does for qualifiers, behind it for numbers. The
    // specification puts the separator before the qualifier's own place, by which `1` < `1.x` < `1-alpha` < `1`; here it comes behind it, so
    // that the order is one.
    match (is_number(&a.text), is_number(&b.text)) {
        (true, true) => b.dash.cmp(&a.dash).then_with(|| numbers(&a.text, &b.text)),
        (false, false) => {
            let ((x, name_x), (y, name_y)) = (qualifier(&a.text), qualifier(&b.text));
            x.cmp(&y).then_with(|| a.dash.cmp(&b.dash)).then_with(|| name_x.cmp(name_y))
        }
        (is_number, _) => is_number.cmp(&!is_number),
    }
}

/// The known qualifiers in their order, then the others in that of their letters.
fn qualifier(text: &str) -> (u8, &str) {
    match text {
        "alpha" => (0, ""),
        "beta" => (1, ""),
        "milestone" => (2, ""),
        "rc" | "cr" => (3, ""),
        "snapshot" => (4, ""),
        "" | "final" | "ga" | "release" => (5, ""),
        "sp" => (6, ""),
        other => (7, other),
    }
}

fn tokens(version: &str) -> Vec<Token> {
    let version = version.to_lowercase();
    let mut tokens: Vec<Token> = Vec::new();
    let mut text = String::new();
    let mut dash = false;
    let mut push = |text: &mut String, dash: bool, before_digit: bool| {
        let mut text = std::mem::take(text);
        if before_digit {
            text = match text.as_str() {
                "a" => "alpha".to_owned(),
                "b" => "beta".to_owned(),
                "m" => "milestone".to_owned(),
                _ => text,
            };
        }
        if text.is_empty() {
            text.push('0');
        }
        tokens.push(Token { dash, text });
    };
    for c in version.chars() {
        match c {
            '.' | '-' => {
                push(&mut text, dash, false);
                dash = c == '-';
            }
            c => {
                let changes = text.chars().next_back().is_some_and(|last| last.is_ascii_digit() != c.is_ascii_digit());
                if changes {
                    push(&mut text, dash, c.is_ascii_digit());
                    dash = true;
                }
                text.push(c);
            }
        }
    }
    push(&mut text, dash, false);
    trim(&mut tokens);
    tokens
}

/// Takes away the null values (0, "", final, ga, release) at the end, and before each dash.
fn trim(tokens: &mut Vec<Token>) {
    let is_null = |t: &Token| t.text.bytes().all(|b| b == b'0') || qualifier(&t.text).0 == 5;
    let mut n = tokens.len();
    while n > 0 {
        // The token before `n` is at the end, or a dash follows it.
        let at_end = n == tokens.len() || tokens[n].dash;
        if at_end && n > 1 && is_null(&tokens[n - 1]) {
            tokens.remove(n - 1);
        }
        n -= 1;
    }
}
