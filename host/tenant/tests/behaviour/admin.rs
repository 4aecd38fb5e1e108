use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Office, read, with_json};

const FAULTS: &str = "/-/faults";
const GET: &str = "/topapi/v2/user/get";

async fn order(office: &Office, rules: Value) -> Answer {
    read(with_json(office.request(Method::POST, FAULTS), &rules)).await
}

#[tokio::test]
async fn faults_are_ordered_listed_and_cleared_over_http() {
    let office = Office::open().await;
    let throttle = json!({ "path": "/topapi/", "times": 2, "fault": "throttle" });
    let delay = json!({ "path": "/", "method": "GET", "share": 0.5, "fault": { "delay_ms": 5 } });
    assert_eq!(order(&office, throttle).await.status, 200);
    assert_eq!(order(&office, json!([delay])).await.status, 200);

    let asked = json!({ "userid": "user002" });
    office.older(GET, asked.clone()).await.assert_cause(90018);
    let rest = json!([{ "path": "/topapi/", "times": 1, "fault": "throttle" }, delay]);
    assert_eq!(office.get(FAULTS).await.body, rest);

    let cleared = office.request(Method::DELETE, FAULTS).send().await.expect("an answer");
    assert_eq!(cleared.status(), 204);
    assert_eq!(office.get(FAULTS).await.body, json!([]));
    assert_eq!(office.older(GET, asked).await.body["errcode"], 0);
}

#[tokio::test]
async fn a_malformed_rule_is_refused_with_an_example_and_none_of_its_list_is_taken() {
    let office = Office::open().await;
    for rules in [
        json!("throttle"),
        json!([{ "path": "/", "fault": "throttle" }, { "path": "/", "fault": "thrttle" }]),
        json!({ "path": "/", "fault": "throttle", "time": 3 }),
    ] {
        let answer = order(&office, rules).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.body["hint"].as_str().is_some_and(|hint| hint.contains("\"fault\":\"throttle\"")), "{answer:?}");
    }
    assert_eq!(office.get(FAULTS).await.body, json!([]));
}

#[tokio::test]
async fn no_fault_strikes_the_tenants_own_calls_and_none_is_journalled() {
    let office = Office::open().await;
    order(&office, json!({ "path": "/", "fault": "close" })).await;
    assert_eq!(office.get(FAULTS).await.status, 200);
    assert_eq!(office.get("/-/requests").await.body, json!([]));
}

#[tokio::test]
async fn tokens_are_expired_and_requests_listed_over_http() {
    let office = Office::open().await;
    let token = office.token().await;
    let expired = office.request(Method::POST, "/-/tokens/expire").send().await.expect("an answer");
    assert_eq!(expired.status(), 204);

    office.post(&format!("{GET}?access_token={token}"), &json!({ "userid": "user002" })).await.assert_cause(42001);

    let requests = office.get("/-/requests").await.body;
    assert_eq!(requests[1], json!({ "method": "POST", "path": GET, "query": "access_token=***", "status": 200 }));
}
