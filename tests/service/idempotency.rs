//! A call with a key is executed once.

use std::time::Duration;

use futures_util::future::join_all;
use patchbay_tenant::Fault;
use serde_json::json;

use super::serving::{Serving, read_body, write_body};
use crate::cli::assert_says;

#[tokio::test]
async fn the_same_call_again_gets_the_same_answer_and_does_nothing() {
    let serving = Serving::start().await;
    let before = serving.tenant.chats().len();
    let first = serving.up.invoke_once("create-chat", "key-1", &write_body()).await;
    assert_eq!((first.json()["StatusCode"].clone(), first.header("idempotency-replayed")), (json!(200), None));
    // The order of members is no difference.
    let body = write_body();
    let turned = json!({ "credential": body["credential"], "inputs": body["inputs"] });
    for body in [&body, &turned] {
        let again = serving.up.invoke_once("create-chat", "key-1", body).await;
        assert_eq!((again.text.as_str(), again.header("idempotency-replayed")), (first.text.as_str(), Some("true")));
        assert_eq!(again.header("patchbay-run-id"), first.header("patchbay-run-id"));
    }
    assert_eq!(serving.tenant.chats().len(), before + 1);
    serving.up.invoke_once("create-chat", "key-2", &body).await;
    assert_eq!(serving.tenant.chats().len(), before + 2);
}

#[tokio::test]
async fn another_call_under_the_same_key_is_a_409() {
    let serving = Serving::start().await;
    serving.up.invoke_once("get-user", "key", &read_body()).await;
    let other = json!({ "options": { "UserId": "user002" }, "credential": "main" });
    serving.up.invoke_once("get-user", "key", &other).await.problem(409);
    serving.up.invoke_once("create-chat", "key", &read_body()).await.problem(409);
    for key in ["", &"x".repeat(256)] {
        serving.up.invoke_once("get-user", key, &read_body()).await.problem(400);
    }
}

#[tokio::test]
async fn a_repeat_waits_for_the_one_that_runs() {
    let serving = Serving::start().await;
    let before = serving.tenant.chats().len();
    serving.tenant.fail_next("/", 1, Fault::Delay(Duration::from_millis(500)));
    let body = write_body();
    let answers = join_all((0..8).map(|_| serving.up.invoke_once("create-chat", "key", &body))).await;
    assert!(answers.iter().all(|answer| answer.text == answers[0].text && answer.status == 200), "{}", answers[0].text);
    assert_eq!(answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count(), 1);
    assert_eq!(serving.tenant.chats().len(), before + 1);
}

#[tokio::test]
async fn an_outcome_outlives_a_crash() {
    let serving = Serving::start().await;
    let first = serving.up.invoke_once("create-chat", "key", &write_body()).await;
    let chats = serving.tenant.chats().len();
    let serving = serving.crash_and_start_again().await;
    let again = serving.up.invoke_once("create-chat", "key", &write_body()).await;
    assert_eq!((again.text, again.status), (first.text, 200));
    assert_eq!(serving.tenant.chats().len(), chats);
}

