//! What a package's records say of its licence, brought to an SPDX licence expression (SPDX 2.3, annex D) with the identifiers of the SPDX
//! licence list. What is not understood is kept under a reference of its own, never dropped and never guessed.

mod gnu;
mod names;
mod policy;
mod text;

use std::fmt::Write as _;

pub use policy::{Policy, Ruling};
pub use text::recognise;

/// What records say, as an expression.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Licence {
    /// The expression; `None` where nothing is said.
    pub expression: Option<String>,
    /// Each reference in it (`LicenseRef-…`), and the words that it stands for.
    pub references: Vec<(String, String)>,
}

/// The longest record that is taken apart; a longer one is a text and no name.
const MOST: usize = 4096;
const MOST_DEPTH: usize = 32;

/// The expression of what records say; each of several holds.
pub fn expression<'a>(said: impl IntoIterator<Item = &'a str>) -> Licence {
    let mut parts: Vec<Node> = Vec::new();
    for one in said.into_iter().map(str::trim).filter(|s| !s.is_empty()) {
        let node = read(one);
        if !parts.contains(&node) {
            parts.push(node);
        }
    }
    let mut licence = Licence::default();
    let Some(whole) = Node::join(parts, Operator::And) else { return licence };
    let mut text = String::new();
    whole.write(&mut text, None, &mut licence.references);
    // What does not parse now is a fault of ours, and must not reach a document.
    licence.expression = spdx::Expression::parse(&text).is_ok().then_some(text);
    licence.references.sort();
    licence.references.dedup();
    licence
}

/// Whether a text is an SPDX expression as it stands.
pub fn is_expression(text: &str) -> bool {
    text.len() <= MOST && spdx::Expression::parse(text).is_ok()
}

/// The identifiers and references that an expression names.
pub fn identifiers(expression: &str) -> Vec<String> {
    let Ok(parsed) = spdx::Expression::parse(expression) else { return Vec::new() };
    let mut found: Vec<String> = parsed.requirements().map(|r| r.req.license.to_string()).collect();
    found.sort();
    found.dedup();
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    And,
    Or,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    /// An identifier of the list, with its exception where it has one.
    Known(String),
    /// Words that are not understood.
    Words(String),
    Joined(Operator, Vec<Node>),
}

impl Node {
    fn join(mut nodes: Vec<Self>, operator: Operator) -> Option<Self> {
        if nodes.len() < 2 { nodes.pop() } else { Some(Self::Joined(operator, nodes)) }
    }

    fn write(&self, text: &mut String, inside: Option<Operator>, references: &mut Vec<(String, String)>) {
        match self {
            Self::Known(id) => text.push_str(id),
            Self::Words(words) => {
                let reference = reference(words);
                text.push_str(&reference);
                references.push((reference, words.clone()));
            }
            Self::Joined(operator, nodes) => {
                let closed = inside.is_some_and(|i| i != *operator);
                if closed {
                    text.push('(');
                }
                for (i, node) in nodes.iter().enumerate() {
                    if i > 0 {
                        text.push_str(if *operator == Operator::And { " AND " } else { " OR " });
                    }
                    node.write(text, Some(*operator), references);
                }
                if closed {
                    text.push(')');
                }
            }
        }
    }
}

/// `LicenseRef-` and the words, as far as the characters of a reference go; long ones end in a number made of all of them.
fn reference(words: &str) -> String {
    const SHOWN: usize = 48;
    let mut name: String = words.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    while name.contains("--") {
        name = name.replace("--", "-");
    }
    let shown = name.trim_matches('-');
    let mut reference = format!("LicenseRef-{}", shown.get(..SHOWN).unwrap_or(shown).trim_matches('-'));
    if shown.len() > SHOWN || shown.is_empty() {
        // FNV-1a: short, and the same everywhere.
        let sum = words.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        let _ = write!(reference, "{}{:08x}", if shown.is_empty() { "x" } else { "-" }, sum >> 32);
    }
    reference
}

