//! `.dockerignore`: what is left out of the build context. The rules are those of Moby's pattern matcher: one pattern a line, `!` takes
//! back in, the last pattern that fits a path or one of its folders decides.

/// The most patterns that are heeded, and the most steps of one comparison.
const MOST_PATTERNS: usize = 10_000;
const MOST_STEPS: u32 = 20_000;

/// The patterns of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Ignore {
    patterns: Vec<(bool, Vec<String>)>,
}

impl Ignore {
    pub(super) fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let patterns =
            text.lines().filter(|line| !line.starts_with('#')).map(str::trim).filter(|line| !line.is_empty()).filter_map(|line| {
                let (taken_back, pattern) = match line.strip_prefix('!') {
                    Some(rest) => (true, rest.trim()),
                    None => (false, line),
                };
                let segments = clean(pattern);
                (!segments.is_empty()).then_some((taken_back, segments))
            });
        Self { patterns: patterns.take(MOST_PATTERNS).collect() }
    }

    /// Whether a path of the context, with `/` and without one at the start, is left out.
    pub(super) fn leaves_out(&self, path: &str) -> bool {
        let segments: Vec<&str> = path.split('/').collect();
        let mut out = false;
        for (taken_back, pattern) in &self.patterns {
            // A pattern that could not change anything need not be compared.
            if out != *taken_back {
                continue;
            }
            let fits = (1..=segments.len()).any(|length| {
                let mut steps = MOST_STEPS;
                fits(pattern, segments.get(..length).unwrap_or_default(), &mut steps)
            });
            if fits {
                out = !taken_back;
            }
        }
        out
    }
}

/// The segments of a pattern, `.` and `..` resolved.
fn clean(pattern: &str) -> Vec<String> {
    let mut segments: Vec<String> = Vec::new();
    for segment in pattern.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other.to_owned()),
        }
    }
    segments
}

fn fits(pattern: &[String], path: &[&str], steps: &mut u32) -> bool {
    let Some(left) = steps.checked_sub(1) else { return false };
    *steps = left;
    match pattern.split_first() {
        None => path.is_empty(),
        Some((first, rest)) if first == "**" => {
            // At the end `**` stands for something below.
            if rest.is_empty() {
                !path.is_empty()
            } else {
                (0..=path.len()).any(|skip| fits(rest, path.get(skip..).unwrap_or_default(), steps))
            }
        }
        Some((first, rest)) => match path.split_first() {
            Some((name, below)) => {
                let (pattern, name): (Vec<char>, Vec<char>) = (first.chars().collect(), name.chars().collect());
                segment_fits(&pattern, &name) && fits(rest, below, steps)
            }
            None => false,
        },
    }
}

/// Whether a pattern of one segment fits a name.
pub(super) fn name_fits(pattern: &str, name: &str) -> bool {
    segment_fits(&pattern.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>())
}

/// One segment: `*`, `?`, `[a-z]` and backslashes.
fn segment_fits(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
            continue;
        }
        let step = name.get(n).and_then(|c| one(pattern.get(p..).unwrap_or_default(), *c));
        match step {
            Some(used) => {
                p += used;
                n += 1;
            }
            None if n >= name.len() && p >= pattern.len() => return true,
            None => match star {
                // The star takes one character more.
                Some((at, taken)) if taken < name.len() => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                _ => return false,
            },
        }
    }
}

/// How many characters of the pattern fit one character.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '\\' => (pattern.get(1) == Some(&c)).then_some(2),
        '[' => {
            let end = pattern.iter().skip(2).position(|p| *p == ']')? + 2;
            let inner = pattern.get(1..end)?;
            let (negated, inner) = match inner.first() {
                Some('^') => (true, inner.get(1..)?),
                _ => (false, inner),
            };
            let mut found = false;
            let mut at = 0;
            while let Some(low) = inner.get(at) {
                if inner.get(at + 1) == Some(&'-')
                    && let Some(high) = inner.get(at + 2)
                {
                    found |= (*low..=*high).contains(&c);
                    at += 3;
                } else {
                    found |= *low == c;
                    at += 1;
                }
            }
            (found != negated).then_some(end + 1)
        }
        literal => (*literal == c).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            (".env", &[".env"], &["a/.env", ".env.local"]),
            ("**/.env*", &[".env", "a/b/.env.local"], &["env"]),
            ("*.pem\n!ca.pem", &["x.pem"], &["ca.pem", "a/x.pem"]),
            ("secrets", &["secrets/x", "secrets/a/b"], &["a/secrets/x"]),
            ("/secrets/\n# *.txt\n", &["secrets/x"], &["a.txt"]),
            ("*\n!src", &["a", "a/b"], &["src/x", "src"]),
            ("a?c/[x-z]1", &["abc/y1"], &["abc/a1", "ac/y1"]),
            ("./a/../b", &["b"], &["a"]),
            ("\u{feff}x", &["x"], &["y"]),
            ("a/**", &["a/b"], &["a"]),
            ("", &[], &["a"]),
        ];
        for (text, out, kept) in cases {
            let ignore = Ignore::parse(text);
            for path in *out {
                assert!(ignore.leaves_out(path), "{text}: {path}");
            }
            for path in *kept {
                assert!(!ignore.leaves_out(path), "{text}: {path}");
            }
        }
        let hostile = Ignore::parse(&format!("{}x", "**/".repeat(100)));
        assert!(!hostile.leaves_out(&"a/".repeat(200)));
    }
}
