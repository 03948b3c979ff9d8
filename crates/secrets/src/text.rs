//! Judgements about texts: how random they are, and whether they only stand for a value.

/// Shannon entropy in bits for each byte.
pub(crate) fn entropy(value: &[u8]) -> f32 {
    let mut counts = [0u32; 256];
    for byte in value {
        counts[usize::from(*byte)] += 1;
    }
    let len = value.len() as f32;
    counts.iter().filter(|c| **c > 0).map(|c| *c as f32 / len).map(|p| -p * p.log2()).sum()
}

/// Whether the text shows where a value belongs instead of being one: a variable, a template, a word like "changeme".
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "example",
        "changeme",
        "change_me",
        "change-me",
        "changeit",
        "placeholder",
        "redacted",
        "replace",
        "insert",
        "your",
        "dummy",
        "sample",
        "xxxx",
        "****",
        "....",
        "todo",
        "fixme",
        "foobar",
        "notreal",
        "not-real",
        "not_real",
        "fake",
        "lorem",
        "hunter2",
        "abc123",
        "123456",
        "abcdef",
        "qwerty",
        "deadbeef",
        "undefined",
        "test_",
        "test-",
        "<",
        "{{",
        "${",
        "$(",
        "%(",
        "#{",
        "%{",
        "@@",
    ];
    const WHOLE: &[&str] = &[
        "password",
        "passwd",
        "pass",
        "pwd",
        "secret",
        "token",
        "test",
        "testing",
        "none",
        "null",
        "nil",
        "true",
        "false",
        "empty",
        "default",
        "admin",
        "root",
        "user",
        "username",
        "string",
        "value",
        "foo",
        "bar",
        "baz",
        "optional",
        "required",
        "prompt",
        "mysecret",
        "mypassword",
        "secretpassword",
        "passphrase",
        "postgres",
        "mysql",
        "guest",
        "localhost",
        "unknown",
        "disabled",
        "enabled",
        "basic",
        "bearer",
        "file",
        "env",
        "vault",
        "keyring",
        "random",
        "generated",
        "hidden",
        "unset",
        "abcd",
        "1234",
        "12345",
    ];
    let lower: Vec<u8> = value.iter().map(u8::to_ascii_lowercase).collect();
    if lower.is_empty() || matches!(lower[0], b'$' | b'%' | b'<' | b'{' | b'[' | b'(') && !lower.iter().any(u8::is_ascii_digit) {
        return true;
    }
    if matches!(lower[0], b'$') && lower.get(1).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'{' | b'(' | b'_')) {
        return true;
    }
    WHOLE.iter().any(|w| w.as_bytes() == lower)
        || WORDS.iter().any(|w| memchr::memmem::find(&lower, w.as_bytes()).is_some())
        || is_monotonous(value)
}

/// Whether a token that has a distinctive form is only an example of that form.
pub(crate) fn is_example(value: &[u8]) -> bool {
    const WORDS: &[&str] =
        &["example", "xxxxx", "*****", "your", "placeholder", "redacted", "1234567890", "abcdefghij", "0123456789", "deadbeef", "changeme"];
    let lower: Vec<u8> = value.iter().map(u8::to_ascii_lowercase).collect();
    WORDS.iter().any(|w| memchr::memmem::find(&lower, w.as_bytes()).is_some()) || is_monotonous(value)
}

/// Runs of one character, or of few.
fn is_monotonous(value: &[u8]) -> bool {
    const LONGEST_RUN: usize = 6;
    let mut run = 1;
    for pair in value.windows(2) {
        run = if pair[0] == pair[1] { run + 1 } else { 1 };
        if run >= LONGEST_RUN {
            return true;
        }
    }
    let mut seen = [false; 256];
    for byte in value {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|s| **s).count();
    value.len() >= 8 && distinct < 4
}

/// Whether bytes are text: no NUL, and few control characters.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    memchr::memchr(0, head).is_none() && head.iter().filter(|b| b.is_ascii_control() && !b.is_ascii_whitespace()).count() * 20 <= head.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_what_stands_for_them() {
        for placeholder in
            ["changeme", "${DB_PASSWORD}", "$DB_PASSWORD", "<token>", "{{ token }}", "your-api-key", "xxxxxxxx", "aaaaaaaaaa", "secret", ""]
        {
            assert!(is_placeholder(placeholder.as_bytes()), "{placeholder}");
        }
        for value in ["s3cr3tTr0ub4dor", "kX93mfPq27Zw", "correct horse battery", "$2y$10$abF9eQ"] {
            assert!(!is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn entropy_is_shannons() {
        assert!(entropy(b"aaaa").abs() < 1e-6);
        assert!((entropy(b"abcd") - 2.0).abs() < 1e-6);
    }
}
