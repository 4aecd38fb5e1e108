//! Many invocations in one call.

use std::time::{Duration, Instant};

use patchbay_tenant::Fault;
use serde_json::{Value, json};

use super::serving::Serving;
use super::{Answer, JsonText, client};
use crate::cli::assert_says;

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/x-ndjson")), "{}", answer.text);
    let mut lines: Vec<Value> = answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.sort_by_key(|line| line["index"].as_u64());
    lines
}

#[tokio::test]
async fn each_invocation_has_its_line_whatever_it_comes_to() {
    let serving = Serving::start().await;
    let user = |user: &str| json!({ "node": "dingtalk/get-user", "options": { "UserId": user }, "credential": "main" });
    let mut first = user("manager001");
    first["id"] = "first".into();
    let body = json!({ "invocations": [
        first, user("nobody"), { "node": "dingtalk/get-usr" }, { "node": "x" },
        { "node": "dingtalk/get-user", "credential": "none" }, { "node": "dingtalk/get-user", "options": { "x": 1 } },
    ]});
    let lines = lines(&serving.up.post("/v1/invoke-batch", body.to_string()).await);
    let codes: Vec<&Value> = lines
        .iter()
        .map(|line| line.get("envelope").or(line.get("problem")).map(|part| &part["StatusCode"]).unwrap())
        .collect();
    assert_eq!(codes, [&json!(200), &json!(404), &json!(404), &json!(404), &json!(400), &json!(-1)]);
    assert_eq!(lines[0]["id"], "first");
    let run = serving.up.get(&format!("/v1/runs/{}", lines[0]["run_id"].as_str().unwrap())).await;
    assert_eq!(run.json()["node"], "dingtalk/get-user");
    assert!(lines[2]["problem"]["Hint"].as_str().unwrap().contains("dingtalk/get-user"));
}

#[tokio::test]
async fn an_answer_comes_as_soon_as_it_is_there() {
    let serving = Serving::start().await;
    assert_eq!(serving.up.invoke("get-user", super::serving::read_body()).await.json()["StatusCode"], 200);
    serving.tenant.fail_next("/topapi/v2/user/getbymobile", 1, Fault::Delay(Duration::from_secs(4)));
    let body = json!({ "invocations": [
        { "node": "dingtalk/get-user", "options": { "Mobile": "18500000001" }, "credential": "main" },
        { "node": "dingtalk/get-user", "options": { "UserId": "manager001" }, "credential": "main" },
    ]});
    let began = Instant::now();
    let mut answer = client().post(serving.up.url("/v1/invoke-batch")).json_text(&body).send().await.unwrap();
    let first = answer.chunk().await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(3), "it came after {:?}", began.elapsed());
    let line: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!((&line["index"], &line["envelope"]["StatusCode"]), (&json!(1), &json!(200)));
    let last = answer.chunk().await.unwrap().unwrap();
    let line: Value = serde_json::from_slice(&last).unwrap();
    assert_eq!((&line["index"], &line["envelope"]["StatusCode"]), (&json!(0), &json!(200)));
}

#[tokio::test]
async fn limits_hold_for_callers() {
    let serving = Serving::start_with("[limits]\nmax_batch = 2\n", &[]).await;
    let nothing = json!({ "node": "dingtalk/get-user" });
    let (message, hint) = serving
        .up
        .post("/v1/invoke-batch", json!({ "invocations": [nothing, nothing, nothing] }).to_string())
        .await
        .problem(422);
    assert_says(&message, &["3 invocations", "2 is the most"]);
    assert_says(&hint, &["limits.max_batch"]);
    serving.up.post("/v1/invoke-batch", json!({ "invocations": [], "concurrency": 0 }).to_string()).await.problem(400);
    for body in [json!({}), json!([]), json!({ "invocations": [[]] }), json!({ "invocations": [{ "nod": "x" }] })] {
        serving.up.post("/v1/invoke-batch", body.to_string()).await.problem(422);
    }
    assert!(lines(&serving.up.post("/v1/invoke-batch", json!({ "invocations": [] }).to_string()).await).is_empty());
}

#[tokio::test]
async fn a_key_of_its_own_makes_each_invocation_happen_once() {
    let serving = Serving::start().await;
    let mut chat = super::serving::write_body();
    chat["node"] = "dingtalk/create-chat".into();
    chat["idempotency_key"] = "chat-1".into();
    let before = serving.tenant.chats().len();
    let body = json!({ "invocations": [chat, chat, chat] });
    let lines = lines(&serving.up.post("/v1/invoke-batch", body.to_string()).await);
    assert!(lines.iter().all(|line| line["envelope"] == lines[0]["envelope"] && line["run_id"] == lines[0]["run_id"]));
    assert_eq!(lines.iter().filter(|line| line["replayed"] == true).count(), 2);
    assert_eq!(serving.tenant.chats().len(), before + 1);
}

#[tokio::test]
async fn who_asks_for_json_gets_one_object_in_the_order_of_the_call() {
    let serving = Serving::start().await;
    serving.tenant.fail_next("/topapi/v2/user/getbymobile", 1, Fault::Delay(Duration::from_millis(300)));
    let body = json!({ "concurrency": 3, "invocations": [
        { "node": "dingtalk/get-user", "options": { "Mobile": "18500000001" }, "credential": "main" },
        { "node": "dingtalk/get-user", "options": { "UserId": "manager001" }, "credential": "main", "id": "second" },
        { "node": "dingtalk/get-usr" },
    ]});
    let ask = |accept: &'static str| {
        let call = client().post(serving.up.url("/v1/invoke-batch")).header("accept", accept).json_text(&body);
        super::answer(call)
    };
    for accept in
        ["application/json", "application/json, text/plain, */*", "application/x-ndjson;q=0.5, Application/JSON"]
    {
        let answer = ask(accept).await;
        assert_eq!(answer.header("content-type"), Some("application/json"), "{accept}");
        let answers = answer.json()["answers"].as_array().unwrap().clone();
        let indices: Vec<&Value> = answers.iter().map(|answer| &answer["index"]).collect();
        assert_eq!(indices, [&json!(0), &json!(1), &json!(2)], "{accept}");
        assert_eq!((&answers[1]["id"], &answers[1]["envelope"]["StatusCode"]), (&json!("second"), &json!(200)));
        assert_eq!(answers[2]["problem"]["StatusCode"], 404);
    }
    for accept in ["*/*", "application/x-ndjson, application/json", "application/json;q=0", "text/html"] {
        assert_eq!(ask(accept).await.header("content-type"), Some("application/x-ndjson"), "{accept}");
    }
    let nothing = client().post(serving.up.url("/v1/invoke-batch")).header("accept", "application/json");
    let nothing = super::answer(nothing.json_text(&json!({ "invocations": [] }))).await;
    assert_eq!(nothing.json(), json!({ "answers": [] }));
}
