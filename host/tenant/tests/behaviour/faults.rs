use std::time::{Duration, Instant};

use patchbay_tenant::{Fault, FaultRule, Tenant, TenantConfig};
use reqwest::Method;
use serde_json::json;

use crate::office::{Office, TOKEN_HEADER, with_json};

const CREATE: &str = "/v1.0/im/group/create";
const SEND: &str = "/topapi/message/corpconversation/asyncsend_v2";

fn group() -> Option<serde_json::Value> {
    Some(json!({ "name": "项目组", "owner": "manager001", "useridlist": ["user002"] }))
}

/// What the journal says of the last request.
fn last_status(tenant: &Tenant) -> Option<u16> {
    tenant.requests().last().expect("a request").status
}

#[tokio::test]
async fn a_status_is_answered_as_often_as_ordered_and_the_call_not_executed() {
    let office = Office::open().await;
    let body = json!({ "code": "serviceBusy", "message": "busy", "requestid": "7E1B" });
    let fault = Fault::Status { status: 500, body: body.to_string() };
    office.tenant.fail_next(CREATE, 2, fault);

    for _ in 0..2 {
        let answer = office.newer(Method::POST, CREATE, group()).await;
        assert_eq!((answer.status, &answer.body), (500, &body));
    }
    assert!(office.tenant.chats().is_empty());

    assert_eq!(office.newer(Method::POST, CREATE, group()).await.status, 200);
    assert_eq!(office.tenant.chats().len(), 1);
}

#[tokio::test]
async fn a_fault_strikes_only_paths_with_its_prefix() {
    let office = Office::open().await;
    office.tenant.fail_next("/topapi/message/", 1, Fault::Status { status: 503, body: "{}".to_owned() });

    assert_eq!(office.newer(Method::POST, CREATE, group()).await.status, 200);
    assert_eq!(office.older(SEND, json!({})).await.status, 503);
    office.older(SEND, json!({})).await.assert_errcode(400_002);
}

#[tokio::test]
async fn faults_of_one_path_strike_in_the_order_they_were_set() {
    let office = Office::open().await;
    for status in [502, 503] {
        office.tenant.fail_next("/v1.0/im/", 1, Fault::Status { status, body: "{}".to_owned() });
    }
    office.tenant.fail_next("/v1.0/im/", 0, Fault::Close);

    assert_eq!(office.newer(Method::POST, CREATE, group()).await.status, 502);
    assert_eq!(office.newer(Method::POST, CREATE, group()).await.status, 503);
    assert_eq!(office.newer(Method::POST, CREATE, group()).await.status, 200);
}

#[tokio::test]
async fn a_delayed_call_is_executed_afterwards() {
    let office = Office::open().await;
    let delay = Duration::from_millis(200);
    office.tenant.fail_next(CREATE, 1, Fault::Delay(delay));
    let started = Instant::now();

    let answer = office.newer(Method::POST, CREATE, group()).await;

    assert_eq!(answer.status, 200);
    assert!(started.elapsed() >= delay);
    assert_eq!(office.tenant.chats().len(), 1);
}

#[tokio::test]
async fn a_caller_that_leaves_during_a_delay_is_noted_without_an_answer() {
    let office = Office::open().await;
    office.tenant.fail_next(SEND, 1, Fault::Delay(Duration::from_secs(60)));
    let request = with_json(office.request(Method::POST, SEND), &json!({}));

    let outcome = request.timeout(Duration::from_millis(100)).send().await;

    assert!(outcome.expect_err("no answer in time").is_timeout());
    assert_eq!(office.tenant.request_count(SEND), 1);
    assert_eq!(last_status(&office.tenant), None);
    office.tenant.shutdown().await;
}

#[tokio::test]
async fn a_closed_connection_gives_no_answer_and_the_next_request_one() {
    let office = Office::open().await;
    office.tenant.fail_next(SEND, 1, Fault::Close);

    let request = with_json(office.request(Method::POST, SEND), &json!({}));
    let outcome = request.send().await;

    let error = outcome.expect_err("no answer");
    assert!(!error.is_timeout() && !error.is_connect(), "{error:?}");
    assert_eq!(last_status(&office.tenant), None);
    office.older(SEND, json!({})).await.assert_errcode(400_002);
}

#[tokio::test]
async fn a_truncated_answer_starts_well_and_breaks_off() {
    let office = Office::open().await;
    office.tenant.fail_next(SEND, 1, Fault::Truncate);

    let request = with_json(office.request(Method::POST, SEND), &json!({}));
    let mut response = request.send().await.expect("the head arrives");

    assert_eq!(response.status(), 200);
    let first = response.chunk().await.expect("a part arrives").expect("it is not empty");
    assert!(first.starts_with(b"{\"errcode\":0"));
    assert!(response.chunk().await.is_err(), "the rest does not");
}

