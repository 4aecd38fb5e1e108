//! What became of work notices, and taking them back.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::{OlderAnswer, OlderBareAnswer, OlderError};
use crate::api::parameter::Parameter;
use crate::call::OlderCall;
use crate::config::AGENT_ID;
use crate::service::{Service, Shared};
use crate::state::{Notice, Progress};

/// A notice by the ids of its sender and its task.
#[derive(Deserialize)]
pub(super) struct Task {
    #[serde(default)]
    agent_id: Parameter<i64>,
    #[serde(default)]
    task_id: Parameter<i64>,
}

impl Task {
    /// The notice, which was sent by the application and is not forgotten yet.
    fn find(self, service: &Service) -> Result<Arc<Notice>, OlderError> {
        let agent_id = self.agent_id.required("agent_id")?;
        let task_id = self.task_id.required("task_id")?;
        if agent_id != AGENT_ID {
            return Err(OlderError::malformed("agent_id is not the application's"));
        }
        let notice = service.organisation.notices().remembered(task_id, service.now());
        notice.ok_or_else(|| OlderError::malformed("task_id is not of a notice of the last 24 hours"))
    }
}

pub(super) async fn progress(
    State(service): State<Shared>,
    OlderCall(task): OlderCall<Task>,
) -> Result<OlderAnswer, OlderError> {
    let (percent, status) = match task.find(&service)?.progress(service.now()) {
        Progress::NotStarted => (0, 0),
        Progress::Running { percent } => (percent, 1),
        Progress::Finished => (100, 2),
    };
    Ok(OlderAnswer::new("progress", json!({ "progress_in_percent": percent, "status": status })))
}

/// Who got the notice. Nobody has it before its delivery is finished.
pub(super) async fn result(
    State(service): State<Shared>,
    OlderCall(task): OlderCall<Task>,
) -> Result<OlderAnswer, OlderError> {
    let notice = task.find(&service)?;
    let finished = notice.progress(service.now()) == Progress::Finished;
    let has_read = |user_id: &&String| notice.read_user_ids.contains(user_id);
    let unread = notice.delivered().filter(|user_id| finished && !has_read(user_id));
    let forbidden = notice.forbidden.iter();
    let reasons = forbidden.clone().map(|forbidden| {
        let reason = forbidden.reason;
        json!({ "code": reason.code(), "count": reason.limit(), "userid": forbidden.user_id })
    });
    Ok(OlderAnswer::new(
        "send_result",
        json!({
            "invalid_user_id_list": notice.invalid_user_ids,
            "forbidden_user_id_list": forbidden.map(|forbidden| &forbidden.user_id).collect::<Vec<_>>(),
            "failed_user_id_list": [],
            "read_user_id_list": notice.read_user_ids,
            "unread_user_id_list": unread.collect::<Vec<_>>(),
            "invalid_dept_id_list": [],
            "forbidden_list": reasons.collect::<Vec<Value>>(),
        }),
    ))
}

#[derive(Deserialize)]
pub(super) struct Recall {
    agent_id: i64,
    msg_task_id: i64,
}

pub(super) async fn recall(
    State(service): State<Shared>,
    OlderCall(request): OlderCall<Recall>,
) -> Result<OlderBareAnswer, OlderError> {
    if request.agent_id != AGENT_ID {
        return Err(OlderError::parameter("agent_id is not the application's"));
    }
    if !service.organisation.notices().recall(request.msg_task_id, service.now()) {
        return Err(OlderError::parameter("msg_task_id is not of a notice of the last 24 hours"));
    }
    Ok(OlderBareAnswer(Map::new()))
}
