//! Points in time as documents write them: seconds since 1970 as RFC 3339 in UTC, without fractions.

/// `2024-02-29T12:00:00Z`. Years past 9999 become that one's end.
pub(crate) fn rfc3339(seconds: u64) -> String {
    const LAST: u64 = 253_402_300_799;
    let seconds = seconds.min(LAST);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = plimsoll_evidence::date_of(i64::try_from(days).unwrap_or(i64::MAX));
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// An RFC 3339 text without fractions of seconds and in UTC, where it already is in UTC; `None` for anything else.
pub(crate) fn tidy(text: &str) -> Option<String> {
    let (date, rest) = text.split_at_checked(19)?;
    let shape: String = date.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    (shape == "0000-00-00T00:00:00" && matches!(zone, "Z" | "+00:00")).then(|| format!("{date}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (seconds, wanted) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_208_000, "2024-02-29T12:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (u64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(seconds), wanted);
        }
        assert_eq!(tidy("2019-08-20T20:19:55.211423266Z").as_deref(), Some("2019-08-20T20:19:55Z"));
        assert_eq!((tidy("2019-08-20"), tidy("2019-08-20T20:19:55+02:00")), (None, None));
    }
}
