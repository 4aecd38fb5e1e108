//! Runs: that they began, what became of them, and how long that is kept.
//!
//! | module | what |
//! | --- | --- |
//! | `id` | ids that stand in the order in which runs began |
//! | `record` | what is kept of a run |
//! | `recording` | makes a record of a run, without what is sensitive |
//! | `filter` | which runs a list holds |
//! | `retention` | how long records are kept |

mod filter;
mod id;
mod record;
mod recording;
mod retention;

use std::sync::Arc;

use async_trait::async_trait;

pub use filter::{RunCursor, RunFilter, RunStatus, RunTextError};
pub use id::RunId;
pub use record::{EndedRun, RecordPage, RunDetail, RunPage, RunRecord, RunState, RunSummary, StartedRun, Usage};
pub use recording::{Recordable, record};
pub use retention::Retention;

use crate::error::Result;
use crate::time::Timestamp;

/// Where runs are kept.
///
/// A run that was told of and whose end was not is found as running while its process holds its lease, and as interrupted
/// from then on.
#[async_trait]
pub trait RunStore: Send + Sync {
    /// Tells that a run began. It never waits and may write later, together with other changes; what is written is lost
    /// with the process for a moment at most. A run that ends within that moment is written once.
    fn started(&self, run: StartedRun);
    /// Stores the record of a run that ended. Once this returned, the process may be killed; what the machine's power loss
    /// takes is at most the last moments. To store the same record again changes nothing.
    async fn ended(&self, run: Arc<EndedRun>) -> Result<()>;
    /// The record of a run.
    async fn by_id(&self, id: RunId) -> Result<Option<RunRecord>>;
    /// Runs by filter, newest first.
    async fn page(&self, filter: &RunFilter) -> Result<RunPage>;
    /// Whole records by filter, newest first. A page holds as many as fit into a few megabytes, one at least.
    async fn records(&self, filter: &RunFilter) -> Result<RecordPage>;
    /// How much the run records take.
    async fn usage(&self) -> Result<Usage>;
    /// Removes the records of runs that began before a time, then the oldest until the rest take no more than this many
    /// bytes. How many were removed.
    async fn prune(&self, before: Option<Timestamp>, most_bytes: Option<u64>) -> Result<u64>;
}
