//! How much runs at once: so many runs, so many orders that wait for them, and past that an order is refused at once.
//!
//! This is the one queue before a run. The engine below has as many sandboxes as there are places here, so that a run that
//! has its place finds its sandbox; the engine keeps count all the same, because its pool refuses what does not fit, and
//! because a component that is being loaded takes a sandbox too.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refused::Refused;

/// The places that invocations run in, and the queue before them.
pub struct Admission {
    places: Arc<Semaphore>,
    most_running: usize,
    waiting: AtomicUsize,
    most_waiting: usize,
    longest_wait: Duration,
}

/// A place to run in, until it is dropped.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    /// How long it was waited for.
    pub waited: Duration,
}

/// A place in the queue, until it is dropped: also when the caller hangs up.
struct Waiting<'queue>(&'queue AtomicUsize);

impl Admission {
    /// So many may run and so many wait, for so long.
    pub fn new(most_running: usize, most_waiting: usize, longest_wait: Duration) -> Self {
        let most_running = most_running.min(Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(most_running));
        Self { places, most_running, waiting: AtomicUsize::new(0), most_waiting, longest_wait }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// The queue is full, the wait was too long, or the service stops.
    pub async fn enter(&self) -> Result<Place, Refused> {
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(Place { _permit: permit, waited: Duration::ZERO });
        }
        let began = Instant::now();
        let Some(_waiting) = Waiting::enter(&self.waiting, self.most_waiting) else {
            self.check_open()?;
            return Err(Refused::NoRoom { running: self.most_running, waiting: self.most_waiting });
        };
        match tokio::time::timeout(self.longest_wait, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place { _permit: permit, waited: began.elapsed() }),
            Ok(Err(_)) => Err(Refused::Stopping),
            Err(_) => Err(Refused::WaitedTooLong { waited: self.longest_wait }),
        }
    }

    /// Lets nobody in any more. Who waits is refused.
    pub fn close(&self) {
        self.places.close();
    }

    /// Refuses when nobody is let in any more.
    ///
    /// # Errors
    /// The service stops.
    pub fn check_open(&self) -> Result<(), Refused> {
        if self.is_closed() { Err(Refused::Stopping) } else { Ok(()) }
    }

    /// Whether nobody is let in any more.
    pub fn is_closed(&self) -> bool {
        self.places.is_closed()
    }

    /// How many run.
    pub fn running(&self) -> usize {
        self.most_running.saturating_sub(self.places.available_permits())
    }

    /// How many may run.
    pub fn most_running(&self) -> usize {
        self.most_running
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

impl<'queue> Waiting<'queue> {
    fn enter(count: &'queue AtomicUsize, most: usize) -> Option<Self> {
        let more = |waiting| (waiting < most).then_some(waiting + 1);
        count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Self(count))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn past_the_queue_a_call_is_refused_at_once_and_a_place_that_is_free_again_is_given_to_who_waits() {
        let admission = Arc::new(Admission::new(1, 1, Duration::from_secs(60)));
        let first = admission.enter().await.unwrap();
        let waiting = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.enter().await.map(|place| place.waited) }
        });
        while admission.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(admission.enter().await, Err(Refused::NoRoom { running: 1, waiting: 1 })));
        drop(first);
        assert!(waiting.await.unwrap().is_ok());
        assert_eq!((admission.waiting(), admission.running()), (0, 0));
    }

    #[tokio::test]
    async fn a_wait_that_is_too_long_is_refused_and_leaves_the_queue() {
        let admission = Admission::new(1, 1, Duration::from_millis(5));
        let _first = admission.enter().await.unwrap();
        assert!(matches!(admission.enter().await, Err(Refused::WaitedTooLong { .. })));
        assert_eq!(admission.waiting(), 0);
    }

    #[tokio::test]
    async fn a_caller_who_hangs_up_leaves_the_queue() {
        let admission = Admission::new(1, 1, Duration::from_secs(60));
        let _first = admission.enter().await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(5), admission.enter()).await.is_err());
        assert_eq!(admission.waiting(), 0);
    }

    #[tokio::test]
    async fn nobody_is_let_in_once_it_is_closed() {
        let admission = Admission::new(1, 1, Duration::from_secs(60));
        admission.close();
        assert!(matches!(admission.enter().await, Err(Refused::Stopping)));
    }
}
