//! One budget of memory for all runs.
//!
//! What one run may have is bounded, and so is how many run; their product is more than a machine has, and is hardly ever
//! asked for. So memory is counted where it is taken, over all runs: a run is admitted when there is room for what runs of
//! its node have needed so far, waits while there is none, and may take more as long as there is some.

use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::atomic::{AtomicBool, AtomicUsize};

use tokio::sync::{Mutex, Notify};

/// What a run of a node that has not run yet is expected to need.
const FIRST_EXPECTATION: usize = 2 << 20;
/// Memory is taken from the budget in pieces of this size, so that it is asked seldom.
const PIECE: usize = 256 << 10;

/// Memory for all runs.
pub(crate) struct MemoryBudget {
    bytes: usize,
    taken: AtomicUsize,
    /// Whoever waits for room waits here, one after the other: a large run is not overtaken for ever by small ones.
    queue: Mutex<()>,
    given_back: Notify,
}

/// What the runs of a node have needed.
pub(crate) struct Expectation(AtomicUsize);

/// What one run has of the budget. Given back when it is dropped.
pub(crate) struct RunMemory {
    budget: Arc<MemoryBudget>,
    /// What it has from the budget.
    reserved: AtomicUsize,
    /// What it uses of that, and the most that it used so far.
    used: AtomicUsize,
    most_used: AtomicUsize,
    was_refused: AtomicBool,
}

/// What one call to the gate holds of its run's memory: what it sends, and what is answered. Given back when all who have
/// it are done. A call that belongs to no run has as much as it asks for.
#[derive(Clone, Default)]
pub struct CallMemory(Option<Arc<Held>>);

struct Held {
    run: Arc<RunMemory>,
    bytes: AtomicUsize,
}

/// There is no memory left for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("all runs together have as much memory as they may have (limits.memory)")]
pub(crate) struct NoMemory;

impl MemoryBudget {
    pub fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Self { bytes, taken: AtomicUsize::new(0), queue: Mutex::default(), given_back: Notify::new() })
    }

    /// Waits until there is room for a run that is expected to need so much. One that is expected to need more than there
    /// is has to be alone.
    pub async fn admit(self: &Arc<Self>, expected: usize) -> Arc<RunMemory> {
        let bytes = expected.min(self.bytes);
        let _first = self.queue.lock().await;
        loop {
            let given_back = self.given_back.notified();
            if self.try_take(bytes) {
                return self.admitted(bytes);
            }
            given_back.await;
        }
    }

    /// Admits a run that does not have to wait: there is room, and nobody waits before it.
    pub fn try_admit(self: &Arc<Self>, expected: usize) -> Option<Arc<RunMemory>> {
        let bytes = expected.min(self.bytes);
        let _first = self.queue.try_lock().ok()?;
        self.try_take(bytes).then(|| self.admitted(bytes))
    }

    fn admitted(self: &Arc<Self>, bytes: usize) -> Arc<RunMemory> {
        Arc::new(RunMemory {
            budget: Arc::clone(self),
            reserved: AtomicUsize::new(bytes),
            used: AtomicUsize::new(0),
            most_used: AtomicUsize::new(0),
            was_refused: AtomicBool::new(false),
        })
    }

    /// What all runs have.
    pub fn taken(&self) -> usize {
        self.taken.load(Relaxed)
    }

    fn try_take(&self, bytes: usize) -> bool {
        let take = |taken: usize| taken.checked_add(bytes).filter(|taken| *taken <= self.bytes);
        self.taken.fetch_update(AcqRel, Acquire, take).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, AcqRel);
        self.given_back.notify_one();
    }
}

impl Default for Expectation {
    fn default() -> Self {
        Self(AtomicUsize::new(FIRST_EXPECTATION))
    }
}

impl Expectation {
    pub fn bytes(&self) -> usize {
        self.0.load(Relaxed)
    }

    /// Learns what a run needed: at once when it was more than was expected, and slowly when it was less.
    pub fn learn(&self, needed: usize) {
        let expected = self.bytes();
        let next = if needed > expected { needed } else { expected - (expected - needed) / 16 };
        // Of two runs that end at once one may be forgotten.
        self.0.store(next, Relaxed);
    }
}

