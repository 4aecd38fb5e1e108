//! Create Doc: makes a document or a folder in a knowledge base, and with a spreadsheet its workbook.
//!
//! `operatorId` stands in the body. A text that is no unionId is refused as an argument, with 400; a unionId of nobody
//! in the organisation with 403.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::{Person, person};
use crate::answer::NewerError;
use crate::call::{NewerBody, NewerRequest, NewerToken};
use crate::service::Shared;
use crate::state::{DocType, NewDocument, TemplateType, WikiError, milliseconds};

const ARGUMENT_INVALID: &str = "invalidRequest.inputArgs.invalid";
const NOT_IN_ORGANISATION: NewerError =
    NewerError::new(StatusCode::FORBIDDEN, "forbidden.user.notInOrg", "用户不在该组织内");
const ACCESS_DENIED: NewerError = NewerError::new(StatusCode::FORBIDDEN, "forbidden.accessDenied", "没有访问权限");
const WORKSPACE_UNKNOWN: NewerError =
    NewerError::new(StatusCode::NOT_FOUND, "invalidRequest.resource.notFound", "资源不存在");
const PARENT_UNKNOWN: NewerError =
    NewerError::new(StatusCode::BAD_REQUEST, "invalidRequest.workspaceNode.parentNotFound", "父节点不存在");
const NAME_TAKEN: NewerError =
    NewerError::new(StatusCode::BAD_REQUEST, "invalidRequest.workspaceNode.nameConflict", "知识库文档名称冲突");
const TEMPLATE_UNKNOWN: NewerError =
    NewerError::new(StatusCode::BAD_REQUEST, "invalidRequest.template.notFound", "模板不存在");

/// How a unionId ends, and the least length of one.
const UNION_ID_ENDING: &str = "iE";
const SHORTEST_UNION_ID: usize = 20;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/v1.0/doc/workspaces/{workspaceId}/docs", post(create))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    name: String,
    doc_type: DocType,
    operator_id: String,
    parent_node_id: Option<String>,
    template_id: Option<String>,
    template_type: Option<TemplateType>,
}

impl NewerRequest for Create {
    const REFUSAL: &'static str = ARGUMENT_INVALID;
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    workspace_id: String,
    node_id: String,
    doc_key: String,
    url: String,
    dentry_uuid: String,
}

async fn create(
    State(service): State<Shared>,
    _: NewerToken,
    workspace_id: Result<Path<String>, PathRejection>,
    NewerBody(request): NewerBody<Create>,
) -> Result<Json<Created>, NewerError> {
    let invalid = |reason: &str| NewerError::bad_request(ARGUMENT_INVALID, reason);
    let Path(workspace_id) = workspace_id.map_err(|rejection| invalid(&rejection.to_string()))?;
    if request.name.trim().is_empty() {
        return Err(invalid("name must not be empty"));
    }
    let creator_id = match person(&service, &request.operator_id) {
        Person::Member { user_id } => user_id,
        Person::Nobody if !is_union_id(&request.operator_id) => return Err(invalid("operatorId must be a unionId")),
        Person::Outsider | Person::Nobody => return Err(NOT_IN_ORGANISATION),
    };
    // An empty text stands for an option that is not used.
    let given = |option: &Option<String>| option.as_deref().filter(|text| !text.is_empty()).map(str::to_owned);
    let (parent_id, template_id) = (given(&request.parent_node_id), given(&request.template_id));

    let created = service.organisation.wiki_mut().create_document(NewDocument {
        workspace_id: &workspace_id,
        parent_id: parent_id.as_deref(),
        name: request.name,
        doc_type: request.doc_type,
        template: template_id.as_deref().map(|id| (id, request.template_type)),
        creator_id,
        created_at: milliseconds(service.now()),
    });
    let node = created.map_err(refusal)?;
    if request.doc_type == DocType::Workbook {
        service.organisation.workbooks().create(&node.id);
    }
    Ok(Json(Created {
        workspace_id,
        node_id: node.short_id.clone(),
        doc_key: node.doc_key.clone(),
        url: node.url(),
        dentry_uuid: node.id.clone(),
    }))
}

fn is_union_id(text: &str) -> bool {
    text.len() >= SHORTEST_UNION_ID
        && text.ends_with(UNION_ID_ENDING)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn refusal(error: WikiError) -> NewerError {
    match error {
        WikiError::UnknownWorkspace => WORKSPACE_UNKNOWN,
        WikiError::UnknownParent => PARENT_UNKNOWN,
        WikiError::Forbidden => ACCESS_DENIED,
        WikiError::NameTaken => NAME_TAKEN,
        WikiError::UnknownTemplate => TEMPLATE_UNKNOWN,
        WikiError::Childless
        | WikiError::NotAWorkspace
        | WikiError::UnknownTeam
        | WikiError::UnknownNode
        | WikiError::UnknownToken => NewerError::bad_request(ARGUMENT_INVALID, error),
    }
}
