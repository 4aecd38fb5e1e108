//! Writes run records in batches, off the path of the invocation that they tell of.
//!
//! [`RunWriter::write`] never waits. Its [`Written`] completes once the record is committed: a service that answers a
//! run's id waits for it, and so has promised nothing that a killed process could lose. While one batch is committed the
//! next one gathers; no time is spent on waiting for more.
//!
//! When records come faster than they can be stored, the newest are dropped, counted and told of: memory is bounded, and
//! an invocation is worth more than its record.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::Store;
use super::runs::NewRun;

/// The most records of one batch.
const BATCH: usize = 200;
/// The most bytes of one batch: a large one would hold up what else is to be stored.
const BATCH_BYTES: usize = 4 << 20;
/// The most bytes of records that wait.
const WAITING_BYTES: usize = 64 << 20;
/// Pauses before a batch that could not be stored is tried again; after them it is dropped.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_secs(1), Duration::from_secs(3)];

/// Hands run records to a store.
pub struct RunWriter {
    sender: mpsc::Sender<Message>,
    state: Arc<State>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// Completes once a record is stored, or will not be.
pub struct Written(Option<oneshot::Receiver<()>>);

#[derive(Default)]
struct State {
    dropped: AtomicU64,
    waiting: AtomicUsize,
    waiting_bytes: AtomicUsize,
}

enum Message {
    Run(NewRun, oneshot::Sender<()>),
    Stop,
}

impl RunWriter {
    /// A writer that lets so many records wait.
    pub fn start(store: Arc<dyn Store>, capacity: usize) -> Self {
        let (sender, receiver) = mpsc::channel(capacity.max(1));
        let state = Arc::new(State::default());
        let task = tokio::spawn(Task { store, state: Arc::clone(&state) }.run(receiver));
        Self { sender, state, task: Mutex::new(Some(task)) }
    }

    /// Takes a record to be written. Never waits.
    pub fn write(&self, run: NewRun) -> Written {
        let bytes = run.detail.len();
        let (caller, written) = oneshot::channel();
        if self.state.waiting_bytes.load(Ordering::Relaxed).saturating_add(bytes) > WAITING_BYTES {
            self.state.drop_some(1);
            return Written(None);
        }
        self.state.waiting.fetch_add(1, Ordering::Relaxed);
        self.state.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        if self.sender.try_send(Message::Run(run, caller)).is_err() {
            self.state.taken(1, bytes);
            self.state.drop_some(1);
            return Written(None);
        }
        Written(Some(written))
    }

    /// How many records were dropped: too many waited, or the store failed.
    pub fn dropped(&self) -> u64 {
        self.state.dropped.load(Ordering::Relaxed)
    }

    /// How many records wait.
    pub fn waiting(&self) -> usize {
        self.state.waiting.load(Ordering::Relaxed)
    }

    /// Writes what waits and ends. Records that come after it are dropped.
    pub async fn stop(&self) {
        // A writer that has ended already needs no telling.
        self.sender.send(Message::Stop).await.unwrap_or_default();
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the writer of run records broke");
        }
    }
}

impl Written {
    /// Whether the record is stored, once that is known.
    pub async fn stored(self) -> bool {
        match self.0 {
            Some(written) => written.await.is_ok(),
            None => false,
        }
    }
}

impl State {
    fn taken(&self, runs: usize, bytes: usize) {
        self.waiting.fetch_sub(runs, Ordering::Relaxed);
        self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Counts, and tells of the first, the second, the fourth and so on: a flood of them must not flood the log.
    fn drop_some(&self, runs: u64) {
        let before = self.dropped.fetch_add(runs, Ordering::Relaxed);
        let after = before + runs;
        if before.checked_ilog2() != after.checked_ilog2() {
            tracing::warn!(dropped = after, "run records are dropped: they come faster than they can be stored");
        }
    }
}

struct Task {
    store: Arc<dyn Store>,
    state: Arc<State>,
}

impl Task {
    async fn run(self, mut receiver: mpsc::Receiver<Message>) {
        let mut stopping = false;
        while !stopping {
            let Some(first) = receiver.recv().await else { return };
            let (mut runs, mut callers, mut bytes) = (Vec::new(), Vec::new(), 0);
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Run(run, caller) => {
                        bytes += run.detail.len();
                        runs.push(run);
                        callers.push(caller);
                    }
                    Message::Stop => {
                        // What was handed over before stands before it in the channel.
                        stopping = true;
                        break;
                    }
                }
                let is_full = runs.len() >= BATCH || bytes >= BATCH_BYTES;
                next = if is_full { None } else { receiver.try_recv().ok() };
            }
            self.store_batch(runs, callers, bytes).await;
        }
    }

    async fn store_batch(&self, runs: Vec<NewRun>, callers: Vec<oneshot::Sender<()>>, bytes: usize) {
        if runs.is_empty() {
            return;
        }
        let count = runs.len();
        let stored = self.try_to_store(runs).await;
        self.state.taken(count, bytes);
        if stored {
            // Who does not wait need not be told.
            callers.into_iter().for_each(|caller| caller.send(()).unwrap_or_default());
        } else {
            self.state.drop_some(count as u64);
        }
    }

    async fn try_to_store(&self, runs: Vec<NewRun>) -> bool {
        for pause in PAUSES {
            match self.store.insert_runs(runs.clone()).await {
                Ok(()) => return true,
                Err(error) => {
                    tracing::warn!(%error, runs = runs.len(), "run records could not be stored; trying again")
                }
            }
            tokio::time::sleep(pause).await;
        }
        match self.store.insert_runs(runs).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "run records could not be stored");
                false
            }
        }
    }
}
