//! Tests of nodes that are data: `patchbay test`.
//!
//! | module | holds |
//! | --- | --- |
//! | `form`, `expected` | what stands in a fixture file |
//! | `select`, `yaml`, `source`, `secrets` | finds the files, reads them strictly, refuses what looks real |
//! | `read`, `draft`, `shared`, `envelope` | from a base and what a case says of it to the case in full |
//! | `case` | a case in full |
//! | `script`, `signing`, `compare_records` | the service's part: answers as declared, and checks what the gate added |
//! | `runner`, `problem` | runs cases, and says why one fails |
//! | [`report`], [`junit`], [`coverage`] | tells how it went, and what no case exercises |
//! | [`recording`], `placeholders`, `difference`, `edit` | writes what happened against an upstream into a file |

#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]

mod case;
mod compare_records;
mod difference;
mod draft;
mod edit;
mod envelope;
mod error;
mod expected;
mod form;
mod placeholders;
mod problem;
mod read;
mod runner;
mod script;
mod secrets;
mod select;
mod shared;
mod signing;
mod source;
mod yaml;

pub mod coverage;
pub mod junit;
pub mod recording;
pub mod report;

pub use case::Case;
pub use error::{Error, Result};
pub use form::schema;
pub use problem::Problem;
pub use read::Found;
pub use runner::{Outcome, run_all};
pub use select::{CaseFile, Selection, is_fixture};
pub use source::{Malformed, value_of};
