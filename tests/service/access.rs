//! Who may call.

use std::time::{Duration, Instant};

use super::serving::{self, Serving, read_body, write_body};
use super::{Answer, JsonText, Up, answer, client};
use crate::cli::assert_says;
use crate::environment::{NODES, patchbay, stderr};

async fn invoke_with(serving: &Serving, key: &str, operation: &str, body: serde_json::Value) -> Answer {
    let url = serving.up.url(&format!("/v1/nodes/dingtalk/{operation}/invoke"));
    answer(client().post(url).bearer_auth(key).json_text(&body)).await
}

#[tokio::test]
async fn from_the_first_key_on_every_call_shows_one() {
    let serving = Serving::start().await;
    assert_eq!(serving.up.get("/v1/nodes").await.status, 200);
    let key = serving.key(&["canvas", "--scope", "invoke"]);
    let began = Instant::now();
    while serving.up.get("/v1/nodes").await.status == 200 {
        assert!(began.elapsed() < Duration::from_secs(5), "a call without a key is still let in");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for path in ["/v1/nodes", "/v1/runs", "/v1/credentials", "/metrics", "/v1/nodes/dingtalk/nothing"] {
        let refused = serving.up.get(path).await;
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        refused.problem(401);
    }
    serving.up.invoke("get-user", read_body()).await.problem(401);
    for path in ["/healthz", "/readyz", "/openapi.json", "/docs"] {
        assert_eq!(serving.up.get(path).await.status, 200, "{path}");
    }
    assert_eq!(serving.get_with(&key, "/v1/nodes").await.status, 200);
    assert_eq!(invoke_with(&serving, &key, "get-user", read_body()).await.json()["StatusCode"], 200);
    let wrong = format!("{}{}", &key[..key.len() - 4], "0000");
    for wrong in [wrong.as_str(), "x-y-z", &key[..20]] {
        let (message, _) = serving.get_with(wrong, "/v1/nodes").await.problem(401);
        assert!(!message.contains(wrong), "{message}");
    }
}

#[tokio::test]
async fn on_a_service_without_keys_a_page_of_another_origin_can_do_nothing() {
    let serving = Serving::start_with("[serve]\ncors_origins = [\"https://canvas.example\"]\n", &[]).await;
    let test = |header: &'static str, value: &'static str| {
        answer(client().post(serving.up.url("/v1/credentials/main/test")).header(header, value))
    };
    for (header, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let (message, hint) = test(header, value).await.problem(403);
        assert_says(&format!("{message} {hint}"), &["another origin", "serve.cors_origins"]);
    }
    assert!(serving.tenant.requests().is_empty(), "nothing was done for it");
    for (header, value) in [("origin", "http://localhost:3000"), ("origin", "https://canvas.example")] {
        assert_eq!(test(header, value).await.json()["StatusCode"], 200, "{value}");
    }
}

#[tokio::test]
async fn a_key_opens_what_it_was_made_for() {
    let serving = Serving::start().await;
    let invoke = serving.key(&["invoker", "--scope", "invoke"]);
    let read = serving.key(&["reader", "--scope", "read"]);
    let admin = serving.key(&["operator", "--scope", "admin"]);
    let chats = serving.key(&["chats", "--scope", "invoke", "--nodes", "dingtalk/create-chat"]);
    let other = serving.key(&["other", "--scope", "invoke", "--credentials", "other"]);
    for (key, runs) in [(&invoke, 403), (&read, 200), (&admin, 200)] {
        assert_eq!(serving.get_with(key, "/v1/runs").await.status, runs);
    }
    for (key, added) in [(&invoke, 403), (&read, 403), (&admin, 422)] {
        let body = serde_json::json!({ "name": "x", "provider": "dingtalk", "fields": {} });
        let call = client().post(serving.up.url("/v1/credentials")).bearer_auth(key).json_text(&body);
        answer(call).await.problem(added);
    }
    let (message, _) = invoke_with(&serving, &read, "get-user", read_body()).await.problem(403);
    assert_says(&message, &["reader", "invoke"]);
    invoke_with(&serving, &chats, "get-user", read_body()).await.problem(403);
    assert_eq!(invoke_with(&serving, &chats, "create-chat", write_body()).await.status, 200);
    let seen = serving.get_with(&chats, "/v1/nodes").await.json();
    assert_eq!(seen["nodes"].as_array().unwrap().len(), 1);
    serving.get_with(&chats, "/v1/nodes/dingtalk/get-user").await.problem(403);
    invoke_with(&serving, &other, "get-user", read_body()).await.problem(403);
    assert_eq!(serving.get_with(&other, "/v1/credentials").await.json()["credentials"], serde_json::json!([]));
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_and_the_last_one_leaves_the_door_closed() {
    let serving = Serving::start().await;
    let key = serving.key(&["canvas"]);
    assert_eq!(serving.get_with(&key, "/v1/nodes").await.status, 200);
    serving.run(&["key", "revoke", "canvas"]);
    let began = Instant::now();
    while serving.get_with(&key, "/v1/nodes").await.status == 200 {
        assert!(began.elapsed() < Duration::from_secs(5), "a revoked key is still taken");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    serving.get_with(&key, "/v1/nodes").await.problem(401);
    serving.up.get("/v1/nodes").await.problem(401);
}

#[test]
fn beyond_loopback_it_starts_with_a_key_alone() {
    let data = serving::data();
    for command in ["serve", "up"] {
        let output = serving::command(data.path()).args([command, "--listen", "0.0.0.0:0"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(output.stdout.is_empty());
        assert_says(&stderr(&output), &["0.0.0.0:0", "patchbay key create"]);
    }
}

#[tokio::test]
async fn up_needs_no_key_on_this_machine() {
    let data = serving::data();
    let made = serving::command(data.path()).args(["key", "create", "canvas"]).output().unwrap();
    assert!(made.status.success(), "{}", stderr(&made));
    let mut command = patchbay();
    command.args(["up", "--listen", "127.0.0.1:0"]).env("PATCHBAY_NODES_DIR", &*NODES);
    command.env("PATCHBAY_DATA_DIR", data.path());
    let up = Up::spawn(command).await;
    assert_eq!(up.get("/v1/nodes").await.status, 200);
    // One that is shown is checked.
    answer(client().get(up.url("/v1/nodes")).bearer_auth("pbk_wrong")).await.problem(401);
}

#[tokio::test]
async fn a_page_elsewhere_can_not_call_by_a_name_of_its_own() {
    let up = Up::start().await;
    let foreign = client().get(up.url("/v1/nodes")).header("host", "evil.example");
    answer(foreign).await.problem(403);
}

#[tokio::test]
async fn browsers_are_let_in_from_configured_origins_alone() {
    let ask = |up: &Up, origin: &str| {
        let call = client().request(reqwest::Method::OPTIONS, up.url("/v1/nodes/dingtalk/get-user/invoke"));
        call.header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,idempotency-key")
    };
    let closed = Serving::start().await;
    let refused = answer(ask(&closed.up, "https://canvas.example.com")).await;
    assert_eq!(refused.header("access-control-allow-origin"), None);
    let open = Serving::start_with("[serve]\ncors_origins = [\"https://canvas.example.com\"]\n", &[]).await;
    let allowed = answer(ask(&open.up, "https://canvas.example.com")).await;
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://canvas.example.com"));
    assert!(allowed.header("access-control-allow-headers").unwrap().contains("idempotency-key"));
    let foreign = answer(ask(&open.up, "https://evil.example")).await;
    assert_eq!(foreign.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn up_lets_in_pages_that_this_machine_serves_from_another_port() {
    let up = Up::start().await;
    let ask = async |origin: &str| {
        let call = client().request(reqwest::Method::OPTIONS, up.url("/v1/credentials/demo"));
        let asked = answer(call.header("origin", origin).header("access-control-request-method", "PUT")).await;
        asked.header("access-control-allow-origin").map(str::to_owned)
    };
    for origin in ["http://localhost:5173", "http://127.0.0.1:3000", "http://[::1]:8080"] {
        assert_eq!(ask(origin).await.as_deref(), Some(origin));
    }
    for origin in ["https://evil.example", "http://localhost.evil.example", "http://10.0.0.7:3000", "null"] {
        assert_eq!(ask(origin).await, None, "{origin}");
    }
}
