//! How long records are kept.

use std::time::Duration;

/// What is kept of run records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Retention {
    /// How long a record is kept; for ever when none.
    pub max_age: Option<Duration>,
    /// How many bytes all records may take; any when none.
    pub max_bytes: Option<u64>,
}
