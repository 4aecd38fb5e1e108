//! `patchbay runs`, on what a service has recorded.

use serde_json::{Value, json};

use super::Data;
use crate::cli::assert_says;
use crate::service::Up;

/// A data directory in which a service has recorded a success and then two failures.
async fn recorded() -> Data {
    let data = Data::new();
    let up = Up::start_with(&[("PATCHBAY_DATA_DIR", data.0.path().to_str().unwrap())]).await;
    let user = |id: &str| json!({ "options": { "UserId": id }, "credential": "demo" });
    up.invoke("get-user", user("manager001")).await;
    up.invoke("get-user", user("nobody")).await;
    up.invoke("create-chat", json!({ "inputs": {}, "credential": "demo" })).await;
    assert_eq!(up.stop("TERM").await.0, Some(0));
    data
}

fn list(data: &Data, arguments: &[&str]) -> Vec<Value> {
    let text = data.stdout(&[&["runs", "list", "--json"], arguments].concat());
    serde_json::from_str::<Value>(&text).unwrap()["runs"].as_array().unwrap().clone()
}

#[tokio::test]
async fn runs_are_listed_shown_exported_and_pruned() {
    let data = recorded().await;
    let all = list(&data, &[]);
    let statuses: Vec<_> = all.iter().map(|run| run["status_code"].as_i64().unwrap()).collect();
    assert_eq!(statuses, [-1, 404, 200], "newest first");
    assert_eq!(list(&data, &["--node", "dingtalk/get-user"]).len(), 2);
    assert_eq!(list(&data, &["--status", "failure", "--credential", "demo", "--from", "1h"]).len(), 2);
    assert_eq!(list(&data, &["--status", "404"])[0], all[1]);
    assert_eq!(list(&data, &["--to", "1h"]).len(), 0);
    assert_says(&data.stdout(&["runs", "list"]), &["dingtalk/create-chat", "demo", "Found"]);

    let id = all[2]["id"].as_str().unwrap();
    let record: Value = serde_json::from_str(&data.stdout(&["runs", "show", id, "--json"])).unwrap();
    assert_eq!(
        (&record["options"], &record["envelope"]["StatusCode"]),
        (&json!({ "UserId": "manager001" }), &json!(200))
    );
    let exchange = &record["exchanges"][0];
    assert!(exchange["url"].as_str().unwrap().contains("/topapi/v2/user/get") && exchange["took_ms"].is_number());
    let page = data.stdout(&["runs", "show", id]);
    assert_says(&page, &["dingtalk/get-user", id, "Options", "manager001", "Exchanges", "/topapi/v2/user/get", "200"]);

    let exported = data.stdout(&["runs", "export"]);
    assert_eq!(exported.lines().count(), 3);
    assert_eq!(serde_json::from_str::<Value>(exported.lines().last().unwrap()).unwrap(), record);
    let file = data.0.path().join("export.ndjson");
    data.stdout(&["runs", "export", "--status", "success", "--output", file.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1);

    let output = data.command(&["runs", "prune"]).env("PATCHBAY_RUNS_MAX_SIZE", "1KiB").output().unwrap();
    assert!(output.status.success());
    assert!(list(&data, &[]).len() < 3);
}

#[tokio::test]
async fn a_page_says_where_the_next_one_begins() {
    let data = recorded().await;
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut arguments = vec!["runs", "list", "--json", "--limit", "2"];
        arguments.extend(cursor.iter().flat_map(|cursor| ["--cursor", cursor]));
        let page: Value = serde_json::from_str(&data.stdout(&arguments)).unwrap();
        found.push(page["runs"].as_array().unwrap().len());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = Some(next.to_owned());
    }
    assert_eq!(found, [2, 1]);
}

#[test]
fn what_is_not_there_or_makes_no_sense_is_said() {
    let data = Data::new();
    let id = "0198c5f0-1f2e-7abc-8def-0123456789ab";
    assert_says(&data.refusal(&["runs", "show", id]), &[id, "past its time"]);
    assert_says(&data.refusal(&["runs", "show", "x"]), &["not a run's id"]);
    assert_says(&data.refusal(&["runs", "list", "--status", "good"]), &["success, failure"]);
    assert_says(&data.refusal(&["runs", "list", "--from", "yesterday"]), &["2027-01-31", "24h"]);
    assert_says(&data.refusal(&["runs", "list", "--cursor", "x"]), &["begin again without one"]);
}
