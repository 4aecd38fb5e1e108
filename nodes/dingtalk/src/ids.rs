//! The ids that several nodes take. Each is opaque text; what distinguishes them is where they come from.

use std::{fmt, ops::Deref};

use patchbay_node::{NumericId, schemars::JsonSchema};
use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[doc = $doc:literal])+ $name:ident, example: $example:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(crate = "patchbay_node::schemars", example = &$example)]
        pub struct $name(#[schemars(length(min = 1), regex(pattern = r"\S"))] String);

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A person in the organisation's directory.
    UserId, example: "manager001"
}

text_id! {
    /// unionId of the person in whose name the call is made and whose rights are checked. Not a userId: Get User gives the
    /// unionId of a userId.
    OperatorId, example: "kQm7hRzV2nTfGdXcLpYwBsAiEiE"
}

text_id! {
    /// Id of the spreadsheet: its node id, from Get Node List, Get Workspace Node or the end of its URL.
    WorkbookId, example: "Gl6Pm2Db8D3aQ7mBcvKxY4wRJxLq0Ee9"
}

text_id! {
    /// Id of the worksheet, from Get Worksheets. The name on its tab is taken too, but people change it.
    SheetId, example: "st-7c41e0aa-52317"
}

text_id! {
    /// unionId of a person: the same in all applications of one developer's organisation, different in those of another.
    UnionId, example: "kQm7hRzV2nTfGdXcLpYwBsAiEiE"
}

text_id! {
    /// Id of a group chat: the `chatid` that Create Chat returned, or an openConversationId.
    ChatId, example: "chate39f540d572b71f0"
}

text_id! {
    /// Id of the knowledge base: the workspaceId that Get Workspaces gives.
    WorkspaceId, example: "By8jQS1ZYjGn5b0M"
}

text_id! {
    /// Id of the document, folder or file in a knowledge base: the nodeId that Get Node List gives, or the end of its URL.
    NodeId, example: "EpGBa2Lm9aZxe5myC7gN7R35y0kqDvMw"
}

/// A department, by its id from Get Dept List or Search Departments; 1 is the root, which the others are below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(crate = "patchbay_node::schemars", example = 37_520_195)]
pub struct DeptId(#[schemars(with = "NumericId")] i64);

impl DeptId {
    /// The department that the others are below.
    pub const ROOT: Self = Self(1);

    /// The root, for `#[serde(default = "DeptId::root")]`.
    pub fn root() -> Self {
        Self::ROOT
    }
}

impl fmt::Display for DeptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
