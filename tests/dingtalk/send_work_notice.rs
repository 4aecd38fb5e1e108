//! Send Work Notice.

use patchbay_tenant::Message;
use serde_json::json;

use super::{Failed, assert_failed, assert_parameter_error, assert_succeeded, notice, paths, send_notice, sent};
use crate::environment::TenantRuntime;

#[tokio::test]
async fn a_text_reaches_everybody_named() {
    let office = TenantRuntime::start().await;
    let run = send_notice(&office).await;
    assert_succeeded(&run);
    let notices = office.tenant.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].user_ids, ["manager001", "user002"]);
    assert_eq!(notices[0].message, Message::Text { content: "周报已就绪".into() });
    let data = &run.envelope.outputs["MessageData"];
    assert_eq!(data["task_id"], json!(notices[0].task_id));
    assert!(data["request_id"].is_string(), "{data}");
    assert_eq!(run.envelope.summary, "Queued a work notice for 2 people.");
}

#[tokio::test]
async fn markdown_has_its_title() {
    let office = TenantRuntime::start().await;
    let inputs = json!({ "AgentId": 123456789, "UserIds": "user002", "MsgType": "markdown", "Content": "# 发布 1.2" });
    let run = office.run("send-work-notice", inputs, json!({ "Title": "发布" })).await;
    assert_succeeded(&run);
    let message = Message::Markdown { title: "发布".into(), text: "# 发布 1.2".into() };
    assert_eq!(office.tenant.notices()[0].message, message);
}

#[tokio::test]
async fn recipients_are_sent_alike_as_a_list_and_as_text() {
    let office = TenantRuntime::start().await;
    for recipients in [json!("manager001,user002"), json!(["manager001", "user002"]), json!(" manager001 , user002,")] {
        let mut inputs = notice();
        inputs["UserIds"] = recipients;
        let run = office.run("send-work-notice", inputs, json!({})).await;
        assert_succeeded(&run);
        assert_eq!(sent(&run, 0)["userid_list"], json!("manager001,user002"));
    }
}

#[tokio::test]
async fn the_agent_is_sent_as_a_number() {
    let office = TenantRuntime::start().await;
    for agent in [json!("123456789"), json!(123456789)] {
        let mut inputs = notice();
        inputs["AgentId"] = agent;
        let run = office.run("send-work-notice", inputs, json!({})).await;
        assert_eq!(sent(&run, 0)["agent_id"], json!(123456789));
    }
}

#[tokio::test]
async fn a_recipient_nobody_knows_does_not_fail_the_call() {
    let office = TenantRuntime::start().await;
    let mut inputs = notice();
    inputs["UserIds"] = json!("user002,nobody");
    assert_succeeded(&office.run("send-work-notice", inputs, json!({})).await);
    assert_eq!(office.tenant.notices()[0].invalid_user_ids, ["nobody"]);
}

#[tokio::test]
async fn an_agent_of_another_application_is_not_found() {
    let office = TenantRuntime::start().await;
    let mut inputs = notice();
    inputs["AgentId"] = json!(987654321);
    let run = office.run("send-work-notice", inputs, json!({})).await;
    assert_failed(&run, &Failed { status: 404, original: 200, retryable: false }, &["70004", "request id"]);
    assert!(run.envelope.hint.contains("AgentId"), "{}", run.envelope.hint);
}

#[tokio::test]
async fn markdown_without_a_title_is_a_parameter_error() {
    let office = TenantRuntime::start().await;
    let mut inputs = notice();
    inputs["MsgType"] = json!("markdown");
    let run = office.run("send-work-notice", inputs, json!({})).await;
    assert_parameter_error(&office, &run, &["Title", "required"]);
}

#[tokio::test]
async fn a_message_of_more_than_2048_bytes_is_a_parameter_error() {
    let office = TenantRuntime::start().await;
    let mut inputs = notice();
    inputs["Content"] = json!("字".repeat(1_000));
    let run = office.run("send-work-notice", inputs, json!({})).await;
    assert_parameter_error(&office, &run, &["Content", "bytes", "2048"]);
}

#[tokio::test]
async fn more_than_a_hundred_recipients_are_a_parameter_error() {
    let office = TenantRuntime::start().await;
    let many: Vec<String> = (0..101).map(|number| format!("user{number:03}")).collect();
    for recipients in [json!(many), json!(many.join(","))] {
        let mut inputs = notice();
        inputs["UserIds"] = recipients;
        let run = office.run("send-work-notice", inputs, json!({})).await;
        assert_parameter_error(&office, &run, &["UserIds: expected at most 100 items, got 101"]);
    }
}

#[tokio::test]
async fn one_call_is_made_and_recorded_without_its_token() {
    let office = TenantRuntime::start().await;
    let run = send_notice(&office).await;
    assert_eq!(run.exchanges.len(), 1);
    assert_eq!(run.exchanges[0].url, format!("https://oapi.dingtalk.com{}", paths::SEND));
}
