//! What nearly every node of the product needs.

pub use dingtalk::prelude::*;

pub use crate::{AGENT_IS_NOT_VALID, AGENT_IS_OF_ANOTHER_APPLICATION, SENT_NOTICE};
