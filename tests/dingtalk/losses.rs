//! What becomes of calls that get no answer.

use std::time::Duration;

use patchbay_tenant::Fault;
use serde_json::json;
use tokio::net::TcpSocket;

use super::{
    Failed, assert_failed, assert_succeeded, chat, create_chat, get_user, notice, older, paths, run_within, send_notice,
};
use crate::environment::TenantRuntime;

/// Longer than any run here may take.
const NEVER: Fault = Fault::Delay(Duration::from_secs(60));

/// Enough for a token and the beginning of a call on a busy machine.
const LIMIT: Duration = Duration::from_secs(2);

/// Ways for a connection to break, with the status that is known of the answer, and what is said of it.
const BREAKS: [(Fault, u16, &str); 2] =
    [(Fault::Close, 0, "connection broke"), (Fault::Truncate, 200, "broke off after HTTP 200")];

#[tokio::test]
async fn a_connection_that_closes_on_a_read_may_be_tried_again() {
    let office = TenantRuntime::start().await;
    assert_succeeded(&get_user(&office).await);
    for (fault, original, said) in BREAKS {
        office.tenant.fail_next(paths::GET_USER, 1, fault);
        let run = get_user(&office).await;
        assert_failed(&run, &Failed { status: 500, original, retryable: true }, &[said]);
    }
    assert_succeeded(&get_user(&office).await);
}

#[tokio::test]
async fn a_connection_that_closes_on_a_write_says_to_look_first() {
    let office = TenantRuntime::start().await;
    assert_succeeded(&send_notice(&office).await);
    assert_succeeded(&create_chat(&office).await);
    for (fault, original, said) in BREAKS {
        office.tenant.fail_next(paths::SEND, 1, fault);
        let run = send_notice(&office).await;
        assert_failed(&run, &Failed { status: 500, original, retryable: false }, &[said]);
        assert!(run.envelope.hint.contains("may have been sent"), "{}", run.envelope.hint);
    }
    office.tenant.fail_next(paths::CREATE, 1, Fault::Close);
    let run = create_chat(&office).await;
    assert_failed(&run, &Failed { status: 500, original: 0, retryable: false }, &["connection broke"]);
    assert!(run.envelope.hint.contains("Look in DingTalk"), "{}", run.envelope.hint);
}

#[tokio::test]
async fn a_read_that_takes_too_long_may_be_tried_again() {
    let office = TenantRuntime::start().await;
    office.tenant.fail_next(paths::GET_USER, 1, NEVER);
    let run = run_within(&office, LIMIT, "get-user", json!({}), json!({ "UserId": "manager001" })).await;
    assert_failed(&run, &Failed { status: 504, original: 0, retryable: true }, &["no answer within"]);
}

#[tokio::test]
async fn a_write_that_takes_too_long_says_to_look_first() {
    let office = TenantRuntime::start().await;
    office.tenant.fail_next(paths::SEND, 1, NEVER);
    office.tenant.fail_next(paths::CREATE, 1, NEVER);
    let (sent, created) = tokio::join!(
        run_within(&office, LIMIT, "send-work-notice", notice(), json!({})),
        run_within(&office, LIMIT, "create-chat", chat(), json!({})),
    );
    for run in [sent, created] {
        assert_failed(&run, &Failed { status: 504, original: 0, retryable: false }, &["no answer within"]);
        assert!(run.envelope.hint.contains("before running"), "{}", run.envelope.hint);
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_was_sent_nothing() {
    let TenantRuntime { tenant, runtime, credential } = TenantRuntime::start().await;
    let address = tenant.address();
    tenant.shutdown().await;
    // Nobody else may take the port and answer.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    for (operation, inputs, options) in
        [("get-user", json!({}), json!({ "UserId": "manager001" })), ("create-chat", chat(), json!({}))]
    {
        let invocation = patchbay_runtime::Invocation {
            inputs,
            options,
            credentials: credential.clone().into(),
            ..patchbay_runtime::Invocation::new(format!("dingtalk/{operation}").parse().unwrap())
        };
        let run = runtime.invoke(invocation).await.unwrap();
        assert_failed(&run, &Failed { status: 500, original: 0, retryable: true }, &["no connection"]);
    }
}

#[tokio::test]
async fn a_token_that_does_not_come_leaves_a_write_unsent() {
    let office = TenantRuntime::start().await;
    office.tenant.fail_next(paths::OLDER_TOKEN, 1, Fault::Close);
    let run = send_notice(&office).await;
    assert_failed(&run, &Failed { status: 500, original: 0, retryable: true }, &["no token"]);
    office.tenant.fail_next(paths::OLDER_TOKEN, 1, NEVER);
    let run = run_within(&office, LIMIT, "send-work-notice", notice(), json!({})).await;
    assert_failed(&run, &Failed { status: 504, original: 0, retryable: true }, &["no token"]);
    assert_eq!(office.tenant.request_count(paths::SEND), 0);
    assert_succeeded(&send_notice(&office).await);
}

#[tokio::test]
async fn a_busy_token_endpoint_is_not_a_wrong_credential() {
    let office = TenantRuntime::start().await;
    office.tenant.fail_next(paths::OLDER_TOKEN, 1, older(90018));
    let run = send_notice(&office).await;
    assert_failed(&run, &Failed { status: 429, original: 0, retryable: true }, &["90018"]);
    office.tenant.fail_next(paths::OLDER_TOKEN, 1, super::body(503, ""));
    let run = send_notice(&office).await;
    assert_failed(&run, &Failed { status: 503, original: 0, retryable: true }, &["503"]);
    assert_eq!(office.tenant.request_count(paths::SEND), 0);
    assert_succeeded(&send_notice(&office).await);
}
