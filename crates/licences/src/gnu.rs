//! The many ways of writing a GNU licence and its version: `GPLv2+`, `GPL-2`, `GNU LGPL v2.1 or later`, `gpl (>= 2)`.

/// The identifier; `None` where it is none of GNU's, or no version is named.
pub(crate) fn identifier(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let mut later = lower.contains('+') || lower.contains("later") || lower.contains(">=") || lower.contains("newer");
    let squeezed: String = lower.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
    let mut rest = squeezed.as_str();
    for (long, short) in [
        ("gnuafferogeneralpubliclicense", "agpl"),
        ("gnulessergeneralpubliclicense", "lgpl"),
        ("gnulibrarygeneralpubliclicense", "lgpl"),
        ("gnulibraryorlessergeneralpubliclicense", "lgpl"),
        ("gnugeneralpubliclicense", "gpl"),
        ("gnufreedocumentationlicense", "gfdl"),
        ("afferogeneralpubliclicense", "agpl"),
        ("lessergeneralpubliclicense", "lgpl"),
        ("generalpubliclicense", "gpl"),
    ] {
        if let Some(after) = rest.strip_prefix(long) {
            return version(short, after, later);
        }
    }
    rest = rest.strip_prefix("gnu").unwrap_or(rest);
    for family in ["agpl", "lgpl", "gpl", "gfdl", "fdl"] {
        if let Some(after) = rest.strip_prefix(family) {
            later |= after.ends_with("orlater");
            return version(if family == "fdl" { "gfdl" } else { family }, after, later);
        }
    }
    None
}

fn version(family: &str, rest: &str, later: bool) -> Option<String> {
    let mut rest = rest;
    for word in ["license", "licence", "version", "v", "."] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, tail) = rest.split_at(digits);
    if !is_tail(tail) {
        return None;
    }
    let number = number.trim_end_matches('.');
    let wanted = match number {
        "1" | "1.0" => "1.0",
        "1.1" => "1.1",
        "1.2" => "1.2",
        "1.3" => "1.3",
        "2" | "2.0" => "2.0",
        "2.1" => "2.1",
        "3" | "3.0" => "3.0",
        // Without a number, and any later: that is what the licence says of itself.
        "" if later && family == "gpl" => "1.0",
        "" if later && family == "lgpl" => "2.0",
        _ => return None,
    };
    let id = format!("{}-{wanted}-{}", family.to_uppercase(), if later { "or-later" } else { "only" });
    spdx::license_id(&id).map(|id| id.name.to_owned())
}

/// What may stand after the version: whether later ones count, and the short form that classifiers repeat in parentheses: `(LGPLv3+)`.
fn is_tail(tail: &str) -> bool {
    let tail = ["orlaterversion", "orlater", "later", "only", "plus"].iter().find_map(|w| tail.strip_prefix(w)).unwrap_or(tail);
    let short = tail.strip_prefix(['a', 'l']).unwrap_or(tail);
    tail.is_empty()
        || short.strip_prefix("gpl").is_some_and(|rest| rest.trim_start_matches('v').chars().all(|c| c.is_ascii_digit() || c == '.'))
}
