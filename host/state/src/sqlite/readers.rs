//! Connections that read. A read runs on a thread for what blocks, with a connection of its own, beside the writer and
//! beside other reads.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::open;
use crate::error::{Result, StoreError};

/// Reads at a time.
const READERS: usize = 4;

/// The connections. They are opened when they are first needed.
pub struct Readers {
    file: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    /// Connections to a database that has its tables.
    pub fn new(file: PathBuf) -> Self {
        Self { file, idle: Arc::default(), turns: Arc::new(Semaphore::new(READERS)) }
    }

    /// Reads something.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let (idle, file) = (Arc::clone(&self.idle), self.file.clone());
        let lock = |idle: &Mutex<Vec<Connection>>| idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reading = tokio::task::spawn_blocking(move || {
            let connection = match lock(&idle) {
                Some(connection) => connection,
                None => open::reading(&file)?,
            };
            let found = read(&connection);
            // One that failed may be in any state: the next read opens another.
            if !matches!(found, Err(StoreError::Failed(_))) {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
            drop(turn);
            found
        });
        reading.await.map_err(|error| StoreError::Failed(error.into()))?
    }

    /// Waits for the reads that are under way, and closes the connections. Reads after it fail.
    pub async fn close(&self) {
        // It is closed by nobody else, and then all turns are free.
        if let Ok(turns) = self.turns.acquire_many(READERS as u32).await {
            turns.forget();
        }
        self.turns.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
