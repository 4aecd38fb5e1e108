//! Whether what is kept can be reached.

use async_trait::async_trait;

use crate::error::{Result, Unavailable};

/// How a store is.
#[async_trait]
pub trait StoreHealth: Send + Sync {
    /// Whether the store takes changes at present. It asks nobody and costs nothing, so that it can be asked before every
    /// run. A store that is down recovers by itself.
    fn available(&self) -> Result<(), Unavailable>;
    /// Whether the store answers when it is asked.
    async fn ping(&self) -> Result<()>;
    /// Finishes what is under way and closes. Calls after it fail.
    async fn close(&self);
}
