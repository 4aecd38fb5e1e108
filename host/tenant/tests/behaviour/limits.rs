use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use patchbay_tenant::{MANAGER_UNION_ID, ManualClock, STAFF_SHEET_ID, TenantConfig, WORKBOOK_ID};
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Office, TOKEN_HEADER, read};

const GET: &str = "/topapi/v2/user/get";

fn sheet(title: &str) -> String {
    format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{title}?operatorId={MANAGER_UNION_ID}")
}

#[tokio::test]
async fn an_api_is_limited_for_itself_by_the_second_whatever_ids_its_path_holds() {
    let clock = ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let config = TenantConfig { calls_per_second: Some(2), clock: Arc::new(clock.clone()), ..TenantConfig::default() };
    let office = Office::with(config).await;

    for title in [STAFF_SHEET_ID, "unknown"] {
        assert_ne!(office.newer(Method::GET, &sheet(title), None).await.status, 403);
    }
    let refused = office.newer(Method::GET, &sheet(STAFF_SHEET_ID), None).await;
    refused.assert_refused(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi");

    for expected in [0, 0, 88] {
        assert_eq!(office.older(GET, json!({ "userid": "user002" })).await.body["errcode"], expected);
    }

    office.older(GET, json!({ "userid": "user002" })).await.assert_cause(90018);

    clock.advance(Duration::from_secs(1));
    assert_eq!(office.newer(Method::GET, &sheet(STAFF_SHEET_ID), None).await.status, 200);
}

#[tokio::test]
async fn what_the_gateway_refuses_is_told_plainly_where_the_configuration_says_so() {
    let config = TenantConfig { calls_per_second: Some(1), wraps_refusals: false, ..TenantConfig::default() };
    let office = Office::with(config).await;
    office.post(&format!("{GET}?access_token=none"), &json!({ "userid": "user002" })).await.assert_errcode(40014);
    office.older(GET, json!({ "userid": "user002" })).await;
    office.older(GET, json!({ "userid": "user002" })).await.assert_errcode(90018);
}

#[tokio::test]
async fn a_call_without_a_valid_token_does_not_count() {
    let office = Office::with(TenantConfig { calls_per_second: Some(1), ..TenantConfig::default() }).await;
    for _ in 0..3 {
        let request = office.request(Method::GET, &sheet(STAFF_SHEET_ID)).header(TOKEN_HEADER, "none");
        read(request).await.assert_refused(400, "InvalidAuthentication");
    }
    assert_eq!(office.newer(Method::GET, &sheet(STAFF_SHEET_ID), None).await.status, 200);
}

#[tokio::test]
async fn a_permission_that_the_application_lacks_is_named() {
    let missing_scopes = ["Document.Workbook.Read", "qyapi_get_member"].map(str::to_owned);
    let missing_scopes = BTreeSet::from(missing_scopes);
    let office = Office::with(TenantConfig { missing_scopes, ..TenantConfig::default() }).await;

    let answer = office.newer(Method::GET, &sheet(STAFF_SHEET_ID), None).await;
    answer.assert_refused(403, "Forbidden.AccessDenied.AccessTokenPermissionDenied");
    assert_eq!(answer.body["accessdenieddetail"], json!({ "requiredScopes": ["Document.Workbook.Read"] }));

    let answer = office.older(GET, json!({ "userid": "user002" })).await;
    answer.assert_errcode(88);
    assert_eq!(answer.body["sub_code"], Value::from("60011"));
    assert!(answer.body["errmsg"].as_str().is_some_and(|text| text.contains("[qyapi_get_member] [subcode=60011")));

    let append = format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{STAFF_SHEET_ID}/appendRows");
    let append = format!("{append}?operatorId={MANAGER_UNION_ID}");
    let answer = office.newer(Method::POST, &append, Some(json!({ "values": [["李四", "研发部", "1"]] }))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}
