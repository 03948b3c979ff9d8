//! Times as publishers write them, in seconds since 1970.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Of RFC 3339, a date and time without a zone (taken for UTC), or a day. None of the zero time, which stands for no time.
pub fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let seconds = if let Ok(time) = text.parse::<Timestamp>() {
        time.as_second()
    } else {
        let local = text.parse::<DateTime>().ok().or_else(|| text.parse::<Date>().ok().map(|d| d.at(0, 0, 0, 0)))?;
        local.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second()
    };
    (seconds > 0).then_some(seconds)
}

/// The day of a time, as `2025-08-25`.
pub fn day(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |t| t.to_string().chars().take(10).collect())
}

/// A time as RFC 3339 writes it, `2025-08-25T00:00:00Z`.
pub fn instant(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |t| t.to_string())
}

/// Of the tracker's dates: `29 Mar 2023`, `August 26th, 2005`.
pub(crate) fn tracker_day(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (mut day, mut month, mut year) = (None, None, None);
    for part in text.split([' ', ',']).filter(|p| !p.is_empty()) {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        if let Ok(number) = digits.parse::<i16>() {
            if number > 31 { year = Some(number) } else { day = i8::try_from(number).ok() }
        } else {
            let low = part.to_ascii_lowercase();
            month = MONTHS.iter().position(|m| low.starts_with(m)).map(|m| m as i8 + 1);
        }
    }
    let date = Date::new(year?, month?, day?).ok()?;
    Some(date.at(0, 0, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let cases = [
            ("2024-02-29T12:00:00.5Z", Some(1_709_208_000)),
            ("2024-02-29T12:00:00+02:00", Some(1_709_200_800)),
            ("2024-02-29 12:00:00", Some(1_709_208_000)),
            ("2024-02-29", Some(1_709_164_800)),
            ("0001-01-01T00:00:00Z", None),
            ("yesterday", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(seconds(text), wanted, "{text}");
        }
        assert_eq!(tracker_day("29 Mar 2023"), seconds("2023-03-29"));
        assert_eq!(tracker_day("August 26th, 2005"), seconds("2005-08-26"));
        assert_eq!(day(1_709_208_000), "2024-02-29");
        assert_eq!(instant(1_709_208_000), "2024-02-29T12:00:00Z");
    }
}
