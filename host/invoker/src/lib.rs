//! Runs a node for a caller, whoever that is: a program behind the HTTP service, a person at the command line, something
//! that listens for events. It knows no HTTP and no command line. An [`Order`] goes in; [`Answered`] or [`Refused`] comes
//! out of [`Invoker::run`], on this way:
//!
//! | step | where | what is refused |
//! | --- | --- | --- |
//! | the node is found, and waited for while it is loaded | [`Catalog`] | one that is not there or can not be loaded |
//! | the caller may run it, with these credentials | [`Caller`] | what its key does not allow |
//! | the credential is found by its name | `credentials` | a name that is none's |
//! | a call with a key runs once | `once` | another call under the same key |
//! | the run gets a place | [`Admission`] | what there is no room for, in reasonable time |
//! | the run | `invoker`, and below it [`Runtime`](patchbay_runtime::Runtime) | nothing: all is told in the envelope |
//! | its record is stored, and with it the outcome of its key | `invoker`, and below it [`patchbay_state`] | nothing |
//!
//! Until a run has begun, a refusal means that nothing was executed. Once it has begun there is an answer with the run's
//! envelope, whatever happens to the caller, the run or the store.
//!
//! A [`Counter`] is told what ran: measures are made from that. What a form, a tool's list or a page of documents shows of
//! a node stands in its [`CatalogNode`], made once for each loaded node.

#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]

mod admission;
mod answered;
mod body;
mod catalog;
mod counter;
mod credentials;
mod invoker;
mod once;
mod order;
mod refused;
mod trace;

pub use admission::{Admission, Place};
pub use answered::{Answered, EnvelopeText};
pub use body::{InvokeBody, whole_number};
pub use catalog::{Catalog, CatalogNode, Document, NodeSummary};
pub use counter::{Counter, Ran};
pub use credentials::Credentials;
pub use invoker::{Invoker, InvokerConfig, InvokerParts};
pub use order::{CallKeyError, Caller, CredentialChoice, IdempotencyKey, Order, Origin, RunLimits};
pub use refused::Refused;
