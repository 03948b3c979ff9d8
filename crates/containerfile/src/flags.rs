//! Which flags each instruction has.

use crate::{Flag, Keyword, Problem, mount};

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Nothing, `true` or `false`.
    Bool,
    /// One value, once.
    One,
    /// A value, as often as one likes.
    Many,
}

const FROM: &[(&str, Takes)] = &[("platform", Takes::One)];
const RUN: &[(&str, Takes)] = &[("mount", Takes::Many), ("network", Takes::One), ("security", Takes::One), ("device", Takes::Many)];
const COPY: &[(&str, Takes)] = &[
    ("chown", Takes::One),
    ("from", Takes::One),
    ("chmod", Takes::One),
    ("link", Takes::Bool),
    ("exclude", Takes::Many),
    ("parents", Takes::Bool),
];
const ADD: &[(&str, Takes)] = &[
    ("chown", Takes::One),
    ("chmod", Takes::One),
    ("link", Takes::Bool),
    ("keep-git-dir", Takes::Bool),
    ("checksum", Takes::One),
    ("unpack", Takes::Bool),
    ("exclude", Takes::Many),
];
const HEALTHCHECK: &[(&str, Takes)] = &[
    ("interval", Takes::One),
    ("timeout", Takes::One),
    ("start-period", Takes::One),
    ("start-interval", Takes::One),
    ("retries", Takes::One),
];

fn known(keyword: Keyword) -> &'static [(&'static str, Takes)] {
    match keyword {
        Keyword::From => FROM,
        Keyword::Run => RUN,
        Keyword::Copy => COPY,
        Keyword::Add => ADD,
        Keyword::Healthcheck => HEALTHCHECK,
        _ => &[],
    }
}

/// What is wrong with an instruction's flags.
pub(crate) fn check(keyword: Keyword, flags: &[Flag]) -> Option<Problem> {
    // BuildKit does not look at the flags of these two.
    if matches!(keyword, Keyword::Arg | Keyword::Stopsignal) {
        return None;
    }
    let names = known(keyword);
    for (at, flag) in flags.iter().enumerate() {
        let Some((_, takes)) = names.iter().find(|(name, _)| *name == flag.name) else {
            return Some(Problem { message: unknown(keyword, &flag.name, names), span: flag.span });
        };
        let name = &flag.name;
        let twice = flags.iter().take(at).any(|f| f.name == flag.name);
        let value = flag.value.as_ref().map(|v| v.text.as_str());
        let message = match (takes, value) {
            (Takes::Bool | Takes::One, _) if twice => format!("the flag `--{name}` is given twice"),
            (Takes::Bool, None) => continue,
            (Takes::Bool, Some(value)) if matches!(value.to_ascii_lowercase().as_str(), "true" | "false") => continue,
            (Takes::Bool, Some(_)) => format!("the flag `--{name}` takes `true` or `false`"),
            (Takes::One | Takes::Many, None) => format!("the flag `--{name}` needs a value: `--{name}=…`"),
            (Takes::One | Takes::Many, Some(value)) => match wrong_value(keyword, name, value) {
                Some(message) => message,
                None => continue,
            },
        };
        return Some(Problem { message, span: flag.span });
    }
    None
}

fn unknown(keyword: Keyword, flag: &str, names: &[(&str, Takes)]) -> String {
    let list = names.iter().map(|(name, _)| format!("`--{name}`")).collect::<Vec<_>>().join(", ");
    let keyword = keyword.name();
    if list.is_empty() {
        format!("{keyword} has no flags, and so no `--{flag}`")
    } else {
        format!("{keyword} has no flag `--{flag}`; it has {list}")
    }
}

fn wrong_value(keyword: Keyword, name: &str, value: &str) -> Option<String> {
    match (keyword, name) {
        (Keyword::Run, "network") if !matches!(value, "default" | "none" | "host") => {
            Some(format!("`--network={value}`: it is `default`, `none` or `host`"))
        }
        (Keyword::Run, "security") if !matches!(value, "insecure" | "sandbox") => {
            Some(format!("`--security={value}`: it is `insecure` or `sandbox`"))
        }
        (Keyword::Run, "mount") => mount::Mount::parse(value).err(),
        (Keyword::Healthcheck, "retries") => match value.parse::<i32>() {
            _ if value.is_empty() => None,
            Ok(number) if number >= 0 => None,
            _ => Some(format!("`--retries={value}` is no number from 0")),
        },
        (Keyword::Healthcheck, _) => match duration(value) {
            _ if value.is_empty() => None,
            Some(nanoseconds) if nanoseconds == 0 || nanoseconds >= 1_000_000 => None,
            Some(_) => Some(format!("`--{name}={value}` is less than a millisecond")),
            None => Some(format!("`--{name}={value}` is no duration such as `30s` or `1m30s`")),
        },
        _ => None,
    }
}

/// A duration in nanoseconds, as Go writes them: `1h15m30.5s`. Negative ones count as 1, too short for anything.
pub fn duration(text: &str) -> Option<u64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0f64;
    while !rest.is_empty() {
        let end = rest.bytes().position(|b| !b.is_ascii_digit() && b != b'.').unwrap_or(rest.len());
        let number: f64 = rest.get(..end).filter(|n| n.bytes().any(|b| b.is_ascii_digit()))?.parse().ok()?;
        rest = rest.get(end..)?;
        let units: [(&str, f64); 8] =
            [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];
        let (unit, factor) = units.into_iter().find(|(unit, _)| rest.starts_with(unit))?;
        rest = rest.get(unit.len()..)?;
        total += number * factor;
    }
    if total > 9.2e18 {
        return None;
    }
    Some(if negative && total > 0.0 { 1 } else { total as u64 })
}
