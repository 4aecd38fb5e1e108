//! What a Patchbay node is written against.
//!
//! A node is one file: its inputs, options and outputs as types, one [`node!`] that declares it, and one function `run`.
//! It has no clock, no files, no environment and no sockets; its only way out is an HTTP [`Request`], which the host checks
//! and signs with credentials the node never sees.
//!
//! | to | use |
//! | --- | --- |
//! | declare the node | [`node!`] |
//! | declare what it takes and gives | [`inputs`](macro@inputs), [`options`](macro@options), [`outputs`](macro@outputs), [`choice`](macro@choice), [`NoInputs`], [`NoOptions`] |
//! | take a value in more than one form | [`CommaList`], [`NumericId`], [`JsonText`], [`Switch`] |
//! | pass on a service's answer in declared types | [`Answer`], [`answer`](macro@answer) |
//! | call the service | [`Url`], [`Request`], [`send_all`], [`Response`] |
//! | end the run | [`Outcome`], [`Failure`] |
//! | write to the run's record | [`log`] |
#![deny(missing_docs)]

// The attributes name this crate by its own name, also when they are used in it.
extern crate self as patchbay_node;

mod answer;
#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod export;
mod failure;
mod http;
pub mod log;
mod manifest;
#[cfg(target_family = "wasm")]
mod memory;
mod node;
mod outcome;
mod schema;
mod shape;
mod spelling;
mod url;

pub use answer::Answer;
pub use failure::{Failure, FailureKind, Result};
pub use http::{Method, Request, Response, send_all};
#[doc(hidden)]
pub use manifest::Declaration;
pub use manifest::{Effect, KnownError, NoInputs, NoOptions, Retry, Status};
pub use outcome::Outcome;
#[doc(hidden)]
pub use patchbay_node_macros::built_manifest;
pub use patchbay_node_macros::{answer, choice, inputs, options, outputs};
pub use schemars;
pub use serde;
pub use serde_json;
pub use shape::{Shape, Shaped};
pub use spelling::{Bit, CommaList, JsonText, NumericId, Switch};
pub use url::Url;
