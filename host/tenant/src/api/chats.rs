//! Group chats, through the newer API and, by chatid, the older one.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::{self, Deserializer};
use serde_json::{Value, json};

use super::parameter::{Parameter, ParameterFault};
use crate::answer::{NewerError, OlderBareAnswer, OlderError};
use crate::call::{NewerBody, NewerRequest, NewerToken, OlderToken, query};
use crate::config::AGENT_ID;
use crate::service::Shared;
use crate::state::{Chat, ManagementOptions, NewChat, SceneGroupError};

const PARAMETER_INVALID: &str = "parameter.invalid";
const PARAMETER_ILLEGAL: &str = "paramIllegal";
const PARAMETER_BLANK: &str = "paramBlank";
const LONGEST_NAME: usize = 20;
const MOST_MEMBERS: usize = 1000;
/// An internal group, the only kind that needs no permission of its own.
const INTERNAL_GROUP: i64 = 2;

const STATUS_NORMAL: i64 = 1;
const STATUS_DISBANDED: i64 = 2;

/// The spelling is the service's.
const OWNER_OUT_OF_SIGHT: NewerError =
    NewerError::new(StatusCode::BAD_REQUEST, "permession.checkFailed", "权限校验失败: 群主不在应用的可见范围内");
const CONVERSATION_UNDECODABLE: NewerError =
    NewerError::new(StatusCode::BAD_REQUEST, "cidEncryptError", "会话ID解密失败");
const GROUP_DENIED: NewerError =
    NewerError::new(StatusCode::BAD_REQUEST, "groupPermissionDenied", "无群权限: 该群未关联群模板");
const TEMPLATE_DENIED: NewerError =
    NewerError::new(StatusCode::BAD_REQUEST, "groupTemplatePermissionDenied", "无群模板权限: 群模板属于其他应用");
/// The organisation has no cool apps.
const COOL_APP_UNKNOWN: NewerError = NewerError::new(StatusCode::BAD_REQUEST, "coolAppUnexist", "群酷应用不存在");

const CHAT_ID_MISSING: OlderError = OlderError::new(49000, "缺少chatid");
const CHAT_ID_UNKNOWN: OlderError = OlderError::new(40016, "不合法的会话id");

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1.0/im/group/create", post(create))
        .route("/v1.0/im/sceneGroups/query", post(query_scene_group))
        .route("/chat/get", get(get_by_chat_id))
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
    owner_type: OwnerType,
    #[serde(default, rename = "extidlist")]
    external_user_ids: Vec<String>,
    icon: Option<String>,
    #[serde(default)]
    management_options: Switches,
}

fn internal_group() -> i64 {
    INTERNAL_GROUP
}

#[derive(Default, PartialEq, Eq, Deserialize)]
enum OwnerType {
    #[default]
    #[serde(rename = "emp")]
    Employee,
    #[serde(rename = "ext")]
    ExternalContact,
}

/// The switches on the wire, each 0 or 1.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Switches {
    #[serde(deserialize_with = "switch")]
    show_history_type: u8,
    #[serde(deserialize_with = "switch")]
    searchable: u8,
    #[serde(deserialize_with = "switch")]
    validation_type: u8,
    #[serde(deserialize_with = "switch")]
    mention_all_authority: u8,
    #[serde(deserialize_with = "switch")]
    management_type: u8,
    #[serde(deserialize_with = "switch")]
    chat_banned_type: u8,
}

fn switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u8::deserialize(deserializer)? {
        value @ (0 | 1) => Ok(value),
        value => Err(de::Error::invalid_value(de::Unexpected::Unsigned(value.into()), &"0 or 1")),
    }
}

impl From<Switches> for ManagementOptions {
    fn from(switches: Switches) -> Self {
        Self {
            show_history_type: switches.show_history_type,
            searchable: switches.searchable,
            validation_type: switches.validation_type,
            mention_all_authority: switches.mention_all_authority,
            management_type: switches.management_type,
            chat_banned_type: switches.chat_banned_type,
        }
    }
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
    if !(1..=MOST_MEMBERS).contains(&request.useridlist.len()) {
        return Err(invalid(format!("useridlist must name 1 to {MOST_MEMBERS} people")));
    }
    if !request.external_user_ids.is_empty() {
        return Err(invalid("extidlist must be empty for an internal group".to_owned()));
    }
    let directory = service.organisation.directory();
    if request.owner_type != OwnerType::Employee || !directory.knows_user_id(&request.owner) {
        return Err(OWNER_OUT_OF_SIGHT);
    }
    if let Some(user_id) = directory.first_unknown(&request.useridlist) {
        return Err(invalid(format!("useridlist names {user_id}, whom nobody knows")));
    }

