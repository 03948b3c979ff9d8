#![doc = include_str!("../README.md")]

mod token;

use std::collections::BTreeSet;

use token::{Token, Tokens};

/// What a Python text names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The first names of the modules that import statements name (`os` of `import os.path`), sorted, each once. Relative imports stay
    /// within their package and are left out.
    pub imports: Vec<String>,
    /// The words of strings: runs of letters, digits, `_`, `-` and `.`, sorted, each once.
    pub words: Vec<String>,
    /// Whether it asks for modules without naming a package to look in: `pkgutil.iter_modules()`.
    pub enumerates: bool,
}

/// Functions of `pkgutil` that list modules.
const LISTING: [&[u8]; 2] = [b"iter_modules", b"walk_packages"];

/// Reads what a text names. Any bytes are read; time and memory grow with them.
pub fn names(text: &[u8]) -> Names {
    let tokens: Vec<Token<'_>> = Tokens::new(text).collect();
    let (mut imports, mut words): (BTreeSet<&[u8]>, BTreeSet<&[u8]>) = Default::default();
    let mut enumerates = false;
    let mut is_start = true;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            Token::Text(_) if is_start => {
                // Strings alone are documentation.
                let run = tokens[at..].iter().take_while(|t| matches!(t, Token::Text(_))).count();
                if !matches!(tokens.get(at + run), None | Some(Token::End | Token::Sign(b';'))) {
                    tokens[at..at + run].iter().for_each(|t| take_words(*t, &mut words));
                }
                at += run;
                is_start = false;
                continue;
            }
            Token::Text(_) => take_words(*token, &mut words),
            Token::Name(b"import") if is_start => import(&tokens[at + 1..], &mut imports),
            Token::Name(b"from") if is_start => from(&tokens[at + 1..], &mut imports),
            Token::Name(name) if LISTING.contains(name) => enumerates |= lists_anything(&tokens, at),
            _ => {}
        }
        is_start = matches!(token, Token::End | Token::Sign(b';' | b':'));
        at += 1;
    }
    let owned = |names: BTreeSet<&[u8]>| names.into_iter().map(|n| String::from_utf8_lossy(n).into_owned()).collect();
    Names { imports: owned(imports), words: owned(words), enumerates }
}

/// The words of bytes that are no Python text, such as a compiled module's: as those of [`Names::words`].
pub fn words(bytes: &[u8]) -> Vec<String> {
    let mut words = BTreeSet::new();
    take_words(Token::Text(bytes), &mut words);
    words.into_iter().map(|n| String::from_utf8_lossy(n).into_owned()).collect()
}

fn take_words<'a>(token: Token<'a>, words: &mut BTreeSet<&'a [u8]>) {
    let Token::Text(text) = token else { return };
    let is_edge = |b: &u8| matches!(b, b'.' | b'-');
    for run in text.split(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'_' | b'-' | b'.')) {
        let start = run.iter().position(|b| !is_edge(b)).unwrap_or(run.len());
        let end = run.iter().rposition(|b| !is_edge(b)).map_or(start, |at| at + 1);
        if start < end {
            words.insert(&run[start..end]);
        }
    }
}

/// `import a.b as c, d`.
fn import<'a>(tokens: &[Token<'a>], imports: &mut BTreeSet<&'a [u8]>) {
    let mut is_first = true;
    for token in tokens.iter().take_while(|t| !matches!(t, Token::End | Token::Sign(b';'))) {
        match token {
            Token::Name(name) if is_first => {
                imports.insert(name);
                is_first = false;
            }
            Token::Sign(b',') => is_first = true,
            _ => {}
        }
    }
}

/// `from a.b import c`; none of `from . import c`.
fn from<'a>(tokens: &[Token<'a>], imports: &mut BTreeSet<&'a [u8]>) {
    if let Some(Token::Name(name)) = tokens.first() {
        imports.insert(name);
    }
}

