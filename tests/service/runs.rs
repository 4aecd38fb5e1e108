//! What the canvas's log icon shows.

use patchbay_tenant::Fault;
use serde_json::{Value, json};

use super::serving::{Serving, read_body, write_body};

#[tokio::test]
async fn a_run_shows_what_went_in_what_came_out_and_what_happened_between() {
    let serving = Serving::start().await;
    let answer = serving.up.invoke("create-chat", write_body()).await;
    let id = answer.header("patchbay-run-id").unwrap();
    let run = serving.up.get(&format!("/v1/runs/{id}")).await.json();
    assert_eq!(
        (&run["id"], &run["node"], &run["credential"]),
        (&json!(id), &json!("dingtalk/create-chat"), &json!("main"))
    );
    assert_eq!((&run["inputs"], &run["envelope"]), (&write_body()["inputs"], &answer.json()));
    let exchanges = run["exchanges"].as_array().unwrap();
    assert!(
        exchanges.iter().all(|it| it["took_ms"].is_number() && it["outcome"]["answered"]["status"] == 200),
        "{run}"
    );
    assert!(!exchanges.is_empty());
}

#[tokio::test]
async fn runs_are_listed_newest_first_by_filter_and_page() {
    let serving = Serving::start().await;
    let mut ids = Vec::new();
    for user in ["manager001", "nobody", "user002"] {
        let body = json!({ "options": { "UserId": user }, "credential": "main" });
        ids.push(serving.up.invoke("get-user", body).await.header("patchbay-run-id").unwrap().to_owned());
    }
    ids.push(serving.up.invoke("create-chat", json!({})).await.header("patchbay-run-id").unwrap().to_owned());
    let listed = async |query: &str| -> Vec<String> {
        let page = serving.up.get(&format!("/v1/runs?{query}")).await.json();
        let runs = page["runs"].as_array().unwrap_or_else(|| panic!("{page}"));
        runs.iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
    };
    let newest_first: Vec<String> = ids.iter().rev().cloned().collect();
    for all in ["", "node=&credential=&status=&from=&to=&cursor=&limit="] {
        assert_eq!(listed(all).await, newest_first, "{all}");
    }
    assert_eq!(listed("status=failure").await, [ids[3].clone(), ids[1].clone()]);
    assert_eq!(listed("status=404").await, [ids[1].clone()]);
    assert_eq!(listed("node=dingtalk/create-chat").await, [ids[3].clone()]);
    assert_eq!(listed("credential=main&status=success").await, [ids[2].clone(), ids[0].clone()]);
    assert!(listed("to=2020-01-01").await.is_empty() && listed("from=2020-01-01").await.len() == 4);
    let (mut paged, mut query) = (Vec::new(), "limit=3".to_owned());
    loop {
        let page = serving.up.get(&format!("/v1/runs?{query}")).await.json();
        paged.extend(page["runs"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("limit=3&cursor={cursor}");
    }
    assert_eq!(paged, newest_first);
    for wrong in
        ["status=fine", "from=yesterday", "cursor=x", "limit=0", "limit=9999", "limit=x", "node=x", "colour=red"]
    {
        serving.up.get(&format!("/v1/runs?{wrong}")).await.problem(400);
    }
    serving.up.get("/v1/runs/0198c5f0-1f2e-7abc-8def-0123456789ab").await.problem(404);
    serving.up.get("/v1/runs/first").await.problem(400);
}

#[tokio::test]
async fn who_may_read_of_some_nodes_sees_no_others() {
    let serving = Serving::start().await;
    let user = serving.up.invoke("get-user", read_body()).await.header("patchbay-run-id").unwrap().to_owned();
    let chat = serving.up.invoke("create-chat", write_body()).await.header("patchbay-run-id").unwrap().to_owned();
    let key = serving.key(&["reader", "--scope", "read", "--nodes", "dingtalk/get-user"]);
    let listed = serving.get_with(&key, "/v1/runs").await.json();
    let ids: Vec<&Value> = listed["runs"].as_array().unwrap().iter().map(|run| &run["id"]).collect();
    assert_eq!(ids, [&json!(user)]);
    assert_eq!(serving.get_with(&key, &format!("/v1/runs/{user}")).await.status, 200);
    serving.get_with(&key, &format!("/v1/runs/{chat}")).await.problem(404);
}

#[tokio::test]
async fn a_run_is_repeated_as_often_as_its_caller_allows() {
    let serving = Serving::start().await;
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    let down = Fault::Status { status: 503, body: "{}".to_owned() };
    serving.tenant.fail_next("/topapi", 2, down.clone());
    assert_ne!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    serving.tenant.fail_next("/topapi", 1, down);
    let mut body = read_body();
    body["retries"] = 3.into();
    let answer = serving.up.invoke("get-user", body).await;
    assert_eq!(answer.json()["StatusCode"], 200, "{}", answer.text);
    let run = serving.up.get(&format!("/v1/runs/{}", answer.header("patchbay-run-id").unwrap())).await.json();
    assert_eq!(run["exchanges"].as_array().unwrap().len(), 3, "{run}");
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_sent_and_sends_it_not() {
    let serving = Serving::start().await;
    let chats = serving.tenant.chats().len();
    let mut body = write_body();
    body["dry_run"] = true.into();
    let envelope = serving.up.invoke("create-chat", body).await.json();
    assert!(envelope["Plan"]["url"].as_str().unwrap().contains("dingtalk.com"), "{envelope}");
    assert!(!envelope["Summary"].as_str().unwrap().is_empty());
    assert_eq!(serving.tenant.chats().len(), chats);
}
