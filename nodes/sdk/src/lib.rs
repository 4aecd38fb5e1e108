//! What a Patchbay node is written against.
//!
//! A node is one file: one [`node!`] that declares it, its inputs, options and outputs as types, and one function `run`. It
//! has no clock, no files, no environment and no sockets; its only way out is an HTTP request, which the host checks and
//! signs with credentials the node never sees.
//!
//! | to | use |
//! | --- | --- |
//! | declare the node | [`node!`], [`Group`] |
//! | declare what it takes and gives | [`inputs`](macro@inputs), [`part`](macro@part), [`options`](macro@options), [`outputs`](macro@outputs), [`choice`](macro@choice) |
//! | take a value in more than one form | [`id!`], [`Text`], [`Link`], [`CommaList`], [`NumericId`], [`JsonText`], [`Switch`], [`Flipped`], [`PageSize`] |
//! | call the service | [`api`] |
//! | read what it answers | [`answer`](macro@answer) |
//! | end the run | [`Outcome`], [`Failure`] |
//! | write to the run's record | [`log`] |
//! | send what an API has no word for | [`Request`], [`send_all`], [`Response`] |
#![deny(missing_docs)]

// The attributes name this crate by its own name, also when they are used in it.
extern crate self as patchbay_node;

mod answer;
pub mod api;
#[doc(hidden)]
#[rustfmt::skip]
#[allow(
    missing_docs,
    unused_qualifications,
    unsafe_op_in_unsafe_fn,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::undocumented_unsafe_blocks,
    clippy::unwrap_used,
    reason = "generated from schemas/node.wit, where it is documented: see tests/bindings.rs"
)]
pub mod bindings;
#[doc(hidden)]
pub mod export;
mod failure;
mod given;
mod http;
mod id;
mod list;
pub mod log;
mod manifest;
#[cfg(target_family = "wasm")]
mod memory;
mod node;
mod outcome;
mod rule;
mod schema;
mod shape;
mod spelling;
mod text;
mod url;
mod wording;

#[doc(hidden)]
pub use answer::declared_schema;
pub use answer::{Answer, Grid, List, list_of};
pub use failure::{Failure, FailureKind, Result};
#[doc(hidden)]
pub use given::joined_schema;
pub use given::{Given, Place};
pub use http::{File, Kept, Method, Part, Request, Response, send_all};
pub use id::NotAnId;
#[doc(hidden)]
pub use id::{read_id, read_opaque};
pub use list::CommaList;
#[doc(hidden)]
pub use manifest::Declaration;
pub use manifest::{Effect, Group, Retry, Status};
pub use outcome::Outcome;
#[doc(hidden)]
pub use patchbay_node_macros::built_manifest;
pub use patchbay_node_macros::{answer, choice, inputs, options, outputs, part};
pub use rule::Rule;
pub use schemars;
pub use serde;
pub use serde_json;
#[doc(hidden)]
pub use shape::add_empty_lists;
pub use shape::{Member, Promise, Shape};
pub use spelling::{Bit, Flipped, JsonText, NumericId, PageSize, Switch};
pub use text::{Link, Text};
pub use url::Url;
pub use wording::{count, people};
