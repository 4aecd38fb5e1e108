//! `invoke`, before and after something may go wrong: `--dry-run`, `--retries`, `--idempotency-key`.

use std::path::Path;
use std::process::{Command, Output};

use patchbay_tenant::{Fault, Tenant, TenantConfig};
use serde_json::json;

use super::{assert_says, envelope, finish, invoke_against, refusal};
use crate::environment::stderr;

const NOTICE: &str = r#"{"AgentId":"123456789","UserIds":"manager001","MsgType":"text","Content":"周报已就绪"}"#;

async fn tenant() -> Tenant {
    Tenant::start(TenantConfig::default()).await.unwrap()
}

/// What the service says to too many calls: nothing was executed.
fn busy() -> Fault {
    Fault::Status { status: 200, body: r#"{"errcode":90018,"errmsg":"too many calls"}"#.to_owned() }
}

/// Sends a notice with a key of a data directory.
fn notice_once(tenant: &Tenant, data: &Path, key: &str, notice: &str) -> Command {
    let mut command = invoke_against(tenant, "dingtalk/send-work-notice");
    command.args(["--inputs", notice, "--idempotency-key", key]).env("PATCHBAY_DATA_DIR", data);
    command
}

fn status(output: &Output) -> Option<i32> {
    output.status.code()
}

#[tokio::test]
async fn a_dry_run_shows_the_write_that_it_does_not_send() {
    let tenant = tenant().await;
    let mut command = invoke_against(&tenant, "dingtalk/send-work-notice");
    command.args(["--inputs", NOTICE, "--dry-run"]);
    let output = finish(command).await;
    assert_eq!(status(&output), Some(0), "{}", stderr(&output));
    let envelope = envelope(&output);
    assert!(
        envelope["Summary"].as_str().unwrap().starts_with("Would send POST https://oapi.dingtalk.com/"),
        "{envelope}"
    );
    assert_eq!(envelope["Plan"]["body"]["userid_list"], json!("manager001"));
    assert!(tenant.notices().is_empty());
    assert_eq!(tenant.request_count(""), 0);
}

#[tokio::test]
async fn retries_go_on_after_what_passes() {
    let tenant = tenant().await;
    tenant.fail_next("/topapi/v2/user/get", 1, busy());
    let mut command = invoke_against(&tenant, "dingtalk/get-user");
    command.args(["--options", r#"{"UserId":"manager001"}"#, "--retries", "3"]);
    let output = finish(command).await;
    assert_eq!(status(&output), Some(0), "{}", stderr(&output));
    assert_eq!(tenant.request_count("/topapi/v2/user/get"), 2);
}

#[tokio::test]
async fn the_same_call_with_the_same_key_is_executed_once() {
    let tenant = tenant().await;
    let data = tempfile::tempdir().unwrap();
    let first = finish(notice_once(&tenant, data.path(), "order-7", NOTICE)).await;
    assert_eq!(status(&first), Some(0), "{}", stderr(&first));
    let again = finish(notice_once(&tenant, data.path(), "order-7", NOTICE)).await;
    assert_eq!(envelope(&again), envelope(&first));
    assert_eq!(status(&again), Some(0));
    assert_says(&stderr(&again), &["was not run"]);
    assert_eq!(tenant.notices().len(), 1);
    finish(notice_once(&tenant, data.path(), "order-8", NOTICE)).await;
    assert_eq!(tenant.notices().len(), 2);
}

#[tokio::test]
async fn calls_at_once_with_one_key_are_executed_once() {
    let tenant = tenant().await;
    let data = tempfile::tempdir().unwrap();
    // The store is made before, so that the calls meet at the key and nowhere else.
    finish(notice_once(&tenant, data.path(), "first", NOTICE)).await;
    let calls = (0..4).map(|_| finish(notice_once(&tenant, data.path(), "second", NOTICE)));
    let outputs = futures_util::future::join_all(calls).await;
    for output in &outputs {
        assert_eq!(status(output), Some(0), "{}", stderr(output));
        assert_eq!(envelope(output), envelope(&outputs[0]));
    }
    assert_eq!(tenant.notices().len(), 2);
}

#[tokio::test]
async fn another_call_with_the_same_key_is_refused() {
    let tenant = tenant().await;
    let data = tempfile::tempdir().unwrap();
    finish(notice_once(&tenant, data.path(), "order-7", NOTICE)).await;
    let other = finish(notice_once(&tenant, data.path(), "order-7", &NOTICE.replace("周报", "月报"))).await;
    assert_eq!(status(&other), Some(2));
    assert_says(&stderr(&other), &["something else was asked under this idempotency key"]);
    assert_eq!(tenant.notices().len(), 1);
}

#[tokio::test]
async fn a_failure_is_answered_again_too() {
    let tenant = tenant().await;
    let data = tempfile::tempdir().unwrap();
    tenant.fail_next("/topapi/message", 1, Fault::CloseAfter);
    let first = finish(notice_once(&tenant, data.path(), "order-7", NOTICE)).await;
    let again = finish(notice_once(&tenant, data.path(), "order-7", NOTICE)).await;
    assert_eq!((status(&first), status(&again)), (Some(1), Some(1)), "{}", stderr(&first));
    assert_eq!(envelope(&again), envelope(&first));
    assert_eq!(tenant.notices().len(), 1);
}

#[tokio::test]
async fn a_failure_of_which_nothing_was_executed_runs_again_under_its_key() {
    let tenant = tenant().await;
    let data = tempfile::tempdir().unwrap();
    tenant.fail_next("/topapi/message", 1, busy());
    let first = finish(notice_once(&tenant, data.path(), "order-7", NOTICE)).await;
    assert_eq!((status(&first), &envelope(&first)["Retryable"]), (Some(1), &json!(true)), "{}", stderr(&first));
    let again = finish(notice_once(&tenant, data.path(), "order-7", NOTICE)).await;
    assert_eq!(status(&again), Some(0), "{}", stderr(&again));
    assert_eq!(tenant.notices().len(), 1);
}

#[tokio::test]
async fn what_a_command_ran_is_recorded_in_the_store_of_the_service() {
    let tenant = tenant().await;
    let data = tempfile::tempdir().unwrap();
    let mut command = invoke_against(&tenant, "dingtalk/get-user");
    command.args(["--options", r#"{"UserId":"manager001"}"#]).env("PATCHBAY_DATA_DIR", data.path());
    assert_eq!(status(&finish(command).await), Some(0));
    let mut list = crate::environment::patchbay();
    list.args(["runs", "list", "--json"]).env("PATCHBAY_DATA_DIR", data.path());
    let runs = crate::environment::stdout_json(&finish(list).await);
    let run = &runs["runs"][0];
    assert_eq!((&run["node"], &run["status_code"]), (&json!("dingtalk/get-user"), &json!(200)), "{runs}");
    assert_eq!((&run["credential"], &run["api_key"]), (&json!("env:DINGTALK"), &json!(null)));
}

#[tokio::test]
async fn after_a_call_that_was_killed_the_outcome_is_unknown_and_it_is_not_executed_again() {
    let tenant = tenant().await;
    let data = tempfile::tempdir().unwrap();
    tenant.fail_next("/topapi/message", 1, Fault::Delay(std::time::Duration::from_secs(60)));
    let mut child = tokio::process::Command::from(notice_once(&tenant, data.path(), "order-7", NOTICE))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    crate::environment::hostile::eventually(|| tenant.request_count("/topapi/message") == 1).await;
    child.kill().await.unwrap();
    let again = finish(notice_once(&tenant, data.path(), "order-7", NOTICE)).await;
    assert_eq!(status(&again), Some(1), "{}", stderr(&again));
    let envelope = envelope(&again);
    assert_eq!((&envelope["StatusCode"], &envelope["Retryable"]), (&json!(500), &json!(false)));
    assert_says(envelope["ErrorMessage"].as_str().unwrap(), &["the outcome is unknown"]);
    assert_says(envelope["Hint"].as_str().unwrap(), &["Look at the service", "new idempotency key"]);
    assert_eq!(tenant.request_count("/topapi/message"), 1);
}

#[test]
fn a_key_that_can_not_be_one_and_too_many_retries_are_refused() {
    let call = ["invoke", "dingtalk/get-user", "--credential", "demo"];
    assert_says(&refusal(&[&call[..], &["--idempotency-key", "ключ"]].concat()), &["--idempotency-key", "UUID"]);
    assert_says(&refusal(&[&call[..], &["--retries", "101"]].concat()), &["101", "0..=100"]);
}
