//! When a request is made again, and how long is waited before.

use std::time::Duration;

/// How often and after which waits a request is made again that failed for a passing reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Requests in all, the first included. 5.
    pub attempts: u32,
    /// Wait before the second; each further one is twice as long. 500 ms.
    pub first_wait: Duration,
    /// The longest wait, also where the registry asks for a longer one by `Retry-After`: then it is given up at once. 30 s.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 5, first_wait: Duration::from_millis(500), longest_wait: Duration::from_secs(30) }
    }
}

impl RetryPolicy {
    /// How long to wait after a failed attempt (counted from 1); none where it is not worth waiting. No jitter: one
    /// check makes few requests, and the same input should give the same run.
    pub(crate) fn wait(&self, attempt: u32, asked: Option<Duration>) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let backoff = self.first_wait.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(self.longest_wait);
        match asked {
            Some(asked) if asked > self.longest_wait => None,
            Some(asked) => Some(asked.max(backoff)),
            None => Some(backoff),
        }
    }
}

/// Statuses that pass: 408, 429 and those of an overloaded server.
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date, seen from `now` in seconds since 1970.
pub(crate) fn retry_after(value: &str, now: i64) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are a wait that nobody waits.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    let seconds = date.timestamp().as_second().saturating_sub(now);
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end() {
        let policy = RetryPolicy { attempts: 5, first_wait: Duration::from_secs(1), longest_wait: Duration::from_secs(3) };
        let waits: Vec<_> = (1..=5).map(|n| policy.wait(n, None).map(|d| d.as_secs())).collect();
        assert_eq!(waits, [Some(1), Some(2), Some(3), Some(3), None]);
        assert_eq!(policy.wait(1, Some(Duration::from_secs(2))), Some(Duration::from_secs(2)));
        assert_eq!(policy.wait(1, Some(Duration::from_secs(4))), None);
        assert_eq!(policy.wait(3, Some(Duration::ZERO)), Some(Duration::from_secs(3)));
    }

    #[test]
    fn both_forms_of_retry_after() {
        let now = 784_111_777 - 10;
        for (text, wanted) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after(text, now).map(|d| d.as_secs()), wanted, "{text}");
        }
    }
}
