//! Time, through a clock that a test can hold.

use std::time::{Duration, Instant, SystemTime};

/// Tells the time for the ends of tokens and for signatures.
pub trait Clock: Send + Sync {
    /// A time that never goes back.
    fn now(&self) -> Instant;
    /// The time since 1970.
    fn since_epoch(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn since_epoch(&self) -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }
}
