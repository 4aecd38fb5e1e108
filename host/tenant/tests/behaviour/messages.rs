use std::sync::Arc;
use std::time::{Duration, SystemTime};

use patchbay_tenant::{AGENT_ID, ManualClock, Message, TenantConfig};
use serde_json::{Value, json};

use crate::office::{Answer, Office};

async fn send(office: &Office, body: Value) -> Answer {
    office.older("/topapi/message/corpconversation/asyncsend_v2", body).await
}

/// A good request, with one field replaced.
fn with(field: &str, value: Value) -> Value {
    let mut body = json!({
        "agent_id": AGENT_ID,
        "userid_list": "manager001,user002",
        "msg": { "msgtype": "text", "text": { "content": "今天下午三点开会" } },
    });
    body[field] = value;
    body
}

#[tokio::test]
async fn a_text_is_accepted_and_kept_for_its_recipients() {
    let sent_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let office =
        Office::with(TenantConfig { clock: Arc::new(ManualClock::at(sent_at)), ..TenantConfig::default() }).await;

    let answer = send(&office, with("agent_id", json!(AGENT_ID))).await;

    assert_eq!(answer.body["errcode"], 0);
    let notices = office.tenant.notices();
    let [notice] = notices.as_slice() else {
        panic!("one notice: {notices:?}");
    };
    assert_eq!(answer.body["task_id"], notice.task_id);
    assert!(notice.task_id > i64::from(u32::MAX));
    assert_eq!(notice.user_ids, ["manager001", "user002"]);
    assert!(notice.invalid_user_ids.is_empty());
    assert_eq!(notice.sent_at, sent_at);
    assert_eq!(notice.message, Message::Text { content: "今天下午三点开会".to_owned() });
}

#[tokio::test]
async fn markdown_is_accepted_with_its_title() {
    let office = Office::open().await;
    let msg = json!({ "msgtype": "markdown", "markdown": { "title": "周报", "text": "# 周报\n- 完成" } });

    let answer = send(&office, with("msg", msg)).await;

    assert_eq!(answer.body["errcode"], 0);
    assert_eq!(
        office.tenant.notices()[0].message,
        Message::Markdown { title: "周报".to_owned(), text: "# 周报\n- 完成".to_owned() }
    );
}

#[tokio::test]
async fn unknown_recipients_do_not_fail_the_call() {
    let office = Office::open().await;

    let list = json!("user002,nobody,user002,, user003");
    let answer = send(&office, with("userid_list", list)).await;

    assert_eq!(answer.body["errcode"], 0);
    let notice = &office.tenant.notices()[0];
    assert_eq!(notice.user_ids, ["user002"]);
    assert_eq!(notice.invalid_user_ids, ["nobody", " user003"]);
}

#[tokio::test]
async fn every_notice_has_a_task_id_of_its_own() {
    let office = Office::open().await;

    let first = send(&office, with("userid_list", json!("user002"))).await;
    let second = send(&office, with("userid_list", json!("user002"))).await;

    assert_ne!(first.body["task_id"], second.body["task_id"]);
    assert_eq!(office.tenant.notices().len(), 2);
}

#[tokio::test]
async fn another_agent_id_belongs_to_no_application() {
    let office = Office::open().await;

    send(&office, with("agent_id", json!(987_654_321))).await.assert_errcode(70004);
}

#[tokio::test]
async fn parameters_that_are_missing_or_of_another_type_are_refused() {
    let office = Office::open().await;

    for body in [
        json!({ "agent_id": AGENT_ID, "userid_list": "user002" }),
        json!({ "userid_list": "user002", "msg": {} }),
        with("agent_id", json!("123456789")),
        with("agent_id", json!(1.5)),
        with("userid_list", json!(["user002"])),
        with("userid_list", json!("")),
        with("userid_list", json!(",")),
        with("to_all_user", json!("true")),
    ] {
        send(&office, body).await.assert_errcode(400_002);
    }
    assert!(office.tenant.notices().is_empty());
}

#[tokio::test]
async fn the_list_of_recipients_is_limited_to_named_people_and_a_hundred_of_them() {
    let office = Office::open().await;
    let people = |count: usize| json!(vec!["user002"; count].join(","));

    let hundred = send(&office, with("userid_list", people(100))).await;
    assert_eq!(hundred.body["errcode"], 0);
    send(&office, with("userid_list", people(101))).await.assert_errcode(41029);
    send(&office, with("to_all_user", json!(true))).await.assert_errcode(41028);
    send(&office, with("dept_id_list", json!("1"))).await.assert_errcode(41044);
}

#[tokio::test]
async fn a_message_that_is_malformed_is_refused_for_what_is_wrong_with_it() {
    let office = Office::open().await;
    let markdown = |markdown: Value| json!({ "msgtype": "markdown", "markdown": markdown });

    for (msg, code) in [
        (json!("{\"msgtype\":\"text\"}"), 34014),
        (json!({ "msgtype": "text" }), 34014),
        (json!({ "msgtype": "text", "text": { "content": 5 } }), 34014),
        (json!({ "text": { "content": "你好" } }), 40008),
        (json!({ "msgtype": "image", "image": { "media_id": "@m" } }), 40008),
        (json!({ "msgtype": "text", "text": { "content": "" } }), 44004),
        (markdown(json!({ "title": "周报" })), 34014),
        (markdown(json!({ "title": "周报", "text": "" })), 44004),
        (markdown(json!({ "text": "# 周报" })), 400_002),
        (markdown(json!({ "title": "", "text": "# 周报" })), 400_002),
    ] {
        send(&office, with("msg", msg)).await.assert_errcode(code);
    }
}

#[tokio::test]
async fn a_message_takes_2048_bytes_and_no_more() {
    let office = Office::open().await;
    let frame = json!({ "msgtype": "text", "text": { "content": "" } }).to_string().len();
    let msg = |bytes: usize| json!({ "msgtype": "text", "text": { "content": "a".repeat(bytes) } });

    let full = send(&office, with("msg", msg(2048 - frame))).await;
    assert_eq!(full.body["errcode"], 0);
    send(&office, with("msg", msg(2049 - frame))).await.assert_errcode(45002);
}
