//! Time, through a clock that a test can hold.

use std::time::{Duration, Instant, SystemTime};

use crate::future::BoxFuture;

/// Tells the time for the ends of tokens, for signatures and for the pace of requests.
pub trait Clock: Send + Sync {
    /// A time that never goes back.
    fn now(&self) -> Instant;
    /// The time since 1970.
    fn since_epoch(&self) -> Duration;
    /// Waits until so much time has passed on this clock. A clock that stands still and has its own idea of waiting says so.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }
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
