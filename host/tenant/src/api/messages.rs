//! Work notices, through the older API.

use std::collections::HashSet;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::Deserialize;
use serde_json::Value;

use crate::answer::{OlderAnswer, OlderError};
use crate::call::OlderCall;
use crate::config::AGENT_ID;
use crate::service::Shared;
use crate::state::Message;

mod delivery;

const MOST_RECIPIENTS: usize = 100;
const MOST_MESSAGE_BYTES: usize = 2048;

const MESSAGE_MALFORMED: OlderError = OlderError::new(34014, "会话消息的json结构无效或不完整");
const MESSAGE_TYPE_UNKNOWN: OlderError = OlderError::new(40008, "不合法的消息类型");
const EVERYBODY_FORBIDDEN: OlderError = OlderError::new(41028, "不允许给全员发送消息");
const RECIPIENTS_TOO_MANY: OlderError = OlderError::new(41029, "消息接收者数量超过限制");
const DEPARTMENTS_FORBIDDEN: OlderError = OlderError::new(41044, "不允许给部门发送消息");
const TEXT_EMPTY: OlderError = OlderError::new(44004, "文本消息内容为空");
const CONTENT_TOO_LONG: OlderError = OlderError::new(45002, "消息内容超过限制");
const AGENT_UNKNOWN: OlderError = OlderError::new(70004, "企业不存在该agentid对应的应用");

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/topapi/message/corpconversation/asyncsend_v2", post(send_asynchronously))
        .route("/topapi/message/corpconversation/getsendprogress", post(delivery::progress))
        .route("/topapi/message/corpconversation/getsendresult", post(delivery::result))
        .route("/topapi/message/corpconversation/recall", post(delivery::recall))
}

#[derive(Deserialize)]
struct SendNotice {
    agent_id: i64,
    #[serde(default)]
    userid_list: String,
    #[serde(default)]
    dept_id_list: String,
    #[serde(default)]
    to_all_user: bool,
    msg: Value,
}

/// Accepts a notice. Whether everybody in the list is known shows only in the notice's result.
async fn send_asynchronously(
    State(service): State<Shared>,
    OlderCall(request): OlderCall<SendNotice>,
) -> Result<OlderAnswer, OlderError> {
    if request.agent_id != AGENT_ID {
        return Err(AGENT_UNKNOWN);
    }
    let mut seen = HashSet::new();
    let recipients = recipients(&request)?.filter(|user_id| seen.insert(*user_id)).map(str::to_owned).collect();
    let message = message(&request.msg)?;

    let (known, unknown) = service.organisation.directory().sort_out(recipients);
    let now = service.now();
    let task_id = service.organisation.notices().accept(known, unknown, message, now);
    Ok(OlderAnswer::new("task_id", task_id))
}

/// Whom the notice goes to. The tenant's application may write to people it names, not to departments or everybody.
fn recipients(request: &SendNotice) -> Result<impl Iterator<Item = &str>, OlderError> {
    if request.to_all_user {
        return Err(EVERYBODY_FORBIDDEN);
    }
    if !request.dept_id_list.is_empty() {
        return Err(DEPARTMENTS_FORBIDDEN);
    }
    let user_ids = || {
        let list = request.userid_list.split(',');
        list.filter(|user_id| !user_id.is_empty())
    };
    match user_ids().count() {
        0 => Err(OlderError::parameter("userid_list must name somebody")),
        1..=MOST_RECIPIENTS => Ok(user_ids()),
        _ => Err(RECIPIENTS_TOO_MANY),
    }
}

fn message(msg: &Value) -> Result<Message, OlderError> {
    if !msg.is_object() {
        return Err(MESSAGE_MALFORMED);
    }
    if msg.to_string().len() > MOST_MESSAGE_BYTES {
        return Err(CONTENT_TOO_LONG);
    }
    let part = |kind: &str, field: &str| match msg.get(kind).and_then(|part| part.get(field)) {
        Some(Value::String(text)) => Ok(text.clone()),
        _ => Err(MESSAGE_MALFORMED),
    };
    let filled = |text: String| if text.is_empty() { Err(TEXT_EMPTY) } else { Ok(text) };
    match msg.get("msgtype").and_then(Value::as_str) {
        Some("text") => Ok(Message::Text { content: filled(part("text", "content")?)? }),
        Some("markdown") => {
            let text = filled(part("markdown", "text")?)?;
            match part("markdown", "title") {
                Ok(title) if !title.is_empty() => Ok(Message::Markdown { title, text }),
                _ => Err(OlderError::parameter("msg.markdown.title must be a text that is not empty")),
            }
        }
        _ => Err(MESSAGE_TYPE_UNKNOWN),
    }
}
