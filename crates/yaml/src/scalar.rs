//! What a plain scalar means, as the readers in question decide it.

/// Whose reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rules {
    /// Kubernetes' (`sigs.k8s.io/yaml` over go-yaml v2): YAML 1.1's booleans, such as `yes` and `off`; a merge key overrides
    /// keys written before it.
    #[default]
    Kubernetes,
    /// Compose's (compose-go over go-yaml v3 and v4): only `true` and `false` are booleans; a merge key overrides no key.
    Compose,
}

/// What a scalar means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number: with a fraction or exponent, infinite, not a number, or too big for 64 bits.
    Float,
    /// A string. Timestamps too: the readers hand them on as strings.
    Text,
}

/// What a plain scalar without a tag means.
pub(crate) fn plain(text: &str, rules: Rules) -> Kind {
    // No word is longer.
    if text.len() > "false".len() {
        return number(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF" => {
            return Kind::Float;
        }
        _ => {}
    }
    if rules == Rules::Kubernetes {
        match text {
            "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Kind::Bool(true),
            "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Kind::Bool(false),
            _ => {}
        }
    }
    number(text)
}

/// What a scalar with one of YAML's own tags means; none for tags that say nothing of that.
pub(crate) fn tagged(tag: &str, text: &str, rules: Rules) -> Option<Kind> {
    match tag {
        "!" | "!!str" | "!!binary" | "!!timestamp" => Some(Kind::Text),
        "!!null" => Some(Kind::Null),
        "!!bool" | "!!int" => Some(plain(text, rules)),
        "!!float" => Some(match plain(text, rules) {
            Kind::Int(_) => Kind::Float,
            other => other,
        }),
        _ => None,
    }
}

/// Numbers as go-yaml reads them, with Go's prefixes: `0x`, `0o`, `0b`, and a leading `0` for octal. Underscores do not count.
fn number(text: &str) -> Kind {
    let first = text.as_bytes().first().copied().unwrap_or_default();
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return Kind::Text;
    }
    let plain: String = if first != b'.' && text.contains('_') { text.replace('_', "") } else { text.to_owned() };
    let (negative, digits) = match plain.as_bytes() {
        [b'-', ..] => (true, &plain[1..]),
        [b'+', ..] => (false, &plain[1..]),
        _ => (false, plain.as_str()),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)) {
        return match i128::from_str_radix(digits, radix).map(|value| if negative { -value } else { value }) {
            Ok(value) => i64::try_from(value).map_or(Kind::Float, Kind::Int),
            Err(_) => Kind::Float,
        };
    }
    if is_float(&plain) { Kind::Float } else { Kind::Text }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    fn digits(text: &str) -> (usize, &str) {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        (text.len() - rest.len(), rest)
    }
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, mut rest) = digits(text);
    let mut fraction = 0;
    if let Some(after) = rest.strip_prefix('.') {
        (fraction, rest) = digits(after);
    }
    if whole == 0 && fraction == 0 {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let (count, rest) = digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
            count > 0 && rest.is_empty()
        }
        None => rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_each_reader_takes_them_for() {
        use Kind::{Bool, Float, Int, Null, Text};
        for (text, kubernetes, compose) in [
            ("yes", Bool(true), Text),
            ("Off", Bool(false), Text),
            ("y", Bool(true), Text),
            ("yES", Text, Text),
            ("True", Bool(true), Bool(true)),
            ("tRue", Text, Text),
            ("", Null, Null),
            ("~", Null, Null),
            ("NULL", Null, Null),
            ("nULL", Text, Text),
            ("0777", Int(0o777), Int(0o777)),
            ("0o777", Int(0o777), Int(0o777)),
            ("0x1F", Int(31), Int(31)),
            ("-0b101", Int(-5), Int(-5)),
            ("1_000", Int(1000), Int(1000)),
            ("0", Int(0), Int(0)),
            ("089", Float, Float),
            ("65534", Int(65534), Int(65534)),
            ("-9223372036854775808", Int(i64::MIN), Int(i64::MIN)),
            ("9223372036854775808", Float, Float),
            ("99999999999999999999999999999999999999999", Float, Float),
            ("1e3", Float, Float),
            (".5", Float, Float),
            ("5.", Float, Float),
            (".", Text, Text),
            ("-", Text, Text),
            ("+.e1", Text, Text),
            ("1.2.3", Text, Text),
            ("10m", Text, Text),
            ("22:22", Text, Text),
            ("2026-11-24", Text, Text),
            (".inf", Float, Float),
            ("0x", Text, Text),
        ] {
            assert_eq!((plain(text, Rules::Kubernetes), plain(text, Rules::Compose)), (kubernetes, compose), "{text:?}");
        }
    }
}
