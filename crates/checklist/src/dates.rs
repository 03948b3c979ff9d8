//! Dates as images write them.

/// Seconds since 1970 of a day: `2024-06-30`.
pub(crate) fn day(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month, day) = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Some(days_from_civil(year, month, day) * 86_400)
}

/// Seconds since 1970 of an RFC 3339 time, fractions dropped.
pub(crate) fn rfc3339(text: &str) -> Option<i64> {
    let (date, time) = text.split_at_checked(10)?;
    let time = time.strip_prefix(['T', 't', ' '])?;
    let clock = time.get(..8)?;
    let mut parts = clock.split(':');
    let (hour, minute, second) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let zone = time.get(8..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match zone.as_bytes().first()? {
        b'Z' | b'z' => 0,
        sign @ (b'+' | b'-') => {
            let (h, m) = zone.get(1..)?.split_once(':')?;
            let minutes = number(h, 2)? * 60 + number(m, 2)?;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    Some(day(date)? + hour * 3600 + (minute - offset) * 60 + second)
}

/// The day of a time, in seconds since 1970: `2024-06-30`.
pub fn day_of(seconds: i64) -> String {
    let (year, month, day) = plimsoll_evidence::date_of(seconds.div_euclid(86_400));
    format!("{year:04}-{month:02}-{day:02}")
}

fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // March begins the year, so that the leap day comes last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * m + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_back() {
        for text in ["1970-01-01", "2000-02-29", "2024-12-31", "2026-03-01", "1969-12-31"] {
            assert_eq!(day(text).map(day_of).as_deref(), Some(text));
        }
    }

    #[test]
    fn times_are_read() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2024-02-29T12:00:00.5Z", Some(1_709_208_000)),
            ("2024-02-29T12:00:00+02:00", Some(1_709_200_800)),
            ("2000-03-01T00:00:00-00:30", Some(951_870_600)),
            ("2024-02-29", None),
            ("2024-13-01T00:00:00Z", None),
            ("2024-01-01T25:00:00Z", None),
            ("yesterday at noon", None),
            ("２０２４-01-01T00:00:00Z", None),
            ("", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(rfc3339(text), wanted, "{text}");
        }
    }
}
