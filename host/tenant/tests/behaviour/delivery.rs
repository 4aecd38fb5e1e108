//! What becomes of a work notice: its progress, its result, and taking it back.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use patchbay_tenant::{AGENT_ID, ForbiddenReason, ManualClock, TenantConfig, WELCOME_TASK_ID};
use serde_json::{Value, json};

use crate::office::{Answer, Office};

const PROGRESS: &str = "/topapi/message/corpconversation/getsendprogress";
const RESULT: &str = "/topapi/message/corpconversation/getsendresult";
const RECALL: &str = "/topapi/message/corpconversation/recall";

/// A tenant whose clock stands at noon in China until it is moved.
async fn office() -> (Office, ManualClock) {
    let clock =
        ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 / 86_400 * 86_400 + 4 * 3600));
    let config = TenantConfig { clock: Arc::new(clock.clone()), ..TenantConfig::default() };
    (Office::with(config).await, clock)
}

async fn send(office: &Office, user_ids: &str, content: &str) -> i64 {
    let msg = json!({ "msgtype": "text", "text": { "content": content } });
    let body = json!({ "agent_id": AGENT_ID, "userid_list": user_ids, "msg": msg });
    let answer = office.older("/topapi/message/corpconversation/asyncsend_v2", body).await;
    answer.body["task_id"].as_i64().expect("a task id")
}

async fn ask(office: &Office, path: &str, task_id: i64) -> Answer {
    let name = if path == RECALL { "msg_task_id" } else { "task_id" };
    let mut body = json!({ "agent_id": AGENT_ID });
    body[name] = json!(task_id);
    office.older(path, body).await
}

async fn result(office: &Office, task_id: i64) -> Value {
    ask(office, RESULT, task_id).await.body["send_result"].clone()
}

#[tokio::test]
async fn a_delivery_is_queued_then_runs_and_is_done_by_the_tenants_clock() {
    let (office, clock) = office().await;
    let task_id = send(&office, "user002,user003", "开会").await;
    let progress = async || {
        let answer = ask(&office, PROGRESS, task_id).await;
        assert_eq!(answer.body["errcode"], 0);
        answer.body["progress"].clone()
    };

    assert_eq!(progress().await, json!({ "progress_in_percent": 0, "status": 0 }));
    clock.advance(Duration::from_millis(99));
    assert_eq!(progress().await, json!({ "progress_in_percent": 0, "status": 0 }));
    clock.advance(Duration::from_millis(1));
    assert_eq!(progress().await, json!({ "progress_in_percent": 1, "status": 1 }));
    clock.advance(Duration::from_millis(150));
    assert_eq!(progress().await, json!({ "progress_in_percent": 50, "status": 1 }));
    assert_eq!(result(&office, task_id).await["unread_user_id_list"], json!([]));
    clock.advance(Duration::from_millis(150));
    assert_eq!(progress().await, json!({ "progress_in_percent": 100, "status": 2 }));
    assert_eq!(result(&office, task_id).await["unread_user_id_list"], json!(["user002", "user003"]));
}

#[tokio::test]
async fn the_result_tells_who_has_read_the_notice_and_whom_nobody_knows() {
    let (office, clock) = office().await;
    let task_id = send(&office, "manager001,user002,nobody", "开会").await;
    assert!(!office.tenant.read_notice(task_id, "manager001"), "it is not delivered yet");
    clock.advance(Duration::from_secs(1));

    assert!(office.tenant.read_notice(task_id, "manager001"));
    assert!(!office.tenant.read_notice(task_id, "nobody"));
    assert!(!office.tenant.read_notice(1, "manager001"));

    let answer = ask(&office, RESULT, task_id).await;
    assert_eq!(answer.body["errmsg"], "ok");
    assert!(answer.body["request_id"].is_string());
    assert_eq!(
        answer.body["send_result"],
        json!({
            "invalid_user_id_list": ["nobody"],
            "forbidden_user_id_list": [],
            "failed_user_id_list": [],
            "read_user_id_list": ["manager001"],
            "unread_user_id_list": ["user002"],
            "invalid_dept_id_list": [],
            "forbidden_list": [],
        })
    );
    assert_eq!(office.tenant.notice(task_id).expect("the notice").read_user_ids, ["manager001"]);
}

