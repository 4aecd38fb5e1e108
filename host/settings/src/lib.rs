//! The configuration: what an operator can set, where each value came from, and what is wrong with it.
//!
//! Rising weight: the default, `patchbay.toml`, the environment, the command line. A setting `serve.listen` stands in the
//! file as `listen` under `[serve]`, and in the environment as `PATCHBAY_SERVE_LISTEN`; an empty variable counts as none.
//! Durations are written as `500ms`, `30s`, `24h` or `30d`, sizes as `64KiB` or `1GiB`, and `none` stands for no limit
//! where one may be left out. A path in the file is relative to the file.
//!
//! - `settings` are the sections, one list for their types, defaults, documentation and names
//! - `setting` turns one written value into its type
//! - `file` reads `patchbay.toml` with the place of each value
//! - `load` puts the sources on top of each other
//! - `problem` says what is wrong, and where

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]
#![deny(missing_docs)]

mod file;
mod load;
mod problem;
mod setting;
mod settings;
mod size;

pub use load::{Flags, Loaded, Shown, Sources, variable_name};
pub use problem::{Problem, Problems, Source};
pub use setting::listen_address;
pub use settings::{Config, Http, LogFormat, Process, ProxyChoice};
pub use size::ByteSize;
