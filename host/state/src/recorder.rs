//! What becomes of runs and of calls with an idempotency key, between those who run nodes and the stores.
//!
//! The stores keep what happened; this knows what happens in this process: which keys' calls run here, and what ended and
//! could not be stored. A caller gets its answer also while the store is down. What the answer stands for is held in memory
//! until the store takes it, and as long as there is any such thing, or the store is down, [`Recorder::available`] says that
//! nothing new should be run: so little waits, and nobody is promised a record that can not be kept.
//!
//! | module | what |
//! | --- | --- |
//! | `once` | a call under its key: run, wait, or answered before |
//! | `backlog` | what waits in memory until the store takes it |

mod backlog;
mod once;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use backlog::{Backlog, Unstored};
use once::Here;
pub use once::{Running, Turn, Wait};
use tokio_util::sync::CancellationToken;

use crate::calls::CallStore;
use crate::error::Unavailable;
use crate::health::StoreHealth;
use crate::runs::{EndedRun, RunStore, StartedRun};

/// How long a caller waits for a store that is slow before its answer is given with a record that is held in memory.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hands runs and calls to the stores.
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

struct Inner {
    runs: Arc<dyn RunStore>,
    calls: Arc<dyn CallStore>,
    health: Arc<dyn StoreHealth>,
    here: Here,
    backlog: Backlog,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is stored.
    Stored,
    /// It is held in memory and stored as soon as the store takes it. A process that is killed before that loses it.
    Kept,
    /// It is lost: the store takes nothing, and too much is held in memory. Never the fate of a call with a key.
    Dropped,
}

impl Recorder {
    pub(crate) fn new(runs: Arc<dyn RunStore>, calls: Arc<dyn CallStore>, health: Arc<dyn StoreHealth>) -> Self {
        Self(Arc::new(Inner { runs, calls, health, here: Here::default(), backlog: Backlog::default() }))
    }

    /// Whether what is run now can be recorded. It costs nothing: ask before every run that is to have a record.
    ///
    /// # Errors
    /// [`Unavailable`] says why not. It passes by itself.
    pub fn available(&self) -> Result<(), Unavailable> {
        self.0.health.available()?;
        match self.waiting() {
            0 => Ok(()),
            waiting => Err(Unavailable(format!("{waiting} records wait until they can be stored"))),
        }
    }

    /// Tells that a run without a key began. It never waits.
    pub fn start(&self, run: StartedRun) {
        self.0.runs.started(run);
    }

    /// Stores what a run without a key came to. It returns once a killed process loses nothing, or once the record is held
    /// in memory because the store fails or is slow.
    pub async fn end(&self, run: EndedRun) -> Recorded {
        let unstored = Unstored::Run(Arc::new(run));
        if self.0.is_stored(&unstored).await { Recorded::Stored } else { self.0.backlog.hold(unstored) }
    }

    /// How many records are held in memory.
    pub fn waiting(&self) -> usize {
        self.0.backlog.len()
    }

    /// How many records were dropped.
    pub fn dropped(&self) -> u64 {
        self.0.backlog.dropped()
    }

    /// Stores what is held in memory as soon as that is possible, until it is stopped; then it tries once more.
    pub(crate) async fn keep_storing(self, stop: CancellationToken) {
        self.0.keep_storing(&stop).await;
    }
}
