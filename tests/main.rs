//! Tests of the whole, through public surfaces only: the command line, the HTTP service, and the runtime's library.
//! All share one [`environment`]: the nodes are built once, by `patchbay build`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod environment;

mod command_line;
mod configuration;
mod conformance;
mod dingtalk;
mod fixtures;
mod gate;
mod guests;
mod running;
mod sandbox;
mod secrets;
mod service;
mod stored;
mod stories;
