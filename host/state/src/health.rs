//! Whether what is kept can be reached.

use std::path::Path;

use async_trait::async_trait;

use crate::error::{Result, Unavailable};

/// What a copy of a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Records of runs.
    pub runs: u64,
    /// Credentials, sealed.
    pub credentials: u64,
    /// API keys, revoked ones too.
    pub keys: u64,
}

/// How a store is.
#[async_trait]
pub trait StoreHealth: Send + Sync {
    /// Whether the store takes changes at present. It asks nobody and costs nothing, so that it can be asked before every
    /// run. A store that is down recovers by itself.
    fn available(&self) -> Result<(), Unavailable>;
    /// Whether the store answers when it is asked.
    async fn ping(&self) -> Result<()>;
    /// Copies all that is kept to a file that is not there yet, while others use it.
    async fn copy_to(&self, path: &Path) -> Result<Copied>;
    /// Finishes what is under way and closes. Calls after it fail.
    async fn close(&self);
}
