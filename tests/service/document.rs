//! The service describes itself, and is as it says.

use serde_json::{Value, json};

use super::serving::{Serving, read_body};
use super::{Answer, Up, client};
use crate::environment::PROJECT;

fn document() -> Value {
    serde_json::from_slice(&std::fs::read(PROJECT.join("schemas/openapi.json")).unwrap()).unwrap()
}

/// All references in a document.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// Fails unless the answer is one that the document allows for the operation.
#[track_caller]
fn assert_allowed(document: &Value, path: &str, method: &str, answer: &Answer) {
    let allowed = &document["paths"][path][method]["responses"][answer.status.to_string()];
    assert!(allowed.is_object(), "{method} {path} may not answer {}: {}", answer.status, answer.text);
    let Some(content) = allowed.get("content") else {
        assert!(answer.text.is_empty());
        return;
    };
    let schema = &content[&answer.content_type]["schema"];
    assert!(schema.is_object(), "{method} {path} may not answer {}", answer.content_type);
    if answer.content_type.ends_with("json") && !answer.content_type.contains("ndjson") {
        // References are from the document's root.
        let mut whole = document.clone();
        whole["$ref"] = "#/schema".into();
        whole["schema"] = schema.clone();
        let validator = jsonschema::validator_for(&whole).unwrap();
        let errors: Vec<String> = validator.iter_errors(&answer.json()).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{method} {path}: {errors:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_served_document_is_the_checked_in_one_and_has_a_tag() {
    let up = Up::start().await;
    let served = up.get("/openapi.json").await;
    assert_eq!((served.status, served.json()), (200, document()));
    let known = client().get(up.url("/openapi.json")).header("if-none-match", served.header("etag").unwrap());
    assert_eq!(known.send().await.unwrap().status(), 304);
}

#[test]
fn the_document_is_openapi_3_1_whose_references_lead_somewhere() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let references = references(&document);
    assert!(!references.is_empty());
    for reference in references {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
    }
}

#[test]
fn every_operation_says_what_it_answers_and_who_may_ask() {
    let mut ids = Vec::new();
    for (path, methods) in document()["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let text = |name: &str| {
                operation[name].as_str().unwrap_or_else(|| panic!("{method} {path} has no {name}")).to_owned()
            };
            ids.push(text("operationId"));
            assert!(!text("summary").is_empty() && !text("description").is_empty());
            let is_open = operation["security"] == json!([]);
            let responses = operation["responses"].as_object().unwrap();
            assert_eq!(!is_open, responses.contains_key("401") && responses.contains_key("403"), "{method} {path}");
            assert!(responses.values().all(|answer| answer["description"].is_string()), "{method} {path}");
            let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            for name in named {
                let found = parameters.iter().find(|parameter| parameter["name"] == name && parameter["in"] == "path");
                assert!(found.is_some_and(|found| found["required"] == true), "{method} {path}: {name}");
            }
        }
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), count), (count, 18));
}

#[tokio::test]
async fn what_is_answered_is_as_the_document_says() {
    let serving = Serving::start().await;
    let document = document();
    let up = &serving.up;
    let run = up.invoke("get-user", read_body()).await;
    let invoke = "/v1/nodes/{provider}/{operation}/invoke";
    assert_allowed(&document, invoke, "post", &run);
    assert_allowed(&document, invoke, "post", &up.invoke("get-user", json!({ "inputs": { "x": 1 } })).await);
    assert_allowed(&document, invoke, "post", &up.invoke("get-user", json!([])).await);
    assert_allowed(&document, invoke, "post", &up.invoke("get-usr", json!({})).await);
    let mut planned = super::serving::write_body();
    planned["dry_run"] = true.into();
    assert_allowed(&document, invoke, "post", &up.invoke("create-chat", planned).await);
    let recorded = format!("/v1/runs/{}", run.header("patchbay-run-id").unwrap());
    for (path, asked) in [
        ("/v1/providers", "/v1/providers"),
        ("/v1/nodes", "/v1/nodes?q=user"),
        ("/v1/nodes", "/v1/nodes?colour=red"),
        ("/v1/nodes/{provider}/{operation}", "/v1/nodes/dingtalk/get-user"),
        ("/v1/nodes/{provider}/{operation}", "/v1/nodes/dingtalk/nothing"),
        ("/v1/nodes/{provider}/{operation}/schema", "/v1/nodes/dingtalk/get-user/schema"),
        ("/v1/runs", "/v1/runs?limit=1"),
        ("/v1/runs", "/v1/runs?limit=0"),
        ("/v1/runs", "/v1/runs?from=yesterday"),
        ("/v1/runs/{id}", &recorded),
        ("/v1/runs/{id}", "/v1/runs/0198c5f0-1f2e-7abc-8def-0123456789ab"),
        ("/v1/runs/{id}", "/v1/runs/first"),
        ("/v1/credentials", "/v1/credentials"),
        ("/healthz", "/healthz"),
        ("/readyz", "/readyz"),
        ("/metrics", "/metrics"),
        ("/openapi.json", "/openapi.json"),
    ] {
        assert_allowed(&document, path, "get", &up.get(asked).await);
    }
    for (name, status) in [("main", 200), ("other", 404)] {
        let tested = up.post(&format!("/v1/credentials/{name}/test"), "").await;
        assert_eq!(tested.status, status, "{}", tested.text);
        assert_allowed(&document, "/v1/credentials/{name}/test", "post", &tested);
    }
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let up = Up::start().await;
    let page = up.get("/docs").await;
    assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
    assert!(!page.text.contains("://") && !page.text.contains(" src="), "{}", page.text);
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
}