fn read(said: &str) -> Node {
    if said.len() > MOST {
        return recognise(said).map_or_else(|| Node::Words(said.chars().take(MOST).collect()), |id| Node::Known(id.to_owned()));
    }
    // A classifier of Python: the last part is the name.
    let said = if said.starts_with("License ::") { said.rsplit("::").next().unwrap_or(said) } else { said };
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(id) = names::lookup(&said) {
        return Node::Known(id);
    }
    // What stands between an address' slashes are no alternatives.
    if said.contains("://") && !said.contains(' ') {
        return Node::Words(said);
    }
    // `or later` belongs to the name before it.
    let tidy = ["or later", "or newer", "or any later version", "or (at your option) any later version"]
        .iter()
        .fold(said.clone(), |text, words| text.replace(&format!(" {words}"), "+"));
    let tokens = tokens(&tidy);
    let mut reader = Reader { tokens: &tokens, at: 0 };
    match reader.alternatives(0) {
        Some(node) if reader.at == tokens.len() => node,
        _ => Node::Words(said),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    With,
    Words(String),
}

fn tokens(text: &str) -> Vec<Token> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ").replace(['/', '|'], " or ").replace([',', ';', '&'], " and ");
    let mut found: Vec<Token> = Vec::new();
    for word in spaced.split_whitespace() {
        let token = match word {
            "(" => Token::Open,
            ")" => Token::Close,
            w if w.eq_ignore_ascii_case("and") => Token::And,
            w if w.eq_ignore_ascii_case("or") => Token::Or,
            w if w.eq_ignore_ascii_case("with") => Token::With,
            w => Token::Words(w.to_owned()),
        };
        match (found.last_mut(), token) {
            (Some(Token::Words(before)), Token::Words(word)) => {
                before.push(' ');
                before.push_str(&word);
            }
            // `a, and b`
            (Some(last @ (Token::And | Token::Or)), token @ (Token::And | Token::Or)) => *last = token,
            (_, token) => found.push(token),
        }
    }
    found
}

/// Reads an expression; AND binds more tightly than OR.
struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, token: &Token) -> bool {
        let is = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(is);
        is
    }

    fn alternatives(&mut self, depth: usize) -> Option<Node> {
        let mut nodes = vec![self.together(depth)?];
        while self.take(&Token::Or) {
            nodes.push(self.together(depth)?);
        }
        Node::join(nodes, Operator::Or)
    }

    fn together(&mut self, depth: usize) -> Option<Node> {
        let mut nodes = vec![self.one(depth)?];
        while self.take(&Token::And) {
            nodes.push(self.one(depth)?);
        }
        Node::join(nodes, Operator::And)
    }

    fn one(&mut self, depth: usize) -> Option<Node> {
        if self.take(&Token::Open) {
            if depth >= MOST_DEPTH {
                return None;
            }
            let node = self.alternatives(depth + 1)?;
            return self.take(&Token::Close).then_some(node);
        }
        let Some(Token::Words(words)) = self.tokens.get(self.at) else { return None };
        self.at += 1;
        if self.take(&Token::With) {
            let Some(Token::Words(exception)) = self.tokens.get(self.at) else { return None };
            self.at += 1;
            return Some(match (names::lookup(words), names::exception(exception)) {
                (Some(id), Some(exception)) => Node::Known(format!("{id} WITH {exception}")),
                _ => Node::Words(format!("{words} with {exception}")),
            });
        }
        Some(name(words))
    }
}

/// A name; or several without a word between them, as older records of Alpine have.
fn name(words: &str) -> Node {
    if let Some(id) = names::lookup(words) {
        return Node::Known(id);
    }
    let each: Option<Vec<Node>> = words.split(' ').map(|w| names::lookup(w).map(Node::Known)).collect();
    each.and_then(|nodes| Node::join(nodes, Operator::And)).unwrap_or_else(|| Node::Words(words.to_owned()))
}

#[cfg(test)]
mod tests;
