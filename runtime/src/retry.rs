//! When a run is repeated: the pauses between its attempts.

use std::time::{Duration, UNIX_EPOCH};

/// Pauses that double, each shortened by chance, so that runs that failed together do not come back together.
#[derive(Debug, Clone)]
pub struct RetryPauses {
    /// The longest pause before the second attempt.
    pub base: Duration,
    /// The longest pause before any attempt, unless the service asks for more.
    pub cap: Duration,
}

impl Default for RetryPauses {
    fn default() -> Self {
        Self { base: Duration::from_millis(500), cap: Duration::from_secs(8) }
    }
}

impl RetryPauses {
    /// The pause after an attempt, the first of which is 1: at least what the service asked for.
    pub(crate) fn after(&self, attempt: u32, asked: Option<Duration>) -> Duration {
        let longest =
            self.base.saturating_mul(1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX)).min(self.cap);
        let own = longest.mul_f64(0.5 + fastrand::f64() / 2.0);
        // Those who were all asked for the same pause come back one after the other too.
        asked.map_or(own, |asked| asked.saturating_add(own.mul_f64(0.1))).max(own)
    }
}

/// The longest pause that a service is taken to ask for: nobody waits for it, and it can be reckoned with.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// The pause that a `Retry-After` asks for: seconds, or a date.
pub(crate) fn after(value: &str, since_epoch: Duration) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // What is too large for a number is a long time all the same.
        return Some(value.parse().map_or(LONGEST_PAUSE, Duration::from_secs).min(LONGEST_PAUSE));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let pause = date.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(since_epoch);
    Some(pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_and_vary() {
        let pauses = RetryPauses::default();
        let milliseconds = |attempt| pauses.after(attempt, None).as_millis();
        for _ in 0..100 {
            assert!((250..=500).contains(&milliseconds(1)));
            assert!((500..=1_000).contains(&milliseconds(2)));
            assert!((4_000..=8_000).contains(&milliseconds(5)));
            assert!((4_000..=8_000).contains(&milliseconds(60)));
        }
        let some: std::collections::BTreeSet<_> = (0..20).map(|_| pauses.after(3, None)).collect();
        assert!(some.len() > 1);
    }

    #[test]
    fn what_the_service_asks_for_is_the_least() {
        let pause = RetryPauses::default().after(1, Some(Duration::from_secs(3)));
        assert!(pause >= Duration::from_secs(3) && pause < Duration::from_millis(3_100), "{pause:?}");
        assert!(RetryPauses::default().after(1, Some(Duration::ZERO)) >= Duration::from_millis(250));
        assert!(RetryPauses::default().after(1, Some(Duration::MAX)) >= Duration::from_secs(u64::MAX - 1));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Duration::from_secs(784_111_770);
        assert_eq!(after(" 120 ", now), Some(Duration::from_secs(120)));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(7)));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT", now * 2), Some(Duration::ZERO));
        for long in ["18446744073709551615", "99999999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            assert_eq!(after(long, now), Some(LONGEST_PAUSE), "{long}");
        }
        for other in ["", "-1", "soon", "1.5"] {
            assert_eq!(after(other, now), None, "{other}");
        }
    }
}
