//! Measures how long a run has computed.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// The time that a run has had a thread: its own computation and what the host does for it at once, such as copying what it
/// logs. While it waits for an answer, or for its turn among other runs, it has none.
pub(super) struct Stopwatch {
    made: Instant,
    /// Time of the stretches that are over.
    computed_nanoseconds: AtomicU64,
    /// When the stretch began that is under way, since the stopwatch was made.
    began_nanoseconds: AtomicU64,
}

impl Default for Stopwatch {
    fn default() -> Self {
        Self { made: Instant::now(), computed_nanoseconds: AtomicU64::new(0), began_nanoseconds: AtomicU64::new(0) }
    }
}

impl Stopwatch {
    /// Measures how long the run computes.
    pub async fn time<T>(&self, run: impl Future<Output = T>) -> T {
        let mut run = pin!(run);
        poll_fn(|context| {
            self.began_nanoseconds.store(self.now(), Relaxed);
            let polled = run.as_mut().poll(context);
            self.computed_nanoseconds.fetch_add(self.stretch(), Relaxed);
            polled
        })
        .await
    }

    /// How long the run has computed by now. To be asked by the run itself.
    pub fn computed(&self) -> Duration {
        Duration::from_nanos(self.computed_nanoseconds.load(Relaxed).saturating_add(self.stretch()))
    }

    fn stretch(&self) -> u64 {
        self.now().saturating_sub(self.began_nanoseconds.load(Relaxed))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
