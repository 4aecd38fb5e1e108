//! What the service keeps: run records, calls with an idempotency key, sealed credentials, API keys.
//!
//! [`Store`] is the one door, so that another database can stand beside SQLite. What it promises:
//!
//! | what | once the call returned |
//! | --- | --- |
//! | [`Store::insert_runs`] | the process may be killed; what the machine's power loss takes is at most the last moments |
//! | all else that writes | the power may fail |
//!
//! [`RunWriter`] hands run records over in batches, off the invocation's path. The store knows no secret: credentials
//! come sealed (see [`vault`](crate::vault)), API keys come hashed (see [`keys`](crate::keys)), and of a run's sensitive
//! fields [`record`] leaves only that they were there.

mod calls;
mod error;
mod mask;
mod record;
mod retention;
mod runs;
mod sqlite;
#[cfg(test)]
mod tests;
mod timestamp;
mod writer;

use async_trait::async_trait;

pub use calls::{Begun, BodyDigest, CallKey, NewCall};
pub use error::{Result, StoreError};
pub use record::{Recordable, record};
pub use retention::{Retention, keep_pruning};
pub use runs::{NewRun, RunCursor, RunFilter, RunId, RunPage, RunRecord, RunStatus, RunSummary, RunTextError, Usage};
use serde_json::Value;
pub use sqlite::SqliteStore;
pub use timestamp::{Timestamp, TimestampError};
pub use writer::RunWriter;

use crate::keys::StoredKey;
use crate::vault::{KeyId, Resealed, SealedCredential};

/// The service's state.
#[async_trait]
pub trait Store: Send + Sync {
    /// Stores run records, all or none.
    async fn insert_runs(&self, runs: Vec<NewRun>) -> Result<()>;
    /// A run's record.
    async fn run(&self, id: RunId) -> Result<Option<RunRecord>>;
    /// Runs by filter, newest first.
    async fn runs(&self, filter: &RunFilter) -> Result<RunPage>;
    /// How much the run records take.
    async fn usage(&self) -> Result<Usage>;
    /// Removes the records of runs that began before a time, then the oldest until the rest take no more than so many
    /// bytes. How many were removed.
    async fn prune_runs(&self, before: Option<Timestamp>, most_bytes: Option<u64>) -> Result<u64>;

    /// Begins a call under an idempotency key, or says what it meets.
    async fn begin_call(&self, key: &CallKey, call: NewCall) -> Result<Begun>;
    /// Stores what the call came to.
    async fn finish_call(&self, key: &CallKey, run: RunId, envelope: &Value) -> Result<()>;
    /// Forgets a call that was begun and of which nothing was sent, so that it may begin again.
    async fn forget_call(&self, key: &CallKey, run: RunId) -> Result<()>;
    /// Removes the calls whose time is over, other than those that still run. How many were removed.
    async fn prune_calls(&self, now: Timestamp) -> Result<u64>;

    /// All credentials, by name.
    async fn credentials(&self) -> Result<Vec<SealedCredential>>;
    /// A credential.
    async fn credential(&self, name: &str) -> Result<Option<SealedCredential>>;
    /// Stores a credential. It is refused when its name is taken, or when others are sealed under another master key.
    async fn insert_credential(&self, credential: SealedCredential) -> Result<()>;
    /// Puts one credential in the place of another, which must still be as it was read.
    async fn replace_credential(&self, resealed: Resealed) -> Result<()>;
    /// Removes a credential; whether there was one.
    async fn remove_credential(&self, name: &str) -> Result<bool>;
    /// The master key that the credentials are sealed under; none before the first.
    async fn master_key(&self) -> Result<Option<KeyId>>;
    /// Takes a master key for the first, unless another one was before. The one that counts.
    async fn first_master_key(&self, id: KeyId) -> Result<KeyId>;
    /// Replaces all credentials by what they are under another master key, all or none. They must still be as they were
    /// read, and no other may have come.
    async fn rotate(&self, from: KeyId, to: KeyId, resealed: Vec<Resealed>) -> Result<()>;

    /// All API keys, revoked ones too, in the order in which they were made.
    async fn api_keys(&self) -> Result<Vec<StoredKey>>;
    /// The API key with that public id.
    async fn api_key(&self, id: &str) -> Result<Option<StoredKey>>;
    /// Stores an API key. It is refused when its name is taken by one that is not revoked.
    async fn insert_api_key(&self, key: StoredKey) -> Result<()>;
    /// Revokes the API key of that name; whether there was one.
    async fn revoke_api_key(&self, name: &str, now: Timestamp) -> Result<bool>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<()>;
    /// Finishes what is under way and closes. Calls after it fail.
    async fn close(&self);
}
