//! What nearly every node of the product needs.

pub use dingtalk::prelude::*;

pub use crate::ChatId;