#[tokio::test]
async fn after_a_crash_in_the_middle_the_outcome_is_unknown_and_nothing_is_done_again() {
    let serving = Serving::start().await;
    // The token is there, so that the delay strikes the write.
    assert_eq!(serving.up.invoke("create-chat", write_body()).await.json()["StatusCode"], 200);
    let chats = serving.tenant.chats().len();
    let requests = serving.tenant.request_count("/");
    serving.tenant.fail_next("/", 1, Fault::Delay(Duration::from_secs(30)));
    let body = write_body();
    let asked = serving.up.invoke_once("create-chat", "key", &body);
    tokio::select! {
        answer = asked => panic!("{}", answer.text),
        () = async {
            while serving.tenant.request_count("/") == requests {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        } => {}
    }
    let serving = serving.crash_and_start_again().await;
    for _ in 0..2 {
        let answer = serving.up.invoke_once("create-chat", "key", &write_body()).await;
        let envelope = answer.json();
        assert_eq!((answer.status, &envelope["Retryable"], &envelope["ChatData"]), (200, &json!(false), &json!({})));
        assert_eq!(envelope["StatusCode"], 500);
        assert_says(envelope["ErrorMessage"].as_str().unwrap(), &["the outcome is unknown"]);
        assert_says(envelope["Hint"].as_str().unwrap(), &["new idempotency key"]);
    }
    assert_eq!((serving.tenant.chats().len(), serving.tenant.request_count("/")), (chats, requests + 1));
}

#[tokio::test]
async fn a_read_that_a_crash_interrupted_is_simply_done_again() {
    let serving = Serving::start().await;
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    let requests = serving.tenant.request_count("/topapi");
    serving.tenant.fail_next("/topapi", 1, Fault::Delay(Duration::from_secs(30)));
    let body = read_body();
    let asked = serving.up.invoke_once("get-user", "key", &body);
    tokio::select! {
        answer = asked => panic!("{}", answer.text),
        () = async {
            while serving.tenant.request_count("/topapi") == requests {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        } => {}
    }
    let serving = serving.crash_and_start_again().await;
    assert_eq!(serving.up.invoke_once("get-user", "key", &read_body()).await.json()["StatusCode"], 200);
}

#[tokio::test]
async fn a_more_patient_repeat_is_the_same_call() {
    let serving = Serving::start().await;
    let first = serving.up.invoke_once("create-chat", "key", &write_body()).await;
    let mut patient = write_body();
    patient["timeout_ms"] = json!(60_000);
    patient["retries"] = json!(2);
    let again = serving.up.invoke_once("create-chat", "key", &patient).await;
    assert_eq!((again.text, again.status), (first.text, 200));
    assert_eq!(again.headers.get("idempotency-replayed").unwrap(), "true");
}

#[tokio::test]
async fn a_repeat_waits_no_longer_than_its_own_time() {
    let serving = Serving::start().await;
    assert_eq!(serving.up.invoke("create-chat", write_body()).await.json()["StatusCode"], 200);
    let requests = serving.tenant.request_count("/v1.0/im");
    serving.tenant.fail_next("/v1.0/im", 1, Fault::Delay(Duration::from_secs(3)));
    let body = write_body();
    let mut hasty = write_body();
    hasty["timeout_ms"] = json!(200);
    let first = serving.up.invoke_once("create-chat", "key", &body);
    let second = async {
        while serving.tenant.request_count("/v1.0/im") == requests {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        serving.up.invoke_once("create-chat", "key", &hasty).await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.json()["StatusCode"], 200);
    let problem = second.json();
    assert_eq!((second.status, &problem["Retryable"], second.header("retry-after")), (409, &json!(true), Some("1")));
    assert_says(problem["detail"].as_str().unwrap(), &["still runs", first.header("patchbay-run-id").unwrap()]);
    let after = serving.up.invoke_once("create-chat", "key", &hasty).await;
    assert_eq!(after.text, first.text);
}

#[tokio::test]
async fn a_failure_of_which_nothing_was_executed_runs_again_under_its_key() {
    let serving = Serving::start().await;
    let chats = serving.tenant.chats().len();
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    serving.tenant.fail_next("/v1.0/im", 1, Fault::Throttle);
    let refused = serving.up.invoke_once("create-chat", "key", &write_body()).await;
    let envelope = refused.json();
    assert_eq!((&envelope["StatusCode"], &envelope["Retryable"]), (&json!(429), &json!(true)), "{envelope}");
    let second = serving.up.invoke_once("create-chat", "key", &write_body()).await;
    assert_eq!((second.json()["StatusCode"].clone(), second.header("idempotency-replayed")), (json!(200), None));
    let third = serving.up.invoke_once("create-chat", "key", &write_body()).await;
    assert_eq!((third.text.as_str(), third.header("idempotency-replayed")), (second.text.as_str(), Some("true")));
    assert_eq!(serving.tenant.chats().len(), chats + 1);
    // Each of the two runs has its record.
    for run in [refused, second] {
        let id = run.header("patchbay-run-id").unwrap();
        assert_eq!(serving.up.get(&format!("/v1/runs/{id}")).await.status, 200);
    }
}

#[tokio::test]
async fn a_wrong_parameter_does_not_use_up_its_key() {
    let serving = Serving::start().await;
    let wrong = json!({ "inputs": { "Nmae": "x" }, "credential": "main" });
    assert_eq!(serving.up.invoke_once("create-chat", "key", &wrong).await.json()["StatusCode"], -1);
    let right = serving.up.invoke_once("create-chat", "key", &write_body()).await;
    assert_eq!((right.status, &right.json()["StatusCode"]), (200, &json!(200)));
}

#[tokio::test]
async fn a_failure_of_which_something_may_have_been_executed_is_answered_again() {
    let serving = Serving::start().await;
    assert_eq!(serving.up.invoke("create-chat", write_body()).await.json()["StatusCode"], 200);
    let chats = serving.tenant.chats().len();
    serving.tenant.fail_next("/v1.0/im", 1, Fault::CloseAfter);
    let first = serving.up.invoke_once("create-chat", "key", &write_body()).await;
    assert_eq!(first.json()["Retryable"], json!(false), "{}", first.text);
    let again = serving.up.invoke_once("create-chat", "key", &write_body()).await;
    assert_eq!((again.text.as_str(), again.header("idempotency-replayed")), (first.text.as_str(), Some("true")));
    assert_eq!(serving.tenant.chats().len(), chats + 1);
}
