//! What nearly every node of the product needs.

pub use dingtalk::prelude::*;

pub use crate::{DeptId, Language, Mobile, SearchOptions, SearchResult, UnionId, search};
