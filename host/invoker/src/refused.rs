//! Why an order did not become a run.

use std::time::Duration;

use patchbay_runtime::NodeId;
use patchbay_state::keys::Denied;
use patchbay_state::runs::RunId;
use patchbay_state::vault::VaultError;
use patchbay_state::{StoreError, Unavailable};

/// Why an order did not become a run. Nothing was executed by it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// There is no such node, or no such provider.
    #[error(transparent)]
    UnknownNode(patchbay_runtime::Error),
    /// The node is there and can not be loaded.
    #[error("the node `{node}` can not be run")]
    Unusable {
        /// The node.
        node: NodeId,
        /// Why.
        source: patchbay_runtime::Error,
    },
    /// The node is still being built or loaded, and the order's time is over.
    #[error("the node `{node}` is still being built or loaded")]
    NotReady {
        /// The node.
        node: NodeId,
    },
    /// The caller may not do this.
    #[error(transparent)]
    NotAllowed(#[from] Denied),
    /// There is no credential of that name.
    #[error("there is no credential `{name}`")]
    UnknownCredential {
        /// The name that was asked for.
        name: String,
        /// The names that there are, in order.
        known: Vec<String>,
    },
    /// The credential is of another provider, or can not be opened.
    #[error(transparent)]
    Credential(VaultError),
    /// The time that the order gives is none.
    #[error("the run is given no time")]
    NoTime,
    /// Something else was asked under the order's key.
    #[error("something else was asked under this idempotency key")]
    OtherOrder,
    /// The same order still runs, and the time of this one is over.
    #[error("the same call still runs under this idempotency key: run {run}")]
    StillRunning {
        /// The run.
        run: RunId,
    },
    /// All places are taken, and all that wait for one.
    #[error("{running} invocations run and {waiting} wait, which is all there is room for")]
    NoRoom {
        /// How many run.
        running: usize,
        /// How many wait.
        waiting: usize,
    },
    /// No place came free in time.
    #[error("the invocation waited {} ms for others to end", waited.as_millis())]
    WaitedTooLong {
        /// How long it waited.
        waited: Duration,
    },
    /// No orders are taken any more.
    #[error("the service is stopping and takes no new invocations")]
    Stopping,
    /// What is kept can not be written or read now: a run would leave no record.
    #[error("the store can not be used now")]
    Store(#[source] StoreError),
    /// The store takes nothing at present: a run would leave no record.
    #[error("the store can not be used now")]
    Unavailable(#[source] Unavailable),
    /// The task of the run ended without an answer.
    #[error("run {run} broke")]
    Broken {
        /// The run.
        run: RunId,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Refused {
    /// After which time the same order may be taken; none when it would be refused again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::NoRoom { .. }
            | Self::WaitedTooLong { .. }
            | Self::StillRunning { .. }
            | Self::NotReady { .. }
            | Self::Store(_)
            | Self::Unavailable(_) => Some(Duration::from_secs(1)),
            Self::Stopping => Some(Duration::from_secs(5)),
            _ => None,
        }
    }
}
