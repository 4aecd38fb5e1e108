//! Copies the log into the database, on a connection and a thread of its own. SQLite does so within the commit that fills
//! the log, and everybody waits for two files to be flushed; with little left to copy that commit is like any other.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::open;
use crate::error::{Result, StoreError};

/// Long enough that a quiet service writes little twice, short enough that the log stays small.
const EVERY: Duration = Duration::from_secs(1);
/// Waits for nobody and lets nobody wait.
const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// The copying, until it is stopped.
pub struct Checkpoints {
    has_changes: Arc<AtomicBool>,
    /// Dropped to end the thread.
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Checkpoints {
    /// Starts the thread.
    pub fn start(file: PathBuf) -> Result<Self> {
        let (has_changes, (stop, stopped)) = (Arc::<AtomicBool>::default(), mpsc::channel());
        let thread = std::thread::Builder::new().name("checkpoints".to_owned());
        let has_changes_there = Arc::clone(&has_changes);
        let thread = thread.spawn(move || run(&file, &has_changes_there, &stopped));
        Ok(Self { has_changes, stop, thread: thread.map_err(|error| StoreError::Failed(error.into()))? })
    }

    /// Tells that something was committed.
    pub fn changed(&self) {
        self.has_changes.store(true, Ordering::Relaxed);
    }

    /// Ends the thread and closes its connection.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::warn!("the log of the store was not copied as it should");
        }
    }
}

fn run(file: &std::path::Path, has_changes: &AtomicBool, stopped: &Receiver<()>) {
    let mut connection = None;
    let mut is_told = false;
    while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        if !has_changes.swap(false, Ordering::Relaxed) {
            continue;
        }
        match copy(file, &mut connection) {
            Ok(()) => is_told = false,
            Err(error) => {
                connection = None;
                has_changes.store(true, Ordering::Relaxed);
                // Once, and not with every try.
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!(error = error.told(), "the log of the store could not be copied; trying again");
                }
            }
        }
    }
}

fn copy(file: &std::path::Path, connection: &mut Option<Connection>) -> Result<()> {
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(open::writing(file)?),
    };
    connection.prepare_cached(CHECKPOINT)?.query_row((), |_| Ok(()))?;
    Ok(())
}
