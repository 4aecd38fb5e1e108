use patchbay_tenant::{Error, MANAGER_UNION_ID, STAFF_SHEET_ID, StateError, Tenant, TenantConfig, WORKBOOK_ID};
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::Office;

const CREATE_USER: &str = "/topapi/v2/user/create";
const BY_MOBILE: &str = "/topapi/v2/user/getbymobile";

fn sheets(rest: &str) -> String {
    format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets{rest}?operatorId={MANAGER_UNION_ID}")
}

async fn restarted(office: Office) -> Office {
    let state = office.tenant.state().expect("the state has a JSON form");
    office.tenant.shutdown().await;
    Office::with(TenantConfig { state: Some(state), ..TenantConfig::default() }).await
}

#[tokio::test]
async fn what_was_changed_is_there_after_a_restart_from_the_state() {
    let office = Office::open().await;
    let person = json!({ "name": "周杰", "mobile": "18500000099", "dept_id_list": "1" });
    let user_id = office.older(CREATE_USER, person).await.body["result"]["userid"].clone();
    let append = sheets(&format!("/{STAFF_SHEET_ID}/appendRows"));
    office.newer(Method::POST, &append, Some(json!({ "values": [["周杰", "总经办", "1"]] }))).await;
    let group = json!({ "name": "项目组", "owner": "manager001", "useridlist": ["user002"] });
    office.newer(Method::POST, "/v1.0/im/group/create", Some(group)).await;
    let chats = office.tenant.chats();

    let office = restarted(office).await;

    let found = office.older(BY_MOBILE, json!({ "mobile": "18500000099" })).await;
    assert_eq!(found.body["result"]["userid"], user_id);
    let sheet = office.newer(Method::GET, &sheets(&format!("/{STAFF_SHEET_ID}")), None).await;
    assert_eq!(sheet.body["lastNonEmptyRow"], 5);
    assert_eq!(office.tenant.chats(), chats);
}

#[tokio::test]
async fn ids_made_after_a_restart_are_new() {
    let office = Office::open().await;
    let create = |name: &str| Some(json!({ "name": name }));
    let first = office.newer(Method::POST, &sheets(""), create("甲")).await.body["id"].clone();
    let office = restarted(office).await;
    let second = office.newer(Method::POST, &sheets(""), create("乙")).await.body["id"].clone();
    assert!(first.is_string() && second.is_string());
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_state_is_the_same_after_it_was_written_and_read() {
    let office = Office::open().await;
    let before: Value = office.get("/-/state").await.body;
    let office = restarted(office).await;
    assert_eq!(office.get("/-/state").await.body, before);
}

#[tokio::test]
async fn a_part_that_a_seed_does_not_have_is_built_in() {
    let office =
        Office::with(TenantConfig { state: Some(json!({ "format": 1 }).to_string()), ..TenantConfig::default() });
    let office = office.await;
    assert!(office.tenant.user("manager001").is_some());
    assert_eq!(office.newer(Method::GET, &sheets(""), None).await.status, 200);
}

#[tokio::test]
async fn a_state_that_is_malformed_or_of_another_version_is_refused() {
    for (state, phrase) in [
        ("{", "EOF while parsing"),
        (r#"{"format":1,"users":[]}"#, "unknown field `users`"),
        (r#"{"format":99}"#, "the state has format 99"),
    ] {
        let config = TenantConfig { state: Some(state.to_owned()), ..TenantConfig::default() };
        let Err(Error::State(error)) = Tenant::start(config).await else { panic!("started from {state}") };
        assert!(error.to_string().contains(phrase), "{error}");
        assert_eq!(matches!(error, StateError::Format(_)), state.contains("99"));
    }
}
