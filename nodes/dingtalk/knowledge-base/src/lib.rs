//! Knowledge bases and the nodes in them: documents, folders, files.
//!
//! Both are served alike, so what is said of one [`Item`] is said once: [`get`] reads one, [`page`] lists them, [`batch`]
//! reads many by their ids. A list that is longer than what one call gives is read in several, in order.

#![deny(missing_docs)]

mod batch;
mod doc_type;
pub mod prelude;

use dingtalk::{
    ids::{InTheNameOf, OperatorId},
    newer,
};
use patchbay_node::{
    Answer, Group, Result, answer,
    api::{Call, Page, Paging, codes::*},
    id,
    schemars::JsonSchema,
};

pub use self::{
    batch::{Batch, batch},
    doc_type::DocType,
};

id! {
    /// Id of the knowledge base: the workspaceId that Get Workspaces gives.
    opaque WorkspaceId, example: "Xh4pQz7RkW2vNc9T"
}

id! {
    /// Id of the document, folder or file in a knowledge base: the nodeId that Get Node List gives, or the end of its URL.
    opaque NodeId, example: "Rz8kWm2LpX5vNq7TcB4yHd9JsF3gAe6U"
}

/// The nodes of the product that use DingTalk's API of knowledge bases.
pub const KNOWLEDGE_BASE: Group = Group::of(&[PARAM_ERROR, PERMISSION_DENIED, OPERATION_TIMEOUT]);

/// An input was rejected.
const PARAM_ERROR: Code = parameter("paramError*", "Correct the input that the message names.").suspect();

/// The operator may not do this.
const PERMISSION_DENIED: Code = permission(
    "permissionDenied",
    "Give the operator a role on the knowledge base or the node, or use another OperatorId.",
)
.suspect();

/// The service took too long by its own measure.
const OPERATION_TIMEOUT: Code = failed("operationTimeout", "Wait a moment and run again.");

/// The id is of something else, such as a person's own documents.
pub const IS_NOT_WORKSPACE: Code = parameter(
    "isNotWorkspace",
    "WorkspaceId must be of a knowledge base, from Get Workspaces; a person's own documents are not one.",
);

/// There is no such knowledge base.
pub const WORKSPACE_NOT_EXIST: Code =
    not_found("workspaceNotExist", "Check the id of the knowledge base: Get Workspaces gives it.");

/// What knowledge bases consist of: [`Workspace`]s and [`Node`]s.
pub trait Item: Answer + JsonSchema + Clone + 'static {
    /// What one is called in a sentence.
    const NOUN: &'static str;
    /// The path that lists them.
    const PATH: &'static str;
    /// The member of an answer that holds one.
    const ONE: &'static str;
    /// The member of an answer that holds many.
    const MANY: &'static str;
    /// The member of a request that holds the ids of many.
    const IDS: &'static str;
    /// As many as one call lists.
    const PAGE: usize;

    /// Its id.
    fn id(&self) -> &str;

    /// Its name, as far as it has one.
    fn called(&self) -> &str;
}

/// A knowledge base.
#[answer]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// Id of the knowledge base.
    #[promised]
    workspace_id: String,
    /// Id of the organisation.
    corp_id: String,
    /// Id of the team it belongs to; empty when it is in none.
    team_id: String,
    /// Id of the node that holds all others.
    root_node_id: String,
    name: String,
    /// `TEAM` or `PERSONAL`.
    r#type: String,
    description: String,
    /// Address of its home page.
    url: String,
    icon: Icon,
    /// URL of the cover picture.
    cover: String,
    /// userId of the person who created it; not a unionId.
    creator_id: String,
    /// userId of the person who changed it last; not a unionId.
    modifier_id: String,
    /// Such as `2023-05-15T11:29Z`.
    create_time: String,
    /// Such as `2023-05-15T11:29Z`.
    modified_time: String,
}

/// The picture in front of a knowledge base's name.
#[answer]
pub struct Icon {
    /// `URL` or `EMOJI`.
    r#type: String,
    value: String,
}

impl Item for Workspace {
    const NOUN: &'static str = "knowledge base";
    const PATH: &'static str = "/v2.0/wiki/workspaces";
    const ONE: &'static str = "workspace";
    const MANY: &'static str = "workspaces";
    const IDS: &'static str = "workspaceIds";
    const PAGE: usize = 30;

    fn id(&self) -> &str {
        self.workspace_id()
    }

    fn called(&self) -> &str {
        self.name().unwrap_or(self.workspace_id())
    }
}

/// A node of a knowledge base.
#[answer]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Id of the node; of a spreadsheet, its WorkbookId.
    #[promised]
    node_id: String,
    /// Id of the knowledge base it is in.
    workspace_id: String,
    name: String,
    size: i64,
    /// `FILE` or `FOLDER`.
    r#type: String,
    /// `ALIDOC`, `DOCUMENT`, `IMAGE`, `VIDEO`, `AUDIO`, `ARCHIVE` or `OTHER`.
    category: String,
    /// End of the file's name, such as `adoc` for a text document or `axls` for a spreadsheet.
    extension: String,
    /// Address of its page.
    url: String,
    /// userId of the person who created it; not a unionId.
    creator_id: String,
    /// userId of the person who changed it last; not a unionId.
    modifier_id: String,
    /// Such as `2023-05-15T11:29Z`.
    create_time: String,
    /// Such as `2023-05-15T11:29Z`.
    modified_time: String,
    /// Whether Get Node List, with this node as ParentNodeId, gives more.
    has_children: bool,
    /// Time of creation, in milliseconds since 1970.
    create_timestamp: i64,
    /// Time of the last change, in milliseconds since 1970.
    modified_timestamp: i64,
}

impl Item for Node {
    const NOUN: &'static str = "node";
    const PATH: &'static str = "/v2.0/wiki/nodes";
    const ONE: &'static str = "node";
    const MANY: &'static str = "nodes";
    const IDS: &'static str = "nodeIds";
    const PAGE: usize = 50;

    fn id(&self) -> &str {
        self.node_id()
    }

    fn called(&self) -> &str {
        self.name().unwrap_or(self.node_id())
    }
}

/// Reads one by its id.
pub fn get<T: Item>(id: &str, operator: &OperatorId) -> Result<T> {
    newer::get(T::PATH).segment(id).operator(operator).within(T::ONE).send()
}

/// Lists as many as were asked for, in as many calls as that takes, from the token on.
pub fn page<T: Item>(asked: usize, token: Option<&str>, list: impl Fn() -> Call) -> Result<Page<T>> {
    Paging::new(T::MANY, T::PAGE).page(asked, token, list)
}

/// "Read the node Roadmap.adoc."
pub fn read_summary<T: Item>(item: &T) -> String {
    format!("Read the {} {}.", T::NOUN, item.called())
}
