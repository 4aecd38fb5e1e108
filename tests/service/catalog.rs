//! What can be run, as a canvas looks for it.

use serde_json::{Value, json};

use super::{Up, answer, client};

async fn found(up: &Up, query: &str) -> Vec<String> {
    let list = up.get(&format!("/v1/nodes?{query}")).await.json();
    list["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn nodes_are_found_by_provider_resource_and_words() {
    let up = Up::start().await;
    assert_eq!(found(&up, "provider=dingtalk").await, found(&up, "").await);
    assert!(found(&up, "provider=feishu").await.is_empty());
    assert_eq!(found(&up, "resource=group%20chat").await, ["dingtalk/create-chat", "dingtalk/get-chat-info"]);
    assert_eq!(found(&up, "q=CHAT+create-").await, ["dingtalk/create-chat"]);
    assert!(found(&up, "q=no+such+thing").await.is_empty());
    up.get("/v1/nodes?colour=red").await.problem(400);
}

#[tokio::test]
async fn providers_say_which_credentials_they_take() {
    let up = Up::start().await;
    let list = up.get("/v1/providers").await.json();
    let [provider] = list["providers"].as_array().unwrap().as_slice() else { panic!("{list}") };
    assert_eq!((&provider["id"], &provider["nodes"]), (&json!("dingtalk"), &json!(found(&up, "").await.len())));
    let application = &provider["credentials"][0];
    let fields: Vec<(&Value, &Value)> =
        application["fields"].as_array().unwrap().iter().map(|field| (&field["name"], &field["secret"])).collect();
    assert_eq!(fields, [(&json!("AppKey"), &json!(false)), (&json!("AppSecret"), &json!(true))]);
}

#[tokio::test]
async fn a_manifest_is_not_sent_again_to_who_has_it() {
    let up = Up::start().await;
    for path in ["/v1/nodes/dingtalk/get-user", "/v1/nodes/dingtalk/get-user/schema"] {
        let first = up.get(path).await;
        let tag = first.header("etag").unwrap();
        for (known, status) in [
            (tag.to_owned(), 304),
            (format!("W/{tag}"), 304),
            (format!("\"other\", {tag}"), 304),
            ("*".to_owned(), 304),
            ("\"other\"".to_owned(), 200),
        ] {
            let again = answer(client().get(up.url(path)).header("if-none-match", &known)).await;
            assert_eq!((again.status, again.text.is_empty()), (status, status == 304), "{known}");
            assert_eq!(again.header("etag"), Some(tag));
        }
    }
}

#[tokio::test]
async fn the_form_of_an_invocation_takes_what_the_node_takes() {
    let up = Up::start().await;
    let answer = up.get("/v1/nodes/dingtalk/create-chat/schema").await;
    assert_eq!(answer.header("content-type"), Some("application/schema+json"));
    let validator = jsonschema::validator_for(&answer.json()).unwrap();
    let body =
        json!({ "inputs": { "Name": "猎鹰", "Owner": "manager001", "UserIds": ["user002"] }, "credential": "demo" });
    assert!(validator.is_valid(&body));
    for wrong in [
        json!({}),
        json!({ "inputs": { "Name": "猎鹰" } }),
        json!({ "inputs": body["inputs"], "retries": -1 }),
        json!({ "inputs": body["inputs"], "timeout_ms": 0 }),
        json!({ "inputs": body["inputs"], "dry_run": "yes" }),
        json!({ "inputs": body["inputs"], "more": 1 }),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

#[tokio::test]
async fn a_node_that_is_only_taken_on_names_the_one_that_tells_how_it_ended() {
    let up = Up::start().await;
    let nodes = found(&up, "").await;
    let mut confirmed = Vec::new();
    for node in &nodes {
        let manifest = up.get(&format!("/v1/nodes/{node}")).await.json();
        if let Some(with) = manifest.get("confirm_with") {
            assert!(nodes.iter().any(|known| with == known), "{manifest:#}");
            confirmed.push(node.as_str());
        }
    }
    assert_eq!(confirmed, ["dingtalk/send-work-notice"]);
}

#[tokio::test]
async fn a_form_asks_for_the_credential_that_the_node_can_not_run_without() {
    let up = Up::start().await;
    for node in found(&up, "").await {
        let schema = up.get(&format!("/v1/nodes/{node}/schema")).await.json();
        assert!(schema["required"].as_array().unwrap().contains(&json!("credential")), "{node}");
        assert_eq!(schema["properties"]["credential"]["x-kinds"], json!(["application"]), "{node}");
    }
}

#[tokio::test]
async fn a_list_is_not_sent_again_to_who_has_it() {
    let up = Up::start().await;
    for path in ["/v1/nodes", "/v1/nodes?resource=group+chat", "/v1/providers", "/openapi.json"] {
        let first = up.get(path).await;
        let tag = first.header("etag").unwrap_or_else(|| panic!("{path}"));
        let again = answer(client().get(up.url(path)).header("if-none-match", tag)).await;
        assert_eq!((again.status, again.text.is_empty()), (304, true), "{path}");
    }
    assert_ne!(up.get("/v1/nodes").await.header("etag"), up.get("/v1/nodes?q=chat").await.header("etag"));
}

#[tokio::test]
async fn a_long_answer_is_compressed_for_who_takes_that() {
    let up = Up::start().await;
    let ask = async |path: &str| answer(client().get(up.url(path)).header("accept-encoding", "gzip")).await;
    let long = try_bytes(&up, "/openapi.json").await;
    assert_eq!(long.0.as_deref(), Some("gzip"));
    assert!(long.1 * 4 < up.get("/openapi.json").await.text.len(), "{} bytes", long.1);
    assert_eq!(ask("/healthz").await.header("content-encoding"), None);
}

/// The encoding and the number of bytes of an answer as it comes.
async fn try_bytes(up: &Up, path: &str) -> (Option<String>, usize) {
    let answer = client().get(up.url(path)).header("accept-encoding", "gzip").send().await.unwrap();
    let encoding = answer.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
    (encoding, answer.bytes().await.unwrap().len())
}

#[tokio::test]
async fn a_form_knows_the_rules_between_parameters_that_the_node_checks() {
    let up = Up::start().await;
    let notice = json!({ "AgentId": "123456789", "UserIds": "manager001", "MsgType": "text", "Content": "x" });
    let mut markdown = notice.clone();
    markdown["MsgType"] = json!("markdown");
    let rows = json!({ "WorkbookId": "Gl6Pm2Db8D3aQ7mBcvKxY4wRJxLq0Ee9", "SheetId": "st-7c41e0aa-52317",
        "OperatorId": "kQm7hRzV2nTfGdXcLpYwBsAiEiE", "Row": 2, "Values": [["x"]], "Confirm": false });
    for (node, inputs, options, is_right) in [
        ("get-user", json!({}), json!({ "UserId": "manager001" }), true),
        ("get-user", json!({}), json!({ "Mobile": "18500000001" }), true),
        ("get-user", json!({}), json!({}), false),
        ("get-user", json!({}), json!({ "UserId": "manager001", "Mobile": "18500000001" }), false),
        ("send-work-notice", notice, json!({}), true),
        ("send-work-notice", markdown.clone(), json!({ "Title": "x" }), true),
        ("send-work-notice", markdown, json!({}), false),
        ("insert-rows-before-with-data", rows, json!({}), false),
    ] {
        let schema = up.get(&format!("/v1/nodes/dingtalk/{node}/schema")).await.json();
        let body = json!({ "inputs": inputs, "options": options, "credential": "demo" });
        assert_eq!(
            jsonschema::validator_for(&schema).unwrap().is_valid(&body),
            is_right,
            "{body}: {}",
            schema["allOf"]
        );
        let status = up.invoke(node, body.clone()).await.json()["StatusCode"].clone();
        assert_eq!(status, json!(if is_right { 200 } else { -1 }), "{body}");
    }
}
