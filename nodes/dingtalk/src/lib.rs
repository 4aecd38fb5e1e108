//! DingTalk: what all its nodes share. A node is a file in `<product>/src/bin/` that starts with
//! `use dingtalk::prelude::*`; what the nodes of one product share is the product's library.
//!
//! | module | holds |
//! | --- | --- |
//! | [`newer`], [`older`] | the two families of DingTalk's server API: how each is called and how its answers are read |
//! | [`ids`] | the ids that nodes of several products take |
//! | [`prelude`] | what nearly every node needs |
#![deny(missing_docs)]

mod codes;
pub mod ids;
pub mod newer;
pub mod older;
pub mod prelude;

/// The answer of an operation that only says whether it was done.
#[patchbay_node::answer]
pub struct Done {
    /// Whether it was.
    #[promised(unless_empty)]
    success: bool,
}

/// The failure of a read that DingTalk answered with success but without what was asked for.
pub fn incomplete(message: impl Into<String>) -> patchbay_node::Failure {
    newer::API.incomplete(message)
}
