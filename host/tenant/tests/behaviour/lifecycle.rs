use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchbay_tenant::{
    AGENT_ID, Error, Fault, HOSTS, MANAGER_UNION_ID, Observer, STAFF_SHEET_ID, ServedRequest, Tenant, TenantConfig,
    WORKBOOK_ID, demo_credential,
};
use reqwest::Method;
use serde_json::json;
use tokio::net::TcpStream;

use crate::office::Office;

#[tokio::test]
async fn the_demo_credential_opens_a_default_tenant() {
    let office = Office::open().await;
    let (provider, [(key_name, key), (secret_name, secret)]) = demo_credential();

    let answer = office.get(&format!("/gettoken?appkey={key}&appsecret={secret}")).await;

    assert_eq!(answer.body["errcode"], 0);
    assert_eq!((provider, key_name, secret_name), ("dingtalk", "AppKey", "AppSecret"));
    assert_eq!(HOSTS, ["api.dingtalk.com", "oapi.dingtalk.com"]);
    assert_eq!(AGENT_ID, 123_456_789);
}

#[tokio::test]
async fn requests_are_listed_in_order_without_tokens_and_secrets() {
    let office = Office::with(TenantConfig {
        app_key: "canary-key".to_owned(),
        app_secret: "canary-secret".into(),
        ..TenantConfig::default()
    })
    .await;
    let token = office.get("/gettoken?appkey=canary-key&appsecret=canary-secret").await;
    let token = crate::office::text(&token.body["access_token"]);
    let body = json!({ "userid": "user002" });
    office.post(&format!("/topapi/v2/user/get?access_token={token}"), &body).await;
    office.get(&format!("/v1.0/none?operatorId={MANAGER_UNION_ID}&{token}")).await;

    let requests = office.tenant.requests();

    let expected = [
        ("GET", "/gettoken", "appkey=***&appsecret=***".to_owned(), 200),
        ("POST", "/topapi/v2/user/get", "access_token=***".to_owned(), 200),
        ("GET", "/v1.0/none", format!("operatorId={MANAGER_UNION_ID}&***"), 404),
    ];
    let expected = expected.map(|(method, path, query, status)| ServedRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        query,
        status: Some(status),
    });
    assert_eq!(requests, expected);
    assert_eq!(office.tenant.request_count("/topapi/"), 1);
    assert_eq!(office.tenant.request_count("/"), 3);
    assert!(!format!("{requests:?}").contains("canary"));
}

#[tokio::test]
async fn the_secret_is_not_in_a_debug_print_of_the_configuration() {
    let config = TenantConfig { app_secret: "canary-secret".into(), ..TenantConfig::default() };

    assert!(!format!("{config:?}").contains("canary"));
}

#[tokio::test]
async fn two_tenants_do_not_share_their_state() {
    let (first, second) = (Office::open().await, Office::open().await);
    let path =
        format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{STAFF_SHEET_ID}/appendRows?operatorId={MANAGER_UNION_ID}");

    first.newer(Method::POST, &path, Some(json!({ "values": [["李军"]] }))).await;

    let last_row = |office: &Office| {
        let sheet = office.tenant.sheet(WORKBOOK_ID, STAFF_SHEET_ID);
        sheet.expect("the sheet").last_non_empty_row()
    };
    assert_eq!(last_row(&first), Some(5));
    assert_eq!(last_row(&second), Some(4));
}

#[tokio::test]
async fn after_shutdown_nobody_listens() {
    let tenant = Tenant::start(TenantConfig::default()).await.expect("it starts");
    let address = tenant.address();
    TcpStream::connect(address).await.expect("it listens");

    tenant.shutdown().await;

    TcpStream::connect(address).await.expect_err("it does not listen");
}

#[tokio::test]
async fn a_dropped_tenant_stops_listening() {
    let tenant = Tenant::start(TenantConfig::default()).await.expect("it starts");
    let address = tenant.address();

    drop(tenant);

    let stopped = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), stopped).await.expect("it stops");
}

#[tokio::test]
async fn an_address_that_is_taken_is_refused_with_advice() {
    let first = Tenant::start(TenantConfig::default()).await.expect("it starts");
    let config = TenantConfig { listen: first.address(), ..TenantConfig::default() };

    let Err(error) = Tenant::start(config).await else {
        panic!("two tenants on one port");
    };

    assert!(matches!(error, Error::Listen { address, .. } if address == first.address()));
    assert!(error.to_string().contains("port 0"));
}

#[tokio::test]
async fn an_observer_is_told_of_every_exchange_without_its_secrets() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&told);
    let observer = Observer::new(move |served, _| notes.lock().expect("no panic").push(served.clone()));
    let office = Office::with(TenantConfig { observer: Some(observer), ..TenantConfig::default() }).await;
    office.tenant.fail_next("/closed", 1, Fault::Close);

    office.get("/gettoken?appkey=demo&appsecret=demo").await;
    let lost = office.request(Method::GET, "/closed").send().await;

    assert!(lost.is_err());
    let told = told.lock().expect("no panic");
    assert_eq!(*told, office.tenant.requests());
    assert_eq!((told[0].query.as_str(), told[0].status), ("appkey=***&appsecret=***", Some(200)));
    assert_eq!(told[1].status, None);
}
