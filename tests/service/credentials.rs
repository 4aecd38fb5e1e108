//! Credentials over HTTP.

use serde_json::{Value, json};

use super::serving::{Serving, command, data, read_body};
use super::{Up, answer, client};
use crate::cli::assert_says;
use crate::environment::stderr;

const SECRET: &str = "canary9d2e-secret-value";

fn body(name: &str) -> String {
    json!({ "name": name, "provider": "dingtalk", "fields": { "AppKey": "dingkey", "AppSecret": SECRET } }).to_string()
}

#[tokio::test]
async fn a_secret_goes_in_and_never_comes_out() {
    let serving = Serving::start().await;
    let up = &serving.up;
    let added = up.post("/v1/credentials", body("second")).await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert_eq!(added.json()["fields"], json!({ "AppKey": "dingkey", "AppSecret": "cana...." }));
    let listed = up.get("/v1/credentials").await;
    let names: Vec<String> =
        listed.json()["credentials"].as_array().unwrap().iter().map(|it| it["name"].to_string()).collect();
    assert_eq!(names, ["\"main\"", "\"second\""]);
    assert!(!format!("{}{}", added.text, listed.text).contains(SECRET));
    for (query, count) in [("provider=dingtalk", 2), ("provider=shop", 0), ("provider=", 2)] {
        let listed = up.get(&format!("/v1/credentials?{query}")).await;
        assert_eq!(listed.json()["credentials"].as_array().unwrap().len(), count, "{query}");
    }
    up.get("/v1/credentials?providr=dingtalk").await.problem(400);
    let (message, _) = up.post("/v1/credentials", body("second")).await.problem(409);
    assert_says(&message, &["second"]);
}

#[tokio::test]
async fn a_credential_is_tested_by_a_token_and_nothing_more() {
    let serving = Serving::start().await;
    let good = serving.up.post("/v1/credentials/main/test", "").await.json();
    assert_eq!(good["StatusCode"], 200, "{good}");
    assert!(!good["Tokens"].as_array().unwrap().is_empty() && !good["Summary"].as_str().unwrap().is_empty());
    let asked = serving.tenant.requests();
    assert!(asked.iter().all(|request| request.path.contains("oken")), "{asked:?}");
    serving.up.post("/v1/credentials", body("wrong")).await;
    let bad = serving.up.post("/v1/credentials/wrong/test", "").await;
    let envelope = bad.json();
    assert_eq!((bad.status, &envelope["StatusCode"], &envelope["Retryable"]), (200, &json!(401), &json!(false)));
    assert!(!envelope["Hint"].as_str().unwrap().is_empty() && !bad.text.contains(SECRET));
    serving.up.post("/v1/credentials/none/test", "").await.problem(404);
}

