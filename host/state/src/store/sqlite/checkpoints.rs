//! Copies the log into the database, on a connection of its own. SQLite does so within the commit that fills the log, and
//! everybody waits for two files to be flushed; with little left to copy that commit is like any other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::{Connection, SqliteConnection};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Long enough that a quiet service writes little twice, short enough that the log stays small.
const EVERY: Duration = Duration::from_secs(1);
/// Waits for nobody and lets nobody wait.
const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// The copying, until it is stopped.
pub struct Checkpoints {
    has_changes: Arc<AtomicBool>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Checkpoints {
    /// Takes over a connection.
    pub fn start(connection: SqliteConnection) -> Self {
        let (has_changes, (stop, stopped)) = (Arc::default(), oneshot::channel());
        let task = tokio::spawn(run(connection, Arc::clone(&has_changes), stopped));
        Self { has_changes, stop, task }
    }

    /// Tells that something was committed.
    pub fn changed(&self) {
        self.has_changes.store(true, Ordering::Relaxed);
    }

    /// Ends it and closes the connection.
    pub async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the log of the store was not copied as it should");
        }
    }
}

async fn run(mut connection: SqliteConnection, has_changes: Arc<AtomicBool>, mut stopped: oneshot::Receiver<()>) {
    while tokio::time::timeout(EVERY, &mut stopped).await.is_err() {
        if !has_changes.swap(false, Ordering::Relaxed) {
            continue;
        }
        if let Err(error) = sqlx::query(CHECKPOINT).fetch_all(&mut connection).await {
            tracing::warn!(%error, "the log of the store could not be copied; trying again");
            has_changes.store(true, Ordering::Relaxed);
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the store did not close as it should");
    }
}
