//! Knowledge bases: making, reading and listing them.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::{Flag, Nothing, Operator, PARAMETER_WRONG, distinct, id, page, refusal, wrong};
use crate::answer::NewerError;
use crate::call::{NewerBody, NewerRequest};
use crate::service::Shared;
use crate::state::{
    FoundWorkspace, Icon, Minute, NewWorkspace, PermissionRole, WikiError, WorkspaceOrder, WorkspaceType, milliseconds,
};

const LARGEST_PAGE: usize = 30;
/// The service does not say how long names and descriptions may be, only that it refuses some.
const LONGEST_NAME: usize = 100;
const LONGEST_DESCRIPTION: usize = 500;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v2.0/wiki/workspaces", get(list).post(create))
        .route("/v2.0/wiki/workspaces/batchQuery", post(batch_query))
        .route("/v2.0/wiki/workspaces/{workspaceId}", get(read))
}

#[derive(Serialize)]
struct One {
    workspace: View,
}

#[derive(Serialize)]
struct Several {
    workspaces: Vec<View>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    workspaces: Vec<View>,
    next_token: String,
}

/// A knowledge base as it is answered.
struct View {
    found: FoundWorkspace,
    with_permission_role: bool,
}

impl Serialize for View {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Fields<'a> {
            workspace_id: &'a str,
            corp_id: &'a str,
            team_id: &'a str,
            root_node_id: &'a str,
            name: &'a str,
            #[serde(rename = "type")]
            workspace_type: WorkspaceType,
            description: &'a str,
            url: String,
            icon: &'a Icon,
            cover: &'a str,
            creator_id: &'a str,
            modifier_id: &'a str,
            create_time: Minute,
            modified_time: Minute,
            #[serde(skip_serializing_if = "Option::is_none")]
            permission_role: Option<PermissionRole>,
        }

        let workspace = &self.found.workspace;
        let fields = Fields {
            workspace_id: &workspace.id,
            corp_id: &workspace.corp_id,
            team_id: &workspace.team_id,
            root_node_id: &workspace.root_node_id,
            name: &workspace.name,
            workspace_type: workspace.workspace_type,
            description: &workspace.description,
            url: workspace.url(),
            icon: &workspace.icon,
            cover: &workspace.cover,
            creator_id: &workspace.creator_id,
            modifier_id: &workspace.modifier_id,
            create_time: Minute(workspace.created_at),
            modified_time: Minute(workspace.modified_at),
            permission_role: self.with_permission_role.then_some(self.found.role),
        };
        fields.serialize(serializer)
    }
}

#[derive(Deserialize)]
struct Create {
    name: String,
    option: Option<CreateOption>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateOption {
    description: Option<String>,
    team_id: Option<String>,
}

impl NewerRequest for Create {
    const REFUSAL: &'static str = PARAMETER_WRONG;
}

async fn create(
    State(service): State<Shared>,
    operator: Operator<Nothing>,
    NewerBody(request): NewerBody<Create>,
) -> Result<Json<One>, NewerError> {
    let option = request.option.unwrap_or_default();
    let description = option.description.unwrap_or_default();
    if request.name.trim().is_empty() || request.name.chars().count() > LONGEST_NAME {
        let reason = format!("name must have 1 to {LONGEST_NAME} characters");
        return Err(NewerError::bad_request("paramError.name", reason));
    }
    if description.chars().count() > LONGEST_DESCRIPTION {
        let reason = format!("description must have at most {LONGEST_DESCRIPTION} characters");
        return Err(NewerError::bad_request("paramError.description", reason));
    }
    let created = service.organisation.wiki_mut().create_workspace(NewWorkspace {
        name: request.name,
        description,
        team_id: option.team_id.unwrap_or_default(),
        creator_id: operator.user_id,
        created_at: milliseconds(service.now()),
    });
    // Create Workspace has no code of its own for a team that does not exist.
    let found = created.map_err(wrong)?;
    Ok(Json(One { workspace: View { found, with_permission_role: false } }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    #[serde(default)]
    with_permission_role: Flag,
}

async fn read(
    State(service): State<Shared>,
    operator: Operator<Read>,
    workspace_id: Result<Path<String>, PathRejection>,
) -> Result<Json<One>, NewerError> {
    let workspace_id = id(workspace_id)?;
    let found = service.organisation.wiki().find_workspace(&workspace_id, &operator.user_id).map_err(refusal)?;
    Ok(Json(One { workspace: View { found, with_permission_role: operator.query.with_permission_role.0 } }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    max_results: Option<i64>,
    next_token: Option<String>,
    order_by: Option<String>,
    team_id: Option<String>,
    #[serde(default)]
    with_permission_role: Flag,
}

async fn list(State(service): State<Shared>, operator: Operator<List>) -> Result<Json<Listed>, NewerError> {
    let Operator { user_id, query } = operator;
    let order = order(query.order_by.as_deref())?;
    let team_id = query.team_id.as_deref().filter(|team_id| !team_id.is_empty());
    let page = page(query.max_results, query.next_token.as_deref(), LARGEST_PAGE)?;
    let listed = service.organisation.wiki().list_workspaces(&user_id, order, team_id, page).map_err(refusal)?;
    let Flag(with_permission_role) = query.with_permission_role;
    let views = listed.items.into_iter().map(|found| View { found, with_permission_role });
    Ok(Json(Listed { workspaces: views.collect(), next_token: listed.next_token }))
}

/// No knowledge base is changed after it was made, and nobody's views are recorded, so the newest comes first by each of
/// the three times.
fn order(order_by: Option<&str>) -> Result<WorkspaceOrder, NewerError> {
    match order_by {
        None => Ok(WorkspaceOrder::OldestFirst),
        Some("VIEW_TIME_DESC" | "CREATE_TIME_DESC" | "MODIFIED_TIME_DESC") => Ok(WorkspaceOrder::NewestFirst),
        Some(_) => {
            let reason = "orderBy must be VIEW_TIME_DESC, CREATE_TIME_DESC or MODIFIED_TIME_DESC";
            Err(NewerError::bad_request("paramError.orderBy", reason))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchQuery {
    workspace_ids: Vec<String>,
    option: Option<BatchOption>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchOption {
    with_permission_role: Option<bool>,
}

impl NewerRequest for BatchQuery {
    const REFUSAL: &'static str = PARAMETER_WRONG;
}

/// One id that cannot be read refuses the whole batch: the call has codes for that, where Batch Get Nodes has none.
async fn batch_query(
    State(service): State<Shared>,
    operator: Operator<Nothing>,
    NewerBody(request): NewerBody<BatchQuery>,
) -> Result<Json<Several>, NewerError> {
    let ids = distinct("workspaceIds", request.workspace_ids)?;
    let with_permission_role = request.option.unwrap_or_default().with_permission_role.unwrap_or_default();
    let wiki = service.organisation.wiki();
    let views = ids.iter().map(|id| match wiki.find_workspace(id, &operator.user_id) {
        Ok(found) => Ok(View { found, with_permission_role }),
        Err(WikiError::NotAWorkspace) => Err(refusal(WikiError::UnknownWorkspace)),
        Err(error) => Err(refusal(error)),
    });
    let workspaces = views.collect::<Result<_, _>>()?;
    Ok(Json(Several { workspaces }))
}
