//! DingTalk: what all its nodes share. A node is a file in `src/bin/` that starts with `use dingtalk::prelude::*`.
//!
//! | module | holds |
//! | --- | --- |
//! | [`newer`], [`older`] | the two families of DingTalk's server API: how each is called and how its answers are read |
//! | [`errors`] | the codes DingTalk answers: what each means, whether to try again, what to do |
//! | [`ids`] | the ids that several nodes take |
//! | [`a1`] | spans of columns and ranges of cells |
//! | [`spreadsheet`] | one worksheet: its properties, its rows |
#![deny(missing_docs)]

pub mod a1;
mod call;
mod confirm;
pub mod errors;
pub mod ids;
pub mod newer;
pub mod older;
pub mod prelude;
pub mod spreadsheet;
mod wording;

pub use call::Call;
pub use confirm::Confirm;
pub use wording::count;
