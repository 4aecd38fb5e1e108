//! What DingTalk answers when it refuses: the code decides what it means.

use patchbay_runtime::Run;
use patchbay_tenant::Fault;
use serde_json::json;

use super::{Failed, assert_failed, body, calls, create_chat, get_user, newer, older, paths, send_notice, wrapped};
use crate::environment::TenantRuntime;

/// A read of the older API that meets a fault.
async fn read(fault: Fault) -> Run {
    let office = TenantRuntime::start().await;
    office.tenant.fail_next(paths::GET_USER, 1, fault);
    let run = get_user(&office).await;
    assert_eq!(calls(&office.tenant, paths::GET_USER), 1, "a failure was repeated unasked");
    run
}

/// A write of the older API that meets a fault.
async fn write(fault: Fault) -> Run {
    let office = TenantRuntime::start().await;
    office.tenant.fail_next(paths::SEND, 1, fault);
    let run = send_notice(&office).await;
    assert_eq!(calls(&office.tenant, paths::SEND), 1, "a failure was repeated unasked");
    run
}

/// A write of the newer API that meets a fault.
async fn write_newer(fault: Fault) -> Run {
    let office = TenantRuntime::start().await;
    office.tenant.fail_next(paths::CREATE, 1, fault);
    let run = create_chat(&office).await;
    assert_eq!(calls(&office.tenant, paths::CREATE), 1, "a failure was repeated unasked");
    run
}

#[tokio::test]
async fn a_throttled_call_of_the_older_api_is_a_429_that_may_be_repeated() {
    let expected = Failed { status: 429, original: 200, retryable: true };
    assert_failed(&read(older(90018)).await, &expected, &["90018", "说明", "4e7exhl6pm0t"]);
    assert_failed(&write(older(90018)).await, &expected, &["90018"]);
}

#[tokio::test]
async fn a_throttled_call_of_the_newer_api_is_a_429_though_it_says_403() {
    for code in [
        "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
        "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi",
        "Forbidden.AccessDenied.QpsLimitForApi",
    ] {
        let said = [code, "said by the gateway", "8197EF00-0000-0000-0000-59D33E58"];
        assert_failed(
            &write_newer(newer(403, code)).await,
            &Failed { status: 429, original: 403, retryable: true },
            &said,
        );
    }
}

#[tokio::test]
async fn a_used_up_month_is_a_429_that_is_not_repeated() {
    let expected = Failed { status: 429, original: 200, retryable: false };
    assert_failed(&read(older(90020)).await, &expected, &["90020"]);
    let run = write_newer(newer(403, "Forbidden.AccessDenied.ApiCountLimitForOrg")).await;
    assert_failed(&run, &Failed { status: 429, original: 403, retryable: false }, &["ApiCountLimitForOrg"]);
}

#[tokio::test]
async fn a_wrapped_code_is_judged_by_what_it_wraps() {
    let permission = Failed { status: 403, original: 200, retryable: false };
    assert_failed(&read(wrapped(60011)).await, &permission, &["60011", "4e7exhl6pm0t"]);
    let throttled = Failed { status: 429, original: 200, retryable: true };
    assert_failed(&write(wrapped(90018)).await, &throttled, &["90018"]);
}

#[tokio::test]
async fn a_missing_permission_of_the_newer_api_names_its_scope() {
    let code = "Forbidden.AccessDenied.AccessTokenPermissionDenied";
    let answer = json!({
        "Code": code, "Message": "m", "RequestId": "8197EF00",
        "AccessDeniedDetail": { "requiredScopes": ["qyapi_chat_manage"] },
    });
    let run = write_newer(body(403, &answer.to_string())).await;
    assert_failed(&run, &Failed { status: 403, original: 403, retryable: false }, &[code, "8197EF00"]);
    assert!(run.envelope.hint.contains("qyapi_chat_manage"), "{}", run.envelope.hint);
}

