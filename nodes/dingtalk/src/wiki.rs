//! Knowledge bases and the nodes in them: documents, folders, files.
//!
//! Both are served alike, so what is said of one [`Item`] is said once: [`get`] reads one, [`page`] lists them, [`batch`]
//! reads many by their ids. A list that is longer than what one call gives is read in several, in order.

mod batch;
mod page;

use patchbay_node::{Answer, Result, Shaped, answer, schemars::JsonSchema};
use serde_json::{Map, Value};

pub use self::{
    batch::{Batch, Ids, batch},
    page::{Page, page},
};
use crate::{
    errors::{Code, failed, not_found, parameter, permission},
    ids::OperatorId,
    newer,
};

/// An input was rejected.
pub const PARAM_ERROR: Code = parameter("paramError*", "Correct the input that the message names.").suspect_operator();

/// The operator may not do this.
pub const PERMISSION_DENIED: Code = permission(
    "permissionDenied",
    "Give the operator a role on the knowledge base or the node, or use another OperatorId.",
)
.suspect_operator();

/// The service took too long by its own measure.
pub const OPERATION_TIMEOUT: Code = failed("operationTimeout", "Wait a moment and run again.");

/// The id is of something else, such as a person's own documents.
pub const IS_NOT_WORKSPACE: Code = parameter(
    "isNotWorkspace",
    "WorkspaceId must be of a knowledge base, from Get Workspaces; a person's own documents are not one.",
);

/// There is no such knowledge base.
pub const WORKSPACE_NOT_EXIST: Code =
    not_found("workspaceNotExist", "Check the id of the knowledge base: Get Workspaces gives it.");

/// What knowledge bases consist of: [`Workspace`]s and [`Node`]s.
pub trait Item: JsonSchema + Shaped {
    /// What one is called in a sentence.
    const NOUN: &'static str;
    /// The path that lists them.
    const PATH: &'static str;
    /// The member of an answer that holds one.
    const ONE: &'static str;
    /// The member of an answer that holds many.
    const MANY: &'static str;
    /// The member that is its id.
    const ID: &'static str;
    /// The member of a request that holds the ids of many.
    const IDS: &'static str;
    /// As many as one call lists.
    const PAGE: u32;
}

/// A knowledge base.
#[answer]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// Id of the knowledge base.
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
    const ID: &'static str = "workspaceId";
    const IDS: &'static str = "workspaceIds";
    const PAGE: u32 = 30;
}

/// A node of a knowledge base.
#[answer]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Id of the node; of a spreadsheet, its WorkbookId.
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
    const ID: &'static str = "nodeId";
    const IDS: &'static str = "nodeIds";
    const PAGE: u32 = 50;
}

/// Reads one by its id.
pub fn get<T: Item>(id: &str, operator: &OperatorId, codes: &'static [Code]) -> Result<Answer<T>> {
    Ok(one(newer::get(T::PATH).segment(id).operator(operator).codes(codes).send()?))
}

/// The one that an answer holds; without any member when it holds none.
pub fn one<T: Item>(mut answer: Map<String, Value>) -> Answer<T> {
    match answer.remove(T::ONE) {
        Some(Value::Object(members)) => members.into(),
        _ => Map::new().into(),
    }
}

/// "Read the node Roadmap.adoc.", as far as the service told it.
pub fn read_summary<T: Item>(item: &Answer<T>, asked: &str) -> String {
    let noun = T::NOUN;
    match item.text("name").or_else(|| item.text(T::ID)) {
        Some(name) => format!("Read the {noun} {name}."),
        None => format!("DingTalk told nothing of the {noun} {asked}."),
    }
}

/// Those that an answer holds.
fn many<T: Item>(answer: &mut Map<String, Value>) -> Vec<Answer<T>> {
    Answer::list(answer.remove(T::MANY))
}