impl RunMemory {
    /// Takes memory for the rest of the run.
    pub fn take(&self, bytes: usize) -> Result<(), NoMemory> {
        let used = self.used.fetch_add(bytes, AcqRel).saturating_add(bytes);
        let lacking = used.saturating_sub(self.reserved.load(Acquire));
        if lacking > 0 {
            let piece = lacking.max(PIECE);
            let got = [piece, lacking].into_iter().find(|bytes| self.budget.try_take(*bytes));
            let Some(got) = got else {
                self.used.fetch_sub(bytes, AcqRel);
                self.was_refused.store(true, Relaxed);
                return Err(NoMemory);
            };
            self.reserved.fetch_add(got, AcqRel);
        }
        self.most_used.fetch_max(used, Relaxed);
        Ok(())
    }

    /// Memory for one call, of which nothing is taken so far.
    pub fn for_call(self: &Arc<Self>) -> CallMemory {
        CallMemory(Some(Arc::new(Held { run: Arc::clone(self), bytes: AtomicUsize::new(0) })))
    }

    /// Whether memory was asked for that was not there.
    pub fn was_refused(&self) -> bool {
        self.was_refused.load(Relaxed)
    }

    /// The most that was used at a time.
    pub fn most_used(&self) -> usize {
        self.most_used.load(Relaxed)
    }
}

impl CallMemory {
    /// Takes memory; whether there was as much.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), NoMemory> {
        let Some(held) = &self.0 else { return Ok(()) };
        held.run.take(bytes)?;
        held.bytes.fetch_add(bytes, AcqRel);
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.run.used.fetch_sub(*self.bytes.get_mut(), AcqRel);
    }
}

impl Drop for RunMemory {
    fn drop(&mut self) {
        self.budget.give_back(*self.reserved.get_mut());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn a_run_waits_until_there_is_room_and_is_not_overtaken() {
        let budget = MemoryBudget::new(10 << 20);
        let first = budget.admit(8 << 20).await;
        let mut large = pin!(budget.admit(6 << 20));
        assert!(poll(large.as_mut()).is_pending());
        let mut small = pin!(budget.admit(1 << 20));
        assert!(poll(small.as_mut()).is_pending(), "the large one was first");
        drop(first);
        let Poll::Ready(large) = poll(large.as_mut()) else { panic!("there is room") };
        assert!(poll(small.as_mut()).is_ready());
        drop(large);
    }

    #[tokio::test]
    async fn one_who_waits_no_longer_holds_up_nobody() {
        let budget = MemoryBudget::new(10 << 20);
        let first = budget.admit(8 << 20).await;
        {
            let mut impatient = pin!(budget.admit(6 << 20));
            assert!(poll(impatient.as_mut()).is_pending());
        }
        drop(budget.admit(1 << 20).await);
        assert!(budget.try_admit(4 << 20).is_none() && budget.try_admit(1 << 20).is_some());
        drop(first);
        assert_eq!(budget.taken(), 0);
    }

    #[tokio::test]
    async fn a_run_takes_more_than_it_was_expected_to_as_long_as_there_is_some() {
        let budget = MemoryBudget::new(10 << 20);
        let run = budget.admit(1 << 20).await;
        run.take(5 << 20).unwrap();
        let other = budget.admit(4 << 20).await;
        assert_eq!(run.take(3 << 20), Err(NoMemory));
        assert!(run.was_refused());
        assert_eq!(run.most_used(), 5 << 20);
        drop((run, other));
        assert_eq!(budget.taken(), 0);
    }

    #[tokio::test]
    async fn what_is_held_can_be_used_again() {
        let budget = MemoryBudget::new(2 << 20);
        let run = budget.admit(2 << 20).await;
        for _ in 0..100 {
            let call = run.for_call();
            call.take(1 << 20).unwrap();
            call.clone().take(512 << 10).unwrap();
        }
        assert_eq!(run.most_used(), 3 << 19);
    }

    #[test]
    fn what_a_node_needs_is_learned_quickly_and_forgotten_slowly() {
        let expectation = Expectation::default();
        expectation.learn(60 << 20);
        assert_eq!(expectation.bytes(), 60 << 20);
        (0..200).for_each(|_| expectation.learn(1 << 20));
        assert!(expectation.bytes() < 2 << 20);
    }
}