#[tokio::test]
async fn the_same_content_reaches_a_person_once_a_day() {
    let (office, clock) = office().await;
    send(&office, "user002", "开会").await;

    let again = send(&office, "user002,user003", "开会").await;
    let other = send(&office, "user002", "散会").await;
    clock.advance(Duration::from_secs(1));

    let answer = result(&office, again).await;
    assert_eq!(answer["forbidden_user_id_list"], json!(["user002"]));
    assert_eq!(answer["forbidden_list"], json!([{ "code": "143106", "count": 1, "userid": "user002" }]));
    assert_eq!(answer["unread_user_id_list"], json!(["user003"]));
    assert_eq!(result(&office, other).await["unread_user_id_list"], json!(["user002"]));
    let forbidden = office.tenant.notice(again).expect("the notice").forbidden;
    assert_eq!(forbidden[0].reason, ForbiddenReason::SameContent);
    assert!(!office.tenant.read_notice(again, "user002"));

    clock.advance(Duration::from_secs(12 * 60 * 60));
    let tomorrow = send(&office, "user002", "开会").await;
    clock.advance(Duration::from_secs(1));
    assert_eq!(result(&office, tomorrow).await["unread_user_id_list"], json!(["user002"]));
}

#[tokio::test]
async fn a_notice_is_taken_back_within_a_day() {
    let (office, clock) = office().await;
    let task_id = send(&office, "user002", "开会").await;
    clock.advance(Duration::from_secs(24 * 60 * 60));

    let answer = ask(&office, RECALL, task_id).await;

    assert_eq!(answer.body, json!({ "errcode": 0, "errmsg": "ok" }));
    let notice = office.tenant.notice(task_id).expect("the notice");
    assert_eq!(notice.recalled_at, Some(notice.sent_at + Duration::from_secs(24 * 60 * 60)));
    assert!(!office.tenant.read_notice(task_id, "user002"));
    let again = ask(&office, RECALL, task_id).await;
    assert_eq!(again.body["errcode"], 0, "taking back twice changes nothing");
}

#[tokio::test]
async fn after_a_day_the_service_has_forgotten_the_notice() {
    let (office, clock) = office().await;
    let task_id = send(&office, "user002", "开会").await;
    clock.advance(Duration::from_secs(24 * 60 * 60) + Duration::from_millis(1));

    ask(&office, RECALL, task_id).await.assert_errcode(400_002);
    ask(&office, PROGRESS, task_id).await.assert_errcode(40035);
    ask(&office, RESULT, task_id).await.assert_errcode(40035);
    assert_eq!(office.tenant.notice(task_id).expect("the notice").recalled_at, None);
}

#[tokio::test]
async fn ids_that_are_unknown_missing_or_malformed_are_refused() {
    let (office, _) = office().await;
    let task_id = send(&office, "user002", "开会").await;

    for path in [PROGRESS, RESULT] {
        for (body, code) in [
            (json!({ "agent_id": AGENT_ID, "task_id": task_id + 1 }), 40035),
            (json!({ "agent_id": AGENT_ID + 1, "task_id": task_id }), 40035),
            (json!({ "agent_id": AGENT_ID, "task_id": task_id.to_string() }), 40035),
            (json!({ "agent_id": AGENT_ID.to_string(), "task_id": task_id }), 40035),
            (json!({ "agent_id": AGENT_ID, "msg_task_id": task_id }), 400_002),
            (json!({ "task_id": task_id }), 400_002),
        ] {
            office.older(path, body).await.assert_errcode(code);
        }
    }
    for body in [
        json!({ "agent_id": AGENT_ID, "msg_task_id": task_id + 1 }),
        json!({ "agent_id": AGENT_ID + 1, "msg_task_id": task_id }),
        json!({ "agent_id": AGENT_ID, "msg_task_id": task_id.to_string() }),
        json!({ "agent_id": AGENT_ID, "task_id": task_id }),
        json!({ "msg_task_id": task_id }),
    ] {
        office.older(RECALL, body).await.assert_errcode(400_002);
    }
    assert_eq!(office.tenant.notice(task_id).expect("the notice").recalled_at, None);
}

#[tokio::test]
async fn one_notice_is_there_from_the_start() {
    let (office, clock) = office().await;
    clock.advance(Duration::from_secs(1));

    let answer = result(&office, WELCOME_TASK_ID).await;

    assert_eq!(answer["read_user_id_list"], json!(["manager001"]));
    assert_eq!(answer["unread_user_id_list"], json!(["user002"]));
    assert!(office.tenant.notices().is_empty());
    assert_eq!(send(&office, "user002", "开会").await, WELCOME_TASK_ID + 1);
}