#[tokio::test]
async fn a_page_of_html_comes_with_status_200() {
    let office = Office::open().await;
    office.tenant.fail_next(SEND, 1, Fault::Html);

    let request = with_json(office.request(Method::POST, SEND), &json!({}));
    let response = request.send().await.expect("an answer");

    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    let page = response.text().await.expect("a body");
    assert!(page.starts_with("<!DOCTYPE html>"));
}

#[tokio::test]
async fn throttling_and_a_busy_service_are_told_in_the_manner_of_the_calls_api() {
    let office = Office::open().await;
    for (fault, status, code, errcode) in [
        (Fault::Throttle, 403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", 90018),
        (Fault::Busy, 503, "serviceBusy", -1),
    ] {
        for path in [CREATE, SEND] {
            office.tenant.fail_next(path, 1, fault.clone());
        }
        office.newer(Method::POST, CREATE, group()).await.assert_refused(status, code);
        let refused = office.older(SEND, json!({})).await;
        if errcode < 0 { refused.assert_errcode(errcode) } else { refused.assert_cause(errcode) }
    }
    assert!(office.tenant.chats().is_empty());
}

#[tokio::test]
async fn a_connection_that_is_closed_afterwards_leaves_the_call_executed() {
    let office = Office::open().await;
    office.tenant.fail_next(CREATE, 1, Fault::CloseAfter);
    let token = office.token().await;
    let request = office.request(Method::POST, CREATE).header(TOKEN_HEADER, token);

    assert!(with_json(request, &group().expect("a body")).send().await.is_err());

    assert_eq!(office.tenant.chats().len(), 1);
    assert_eq!(last_status(&office.tenant), None);
}

#[tokio::test]
async fn a_dripping_answer_is_whole_in_the_end() {
    let office = Office::open().await;
    let pause = Duration::from_millis(2);
    office.tenant.fail_next(CREATE, 1, Fault::Drip(pause));
    let started = Instant::now();

    let answer = office.newer(Method::POST, CREATE, group()).await;

    assert_eq!(answer.status, 200);
    let pieces = u32::try_from(answer.body.to_string().len() / 8).expect("a short answer");
    assert!(started.elapsed() >= pause * pieces);
}

#[tokio::test]
async fn broken_json_and_a_ban_come_with_status_200() {
    let office = Office::open().await;
    office.tenant.fail_next(SEND, 1, Fault::BrokenJson);
    let broken = with_json(office.request(Method::POST, SEND), &json!({})).send().await.expect("an answer");
    let text = broken.text().await.expect("a body");
    assert!(text.starts_with('{') && serde_json::from_str::<serde_json::Value>(&text).is_err());

    office.tenant.fail_next(SEND, 1, Fault::Ban);
    let answer = office.post(SEND, &json!({})).await;
    assert_eq!((answer.status, &answer.body["status"], &answer.body["punish"]), (200, &json!(1111), &json!("deny")));
}

#[tokio::test]
async fn a_share_of_the_requests_fails_and_always_the_same_ones() {
    let pattern = || async {
        let office = Office::open().await;
        let rule = FaultRule {
            path: "/v1.0/im/".to_owned(),
            method: Some("post".to_owned()),
            times: None,
            share: Some(0.25),
            fault: Fault::Throttle,
        };
        office.tenant.add_fault(rule);
        let mut failed = Vec::new();
        for _ in 0..200 {
            failed.push(office.newer(Method::POST, CREATE, group()).await.status == 403);
        }
        failed
    };
    let first = pattern().await;
    let failures = first.iter().filter(|failed| **failed).count();
    assert!((25..=75).contains(&failures), "{failures} of 200");
    assert_eq!(first, pattern().await);
}

#[tokio::test]
async fn faults_of_the_configuration_hold_from_the_start_until_they_are_cleared() {
    let rules = json!([{ "path": "/v1.0/im/", "fault": { "status": { "status": 502, "body": "{}" } } }]);
    let faults = serde_json::from_value(rules).expect("rules");
    let office = Office::with(TenantConfig { faults, ..TenantConfig::default() }).await;

    for _ in 0..3 {
        assert_eq!(office.newer(Method::POST, CREATE, group()).await.status, 502);
    }
    office.tenant.clear_faults();
    assert_eq!(office.newer(Method::POST, CREATE, group()).await.status, 200);
}