#[tokio::test]
async fn a_removed_credential_is_gone() {
    let serving = Serving::start().await;
    let remove = || answer(client().delete(serving.up.url("/v1/credentials/main")));
    assert_eq!(remove().await.status, 204);
    remove().await.problem(404);
    let (message, _) = serving.up.invoke("get-user", read_body()).await.problem(400);
    assert_says(&message, &["there is no credential `main`"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_credential_is_said_without_its_values() {
    let serving = Serving::start().await;
    let wrong = [
        json!({ "name": "x", "provider": "dingtalk", "fields": { "AppKey": SECRET } }),
        json!({ "name": "x", "provider": "dingtalk", "fields": { "AppKey": "k", "AppSecret": { "a": SECRET } } }),
        json!({ "name": "x", "provider": "dingtalk", "fields": SECRET }),
        json!({ "name": "x", "provider": "dingtalk", "kind": "robot-of-another", "fields": { "AppSecret": SECRET } }),
        json!({ "name": "no name", "provider": "dingtalk", "fields": { "AppKey": "k", "AppSecret": SECRET } }),
    ];
    for body in wrong {
        let answer = serving.up.post("/v1/credentials", body.to_string()).await;
        answer.problem(422);
        assert!(!answer.text.contains("canary"), "{body}: {}", answer.text);
    }
    let elsewhere = json!({ "name": "x", "provider": "nowhere", "fields": { "AppSecret": SECRET } });
    serving.up.post("/v1/credentials", elsewhere.to_string()).await.problem(404);
}

#[tokio::test]
async fn the_tenant_s_credential_belongs_to_the_service() {
    let up = Up::start().await;
    assert_eq!(up.post("/v1/credentials/demo/test", "").await.json()["StatusCode"], 200);
    up.post("/v1/credentials", body("demo")).await.problem(409);
    answer(client().delete(up.url("/v1/credentials/demo"))).await.problem(409);
    let listed = up.get("/v1/credentials").await.json();
    assert!(listed["credentials"].as_array().unwrap().iter().any(|it| it["name"] == "demo"));
}

#[tokio::test]
async fn a_stored_credential_comes_before_the_service_s_own_of_the_same_name() {
    let data = data();
    let mut add = command(data.path());
    add.args(["credential", "add", "demo", "--provider", "dingtalk", "--from-env", "WRONG"]);
    let added = add.env("WRONG_APP_KEY", "dingkey").env("WRONG_APP_SECRET", SECRET).output().unwrap();
    assert!(added.status.success(), "{}", stderr(&added));
    let up = Up::start_with(&[("PATCHBAY_DATA_DIR", data.path().to_str().unwrap())]).await;
    let body = json!({ "options": { "UserId": "manager001" }, "credential": "demo" });
    assert_eq!(up.invoke("get-user", body).await.json()["StatusCode"], 401);
}

#[tokio::test]
async fn a_credential_is_replaced_in_place() {
    let serving = Serving::start().await;
    let put = |name: &str, body: Value| {
        let call = client().put(serving.up.url(&format!("/v1/credentials/{name}")));
        answer(call.header("content-type", "application/json").body(body.to_string()))
    };
    let wrong = json!({ "provider": "dingtalk", "fields": { "AppKey": "dingkey", "AppSecret": SECRET } });
    let created = serving.up.get("/v1/credentials").await.json()["credentials"][0]["created"].clone();
    let replaced = put("main", wrong.clone()).await;
    assert_eq!(replaced.status, 200, "{}", replaced.text);
    let info = replaced.json();
    assert_eq!((&info["fields"]["AppSecret"], &info["created"]), (&json!("cana...."), &created));
    // The values that it had are good for nothing any more, nor is a token that was fetched with them.
    let refused = serving.up.invoke("get-user", read_body()).await.json();
    assert_eq!(refused["StatusCode"], 401, "{refused}");
    assert_eq!(put("third", wrong.clone()).await.status, 201);
    put("no name", wrong.clone()).await.problem(422);
    put("main", json!({ "provider": "nowhere", "fields": {} })).await.problem(404);
    let partly = put("main", json!({ "provider": "dingtalk", "fields": { "AppSecret": SECRET } })).await;
    let (message, _) = partly.problem(422);
    assert_says(&message, &["AppKey has no value"]);
    assert!(!partly.text.contains(SECRET));
}

#[tokio::test]
async fn a_field_of_a_stored_credential_is_changed_and_the_others_stay() {
    let serving = Serving::start().await;
    let set = |arguments: &[&str]| {
        let mut command = serving.command();
        command.args(["credential", "set"]).args(arguments).env("NEW_APP_SECRET", SECRET).env("NEW_TOKEN", SECRET);
        command.output().unwrap()
    };
    let changed = set(&["main", "--from-env", "NEW"]);
    assert!(changed.status.success(), "{}", stderr(&changed));
    assert_says(&stderr(&changed), &["changed main", "AppSecret cana...."]);
    let listed = serving.up.get("/v1/credentials").await.json();
    let fields = &listed["credentials"][0]["fields"];
    assert_eq!(*fields, json!({ "AppKey": "demo", "AppSecret": "cana...." }));
    for (arguments, said) in
        [(["other", "--from-env", "NEW"], "there are: main"), (["main", "--from-env", "NONE"], "NONE_APP_SECRET")]
    {
        let refused = set(&arguments);
        assert_eq!(refused.status.code(), Some(2));
        assert_says(&stderr(&refused), &[said]);
    }
    let again = serving
        .command()
        .args(["credential", "add", "main", "--provider", "dingtalk", "--from-env", "NEW"])
        .output()
        .unwrap();
    assert_says(&stderr(&again), &["patchbay credential set main"]);
}
