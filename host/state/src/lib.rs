//! What Patchbay keeps: run records, calls with an idempotency key, API keys, and credentials, sealed.
//!
//! | module | what |
//! | --- | --- |
//! | [`store`] | run records and calls: their types, and the one door to what is stored, [`Store`](store::Store) |
//! | [`keys`] | API keys: who may call, and for what |
//! | [`vault`] | credentials: sealed at rest, opened for a run |
//!
//! [`State`] opens a data directory and holds all of it. The crate knows no HTTP and no command line.

#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]

pub mod keys;
mod opened;
pub mod store;
pub mod vault;

pub use opened::{OpenError, State};
