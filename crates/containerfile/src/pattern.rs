//! The patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*` and `?`, without classes.

/// The most steps that a search with a pattern may take.
const MOST_STEPS: usize = 10_000_000;

enum Token {
    Any,
    One,
    Literal(char),
}

/// A pattern that was read.
pub(crate) struct Pattern(Vec<Token>);

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            tokens.push(match c {
                '*' => Token::Any,
                '?' => Token::One,
                '\\' => match chars.next() {
                    Some(next @ ('}' | '/' | '*' | '?' | '\\')) => Token::Literal(next),
                    Some(next) => return Err(format!("`\\{next}` is no escape that a pattern knows")),
                    None => return Err("the pattern ends with a backslash".to_owned()),
                },
                other => Token::Literal(other),
            });
        }
        Ok(Self(tokens))
    }

    fn reversed(mut self) -> Self {
        self.0.reverse();
        self
    }

    /// The lengths, in characters, of the starts of `value` that the pattern matches: the shortest and the longest.
    fn ends(&self, value: &[char]) -> Option<(usize, usize)> {
        let mut states = vec![false; self.0.len() + 1];
        if let Some(first) = states.first_mut() {
            *first = true;
        }
        self.close(&mut states);
        let mut found: Option<(usize, usize)> = None;
        for length in 0..=value.len() {
            if states.last() == Some(&true) {
                found = Some(found.map_or((length, length), |(shortest, _)| (shortest, length)));
            }
            let Some(c) = value.get(length) else { break };
            let mut next = vec![false; states.len()];
            for (at, token) in self.0.iter().enumerate() {
                if states.get(at) != Some(&true) {
                    continue;
                }
                let to = match token {
                    Token::Any if *c != '\n' => at,
                    Token::One if *c != '\n' => at + 1,
                    Token::Literal(literal) if literal == c => at + 1,
                    _ => continue,
                };
                if let Some(state) = next.get_mut(to) {
                    *state = true;
                }
            }
            self.close(&mut next);
            if !next.contains(&true) {
                break;
            }
            states = next;
        }
        found
    }

    /// A star may match nothing.
    fn close(&self, states: &mut [bool]) {
        for (at, token) in self.0.iter().enumerate() {
            if matches!(token, Token::Any)
                && states.get(at) == Some(&true)
                && let Some(state) = states.get_mut(at + 1)
            {
                *state = true;
            }
        }
    }
}

fn affordable(value: usize, pattern: usize, starts: usize) -> Result<(), String> {
    let steps = (value + 1).saturating_mul(pattern + 1).saturating_mul(starts + 1);
    if steps > MOST_STEPS { Err("the value and the pattern are too long to compare".to_owned()) } else { Ok(()) }
}

fn pick(ends: (usize, usize), longest: bool) -> usize {
    if longest { ends.1 } else { ends.0 }
}

/// `${x#p}` and `${x##p}`.
pub(crate) fn without_prefix(value: &str, pattern: &str, longest: bool) -> Result<String, String> {
    let chars: Vec<char> = value.chars().collect();
    affordable(chars.len(), pattern.len(), 0)?;
    let cut = Pattern::new(pattern)?.ends(&chars).map_or(0, |ends| pick(ends, longest));
    Ok(chars.into_iter().skip(cut).collect())
}

/// `${x%p}` and `${x%%p}`.
pub(crate) fn without_suffix(value: &str, pattern: &str, longest: bool) -> Result<String, String> {
    let mut chars: Vec<char> = value.chars().collect();
    affordable(chars.len(), pattern.len(), 0)?;
    chars.reverse();
    let cut = Pattern::new(pattern)?.reversed().ends(&chars).map_or(0, |ends| pick(ends, longest));
    Ok(chars.into_iter().skip(cut).rev().collect())
}

/// `${x/p/r}` and `${x//p/r}`.
pub(crate) fn replaced(value: &str, pattern: &str, replacement: &str, all: bool) -> Result<String, String> {
    let chars: Vec<char> = value.chars().collect();
    affordable(chars.len(), pattern.len(), chars.len())?;
    let pattern = Pattern::new(pattern)?;
    let mut out = String::with_capacity(value.len());
    let mut at = 0;
    let mut after_match = false;
    while at <= chars.len() {
        let ends = chars.get(at..).and_then(|rest| pattern.ends(rest));
        if let Some((_, length)) = ends {
            // An empty match right behind a match is none.
            if length > 0 || !after_match {
                out.push_str(replacement);
                at += length;
                after_match = true;
                if !all {
                    break;
                }
                if length > 0 {
                    continue;
                }
            }
        }
        after_match = false;
        out.extend(chars.get(at));
        at += 1;
    }
    out.extend(chars.get(at..).unwrap_or_default());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_suffixes_and_replacements() {
        let cases = [
            ("foo-bar-baz", "*-", false, "bar-baz", "foo-bar-baz"),
            ("foo-bar-baz", "*-", true, "baz", "foo-bar-baz"),
            ("foo-bar-baz", "-*", false, "foo-bar-baz", "foo-bar"),
            ("foo-bar-baz", "-*", true, "foo-bar-baz", "foo"),
            ("a*b", "a\\*", false, "b", "a*b"),
            ("é1", "?", false, "1", "é"),
            ("abc", "", false, "abc", "abc"),
            ("abc", "*", true, "", ""),
        ];
        for (value, pattern, longest, prefix, suffix) in cases {
            assert_eq!(without_prefix(value, pattern, longest).as_deref(), Ok(prefix), "{value} # {pattern}");
            assert_eq!(without_suffix(value, pattern, longest).as_deref(), Ok(suffix), "{value} % {pattern}");
        }
        assert_eq!(replaced("a.b.c", ".", "_", false).as_deref(), Ok("a_b.c"));
        assert_eq!(replaced("a.b.c", ".", "_", true).as_deref(), Ok("a_b_c"));
        assert_eq!(replaced("aXXbXc", "X*X", "-", false).as_deref(), Ok("a-c"));
        assert_eq!(replaced("ab", "", "-", true).as_deref(), Ok("-a-b-"));
        assert!(without_prefix("abc", "\\q", false).is_err());
        assert!(replaced(&"a".repeat(5000), &"*a".repeat(5000), "", true).is_err());
    }
}
