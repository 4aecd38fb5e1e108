//! What is kept, in SQLite: one file, `patchbay.db`, in the data directory.
//!
//! | module | what |
//! | --- | --- |
//! | `open` | the file and its folder, their permissions, connections |
//! | `migrations` | the tables, and how older ones become newer ones |
//! | `writer` | one writing connection, many changes in each transaction; what happens when they fail |
//! | `journal` | ends of runs before they are in the tables |
//! | `readers` | connections that read |
//! | `checkpoints` | the log is copied into the database while nobody waits |
//! | `lease`, `process` | what a process has under way, and what becomes of that when it ends |
//! | `backup` | a copy while others use it |
//! | `runs`, `calls`, `credentials`, `keys`, `audit` | the statements |

mod audit;
mod backup;
mod calls;
mod checkpoints;
mod credentials;
mod journal;
mod keys;
mod lease;
mod migrations;
mod open;
mod process;
mod readers;
mod runs;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use patchbay_runtime::Clock;

use crate::audit::{AuditStore, Entry, Span};
use crate::calls::{Begun, CallKey, CallStore, EndedCall, NewCall};
use crate::error::{Cause, Result, StoreError, Unavailable};
use crate::health::{Copied, StoreHealth};
use crate::keys::{KeyStore, StoredKey};
use crate::runs::{EndedRun, RecordPage, RunFilter, RunId, RunPage, RunRecord, RunStore, StartedRun, Usage};
use crate::time::Timestamp;
use crate::vault::{CredentialStore, KeyId, Resealed, SealedCredential};
use checkpoints::Checkpoints;
use lease::Lease;
use readers::Readers;
use writer::{Durability, Kind, Writer};

/// What is kept, in one SQLite file.
pub(crate) struct SqliteStore {
    file: PathBuf,
    readers: Readers,
    writer: Writer,
    lease: Arc<Lease>,
}

impl SqliteStore {
    /// Opens the database of a data directory; makes both when they are not there.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer Patchbay wrote it, [`StoreError::Place`] when files can not be made,
    /// [`StoreError::Lost`] when the database is empty and a master key is there.
    pub async fn open(data: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        let data = data.to_owned();
        let opening = tokio::task::spawn_blocking(move || {
            let file = open::path(&data);
            let mut connection = open::prepare(&data).map_err(|error| open::damaged(error, &file))?;
            let lease = Arc::new(Lease::new(clock));
            // Before anybody reads. Where it can not be written, reading goes on all the same.
            if let Err(error) = settle(&mut connection, &lease, &open::journals(&file)) {
                let error = open::damaged(error, &file);
                if matches!(error, StoreError::Damaged { .. }) {
                    return Err(error);
                }
                tracing::warn!(error = error.told(), "what processes left that ended could not be put in order");
            }
            let checkpoints = Checkpoints::start(file.clone())?;
            let writer = Writer::start(file.clone(), connection, checkpoints, Arc::clone(&lease))?;
            Ok(Self { readers: Readers::new(file.clone()), file, writer, lease })
        });
        opening.await.map_err(|error| StoreError::Failed(error.into()))?
    }

    /// Makes a change that withstands the loss of power.
    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&rusqlite::Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.change(Kind { durability: Durability::Machine, size: 0, ends: None }, change).await
    }

    /// Removes portion by portion until nothing is left to remove. Others may write between two portions.
    async fn prune_all<F>(&self, portion: impl Fn() -> F) -> Result<u64>
    where
        F: FnOnce(&rusqlite::Connection) -> Result<u64> + Send + 'static,
    {
        let kind = Kind { durability: Durability::Process, size: 0, ends: None };
        let mut removed = 0;
        loop {
            match self.writer.change(kind, portion()).await? {
                0 => return Ok(removed),
                some => removed += some,
            }
        }
    }
}

#[async_trait]
impl RunStore for SqliteStore {
    fn started(&self, run: StartedRun) {
        self.writer.started(run);
    }

    async fn ended(&self, run: Arc<EndedRun>) -> Result<()> {
        self.writer.ended(run).await
    }

    async fn by_id(&self, id: RunId) -> Result<Option<RunRecord>> {
        let journalled = self.writer.settle().await;
        if let Some(run) = journalled.iter().find(|run| run.started.id == id) {
            return runs::of_journal(run).map(Some);
        }
        self.readers.read(move |connection| runs::by_id(connection, id)).await
    }

    async fn page(&self, filter: &RunFilter) -> Result<RunPage> {
        self.writer.settle().await;
        let filter = filter.clone();
        self.readers.read(move |connection| runs::page(connection, &filter)).await
    }

    async fn records(&self, filter: &RunFilter) -> Result<RecordPage> {
        self.writer.settle().await;
        let filter = filter.clone();
        self.readers.read(move |connection| runs::records(connection, &filter)).await
    }

    async fn usage(&self) -> Result<Usage> {
        self.writer.settle().await;
        self.readers.read(runs::usage).await
    }

    async fn prune(&self, before: Option<Timestamp>, most_bytes: Option<u64>) -> Result<u64> {
        self.writer.settle().await;
        let before = before.map(RunId::floor);
        let removed = self
            .prune_all(|| move |connection: &rusqlite::Connection| runs::prune_some(connection, before, most_bytes))
            .await?;
        if removed > 0 {
            self.writer.shrink().await?;
        }
        Ok(removed)
    }
}

