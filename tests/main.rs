//! Tests of the whole, through public surfaces only: the command line, the HTTP service, and the runtime's library.
//! All share one [`environment`]: the nodes are built once, by `patchbay build`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod environment;

// The command line as its users meet it.
mod cli;
// DingTalk's own SDK against the tenant, and what it sends beside what the nodes send.
mod conformance;
// DingTalk's nodes by the runtime: what becomes of calls without an answer, tokens, rows that are appended at once.
mod dingtalk;
// The way out of the sandbox: addresses, signatures, tokens, pace.
mod gate;
// What `patchbay build` makes: components, schemas, a provider that is not this project's.
mod guest_build;
// `patchbay test`: fixtures replayed, recorded, compared and counted.
mod replay;
// How a run goes: dry, repeated, measured, traced.
mod runtime;
// The rooms of the code: no circles.
mod rooms;
// What the sandbox withstands.
mod sandbox;
// No secret appears anywhere.
mod secrets;
// The HTTP service as canvases and operators meet it.
mod service;
// What is stored: credentials, keys, runs.
mod state;
// What canvases do with all nodes, one after the other, also while requests fail.
mod stories;
