//! Sizes and times of Compose, Podman and systemd, brought to Kubernetes' quantities and to milliseconds.

/// A size as Docker and Podman write it (`512m`, `1.5g`, `64mb`, a number of bytes) as a quantity of Kubernetes. Their units are powers of
/// 1024. Anything else is none.
pub(crate) fn size(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number = digits.trim_end();
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => "",
        "k" | "kb" | "kib" => "Ki",
        "m" | "mb" | "mib" => "Mi",
        "g" | "gb" | "gib" => "Gi",
        "t" | "tb" | "tib" => "Ti",
        "p" | "pb" | "pib" => "Pi",
        _ => return None,
    };
    let plain = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.') && number.matches('.').count() <= 1;
    plain.then(|| format!("{number}{unit}"))
}

/// A time as Go writes durations (`1m30s`, `500ms`, `1h`), or systemd (`1min 30s`, a number of seconds), in milliseconds.
pub(crate) fn duration(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().ok()?;
        rest = rest[end..].trim_start();
        let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let factor = match &rest[..end] {
            "us" | "µs" => 0.001,
            "ms" | "msec" => 1.0,
            "" | "s" | "sec" | "second" | "seconds" => 1000.0,
            "m" | "min" | "minute" | "minutes" => 60_000.0,
            "h" | "hr" | "hour" | "hours" => 3_600_000.0,
            "d" | "day" | "days" => 86_400_000.0,
            _ => return None,
        };
        total += number * factor;
        rest = rest[end..].trim_start();
    }
    // A value that no clock reaches is cut off.
    (total.is_finite() && total >= 0.0).then_some(total.min(1e15) as u64)
}

/// A boolean as Compose and Go read it from text.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "on" | "1" | "t" => Some(true),
        "false" | "no" | "n" | "off" | "0" | "f" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_become_quantities() {
        for (text, wanted) in [
            ("512m", Some("512Mi")),
            ("1.5g", Some("1.5Gi")),
            ("64MB", Some("64Mi")),
            ("100", Some("100")),
            ("10b", Some("10")),
            ("2 k", Some("2Ki")),
            ("", None),
            ("m", None),
            ("50%", None),
            ("1.2.3m", None),
            ("-1", None),
            ("1x", None),
        ] {
            assert_eq!(size(text).as_deref(), wanted, "{text:?}");
        }
    }

    #[test]
    fn times_become_milliseconds() {
        for (text, wanted) in [
            ("30s", Some(30_000)),
            ("1m30s", Some(90_000)),
            ("500ms", Some(500)),
            ("1.5s", Some(1500)),
            ("1min 30s", Some(90_000)),
            ("20", Some(20_000)),
            ("1h", Some(3_600_000)),
            ("", None),
            ("soon", None),
            ("1x", None),
            ("99999999999999999999999h", Some(1_000_000_000_000_000)),
        ] {
            assert_eq!(duration(text), wanted, "{text:?}");
        }
    }
}
