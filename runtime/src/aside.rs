//! Work of the host for one run that may take longer than a millisecond: done aside of the threads that serve.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot};

/// A deep value is checked by recursion. The stack is address space until it is used.
const STACK_BYTES: usize = 64 << 20;

/// Places for such work: as many as there are processors, so that it takes the machine from what is small no longer than
/// its turn.
pub(crate) struct Aside {
    places: Arc<Semaphore>,
}

/// Why work was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotDone {
    /// Its time came before a place was free, or before it was done.
    #[error("it was not done in time")]
    InTime,
    /// The system gives no thread.
    #[error("the system gave no thread for it")]
    NoThread,
    /// It panicked.
    #[error("the host failed in it: {0}")]
    Panicked(String),
}

impl Default for Aside {
    fn default() -> Self {
        let places = std::thread::available_parallelism().map_or(1, usize::from);
        Self { places: Arc::new(Semaphore::new(places)) }
    }
}

impl Aside {
    /// Does the work on a thread of its own, as soon as a place is free. Work that goes on past its time keeps its place:
    /// whoever gives it has to see to it that it ends.
    pub async fn run<T: Send + 'static>(
        &self,
        until: Instant,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let deadline = tokio::time::Instant::from_std(until);
        let place = tokio::time::timeout_at(deadline, Arc::clone(&self.places).acquire_owned());
        let Ok(Ok(place)) = place.await else { return Err(NotDone::InTime) };
        let (done, result) = oneshot::channel();
        let work = move || {
            let worked = catch_unwind(AssertUnwindSafe(work));
            drop(place);
            // Nobody may wait for it any more.
            done.send(worked).unwrap_or_default();
        };
        let thread = std::thread::Builder::new().name("patchbay-aside".to_owned()).stack_size(STACK_BYTES);
        thread.spawn(work).map_err(|_| NotDone::NoThread)?;
        match tokio::time::timeout_at(deadline, result).await {
            Ok(Ok(Ok(done))) => Ok(done),
            Ok(Ok(Err(panic))) => Err(NotDone::Panicked(panic_message(&*panic))),
            Ok(Err(_)) | Err(_) => Err(NotDone::InTime),
        }
    }
}

/// The longest that anything is given: an instant has an end.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// When a time is over that begins now and ends at the deadline at the latest.
pub(crate) fn within(time: Duration, deadline: Instant) -> Instant {
    deadline.min(Instant::now() + time.min(LONGEST))
}

/// What a panic says.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it panicked").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_on_another_thread() {
        let here = std::thread::current().id();
        let until = Instant::now() + Duration::from_secs(60);
        let there = Aside::default().run(until, || std::thread::current().id()).await.unwrap();
        assert_ne!(here, there);
    }

    #[tokio::test]
    async fn work_that_is_not_begun_in_time_is_not_begun() {
        let aside = Aside { places: Arc::new(Semaphore::new(0)) };
        assert_eq!(
            aside.run(Instant::now(), || unreachable!("there is no place")).await,
            Err::<(), _>(NotDone::InTime)
        );
    }

    #[tokio::test]
    async fn a_place_is_free_again_after_a_panic() {
        let aside = Aside { places: Arc::new(Semaphore::new(1)) };
        let until = Instant::now() + Duration::from_secs(60);
        let panicked = aside.run(until, || std::panic::resume_unwind(Box::new("expected"))).await;
        assert_eq!(panicked, Err::<(), _>(NotDone::Panicked("expected".to_owned())));
        assert_eq!(aside.run(until, || 5).await, Ok(5));
    }
}
