//! Values assigned to names such as `password`, where neither the value nor the file tells what it opens.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::hit::{Hit, Rank};
use crate::kind::{CONFIG_PASSWORD, ENV_SECRET, GENERIC_SECRET};
use crate::scan::Subject;
use crate::text::{entropy, is_placeholder};

static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    compiled_assignment(
        r"passw(?:or)?d|passphrase|pwd|_pass|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|auth[_.-]?key|encryption[_.-]?key|credentials?",
    )
});

fn compiled_assignment(words: &str) -> Regex {
    crate::scan::compiled(&format!(
        r#"(?i)(?:^|[\s"'`,;(\[{{<&?|$:.-])((?:[\w.-]{{0,60}})(?:{words})[\w.-]{{0,30}})\\?["'`]?[\])]?\s{{0,4}}(?:=>|:=|=|:)\s{{0,4}}(?:\\?"([^"\\\r\n]{{1,300}})\\?"|'([^'\r\n]{{1,300}})'|([^\s"'`,;<>&)}}\]]{{1,300}}))"#
    ))
}

/// What kind of text it is: in a configuration a bare word is a value, in a program it is a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `NAME=value`, one a line: .env files, the image's environment, labels.
    Environment,
    /// Configuration.
    Configuration,
    /// Programs, and all else.
    Program,
}

/// Looks at one line for values that its names say are secret.
pub(crate) fn assignments(subject: Subject<'_>, bytes: &[u8], line: Range<usize>, hits: &mut Vec<Hit>) {
    let style = style(subject.path);
    let text = &bytes[line.clone()];
    if style != Style::Environment && is_remark(text) {
        return;
    }
    for found in ASSIGNMENT.captures_iter(text) {
        let (Some(name), Some(value)) = (found.get(1), found.get(2).or_else(|| found.get(3)).or_else(|| found.get(4))) else { continue };
        let is_quoted = found.get(4).is_none();
        let Some(secret) = Secret::named(name.as_bytes()) else { continue };
        if !secret.holds(value.as_bytes(), style, is_quoted) {
            continue;
        }
        let kind = match (style, secret) {
            (Style::Environment, _) => ENV_SECRET,
            (Style::Configuration, Secret::Password) => CONFIG_PASSWORD,
            _ => GENERIC_SECRET,
        };
        let mut hit = Hit::by_kind(kind, bytes, line.start + value.start()..line.start + value.end());
        hit.rank = Rank::Guess;
        hit.title = format!("{} ({})", kind.title, String::from_utf8_lossy(name.as_bytes()));
        hits.push(hit);
    }
}

fn style(path: &str) -> Style {
    const CONFIGURATION: &[&str] = &[
        "properties",
        "yml",
        "yaml",
        "ini",
        "conf",
        "cfg",
        "cnf",
        "toml",
        "json",
        "xml",
        "config",
        "tfvars",
        "tfstate",
        "hcl",
        "settings",
        "json5",
        "env",
    ];
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_env = name == ".env" || name.starts_with(".env.") || name.ends_with(".env") || name == "environment" || path.is_empty();
    if is_env {
        return Style::Environment;
    }
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    if CONFIGURATION.contains(&extension) { Style::Configuration } else { Style::Program }
}

fn is_remark(line: &[u8]) -> bool {
    let start = line.trim_ascii_start();
    [&b"#"[..], b"//", b";", b"*", b"<!--", b"--", b"/*", b"rem ", b"%", b"\\\""].iter().any(|mark| start.starts_with(mark))
}

/// What a name says that its value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secret {
    /// Chosen by a person: may be short and simple.
    Password,
    /// Made by a machine: long and random.
    Key,
}