#[tokio::test]
async fn an_address_that_is_not_on_the_list_is_a_403_that_says_where_the_list_is() {
    let run = read(older(60020)).await;
    assert_failed(&run, &Failed { status: 403, original: 200, retryable: false }, &["60020"]);
    assert!(run.envelope.hint.contains("egress"), "{}", run.envelope.hint);
    let run = write_newer(newer(403, "Forbidden.AccessDenied.IpNotInWhiteList")).await;
    assert_failed(&run, &Failed { status: 403, original: 403, retryable: false }, &["IpNotInWhiteList"]);
}

#[tokio::test]
async fn a_refused_parameter_is_a_400() {
    let run = write(older(40035)).await;
    assert_failed(&run, &Failed { status: 400, original: 200, retryable: false }, &["40035"]);
}

#[tokio::test]
async fn a_code_in_quotes_is_read_too() {
    let answer = body(200, r#"{"errcode":"60011","errmsg":"no","request_id":"4e7"}"#);
    assert_failed(&read(answer).await, &Failed { status: 403, original: 200, retryable: false }, &["60011"]);
}

#[tokio::test]
async fn a_code_nobody_knows_is_told_as_it_is() {
    let run = read(older(987654)).await;
    assert_failed(&run, &Failed { status: 500, original: 200, retryable: false }, &["987654", "4e7exhl6pm0t"]);
}

#[tokio::test]
async fn a_busy_system_may_be_asked_again_but_not_told_again() {
    let mut expected = Failed { status: 500, original: 200, retryable: true };
    assert_failed(&read(older(-1)).await, &expected, &["-1"]);
    expected.retryable = false;
    let run = write(older(-1)).await;
    assert_failed(&run, &expected, &["-1"]);
    assert!(run.envelope.hint.contains("may have been sent"), "{}", run.envelope.hint);
}

#[tokio::test]
async fn a_server_error_may_be_repeated_after_a_read_alone() {
    for status in [500, 502, 503] {
        let run = read(body(status, "")).await;
        let said = format!("HTTP {status}");
        assert_failed(&run, &Failed { status: status.into(), original: status, retryable: true }, &[&said]);
        for run in [write(body(status, "")).await, write_newer(newer(status, "internalError")).await] {
            assert_failed(&run, &Failed { status: status.into(), original: status, retryable: false }, &[]);
            assert!(run.envelope.hint.contains("before"), "{}", run.envelope.hint);
        }
    }
}

#[tokio::test]
async fn http_429_is_a_rate_limit_whatever_the_body_says() {
    let run = write_newer(newer(429, "systemBusy")).await;
    assert_failed(&run, &Failed { status: 429, original: 429, retryable: true }, &["systemBusy"]);
    assert_failed(&write(body(429, "")).await, &Failed { status: 429, original: 429, retryable: true }, &["429"]);
}

#[tokio::test]
async fn a_banned_address_is_told_to_pause_for_five_minutes() {
    let ban = || body(200, r#"{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"u"}"#);
    for run in [read(Fault::Html).await, write(Fault::Html).await, read(ban()).await, write_newer(ban()).await] {
        assert_failed(&run, &Failed { status: 429, original: 200, retryable: true }, &[]);
        assert!(run.envelope.hint.contains("5 minutes"), "{}", run.envelope.hint);
    }
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_may_be_asked_for_again_but_a_write_is_not_repeated() {
    for nonsense in ["", "{\"errcode\":0,", "[]", "null", "42", "{}"] {
        let read = read(body(200, nonsense)).await;
        assert_failed(&read, &Failed { status: 500, original: 200, retryable: true }, &["DingTalk answered"]);
        let write = write(body(200, nonsense)).await;
        assert_failed(&write, &Failed { status: 500, original: 200, retryable: false }, &["DingTalk answered"]);
        assert!(write.envelope.hint.contains("may have been sent"), "{}", write.envelope.hint);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let run = read(body(302, "")).await;
    assert_failed(&run, &Failed { status: 500, original: 302, retryable: false }, &["302"]);
}
