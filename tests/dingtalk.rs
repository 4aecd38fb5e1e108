//! DingTalk's nodes, run by the runtime against the simulated tenant.

mod append_rows;
mod losses;
mod numbers;
mod pace;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use patchbay_runtime::{Invocation, Run};
use patchbay_tenant::{Fault, Tenant};
use serde_json::{Value, json};

use crate::cli::assert_says;
use crate::environment::TenantRuntime;

/// Where the nodes' calls go.
mod paths {
    pub const OLDER_TOKEN: &str = "/gettoken";
    pub const NEWER_TOKEN: &str = "/v1.0/oauth2/accessToken";
    pub const GET_USER: &str = "/topapi/v2/user/get";
    pub const SEND: &str = "/topapi/message/corpconversation/asyncsend_v2";
    pub const CREATE: &str = "/v1.0/im/group/create";
}

/// A read of the older API.
async fn get_user(office: &TenantRuntime) -> Run {
    office.run("get-user", json!({}), json!({ "UserId": "manager001" })).await
}

/// A write of the older API.
async fn send_notice(office: &TenantRuntime) -> Run {
    office.run("send-work-notice", notice(), json!({})).await
}

/// A write of the newer API.
async fn create_chat(office: &TenantRuntime) -> Run {
    office.run("create-chat", chat(), json!({})).await
}

fn notice() -> Value {
    json!({ "AgentId": "123456789", "UserIds": "manager001,user002", "MsgType": "text", "Content": "周报已就绪" })
}

fn chat() -> Value {
    json!({ "Name": "猎鹰项目组", "Owner": "manager001", "UserIds": ["user002"] })
}

/// Runs a node that may take so long.
async fn run_within(office: &TenantRuntime, limit: Duration, operation: &str, inputs: Value, options: Value) -> Run {
    let invocation = Invocation {
        inputs,
        options,
        credentials: Arc::clone(&office.credential).into(),
        timeout: Some(limit),
        ..Invocation::new(format!("dingtalk/{operation}").parse().unwrap())
    };
    office.runtime.invoke(invocation).await.unwrap()
}

/// How often exactly this path was asked for.
fn calls(tenant: &Tenant, path: &str) -> usize {
    tenant.requests().iter().filter(|request| request.path == path).count()
}

/// The JSON body of a run's exchange.
#[track_caller]
fn sent(run: &Run, exchange: usize) -> Value {
    serde_json::from_slice(&run.exchanges[exchange].body.as_ref().unwrap().text).unwrap()
}

/// Fails unless the run succeeded in every field.
#[track_caller]
fn assert_succeeded(run: &Run) {
    let envelope = &run.envelope;
    assert_eq!((envelope.status_code, envelope.original_status_code), (200, 200), "{envelope:?}");
    assert_eq!((envelope.error_message.as_str(), envelope.hint.as_str()), ("", ""));
    assert!(!envelope.retryable && !envelope.summary.is_empty(), "{envelope:?}");
}

/// What a failure's envelope should say.
struct Failed {
    status: i32,
    original: u16,
    retryable: bool,
}

/// Fails unless the run failed like this, says so in its message, gives a hint, and has its outputs in their empty form.
#[track_caller]
fn assert_failed(run: &Run, expected: &Failed, message: &[&str]) {
    let envelope = &run.envelope;
    let found = (envelope.status_code, envelope.original_status_code, envelope.retryable);
    assert_eq!(found, (expected.status, expected.original, expected.retryable), "{envelope:?}");
    assert_says(&envelope.error_message, message);
    assert!(!envelope.hint.is_empty() && envelope.summary.is_empty(), "{envelope:?}");
    assert_eq!(envelope.outputs.len(), 1);
    assert!(envelope.outputs.values().all(|output| *output == json!({})), "{envelope:?}");
}

/// Fails unless it is a parameter error that names these and sent nothing.
#[track_caller]
fn assert_parameter_error(office: &TenantRuntime, run: &Run, message: &[&str]) {
    assert_failed(run, &Failed { status: -1, original: 0, retryable: false }, message);
    assert_eq!(office.tenant.request_count(""), 0, "{:?}", office.tenant.requests());
}

/// A failure of the older API as DingTalk words it: HTTP 200 and an errcode.
fn older(code: i64) -> Fault {
    let body = json!({ "errcode": code, "errmsg": "说明", "request_id": "4e7exhl6pm0t" });
    Fault::Status { status: 200, body: body.to_string() }
}

/// A failure of the older API whose cause is wrapped.
fn wrapped(cause: i64) -> Fault {
    let errmsg = format!("ding talk error[subcode={cause},submsg=说明]");
    let cause = cause.to_string();
    let body = json!({
        "errcode": 88, "sub_code": cause, "sub_msg": "说明", "errmsg": errmsg, "request_id": "4e7exhl6pm0t",
    });
    Fault::Status { status: 200, body: body.to_string() }
}

/// A failure of the newer API that its gateway words.
fn newer(status: u16, code: &str) -> Fault {
    let body = json!({
        "Code": code, "Message": "said by the gateway", "RequestId": "8197EF00-0000-0000-0000-59D33E58",
        "HostId": "dingtalk-inner.aliyuncs.com", "Recommend": "https://next.api.aliyun.com/troubleshoot",
    });
    Fault::Status { status, body: body.to_string() }
}

/// An answer with this body.
fn body(status: u16, body: &str) -> Fault {
    Fault::Status { status, body: body.to_owned() }
}