fn before<'a, 'b>(tokens: &'b [Token<'a>], at: usize) -> Option<&'b Token<'a>> {
    at.checked_sub(1).and_then(|before| tokens.get(before))
}

/// Whether a function that lists modules is called without a package's own path, or handed on.
fn lists_anything(tokens: &[Token<'_>], at: usize) -> bool {
    match (before(tokens, at), tokens.get(at + 1)) {
        (Some(Token::Name(b"def")), _) => return false,
        (_, Some(Token::Sign(b'('))) => {}
        (before, _) => return before == Some(&Token::Sign(b'.')),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn imports(text: &str) -> Vec<String> {
        names(text.as_bytes()).imports
    }

    #[test]
    fn import_statements() {
        for (text, wanted) in [
            ("import os", &["os"][..]),
            ("import os.path as p, sys\n", &["os", "sys"]),
            ("from a.b import (c,\n  d as e)\nimport f", &["a", "f"]),
            ("from . import x\nfrom .y import z\nfrom ... import w", &[]),
            ("try: import json\nexcept ImportError: json = None", &["json"]),
            ("if True:\n\timport a; import b", &["a", "b"]),
            ("import \\\n  c", &["c"]),
            ("import \\\r\n  c\r\n", &["c"]),
            ("# import a\nx = 'import b'\n\"\"\"\nimport c\n\"\"\"\n", &[]),
            ("raise E from error\nyield from things", &[]),
            ("x = '\\\\'; import d", &["d"]),
            ("x = '''it's'''; import e", &["e"]),
            ("x = 'never closed\nimport f", &["f"]),
            ("d = {'a': 1,\n 'import': 2}\nimport g", &["g"]),
            ("import été", &["été"]),
        ] {
            assert_eq!(imports(text), wanted, "{text}");
        }
    }

    #[test]
    fn words_of_strings() {
        for (text, wanted) in [
            ("load('django.conf')", &["django.conf"][..]),
            ("'''documentation of django'''\nx = 1", &[]),
            ("def f():\n    \"is 'lxml'\"\n    'b'; return 'c'", &["c"]),
            ("'a' 'b'.join(x)", &["a", "b"]),
            ("run(['python', '-m', f\"pip {x}\"])", &["m", "pip", "python", "x"]),
            ("x = b'...' + '--long-option' # 'no'", &["long-option"]),
            ("x = {'key': \"value\"}", &["key", "value"]),
            ("x = \"a\\\"b\"", &["a", "b"]),
        ] {
            assert_eq!(names(text.as_bytes()).words, wanted, "{text}");
        }
        assert_eq!(words(b"\0\x03django.db\0lxml\xff"), ["django.db", "lxml"]);
    }

    #[test]
    fn who_lists_modules_without_a_package() {
        for (text, wanted) in [
            ("for m in pkgutil.iter_modules(): pass", true),
            ("pkgutil.walk_packages(None, 'x')", true),
            ("pkgutil.iter_modules(paths)", true),
            ("pkgutil.iter_modules([os.path.join(x), (y)])", true),
            ("pkgutil.iter_modules(__path__)", false),
            ("pkgutil.walk_packages(package.__path__, 'x.')", false),
            ("def iter_modules(self): pass", false),
            ("from pkgutil import iter_modules", false),
            ("from pkgutil import a, iter_modules", false),
            ("f = pkgutil.iter_modules", true),
            ("f(a, walk_packages(b))", true),
            ("'iter_modules()'", false),
        ] {
            assert_eq!(names(text.as_bytes()).enumerates, wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = names(&bytes);
        }

        // But for brackets, quotes and backslashes, which hold the line.
        #[test]
        fn whatever_stands_before_a_line_of_its_own(before in "[ !#-&)*-Z^-z|}~]{0,40}") {
            let text = before + "\nimport wanted\n";
            let found = imports(&text);
            prop_assert!(found.iter().any(|n| n == "wanted"), "{}", text);
        }
    }
}
