//! What nearly every node of the product needs.

pub use dingtalk::prelude::*;

pub use crate::{
    Batch, IS_NOT_WORKSPACE, Item, KNOWLEDGE_BASE, Node, NodeId, WORKSPACE_NOT_EXIST, Workspace, WorkspaceId, batch,
    get, page, read_summary,
};
