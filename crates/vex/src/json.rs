//! Members of JSON values that may have any shape.

use jiff::Timestamp;
use serde_json::Value;

/// Characters of one foreign text that are kept.
const MOST: usize = 4000;

/// A text that is not empty; numbers count as one.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.trim()).filter(|s| !s.is_empty()).map(|s| s.chars().take(MOST).collect()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// A list's values; a single value counts as a list of it.
pub(crate) fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

/// Seconds since 1970 of a time by RFC 3339.
pub(crate) fn time(value: &Value) -> Option<i64> {
    value.as_str()?.trim().parse::<Timestamp>().ok().map(Timestamp::as_second)
}
