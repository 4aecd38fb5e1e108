//! Calls with an idempotency key: what was asked under it, and what it came to.

mod digest;

use std::sync::Arc;

use async_trait::async_trait;
pub use digest::BodyDigest;

use crate::error::Result;
use crate::runs::{EndedRun, RunId, StartedRun};
use crate::time::Timestamp;

/// Whose key it is, and the key. Two callers may use the same key for different things.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallKey {
    /// Id of the caller's API key; empty for a caller without one.
    pub caller: String,
    /// The idempotency key.
    pub key: String,
}

/// A call that wants to begin.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// The key it is made under.
    pub key: CallKey,
    /// What is asked.
    pub digest: BodyDigest,
    /// The run that it would be.
    pub run: StartedRun,
    /// The time until which its outcome is kept.
    pub expires: Timestamp,
    /// Whether it may begin again after a process died while it ran: true only for what changes nothing.
    pub may_repeat: bool,
}

/// A call that ended: its outcome, and the record of its run.
#[derive(Debug)]
pub struct EndedCall {
    /// The key it was made under.
    pub key: CallKey,
    /// What was asked.
    pub digest: BodyDigest,
    /// The envelope as JSON, as it was answered.
    pub outcome: Arc<str>,
    /// The record of its run.
    pub run: EndedRun,
}

/// What a call with an idempotency key meets.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    /// Nothing was asked under the key: it is to run now. That it runs is stored, and withstands the loss of power.
    New,
    /// Another process runs it. Its lease ends at this time unless it is renewed: ask again shortly.
    Running {
        /// The run.
        run: RunId,
        /// The end of the lease.
        until: Timestamp,
    },
    /// It is done.
    Finished {
        /// The run.
        run: RunId,
        /// The envelope as JSON, as it was answered.
        outcome: Arc<str>,
    },
    /// Something else was asked under the key.
    OtherCall,
    /// The process that ran it ended, or lost its lease, before the outcome was stored: nobody knows whether it was
    /// executed.
    Unknown {
        /// The run.
        run: RunId,
        /// When it began.
        began: Timestamp,
    },
}

/// Where calls with an idempotency key are kept. What each method changed withstands the loss of power once it returned.
#[async_trait]
pub trait CallStore: Send + Sync {
    /// Begins a call under its key, and tells that its run began; or says what it meets.
    ///
    /// A call that this process began and did not finish counts as one of a process that ended: the
    /// [`Recorder`](crate::Recorder), which knows what runs here, does not ask for these.
    async fn begin(&self, call: NewCall) -> Result<Begun>;
    /// Stores the outcome of a call and the record of its run, both or neither. When another call has begun under the key
    /// since, the record alone is stored. To store the same again changes nothing.
    async fn finish(&self, ended: Arc<EndedCall>) -> Result<()>;
    /// Stores the record of a call's run and frees its key, so that the same or another call may begin under it. To store the
    /// same again changes nothing.
    async fn release(&self, key: &CallKey, run: Arc<EndedRun>) -> Result<()>;
    /// Forgets a call that was begun and of which nothing was sent, so that it may begin again, and its run.
    async fn forget(&self, key: &CallKey, run: RunId) -> Result<()>;
    /// Removes the calls whose time is over, other than those that still run. How many were removed.
    async fn prune(&self, now: Timestamp) -> Result<u64>;
}
