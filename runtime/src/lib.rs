//! The runtime of Patchbay: loads workflow nodes (WebAssembly components), checks what they are given, runs each in a
//! fresh sandbox, signs its HTTP calls with credentials that it never sees, and answers with one uniform [`Envelope`].
//!
//! [`Engine`] is set up once per process. A [`Runtime`] finds the nodes of a directory and runs [`Invocation`]s:
//!
//! - `validate` normalises inputs and options and checks them by the node's JSON Schemas
//! - `sandbox` runs the node with limits on memory, tables, computation and time
//! - `gate` is the node's only way out: it admits, records, signs and sends requests
//! - `outcome` turns how the run ended into the envelope
//!
//! The runtime knows no service: what a service needs stands in its `provider.toml` ([`Provider`]).

#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]

mod bindings;
mod clock;
mod credential;
mod engine;
mod envelope;
mod error;
mod exclusive;
mod gate;
mod gauges;
mod host_pattern;
mod id;
mod invocation;
mod manifest;
mod nearest;
mod outcome;
mod record;
mod registry;
mod retry;
mod runtime;
mod sandbox;
pub mod schemas;
mod trace;
mod validate;

/// The types of a `provider.toml`.
pub mod provider;

pub use clock::{Clock, SystemClock};
pub use credential::{Credential, CredentialError, CredentialFailure, FetchedToken};
pub use engine::{Engine, EngineConfig};
pub use envelope::{Envelope, Plan, PlannedRequest};
pub use error::{Error, Result};
pub use gate::{
    BoxFuture, GateLimits, HttpLimits, HttpTransport, RawResponse, SignedRequest, Transport, TransportError, Upstream,
    UpstreamError,
};
pub use gauges::{Gauges, HostGauge};
pub use host_pattern::{HostPattern, HostPatternError};
pub use id::{IdError, Name, NodeId};
pub use invocation::{Invocation, Run, Timing};
pub use manifest::{Effect, FailureKind, KnownError, Manifest, Retry, StatusRule};
pub use nearest::nearest;
pub use provider::Provider;
pub use record::{Exchange, ExchangeOutcome, LogLevel, LogLine, RecordedBody};
pub use retry::RetryPauses;
pub use runtime::{Runtime, RuntimeConfig};
pub use trace::{TraceParent, TraceParentError};
pub use validate::expectation;