impl Secret {
    fn named(name: &[u8]) -> Option<Self> {
        /// Names of what is about a secret without being one.
        const ABOUT: &[&str] = &[
            "_file",
            "-file",
            "file",
            "path",
            "_dir",
            "url",
            "uri",
            "name",
            "_id",
            "-id",
            "keyid",
            "length",
            "_len",
            "size",
            "type",
            "policy",
            "ttl",
            "expir",
            "regex",
            "pattern",
            "prompt",
            "hint",
            "label",
            "count",
            "limit",
            "timeout",
            "format",
            "version",
            "algorithm",
            "hash_type",
            "tokenizer",
            "tokenize",
            "placeholder",
            "title",
            "message",
            "error",
            "required",
            "enabled",
            "disabled",
            "header",
            "field",
            "param",
            "public",
            "_ref",
            "-ref",
            "selector",
            "_arn",
            "method",
            "prefix",
            "suffix",
            "char",
            "help",
            "desc",
            "endpoint",
            "issuer",
            "audience",
            "scope",
            "provider",
            "manager",
            "backend",
            "store",
            "class",
            "column",
            "table",
            "encoding",
            "max",
            "min",
            "age",
            "reset",
            "change",
            "confirm",
            "rotate",
            "rotation",
            "strategy",
            "valid",
            "check",
            "auth_method",
            "authentication",
            "input",
            "source",
            "command",
            "cmd",
            "mode",
            "env",
            "tokens",
            "secrets",
        ];
        let lower = name.to_ascii_lowercase();
        let has = |word: &str| memchr::memmem::find(&lower, word.as_bytes()).is_some();
        let ends = |word: &&str| lower.ends_with(word.as_bytes());
        if ABOUT.iter().any(ends)
            || ["public", "pagination", "next_token", "csrf", "xsrf", "tokenizer", "keyword", "nopasswd", "pwd_", "oldpwd"]
                .iter()
                .any(|w| has(w))
            || lower == b"pwd"
        {
            return None;
        }
        Some(if has("passw") || has("pwd") || has("_pass") || has("passphrase") { Self::Password } else { Self::Key })
    }

    /// Whether the value is one, and not what stands for one.
    fn holds(self, value: &[u8], style: Style, is_quoted: bool) -> bool {
        if is_placeholder(value) || is_reference(value) {
            return false;
        }
        match (style, self) {
            (Style::Program, _) if !is_quoted => false,
            (Style::Program, Self::Password) => (8..=128).contains(&value.len()) && is_random(value, 2.9),
            (Style::Program, Self::Key) => (16..=256).contains(&value.len()) && is_random(value, 3.5),
            (_, Self::Password) => {
                (5..=128).contains(&value.len()) && !value.contains(&b' ') && !value.iter().all(u8::is_ascii_digit) && entropy(value) > 1.5
            }
            (_, Self::Key) => (12..=512).contains(&value.len()) && is_random(value, 3.0),
        }
    }
}

/// Letters and digits, no blanks, and as varied as random values are.
fn is_random(value: &[u8], bits: f32) -> bool {
    value.iter().all(u8::is_ascii_graphic)
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().filter(|b| b.is_ascii_alphabetic()).count() >= 3
        && !value.iter().any(|b| matches!(b, b'(' | b')' | b'<' | b'>' | b'{' | b'}' | b'[' | b']'))
        && entropy(value) >= bits
}

/// A path, a URL, a call, a variable: it says where the value is.
fn is_reference(value: &[u8]) -> bool {
    value.first().is_some_and(|b| matches!(b, b'/' | b'~' | b'@' | b'*' | b'&' | b'!'))
        || [&b"://"[..], b"./", b"${", b"$(", b"{{", b"()", b"secretKeyRef", b"process.env", b"os.environ", b"getenv", b"vault:", b"ENC("]
            .iter()
            .any(|part| memchr::memmem::find(value, part).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        let subject = Subject { path, is_text: true, is_own: true, cut: (false, false) };
        let mut hits = Vec::new();
        assignments(subject, text.as_bytes(), 0..text.len(), &mut hits);
        hits.len()
    }

    #[test]
    fn a_configuration_holds_values_and_a_program_names() {
        for (path, text, wanted) in [
            ("app/.env", "DB_PASSWORD=letmein-42", 1),
            ("app/.env", "DB_PASSWORD=${DB_PASSWORD}", 0),
            ("app/.env", "DB_PASSWORD=", 0),
            ("app/.env", "DB_PASSWORD_FILE=/run/secrets/db", 0),
            ("app/.env", "PWD=/home/app", 0),
            ("app/config.yml", "  password: \"tr0ub4dor\"", 1),
            ("app/config.yml", "  # password: \"tr0ub4dor\"", 0),
            ("app/config.yml", "  password: changeme", 0),
            ("app/main.py", "password = get_password()", 0),
            ("app/main.py", "password = 'kX93mfPq27Zw'", 1),
            ("app/main.py", "password = 'Enter the password'", 0),
            ("app/main.py", "token_type = 'bearer-9Zk3mP2qL8xV'", 0),
        ] {
            assert_eq!(found(path, text), wanted, "{path}: {text}");
        }
    }
}
