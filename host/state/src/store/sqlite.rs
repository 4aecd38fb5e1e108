//! [`Store`] on SQLite: one file, `patchbay.db`, in the data directory.
//!
//! | module | what |
//! | --- | --- |
//! | `open` | the file and its folder, their permissions, connections |
//! | `migrations` | the tables, and how older ones become newer ones |
//! | `commits` | one writing connection, many changes in each transaction |
//! | `checkpoints` | the log is copied into the database while nobody waits |
//! | `instance` | which of the processes on the file are alive |
//! | `runs`, `calls`, `credentials`, `keys` | the statements |

mod calls;
mod checkpoints;
mod commits;
mod credentials;
mod instance;
mod keys;
mod migrations;
mod open;
mod runs;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use sqlx::SqlitePool;

use super::Store;
use super::calls::{Begun, CallKey, NewCall};
use super::error::{Result, StoreError};
use super::runs::{NewRun, RunFilter, RunId, RunPage, RunRecord, Usage};
use super::timestamp::Timestamp;
use crate::keys::StoredKey;
use crate::vault::{KeyId, Resealed, SealedCredential};
use checkpoints::Checkpoints;
use commits::{Commits, Durability};
use instance::Instance;

/// State in one SQLite file.
pub struct SqliteStore {
    reads: SqlitePool,
    commits: Commits,
    instance: Arc<Instance>,
}

impl SqliteStore {
    /// Opens the database of a data directory; makes both when they are not there.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer Patchbay wrote it, [`StoreError::Place`] when files can not be made.
    pub async fn open(data: &Path) -> Result<Self> {
        let file = open::prepare(data)?;
        let instance = Arc::new(Instance::start(data)?);
        let writing = open::writing(&file).await?;
        let checkpoints = Checkpoints::start(open::further(&file).await?);
        let reads = open::reading(&file);
        Ok(Self { reads, commits: Commits::start(writing, checkpoints), instance })
    }

    /// Whether a data directory has a database.
    pub fn is_in(data: &Path) -> bool {
        open::path(data).is_file()
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn insert_runs(&self, runs: Vec<NewRun>) -> Result<()> {
        self.commits.change(Durability::Process, |connection| Box::pin(runs::insert(connection, runs))).await
    }

    async fn run(&self, id: RunId) -> Result<Option<RunRecord>> {
        runs::one(&self.reads, id).await
    }

    async fn runs(&self, filter: &RunFilter) -> Result<RunPage> {
        runs::page(&self.reads, filter).await
    }

    async fn usage(&self) -> Result<Usage> {
        runs::usage(&self.reads).await
    }

    async fn prune_runs(&self, before: Option<Timestamp>, most_bytes: Option<u64>) -> Result<u64> {
        let before = before.map(RunId::floor);
        let mut removed = 0;
        loop {
            let change = self.commits.change(Durability::Process, move |connection| {
                Box::pin(runs::prune_some(connection, before, most_bytes))
            });
            match change.await? {
                0 => break,
                some => removed += some,
            }
            // Others may write between two portions.
            tokio::task::yield_now().await;
        }
        if removed > 0 {
            self.commits.shrink().await?;
        }
        Ok(removed)
    }

    async fn begin_call(&self, key: &CallKey, call: NewCall) -> Result<Begun> {
        let (key, instance) = (key.clone(), Arc::clone(&self.instance));
        self.commits
            .change(Durability::Machine, move |connection| Box::pin(calls::begin(connection, instance, key, call)))
            .await
    }

    async fn finish_call(&self, key: &CallKey, run: RunId, envelope: &Value) -> Result<()> {
        let (key, envelope) = (key.clone(), envelope.to_string());
        self.commits
            .change(Durability::Machine, move |connection| Box::pin(calls::finish(connection, key, run, envelope)))
            .await
    }

    async fn forget_call(&self, key: &CallKey, run: RunId) -> Result<()> {
        let key = key.clone();
        self.commits.change(Durability::Machine, move |connection| Box::pin(calls::forget(connection, key, run))).await
    }

    async fn prune_calls(&self, now: Timestamp) -> Result<u64> {
        let instance = Arc::clone(&self.instance);
        self.commits
            .change(Durability::Process, move |connection| Box::pin(calls::prune(connection, instance, now)))
            .await
    }

    async fn credentials(&self) -> Result<Vec<SealedCredential>> {
        credentials::all(&self.reads).await
    }

    async fn credential(&self, name: &str) -> Result<Option<SealedCredential>> {
        credentials::one(&self.reads, name).await
    }

    async fn insert_credential(&self, credential: SealedCredential) -> Result<()> {
        self.commits
            .change(Durability::Machine, move |connection| Box::pin(credentials::insert(connection, credential)))
            .await
    }

    async fn replace_credential(&self, resealed: Resealed) -> Result<()> {
        self.commits
            .change(Durability::Machine, move |connection| Box::pin(credentials::replace(connection, resealed)))
            .await
    }

    async fn remove_credential(&self, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.commits
            .change(Durability::Machine, move |connection| Box::pin(credentials::remove(connection, name)))
            .await
    }

    async fn master_key(&self) -> Result<Option<KeyId>> {
        credentials::master_key(&mut *self.reads.acquire().await?).await
    }

    async fn first_master_key(&self, id: KeyId) -> Result<KeyId> {
        self.commits
            .change(Durability::Machine, move |connection| Box::pin(credentials::first_master_key(connection, id)))
            .await
    }

    async fn rotate(&self, from: KeyId, to: KeyId, resealed: Vec<Resealed>) -> Result<()> {
        self.commits
            .change(Durability::Machine, move |connection| {
                Box::pin(credentials::rotate(connection, from, to, resealed))
            })
            .await
    }

    async fn api_keys(&self) -> Result<Vec<StoredKey>> {
        keys::all(&self.reads).await
    }

    async fn api_key(&self, id: &str) -> Result<Option<StoredKey>> {
        keys::one(&self.reads, id).await
    }

    async fn insert_api_key(&self, key: StoredKey) -> Result<()> {
        self.commits.change(Durability::Machine, move |connection| Box::pin(keys::insert(connection, key))).await
    }

    async fn revoke_api_key(&self, name: &str, now: Timestamp) -> Result<bool> {
        let name = name.to_owned();
        self.commits.change(Durability::Machine, move |connection| Box::pin(keys::revoke(connection, name, now))).await
    }

    async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.reads).await?;
        // The writing connection too: it may wait for a lock or be gone.
        self.commits.change(Durability::Process, |_| Box::pin(async { Ok(()) })).await
    }

    async fn close(&self) {
        self.commits.close().await;
        self.reads.close().await;
    }
}

/// What is in a column but can not be read.
fn broken(what: &str, reason: impl ToString) -> StoreError {
    StoreError::broken(what, reason)
}
