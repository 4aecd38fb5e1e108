//! Group chats, through the newer API.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::NewerError;
use crate::call::{NewerBody, NewerRequest, NewerToken};
use crate::service::Shared;
use crate::state::{ManagementOptions, NewChat};

const PARAMETER_INVALID: &str = "parameter.invalid";
const LONGEST_NAME: usize = 20;
/// An internal group, the only kind that needs no permission of its own.
const INTERNAL_GROUP: i64 = 2;

/// The spelling is the service's.
const OWNER_OUT_OF_SIGHT: NewerError =
    NewerError::new(StatusCode::BAD_REQUEST, "permession.checkFailed", "权限校验失败: 群主不在应用的可见范围内");

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/v1.0/im/group/create", post(create))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateGroup {
    name: String,
    owner: String,
    useridlist: Vec<String>,
    #[serde(default = "internal_group")]
    conversation_tag: i64,
    #[serde(default)]
    management_options: ManagementOptions,
}

fn internal_group() -> i64 {
    INTERNAL_GROUP
}

impl NewerRequest for CreateGroup {
    const REFUSAL: &'static str = PARAMETER_INVALID;
}

async fn create(
    State(service): State<Shared>,
    _: NewerToken,
    NewerBody(request): NewerBody<CreateGroup>,
) -> Result<Json<Value>, NewerError> {
    let invalid = |reason: String| NewerError::bad_request(PARAMETER_INVALID, reason);
    if !(1..=LONGEST_NAME).contains(&request.name.chars().count()) {
        return Err(invalid(format!("name must have 1 to {LONGEST_NAME} characters")));
    }
    if request.conversation_tag != INTERNAL_GROUP {
        return Err(invalid(format!("conversationTag must be {INTERNAL_GROUP}")));
    }
    if request.useridlist.is_empty() {
        return Err(invalid("useridlist must not be empty".to_owned()));
    }
    let directory = service.organisation.directory();
    let unknown = |user_id: &&String| directory.user(user_id).is_none();
    if unknown(&&request.owner) {
        return Err(OWNER_OUT_OF_SIGHT);
    }
    if let Some(user_id) = request.useridlist.iter().find(unknown) {
        return Err(invalid(format!("useridlist names {user_id}, whom nobody knows")));
    }

    let chat = service.organisation.chats().create(NewChat {
        name: request.name,
        owner: request.owner,
        user_ids: request.useridlist,
        management_options: request.management_options,
    });
    Ok(Json(json!({
        "conversationTag": INTERNAL_GROUP,
        "openConversationId": chat.open_conversation_id,
        "chatid": chat.chat_id,
    })))
}