#[async_trait]
impl CallStore for SqliteStore {
    async fn begin(&self, call: NewCall) -> Result<Begun> {
        let lease = Arc::clone(&self.lease);
        self.change(move |connection| calls::begin(connection, &lease, &call)).await
    }

    async fn finish(&self, ended: Arc<EndedCall>) -> Result<()> {
        let size = ended.run.size() + ended.outcome.len();
        let kind = Kind { durability: Durability::Machine, size, ends: Some(ended.run.started.id) };
        self.writer.change(kind, move |connection| calls::finish(connection, &ended)).await
    }

    async fn release(&self, key: &CallKey, run: Arc<EndedRun>) -> Result<()> {
        let key = key.clone();
        let kind = Kind { durability: Durability::Machine, size: run.size(), ends: Some(run.started.id) };
        self.writer.change(kind, move |connection| calls::release(connection, &key, &run)).await
    }

    async fn forget(&self, key: &CallKey, run: RunId) -> Result<()> {
        let key = key.clone();
        self.change(move |connection| calls::forget(connection, &key, run)).await
    }

    async fn prune(&self, now: Timestamp) -> Result<u64> {
        self.prune_all(|| {
            let lease = Arc::clone(&self.lease);
            move |connection: &rusqlite::Connection| calls::prune_some(connection, &lease, now)
        })
        .await
    }
}

#[async_trait]
impl CredentialStore for SqliteStore {
    async fn all(&self) -> Result<Vec<SealedCredential>> {
        self.readers.read(credentials::all).await
    }

    async fn by_name(&self, name: &str) -> Result<Option<SealedCredential>> {
        let name = name.to_owned();
        self.readers.read(move |connection| credentials::by_name(connection, &name)).await
    }

    async fn insert(&self, credential: SealedCredential) -> Result<()> {
        self.change(move |connection| credentials::insert(connection, &credential)).await
    }

    async fn replace(&self, resealed: Resealed) -> Result<()> {
        self.change(move |connection| credentials::replace(connection, &resealed)).await
    }

    async fn remove(&self, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.change(move |connection| credentials::remove(connection, &name)).await
    }

    async fn master_key(&self) -> Result<Option<KeyId>> {
        self.readers.read(credentials::master_key).await
    }

    async fn first_master_key(&self, id: KeyId) -> Result<KeyId> {
        self.change(move |connection| credentials::first_master_key(connection, id)).await
    }

    async fn rotate(&self, from: KeyId, to: KeyId, resealed: Vec<Resealed>) -> Result<()> {
        self.change(move |connection| credentials::rotate(connection, from, to, &resealed)).await
    }
}

#[async_trait]
impl KeyStore for SqliteStore {
    async fn all(&self) -> Result<Vec<StoredKey>> {
        self.readers.read(keys::all).await
    }

    async fn any(&self) -> Result<bool> {
        self.readers.read(keys::any).await
    }

    async fn by_id(&self, id: &str) -> Result<Option<StoredKey>> {
        let id = id.to_owned();
        self.readers.read(move |connection| keys::by_id(connection, &id)).await
    }

    async fn insert(&self, key: StoredKey) -> Result<()> {
        self.change(move |connection| keys::insert(connection, &key)).await
    }

    async fn revoke(&self, name: &str, now: Timestamp) -> Result<bool> {
        let name = name.to_owned();
        self.change(move |connection| keys::revoke(connection, &name, now)).await
    }
}

#[async_trait]
impl AuditStore for SqliteStore {
    async fn append(&self, entry: Entry) -> Result<()> {
        self.change(move |connection| audit::append(connection, &entry)).await
    }

    async fn entries(&self, span: Span, most: u32) -> Result<Vec<Entry>> {
        self.readers.read(move |connection| audit::entries(connection, span, most)).await
    }
}

#[async_trait]
impl StoreHealth for SqliteStore {
    fn available(&self) -> Result<(), Unavailable> {
        self.writer.available()
    }

    async fn ping(&self) -> Result<()> {
        self.readers.read(runs::usage).await?;
        // The writing connection too: it may wait for a lock or be gone.
        self.writer.change(Kind { durability: Durability::Process, size: 0, ends: None }, |_| Ok(())).await
    }

    async fn copy_to(&self, path: &Path) -> Result<Copied> {
        self.writer.settle().await;
        let (file, path) = (self.file.clone(), path.to_owned());
        let copying = tokio::task::spawn_blocking(move || backup::copy(&file, &path));
        copying.await.map_err(|error| StoreError::Failed(error.into()))?
    }

    async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

/// Stores what processes left in their journals that ended, and gives up what else they left.
fn settle(connection: &mut rusqlite::Connection, lease: &Lease, journals: &Path) -> Result<()> {
    for left in journal::left(journals).map_err(|error| StoreError::Failed(error.into()))? {
        let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        writer::insert(&change, left.runs())?;
        change.commit()?;
        left.remove();
    }
    if lease.needs_care(connection)? {
        let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        lease.settle(&change)?;
        change.commit()?;
    }
    Ok(())
}

/// What is in a column but can not be read.
fn broken(what: impl Into<String>, reason: impl Into<Cause>) -> StoreError {
    StoreError::broken(what, reason)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(Box::new(error))
    }
}
