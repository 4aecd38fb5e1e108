//! What ended and could not be stored.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{Inner, PATIENCE, Recorded};
use crate::calls::{CallKey, EndedCall};
use crate::error::Result;
use crate::runs::{EndedRun, RunId};

/// The most bytes that are held. The ends of calls with a key are held past it: these are no more than ran when the store
/// failed, since none begins while it is down.
const MOST_BYTES: usize = 64 << 20;
/// How long the store is left alone after it failed.
const PAUSE: Duration = Duration::from_millis(500);
/// How often one thing is tried while the store takes others: more often it is the thing that is at fault.
const TRIES: u32 = 5;

/// What is to be stored. Each can be stored twice, which changes nothing.
#[derive(Clone)]
pub enum Unstored {
    /// The end of a run without a key.
    Run(Arc<EndedRun>),
    /// The end of a call with a key.
    Call(Arc<EndedCall>),
    /// The end of a run whose call's key is to be free again.
    Released(CallKey, Arc<EndedRun>),
    /// A call with a key that began and of which nothing was sent.
    Forgotten(CallKey, RunId),
}

/// What waits, oldest first.
#[derive(Default)]
pub struct Backlog {
    waiting: Mutex<Waiting>,
    came: Notify,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<Unstored>,
    bytes: usize,
}

impl Unstored {
    fn size(&self) -> usize {
        match self {
            Self::Run(run) | Self::Released(_, run) => run.size(),
            Self::Call(call) => call.run.size() + call.outcome.len(),
            Self::Forgotten(key, _) => key.key.len() + 100,
        }
    }
}

impl Backlog {
    pub fn len(&self) -> usize {
        self.waiting().entries.len()
    }

    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Entries are pushed and taken whole, so they are sound even if a holder panicked.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds something until it can be stored.
    pub(super) fn hold(&self, unstored: Unstored) -> Recorded {
        let mut waiting = self.waiting();
        let bytes = waiting.bytes + unstored.size();
        if bytes > MOST_BYTES && !matches!(unstored, Unstored::Call(_)) {
            drop(waiting);
            self.drop_one();
            return Recorded::Dropped;
        }
        waiting.bytes = bytes;
        waiting.entries.push_back(unstored);
        self.came.notify_one();
        Recorded::Kept
    }

    fn first(&self) -> Option<Unstored> {
        self.waiting().entries.front().cloned()
    }

    fn remove_first(&self) {
        let mut waiting = self.waiting();
        if let Some(first) = waiting.entries.pop_front() {
            waiting.bytes = waiting.bytes.saturating_sub(first.size());
        }
    }

    /// Counts, and tells of the first, the second, the fourth and so on: a flood of them must not flood the log.
    fn drop_one(&self) {
        let before = self.dropped.fetch_add(1, Ordering::Relaxed);
        if before.checked_ilog2() != (before + 1).checked_ilog2() {
            tracing::error!(dropped = before + 1, "records are lost: the store takes nothing, and too many wait");
        }
    }
}

impl Inner {
    /// Stores something; whether the store took it.
    pub(super) async fn is_stored(&self, unstored: &Unstored) -> bool {
        match timeout(PATIENCE, self.try_to_store(unstored)).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => tracing::debug!(error = error.told(), "what ended is held until it can be stored"),
            Err(_) => tracing::warn!("the store is slow: what ended is held until it is stored"),
        }
        false
    }

    async fn try_to_store(&self, unstored: &Unstored) -> Result<()> {
        match unstored {
            Unstored::Run(run) => self.runs.ended(Arc::clone(run)).await,
            Unstored::Call(call) => self.calls.finish(Arc::clone(call)).await,
            Unstored::Released(key, run) => self.calls.release(key, Arc::clone(run)).await,
            Unstored::Forgotten(key, run) => self.calls.forget(key, *run).await,
        }
    }

    pub(super) async fn keep_storing(&self, stop: &CancellationToken) {
        let mut tries = 0;
        while !stop.is_cancelled() {
            if self.store_first(&mut tries).await {
                continue;
            }
            let pause = async {
                match self.backlog.first() {
                    Some(_) => sleep(PAUSE).await,
                    None => self.backlog.came.notified().await,
                }
            };
            tokio::select! {
                () = pause => {}
                () = stop.cancelled() => {}
            }
        }
        while self.store_first(&mut tries).await {}
        if self.backlog.len() > 0 {
            tracing::error!(
                records = self.backlog.len(),
                "records are lost: the store takes nothing, and the process ends"
            );
        }
    }

    /// Stores the oldest that waits; whether there is another one to try now.
    async fn store_first(&self, tries: &mut u32) -> bool {
        let Some(first) = self.backlog.first() else { return false };
        match timeout(PATIENCE, self.try_to_store(&first)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) if self.health.available().is_ok() && *tries >= TRIES => {
                tracing::error!(error = error.told(), "a record is lost: the store does not take it");
                self.backlog.drop_one();
            }
            Ok(Err(_)) | Err(_) => {
                *tries = if self.health.available().is_ok() { *tries + 1 } else { 0 };
                return false;
            }
        }
        *tries = 0;
        if let Unstored::Call(call) = &first {
            self.here.stored(call);
        }
        self.backlog.remove_first();
        self.backlog.len() > 0
    }
}
