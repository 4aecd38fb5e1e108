//! DingTalk: what all its nodes share. A node is a file in `src/bin/` that starts with `use dingtalk::prelude::*`.
//!
//! | module | holds |
//! | --- | --- |
//! | [`newer`], [`older`] | the two families of DingTalk's server API: how each is called and how its answers are read |
//! | [`errors`] | the codes DingTalk answers: what each means, whether to try again, what to do |
//! | [`ids`] | the ids that several nodes take |
//! | [`directory`] | people and departments: what their operations take and give alike |
//! | [`a1`] | spans of columns, ranges of cells, what a user gives as a range |
//! | [`notice`] | work notices: their codes |
//! | [`spreadsheet`] | a spreadsheet and its worksheets: their properties, ranges and rows |
//! | [`wiki`] | knowledge bases and their nodes: one by one, in pages, by many ids |
#![deny(missing_docs)]

pub mod a1;
mod call;
mod confirm;
pub mod directory;
pub mod errors;
pub mod ids;
pub mod newer;
pub mod notice;
pub mod older;
pub mod prelude;
pub mod spreadsheet;
pub mod wiki;
mod wording;

pub use call::Call;
pub use confirm::Confirm;
pub use wording::{count, people};
