//! A disk that takes nothing: nothing is run that could not be recorded, nothing that was answered is lost, and all goes on
//! when there is room. What fills the disk is a limit on the size of files, which the running service is given.

use std::time::Duration;

use futures_util::future::join_all;
use patchbay_tenant::{Fault, Tenant};
use rlimit::Resource;
use serde_json::{Value, json};

use super::serving::{Serving, read_body, write_body};
use crate::cli::assert_says;

/// Lets the service write files up to this size only.
fn limit_files(serving: &Serving, bytes: u64) {
    let service = i32::try_from(serving.up.child.id().unwrap()).unwrap();
    rlimit::prlimit(service, Resource::FSIZE, Some((bytes, rlimit::INFINITY)), None).unwrap();
}

/// Completes once the service is ready, or not.
async fn until_ready(serving: &Serving, status: u16) {
    while serving.up.get("/readyz").await.status != status {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn chat(name: &str) -> Value {
    json!({ "inputs": { "Name": name, "Owner": "manager001", "UserIds": "user002" }, "credential": "main" })
}

fn count(tenant: &Tenant, name: &str) -> usize {
    tenant.chats().iter().filter(|chat| chat.name == name).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_nothing_is_run_that_can_not_be_recorded_and_with_room_all_goes_on() {
    let serving = Serving::start_with("", &[]).await;
    // Room for some records, and then for none.
    let log = serving.data.path().join("patchbay.db-wal");
    limit_files(&serving, std::fs::metadata(log).unwrap().len().max(400 << 10));
    let mut answered = Vec::new();
    let mut refused = 0;
    for round in 0..200 {
        let names: Vec<String> = (0..8).map(|number| format!("chat-{round}-{number}")).collect();
        let calls: Vec<(&str, Value)> = names.iter().map(|name| (name.as_str(), chat(name))).collect();
        let answers = join_all(calls.iter().map(|(name, body)| serving.up.invoke_once("create-chat", name, body)));
        for (name, answer) in names.iter().zip(answers.await) {
            if answer.status == 200 {
                answered.push((name.clone(), answer.text));
            } else {
                assert_eq!((answer.status, &answer.json()["Retryable"]), (503, &json!(true)), "{}", answer.text);
                assert_says(&answer.text, &["Nothing was executed"]);
                assert_eq!(count(&serving.tenant, name), 0, "it says that it did nothing");
                refused += 1;
            }
        }
        if refused > 20 {
            break;
        }
    }
    assert!(refused > 20 && answered.len() > 8, "{refused} refused, {} answered", answered.len());
    limit_files(&serving, rlimit::INFINITY);
    until_ready(&serving, 200).await;
    let serving = serving.crash_and_start_again().await;
    for (name, text) in &answered {
        let again = serving.up.invoke_once("create-chat", name, &chat(name)).await;
        assert_eq!((again.text.as_str(), again.header("idempotency-replayed")), (text.as_str(), Some("true")));
        assert_eq!(count(&serving.tenant, name), 1, "{name}");
    }
    let recorded = serving.run(&["runs", "export", "--node", "dingtalk/create-chat", "--status", "success"]);
    assert_eq!(recorded.lines().count(), answered.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_outcome_can_not_be_stored_is_answered_and_its_key_heals() {
    let serving = Serving::start().await;
    // The token is there, so that the delay strikes the write.
    assert_eq!(serving.up.invoke("create-chat", write_body()).await.json()["StatusCode"], 200);
    let requests = serving.tenant.request_count("/");
    serving.tenant.fail_next("/", 1, Fault::Delay(Duration::from_millis(700)));
    let (body, reads) = (chat("kept"), read_body());
    let asked = serving.up.invoke_once("create-chat", "key", &body);
    let fails = async {
        while serving.tenant.request_count("/") == requests {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Every write to a file fails from here on.
        limit_files(&serving, 0);
    };
    let (answer, ()) = tokio::join!(asked, fails);
    assert_eq!((answer.status, &answer.json()["StatusCode"]), (200, &json!(200)), "{}", answer.text);
    let refused = serving.up.invoke("get-user", reads.clone()).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{}", refused.text);
    assert_eq!(serving.up.get("/readyz").await.status, 503);
    limit_files(&serving, rlimit::INFINITY);
    until_ready(&serving, 200).await;
    assert_eq!(serving.up.invoke("get-user", reads).await.json()["StatusCode"], 200);
    let serving = serving.crash_and_start_again().await;
    let again = serving.up.invoke_once("create-chat", "key", &body).await;
    assert_eq!((again.text.as_str(), again.header("idempotency-replayed")), (answer.text.as_str(), Some("true")));
    assert_eq!(count(&serving.tenant, "kept"), 1);
}

#[tokio::test]
async fn a_run_that_a_crash_interrupted_is_seen_to_have_been() {
    let serving = Serving::start().await;
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    serving.tenant.fail_next("/topapi", 1, Fault::Delay(Duration::from_secs(30)));
    let list = |status: &str| -> Value {
        serde_json::from_str(&serving.run(&["runs", "list", "--json", "--status", status])).unwrap()
    };
    let asked = serving.up.invoke("get-user", read_body());
    let running = tokio::select! {
        answer = asked => panic!("{}", answer.text),
        running = async {
            loop {
                let running = list("running")["runs"].clone();
                if running.as_array().unwrap().len() == 1 {
                    return running;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        } => running,
    };
    assert_eq!((&running[0]["state"], &running[0]["status_code"]), (&json!("running"), &Value::Null));
    let id = running[0]["id"].as_str().unwrap().to_owned();
    let serving = serving.crash_and_start_again().await;
    let run = serving.up.get(&format!("/v1/runs/{id}")).await.json();
    assert_eq!((&run["state"], &run["node"]), (&json!("interrupted"), &json!("dingtalk/get-user")));
    let listed = serving.up.get("/v1/runs?status=interrupted").await.json();
    assert_eq!(listed["runs"][0]["id"], json!(id));
}
