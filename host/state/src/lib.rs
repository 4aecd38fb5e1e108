//! What Patchbay keeps: runs, calls with an idempotency key, API keys, and credentials, sealed.
//!
//! [`State`] opens a data directory and holds all of it.
//!
//! | module | what | where it is kept |
//! | --- | --- | --- |
//! | [`runs`] | what was run and what became of it | [`runs::RunStore`] |
//! | [`calls`] | calls that are executed once however often they are made | [`calls::CallStore`] |
//! | [`keys`] | API keys: who may call, and for what | [`keys::KeyStore`] |
//! | [`vault`] | credentials: sealed at rest, opened for a run | [`vault::CredentialStore`] |
//! | [`audit`] | who changed what, and whose calls were refused | [`audit::AuditStore`] |
//! | `recorder` | what becomes of runs and calls in this process, also while the store is down: [`Recorder`] | memory |
//! | `sqlite` | the five stores, in one SQLite file | |
//!
//! Each of the five has its types, its rules and one small trait, and knows nothing of a database. `sqlite` implements the
//! traits, and nobody but `state` knows of it: another database takes its place there. The stores know no secret:
//! credentials come sealed, API keys come hashed, and of a run's sensitive fields a record says only that they were there.
//! The crate knows no HTTP and no command line.

#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]

pub mod audit;
pub mod calls;
mod error;
mod files;
mod health;
pub mod keys;
mod recorder;
pub mod runs;
mod sqlite;
mod state;
mod time;
pub mod vault;

pub use error::{Result, StoreError, Unavailable};
pub use health::{Copied, StoreHealth};
pub use recorder::{Recorded, Recorder, Running, Turn, Wait};
pub use state::{OpenError, Settings, State};
pub use time::{Timestamp, TimestampError};
