#![doc = include_str!("../README.md")]

mod listing;
mod modules;
mod token;

use std::collections::BTreeSet;

use token::{Token, Tokens};

/// What a Python text names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The first names of the modules that import statements name (`os` of `import os.path`), sorted, each once. Relative imports stay
    /// within their package and are left out.
    pub imports: Vec<String>,
    /// The whole names of the modules that import statements may load, sorted, each once: `a.b` of `import a.b`, `a` and `a.b` of
    /// `from a import b`, for `b` may be a module; so too the text that a function that imports is given (`import_module("a.b")`). Relative
    /// ones keep their dots: `.`, `.b` and `..a.b`.
    pub modules: Vec<String>,
    /// The words of strings: runs of letters, digits, `_`, `-` and `.`, sorted, each once.
    pub words: Vec<String>,
    /// Whether it asks for modules without naming a package to look in: `pkgutil.iter_modules()`.
    pub enumerates: bool,
    /// Whether it names a function that loads modules by their names, runs text as code or starts programs.
    pub acts: bool,
    /// Whether it names the interpreter's own path (`sys.executable`), by which it may start another.
    pub starts_python: bool,
}

/// Functions of `pkgutil` that list modules.
const LISTING: [&[u8]; 2] = [b"iter_modules", b"walk_packages"];
/// Functions that import what they are given.
const IMPORTING: [&[u8]; 5] = [b"__import__", b"find_spec", b"import_module", b"load_module", b"run_module"];
/// Names that a text has to say to load a module by its name, to run text as code, or to start a program: of functions, and of the modules of the
/// library that have them (The Python Standard Library 3.14).
const ACTING: [&[u8]; 42] = [
    b"Popen",
    b"__import__",
    b"call",
    b"check_call",
    b"check_output",
    b"compile_command",
    b"create_subprocess_exec",
    b"create_subprocess_shell",
    b"eval",
    b"exec",
    b"exec_module",
    b"execfile",
    b"execl",
    b"execle",
    b"execlp",
    b"execlpe",
    b"execv",
    b"execve",
    b"execvp",
    b"execvpe",
    b"find_loader",
    b"find_module",
    b"find_spec",
    b"fork_exec",
    b"get_loader",
    b"getoutput",
    b"getstatusoutput",
    b"import_module",
    b"importlib",
    b"load_module",
    b"pkgutil",
    b"popen",
    b"posix_spawn",
    b"posix_spawnp",
    b"resolve_name",
    b"run_module",
    b"run_path",
    b"runpy",
    b"spawn",
    b"spawnv_passfds",
    b"subprocess",
    b"system",
];
/// Names of the path of the interpreter that runs.
const INTERPRETER: [&[u8]; 3] = [b"_base_executable", b"executable", b"get_executable"];

/// Reads what a text names. Any bytes are read; time and memory grow with them.
pub fn names(text: &[u8]) -> Names {
    let tokens: Vec<Token<'_>> = Tokens::new(text).collect();
    let (mut imports, mut words): (BTreeSet<&[u8]>, BTreeSet<&[u8]>) = Default::default();
    let mut modules: BTreeSet<Vec<u8>> = BTreeSet::new();
    let (mut enumerates, mut acts, mut starts_python) = (false, false, false);
    let (mut is_start, mut is_after_break) = (true, false);
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
            Token::Name(b"import") if is_start || is_after_break => {
                import(&tokens[at + 1..], &mut imports);
                modules::import(&tokens[at + 1..], &mut modules);
            }
            Token::Name(b"from") if is_start || is_after_break => {
                from(&tokens[at + 1..], &mut imports);
                modules::from(&tokens[at + 1..], &mut modules);
            }
            Token::Name(name) => {
                if LISTING.contains(name) {
                    enumerates |= listing::lists_anything(&tokens, at);
                }
                if IMPORTING.contains(name)
                    && let (Some(Token::Sign(b'(')), Some(Token::Text(text))) = (tokens.get(at + 1), tokens.get(at + 2))
                {
                    modules.insert(text.to_vec());
                }
                acts |= ACTING.contains(name);
                starts_python |= INTERPRETER.contains(name);
            }
            _ => {}
        }
        is_start = matches!(token, Token::End | Token::Sign(b';' | b':'));
        is_after_break = *token == Token::Break;
        at += 1;
    }
    let owned = |names: BTreeSet<&[u8]>| names.into_iter().map(|n| String::from_utf8_lossy(n).into_owned()).collect();
    let modules = modules.into_iter().map(|n| String::from_utf8_lossy(&n).into_owned()).collect();
    Names { imports: owned(imports), modules, words: owned(words), enumerates, acts, starts_python }
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
    fn whole_names_of_modules() {
        for (text, wanted) in [
            ("import os.path as p, sys\n", &["os.path", "sys"][..]),
            ("from a.b import (c,\n  d as e)\nimport f", &["a.b", "a.b.c", "a.b.d", "f"]),
            ("from . import x\nfrom .y import z\nfrom ... import w", &[".", "...", "...w", ".x", ".y", ".y.z"]),
            ("from a import *; import b", &["a", "b"]),
            ("x = __import__('a.b')\nimport_module(\"c\")\nrun_module(name)", &["a.b", "c"]),
            ("from a import b; from c import d", &["a", "a.b", "c", "c.d"]),
        ] {
            assert_eq!(names(text.as_bytes()).modules, wanted, "{text}");
        }
    }

    #[test]
    fn a_bracket_that_is_never_closed_hides_no_import() {
        // Python 3.12 on: quotes in the fields of formatted strings.
        assert_eq!(imports("x = f\"{d[\"(\"]}\"\nimport a\nif x:\n    from b import c\n"), ["a", "b"]);
        assert_eq!(names(b"x = f(\n    'w',\n    'v'\n)\n").words, ["v", "w"], "no documentation");
    }

    #[test]
    fn what_a_text_can_do() {
        for (text, acts, starts) in [
            ("import os\nx = 'exec'\n# subprocess", false, false),
            ("exec(x)", true, false),
            ("m = importlib.import_module(n)", true, false),
            ("import subprocess", true, false),
            ("run([sys.executable, '-m', 'pip'])", false, true),
        ] {
            let found = names(text.as_bytes());
            assert_eq!((found.acts, found.starts_python), (acts, starts), "{text}");
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
            ("p = getattr(m, '__path__', None)\nif p is None: raise E\nfor x in pkgutil.iter_modules(p): pass", false),
            ("p = m.__path__\nfor x in pkgutil.iter_modules(p): pass", false),
            ("p = getattr(m, '__path__', None)\nfor x in pkgutil.iter_modules(p): pass", true),
            ("def f(p):\n    p = m.__path__\n    pkgutil.iter_modules(p)", true),
            ("p = m.__path__\np = None\npkgutil.iter_modules(p)", true),
            ("p, q = x\np = m.__path__\npkgutil.iter_modules(p)", true),
            ("p = m.__path__ or None\npkgutil.iter_modules(p)", true),
            ("for p in x: pass\np = m.__path__\npkgutil.iter_modules(p)", true),
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
