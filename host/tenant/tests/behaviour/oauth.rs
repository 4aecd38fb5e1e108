use std::sync::Arc;
use std::time::{Duration, SystemTime};

use patchbay_tenant::{ManualClock, TenantConfig};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::office::{Office, TOKEN_HEADER, read, text};

const NEWER: &str = "/v1.0/oauth2/accessToken";
const OLDER: &str = "/gettoken?appkey=demo&appsecret=demo";
const GET_USER: &str = "/topapi/v2/user/get";

fn demo() -> Value {
    json!({ "appKey": "demo", "appSecret": "demo" })
}

async fn get_user(office: &Office, token: &str) -> i64 {
    let body = json!({ "userid": "user002" });
    let path = format!("{GET_USER}?access_token={token}");
    let answer = office.post(&path, &body).await;
    let cause = answer.body["sub_code"].as_str().and_then(|cause| cause.parse().ok());
    cause.or(answer.body["errcode"].as_i64()).expect("an errcode")
}

#[tokio::test]
async fn both_endpoints_give_the_same_token_for_7200_seconds() {
    let office = Office::open().await;

    let newer = office.post(NEWER, &demo()).await;
    let older = office.get(OLDER).await;

    assert_eq!(newer.status, 200);
    assert_eq!(newer.body["expireIn"], 7200);
    assert_eq!(text(&newer.body["accessToken"]).len(), 32);
    assert_eq!(
        older.body,
        json!({
            "errcode": 0,
            "errmsg": "ok",
            "access_token": newer.body["accessToken"],
            "expires_in": 7200,
        })
    );
}

#[tokio::test]
async fn one_token_is_good_for_both_apis() {
    let office = Office::open().await;
    let token = office.token().await;

    assert_eq!(get_user(&office, &token).await, 0);
    let group = json!({ "name": "项目组", "owner": "manager001", "useridlist": ["user002"] });
    let answer = office.newer(Method::POST, "/v1.0/im/group/create", Some(group)).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn wrong_credentials_are_refused_by_both_endpoints() {
    let office = Office::open().await;

    for body in [json!({ "appKey": "demo", "appSecret": "wrong" }), json!({ "appKey": "wrong", "appSecret": "demo" })] {
        office.post(NEWER, &body).await.assert_refused(400, "invalidClientIdOrSecret");
    }
    for query in ["appkey=demo&appsecret=wrong", "appkey=wrong&appsecret=demo"] {
        office.get(&format!("/gettoken?{query}")).await.assert_errcode(40089);
    }
}

#[tokio::test]
async fn missing_and_malformed_credentials_are_refused() {
    let office = Office::open().await;

    for body in [json!({ "appKey": "demo" }), json!({ "appKey": "demo", "appSecret": 5 })] {
        office.post(NEWER, &body).await.assert_refused(400, "parameter.invalid");
    }
    let not_json = office.request(Method::POST, NEWER).body("appKey=demo");
    read(not_json).await.assert_refused(400, "parameter.invalid");
    let broken = office.request(Method::POST, NEWER).header(CONTENT_TYPE, "application/json");
    read(broken.body("{")).await.assert_refused(400, "parameter.invalid");
    office.get("/gettoken?appkey=demo").await.assert_errcode(400_002);
}

#[tokio::test]
async fn a_tenant_with_other_credentials_takes_only_those() {
    let office = Office::with(TenantConfig {
        app_key: "canary-key".to_owned(),
        app_secret: "canary-secret-4711".into(),
        ..TenantConfig::default()
    })
    .await;

    let canary = json!({ "appKey": "canary-key", "appSecret": "canary-secret-4711" });
    let token = text(&office.post(NEWER, &canary).await.body["accessToken"]);

    assert!(!token.contains("canary"));
    office.post(NEWER, &demo()).await.assert_refused(400, "invalidClientIdOrSecret");
}

#[tokio::test]
async fn fetching_again_extends_the_token_and_after_its_end_gives_a_new_one() {
    let clock = ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let office = Office::with(TenantConfig {
        token_lifetime: Duration::from_secs(100),
        clock: Arc::new(clock.clone()),
        ..TenantConfig::default()
    })
    .await;
    let first = office.token().await;

    clock.advance(Duration::from_secs(60));
    assert_eq!(office.token().await, first);
    clock.advance(Duration::from_secs(60));
    assert_eq!(get_user(&office, &first).await, 0, "extended past its first end");

    clock.advance(Duration::from_secs(40));
    assert_eq!(get_user(&office, &first).await, 42001);
    let second = office.token().await;
    assert_ne!(second, first);
    assert_eq!(get_user(&office, &second).await, 0);
    assert_eq!(get_user(&office, &first).await, 42001);
}

#[tokio::test]
async fn expired_tokens_are_refused_by_both_apis_until_a_new_one_is_fetched() {
    let office = Office::open().await;
    let token = office.token().await;

    office.tenant.expire_tokens();

    assert_eq!(get_user(&office, &token).await, 42001);
    let create = office.request(Method::POST, "/v1.0/im/group/create");
    let answer = read(create.header(TOKEN_HEADER, &token)).await;
    answer.assert_refused(400, "InvalidAuthentication");
    assert_ne!(office.token().await, token);
}

#[tokio::test]
async fn the_older_api_tells_an_unknown_token_from_a_missing_one() {
    let office = Office::open().await;
    let body = json!({ "userid": "user002" });

    let unknown = format!("{GET_USER}?access_token=0123456789abcdef");
    office.post(&unknown, &body).await.assert_cause(40014);
    office.post(GET_USER, &body).await.assert_errcode(41001);

    let token = office.token().await;
    let in_header = office.request(Method::POST, GET_USER).header(TOKEN_HEADER, token);
    read(in_header).await.assert_errcode(41001);
}

#[tokio::test]
async fn the_newer_api_takes_the_token_from_its_header_only() {
    let office = Office::open().await;
    let path = "/v1.0/im/group/create";

    let token = office.token().await;
    for request in [
        office.request(Method::POST, path),
        office.request(Method::POST, path).header(TOKEN_HEADER, "0123456789abcdef"),
        office.request(Method::POST, &format!("{path}?access_token={token}")),
    ] {
        read(request).await.assert_refused(400, "InvalidAuthentication");
    }
}

#[tokio::test]
async fn the_same_seed_issues_the_same_tokens_and_another_seed_others() {
    let with_seed = async |seed| {
        let config = TenantConfig { seed, ..TenantConfig::default() };
        Office::with(config).await.token().await
    };

    assert_eq!(with_seed(7).await, with_seed(7).await);
    assert_ne!(with_seed(7).await, with_seed(8).await);
}
