//! Nodes of knowledge bases: reading and listing them.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::link::Link;
use super::{Flag, Nothing, Operator, PARAMETER_WRONG, distinct, id, page, refusal, wrong};
use crate::answer::NewerError;
use crate::call::{NewerBody, NewerRequest};
use crate::service::Shared;
use crate::state::{Category, FoundNode, Minute, NodeType, PermissionRole, WikiError};

const LARGEST_PAGE: usize = 50;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v2.0/wiki/nodes", get(list))
        .route("/v2.0/wiki/nodes/batchQuery", post(batch_query))
        .route("/v2.0/wiki/nodes/queryByUrl", post(query_by_url))
        .route("/v2.0/wiki/nodes/{nodeId}", get(read))
}

#[derive(Serialize)]
struct One {
    node: View,
}

#[derive(Serialize)]
struct Several {
    nodes: Vec<View>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    nodes: Vec<View>,
    next_token: String,
}

/// A node as it is answered.
struct View {
    found: FoundNode,
    extras: Extras,
}

/// What is answered only when it is asked for.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extras {
    #[serde(default)]
    with_statistical_info: bool,
    #[serde(default)]
    with_permission_role: bool,
}

impl Serialize for View {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Fields<'a> {
            node_id: &'a str,
            workspace_id: &'a str,
            name: &'a str,
            size: u64,
            #[serde(rename = "type")]
            node_type: NodeType,
            category: Category,
            extension: &'a str,
            url: String,
            creator_id: &'a str,
            modifier_id: &'a str,
            create_time: Minute,
            modified_time: Minute,
            has_children: bool,
            #[serde(skip_serializing_if = "Option::is_none")]
            statistical_info: Option<StatisticalInfo>,
            #[serde(skip_serializing_if = "Option::is_none")]
            permission_role: Option<PermissionRole>,
            create_timestamp: i64,
            modified_timestamp: i64,
        }

        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct StatisticalInfo {
            word_count: u64,
        }

        let node = &self.found.node;
        let statistical_info = StatisticalInfo { word_count: node.word_count };
        let fields = Fields {
            node_id: &node.id,
            workspace_id: &node.workspace_id,
            name: &node.name,
            size: node.size,
            node_type: node.node_type,
            category: node.category,
            extension: &node.extension,
            url: node.url(),
            creator_id: &node.creator_id,
            modifier_id: &node.modifier_id,
            create_time: Minute(node.created_at),
            modified_time: Minute(node.modified_at),
            has_children: self.found.has_children,
            statistical_info: self.extras.with_statistical_info.then_some(statistical_info),
            permission_role: self.extras.with_permission_role.then_some(self.found.role),
            create_timestamp: node.created_at,
            modified_timestamp: node.modified_at,
        };
        fields.serialize(serializer)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    #[serde(default)]
    with_statistical_info: Flag,
    #[serde(default)]
    with_permission_role: Flag,
}

async fn read(
    State(service): State<Shared>,
    operator: Operator<Read>,
    node_id: Result<Path<String>, PathRejection>,
) -> Result<Json<One>, NewerError> {
    let node_id = id(node_id)?;
    let found = service.organisation.wiki().find_node(&node_id, &operator.user_id).map_err(refusal)?;
    let Read { with_statistical_info: Flag(with_statistical_info), with_permission_role: Flag(with_permission_role) } =
        operator.query;
    Ok(Json(One { node: View { found, extras: Extras { with_statistical_info, with_permission_role } } }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    parent_node_id: String,
    max_results: Option<i64>,
    next_token: Option<String>,
    #[serde(default)]
    with_permission_role: Flag,
}

async fn list(State(service): State<Shared>, operator: Operator<List>) -> Result<Json<Listed>, NewerError> {
    let Operator { user_id, query } = operator;
    if query.parent_node_id.is_empty() {
        return Err(wrong("parentNodeId must not be empty"));
    }
    let page = page(query.max_results, query.next_token.as_deref(), LARGEST_PAGE)?;
    let listed = service.organisation.wiki().list_children(&query.parent_node_id, &user_id, page);
    let listed = listed.map_err(refusal)?;
    let extras = Extras { with_permission_role: query.with_permission_role.0, ..Extras::default() };
    let views = listed.items.into_iter().map(|found| View { found, extras });
    Ok(Json(Listed { nodes: views.collect(), next_token: listed.next_token }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchQuery {
    node_ids: Vec<String>,
    option: Option<Extras>,
}

impl NewerRequest for BatchQuery {
    const REFUSAL: &'static str = PARAMETER_WRONG;
}

/// Ids nobody knows are left out of the answer: the call has no code for a node that does not exist.
async fn batch_query(
    State(service): State<Shared>,
    operator: Operator<Nothing>,
    NewerBody(request): NewerBody<BatchQuery>,
) -> Result<Json<Several>, NewerError> {
    let ids = distinct("nodeIds", request.node_ids)?;
    let extras = request.option.unwrap_or_default();
    let wiki = service.organisation.wiki();
    let views = ids.iter().filter_map(|id| match wiki.find_node(id, &operator.user_id) {
        Ok(found) => Some(Ok(View { found, extras })),
        Err(WikiError::UnknownNode) => None,
        Err(error) => Some(Err(refusal(error))),
    });
    let nodes = views.collect::<Result<_, _>>()?;
    Ok(Json(Several { nodes }))
}

#[derive(Deserialize)]
struct QueryByUrl {
    url: String,
    option: Option<Extras>,
}

impl NewerRequest for QueryByUrl {
    const REFUSAL: &'static str = PARAMETER_WRONG;
}

async fn query_by_url(
    State(service): State<Shared>,
    operator: Operator<Nothing>,
    NewerBody(request): NewerBody<QueryByUrl>,
) -> Result<Json<One>, NewerError> {
    let link: Link = request.url.parse().map_err(wrong)?;
    let wiki = service.organisation.wiki();
    let found = match link {
        Link::Node(node_id) => wiki.find_node(&node_id, &operator.user_id),
        Link::Document(doc_key) => wiki.find_by_doc_key(&doc_key, &operator.user_id),
        Link::Elsewhere => Err(WikiError::UnknownNode),
    };
    Ok(Json(One { node: View { found: found.map_err(refusal)?, extras: request.option.unwrap_or_default() } }))
}
