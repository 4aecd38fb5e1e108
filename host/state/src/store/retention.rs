//! How long things are kept.

use std::sync::Arc;
use std::time::Duration;

use super::{Store, Timestamp};

/// What is kept of run records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Retention {
    /// How long; for ever when none.
    pub max_age: Option<Duration>,
    /// How many bytes; any when none.
    pub max_bytes: Option<u64>,
}

impl Retention {
    /// Removes what is past it, and calls whose time is over. How many records were removed.
    ///
    /// # Errors
    /// The store failed.
    pub async fn apply(&self, store: &dyn Store) -> super::Result<u64> {
        let now = Timestamp::now();
        let runs = store.prune_runs(self.max_age.map(|age| now.before(age)), self.max_bytes).await?;
        let calls = store.prune_calls(now).await?;
        if runs + calls > 0 {
            tracing::debug!(runs, calls, "removed what is past its time or size");
        }
        Ok(runs)
    }
}

/// Applies a retention again and again, for as long as it is polled.
pub async fn keep_pruning(store: Arc<dyn Store>, retention: Retention, every: Duration) {
    loop {
        if let Err(error) = retention.apply(&*store).await {
            tracing::warn!(%error, "old records could not be removed");
        }
        tokio::time::sleep(every).await;
    }
}
