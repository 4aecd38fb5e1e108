//! The runtime of Patchbay: loads workflow nodes (WebAssembly components), checks what they are given, runs each in a
//! fresh sandbox, signs its HTTP calls with credentials that it never sees, and answers with one uniform [`Envelope`].
//!
//! [`Engine`] is set up once per process. A [`Runtime`] finds the nodes of a directory and runs [`Invocation`]s:
//!
//! - `validate` normalises inputs and options and checks them by the node's JSON Schemas
//! - `sandbox` runs the node with limits on memory, tables, computation and time
//! - `bindings` is the boundary between the two in all its versions; nothing else knows that there are several
//! - `gate` is the node's only way out: it admits, records, signs and sends requests
//! - `exchange` is what was sent and what came back, and what follows from it
//! - `verdict` turns how the run ended into the envelope
//!
//! What outlives a run is behind small traits, with a default where there is one: tokens ([`TokenStore`]), files
//! ([`FileStore`]), time ([`Clock`]), the way to the service ([`Transport`]).
//!
//! The runtime knows no service: what a service needs stands in its `provider.toml` ([`Provider`]).

#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]

mod aside;
mod bindings;
mod bounded_json;
mod cause;
mod clock;
mod credential;
mod encoding;
mod engine;
mod envelope;
mod error;
mod excerpt;
mod exchange;
mod exclusive;
mod files;
mod future;
mod gate;
mod gauges;
mod host_pattern;
mod id;
mod invocation;
mod journal;
mod manifest;
mod memory;
mod milliseconds;
mod nearest;
mod outputs;
mod registry;
mod retry;
mod rule;
mod runtime;
mod sandbox;
pub mod schemas;
mod scrub;
mod sensitive;
mod trace;
mod traffic;
mod validate;
mod verdict;
mod vocabulary;

/// The types of a `provider.toml`.
pub mod provider;

pub use bounded_json::{JsonError, read_json};
pub use cause::chain;
pub use clock::{Clock, SystemClock};
pub use credential::{
    Credential, CredentialError, CredentialFailure, CredentialId, Credentials, FetchedToken, Fingerprint,
};
pub use encoding::{NotUtf8, utf8};
pub use engine::{CompileLimits, CompilerCommand, Engine, EngineConfig, run_compiler};
pub use envelope::{Envelope, Plan, PlannedRequest, WrongValue};
pub use error::{Error, Result};
pub use excerpt::escape_controls;
pub use exchange::{Exchange, ExchangeOutcome, RecordedBody, TokenFetch};
pub use files::{FileError, FileInfo, FileStore, FileStream, NewFile, OpenFile};
pub use future::BoxFuture;
pub use gate::{
    BodyStream, GateLimits, HttpLimits, HttpTransport, MemoryTokens, OpenResponse, Proxy, ProxyAddress, ProxyError,
    ProxyLogin, ProxyUse, RawResponse, RequestBody, ResponseStream, SignedRequest, Token, TokenKey, TokenStore,
    Transport, TransportError, Upstream, UpstreamError,
};
pub use gauges::{Gauges, HostGauge};
pub use host_pattern::{HostPattern, HostPatternError};
pub use id::{IdError, Name, NodeId};
pub use invocation::{Invocation, Run, Timing};
pub use journal::LogLine;
pub use manifest::{KnownError, Manifest};
pub use memory::CallMemory;
pub use nearest::nearest;
pub use patchbay_numbers::{from_json, is_rounded, quote_rounded};
pub use provider::{Provider, ProviderError};
pub use registry::{LeftOut, Node, Snapshot};
pub use retry::RetryPauses;
pub use rule::Rule;
pub use runtime::{Runtime, RuntimeConfig};
pub use scrub::Scrubber;
pub use sensitive::{Found, MASK, Replacer, Sensitive, SensitivePlaces};
pub use trace::{TraceParent, TraceParentError};
pub use validate::expectation;
pub use vocabulary::{Effect, FailureKind, LogLevel, Retry, StatusRule};