    let chat = service.organisation.chats().create(NewChat {
        name: request.name,
        owner: request.owner,
        user_ids: request.useridlist,
        management_options: request.management_options.into(),
        icon: request.icon.filter(|icon| !icon.is_empty()),
    });
    Ok(Json(json!({
        "conversationTag": INTERNAL_GROUP,
        "openConversationId": chat.open_conversation_id,
        "chatid": chat.chat_id,
    })))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SceneGroupQuery {
    open_conversation_id: Parameter<String>,
    cool_app_code: Parameter<String>,
}

impl NewerRequest for SceneGroupQuery {
    const REFUSAL: &'static str = PARAMETER_ILLEGAL;
}

fn refusal(fault: ParameterFault) -> NewerError {
    let code = match fault {
        ParameterFault::Missing(_) => PARAMETER_BLANK,
        ParameterFault::Malformed(_) => PARAMETER_ILLEGAL,
    };
    NewerError::bad_request(code, fault)
}

/// Tells about a group that was made from one of the application's templates, and of no other.
async fn query_scene_group(
    State(service): State<Shared>,
    _: NewerToken,
    NewerBody(request): NewerBody<SceneGroupQuery>,
) -> Result<Json<Value>, NewerError> {
    let id = request.open_conversation_id.required("openConversationId").map_err(refusal)?;
    let cool_app_code = request.cool_app_code.optional("coolAppCode").map_err(refusal)?;
    if id.is_empty() {
        return Err(refusal(ParameterFault::Missing("openConversationId")));
    }
    let found = service.organisation.chats().scene_group(&id, AGENT_ID);
    let (chat, template_id) = found.map_err(|error| match error {
        SceneGroupError::Unknown => CONVERSATION_UNDECODABLE,
        SceneGroupError::Plain => GROUP_DENIED,
        SceneGroupError::Foreign => TEMPLATE_DENIED,
    })?;
    if cool_app_code.is_some_and(|code| !code.is_empty()) {
        return Err(COOL_APP_UNKNOWN);
    }
    let invitation = chat.chat_id.strip_prefix("chat").unwrap_or_default();
    Ok(Json(json!({
        "success": true,
        "openConversationId": chat.open_conversation_id,
        "templateId": template_id,
        "title": chat.name,
        "ownerUserId": chat.owner,
        "icon": chat.icon,
        "groupUrl": format!("https://qr.dingtalk.com/action/joingroup?code=v1,k1,{invitation}"),
        "status": status(&chat),
    })))
}

#[derive(Deserialize)]
struct ChatGet {
    chatid: String,
}

/// Tells about a group with its members and switches: one that was created, or the group of a department.
async fn get_by_chat_id(State(service): State<Shared>, _: OlderToken, uri: Uri) -> Result<OlderBareAnswer, OlderError> {
    let request: Option<ChatGet> = query(&uri);
    let chat_id = request.map(|request| request.chatid).filter(|chat_id| !chat_id.is_empty());
    let chat_id = chat_id.ok_or(CHAT_ID_MISSING)?;
    let told = match service.organisation.chats().by_chat_id(&chat_id) {
        Some(chat) => chat_info(&chat),
        None => {
            let group = service.organisation.directory().group(&chat_id).ok_or(CHAT_ID_UNKNOWN)?;
            chat_info(&Chat::of_department(chat_id, group))
        }
    };
    Ok(OlderBareAnswer([("chat_info".to_owned(), told)].into_iter().collect()))
}

fn chat_info(chat: &Chat) -> Value {
    let options = &chat.management_options;
    json!({
        "chatid": chat.chat_id,
        "name": chat.name,
        "owner": chat.owner,
        "useridlist": chat.user_ids,
        "conversationTag": INTERNAL_GROUP,
        "chatBannedType": options.chat_banned_type,
        "searchable": options.searchable,
        "validationType": options.validation_type,
        "mentionAllAuthority": options.mention_all_authority,
        "managementType": options.management_type,
        "showHistoryType": options.show_history_type,
        "icon": chat.icon,
        "status": status(chat),
    })
}

fn status(chat: &Chat) -> i64 {
    if chat.disbanded { STATUS_DISBANDED } else { STATUS_NORMAL }
}
