//! A dry run sends reads, and never a write.

use patchbay_runtime::{ExchangeOutcome, Invocation, Run};
use serde_json::{Value, json};

use crate::environment::TenantRuntime;
use crate::environment::hostile::{Hostile, SECRET, Setup, assert_no_canary, reply};
use crate::environment::script::{Script, Tokens, answer};

async fn dry(hostile: &Hostile, operation: &str, inputs: Value) -> Run {
    hostile.invoke(Invocation { dry_run: true, ..hostile.invocation(operation, inputs) }).await
}

fn plan(run: &Run) -> Value {
    serde_json::to_value(&run.envelope).unwrap()["Plan"].clone()
}

fn write(url: &str) -> Value {
    json!({ "Url": url, "Method": "POST", "Effect": "write", "Body": r#"{"name":"Falcon"}"#, "Slot": "header" })
}

#[tokio::test]
async fn a_write_is_not_sent_and_the_envelope_holds_it() {
    let script = Script::agreeing();
    let hostile = Setup::over(script.clone()).start();
    let run = dry(&hostile, "probe", json!({ "Request": write("https://api.example.com/rows") })).await;
    assert!(script.sent().is_empty(), "not even a token is fetched for what is not sent");
    let envelope = serde_json::to_value(&run.envelope).unwrap();
    assert_eq!((&envelope["StatusCode"], &envelope["Retryable"]), (&json!(200), &json!(false)));
    assert_eq!(envelope["Summary"], json!(r#"Would send POST https://api.example.com/rows with {"name":"Falcon"}."#));
    assert_eq!(
        envelope["Plan"],
        json!({
            "method": "POST", "url": "https://api.example.com/rows", "headers": [], "body": { "name": "Falcon" },
            "slot": "header",
        })
    );
    // Every declared output is there, with the empty value of its type.
    assert_eq!(envelope["Reply"], json!({}));
}

#[tokio::test]
async fn the_record_shows_what_was_not_sent() {
    let hostile = Setup::over(Script::agreeing()).start();
    let run = dry(&hostile, "probe", json!({ "Request": write("https://api.example.com/rows") })).await;
    assert_eq!(run.exchanges.len(), 1);
    assert!(matches!(run.exchanges[0].outcome, ExchangeOutcome::Planned));
    assert_eq!(run.exchanges[0].url, "https://api.example.com/rows");
}

#[tokio::test]
async fn reads_are_sent_and_a_node_that_insists_on_writing_is_stopped_at_its_first_write() {
    let script = Script::agreeing();
    let hostile = Setup::over(script.clone()).start();
    let run = dry(&hostile, "insist", json!({})).await;
    let methods: Vec<String> = script.sent().into_iter().map(|sent| sent.method).collect();
    assert_eq!(methods, ["GET"]);
    assert_eq!(run.envelope.outputs["Written"], json!(0), "what the node would have claimed does not count");
    assert!(run.envelope.summary.starts_with("Would send POST"), "{}", run.envelope.summary);
    assert_eq!(run.envelope.original_status_code, 200);
}

#[tokio::test]
async fn of_requests_side_by_side_all_writes_are_planned_and_nothing_is_sent() {
    let script = Script::agreeing();
    let hostile = Setup::over(script.clone()).start();
    let requests = json!([
        { "Url": "https://api.example.com/read" },
        write("https://api.example.com/1"),
        write("https://api.example.com/2"),
    ]);
    let run = dry(&hostile, "send-many", json!({ "Requests": requests })).await;
    assert!(script.sent().is_empty());
    assert_eq!(plan(&run)["url"], json!("https://api.example.com/1"));
    assert_eq!(plan(&run)["beside"][0]["url"], json!("https://api.example.com/2"));
    assert!(run.envelope.summary.ends_with("and one more write beside it."), "{}", run.envelope.summary);
    assert_eq!(run.exchanges.len(), 2);
}

#[tokio::test]
async fn a_run_that_only_reads_ends_as_usual_without_a_plan() {
    let script = Script::agreeing();
    let hostile = Setup::over(script.clone()).start();
    let run = dry(&hostile, "probe", json!({ "Request": { "Url": "https://api.example.com/rows" } })).await;
    assert_eq!(reply(&run).status, 200);
    assert_eq!(script.sent().len(), 1);
    assert_eq!(plan(&run), Value::Null);
    assert_eq!(run.envelope.summary, "Probed the gate.");
}

#[tokio::test]
async fn a_write_that_the_gate_refuses_is_refused_as_ever() {
    let script = Script::agreeing();
    let hostile = Setup::over(script.clone()).start();
    let elsewhere = dry(&hostile, "probe", json!({ "Request": write("https://evil.example.net/") })).await;
    assert_eq!(reply(&elsewhere).problem, "refused");
    let sneaky = dry(&hostile, "sneaky-write", json!({})).await;
    assert_eq!(reply(&sneaky).problem, "refused");
    assert!(script.sent().is_empty());
    assert_eq!((plan(&elsewhere), plan(&sneaky)), (Value::Null, Value::Null));
}

#[tokio::test]
async fn wrong_parameters_are_told_as_ever() {
    let hostile = Setup::over(Script::agreeing()).start();
    let run = dry(&hostile, "probe", json!({})).await;
    assert_eq!(run.envelope.status_code, -1);
    assert_eq!((run.attempts, plan(&run)), (0, Value::Null));
}

#[tokio::test]
async fn a_plan_has_no_secret_in_it() {
    let tokens = Tokens::default();
    // The service echoes the secret; the node sends on what it read.
    let script = Script::new(move |sent| tokens.issue(sent).unwrap_or_else(|| answer(200, json!({ "echo": SECRET }))));
    let hostile = Setup::over(script.clone()).start();
    let read = json!({ "Url": "https://api.example.com/rows", "Slot": "header" });
    dry(&hostile, "probe", json!({ "Request": read })).await;
    let run = dry(&hostile, "probe", json!({ "Request": write("https://api.example.com/rows") })).await;
    assert_no_canary("the plan", &plan(&run).to_string());
    assert_no_canary("the run", &format!("{run:?}"));
}

#[tokio::test]
async fn a_real_node_tells_what_it_would_write() {
    let office = TenantRuntime::start().await;
    let run = office
        .runtime
        .invoke(Invocation {
            inputs: json!({ "AgentId": "123456789", "UserIds": "manager001", "MsgType": "text", "Content": "hello" }),
            credentials: office.credential.clone().into(),
            dry_run: true,
            ..Invocation::new("dingtalk/send-work-notice".parse().unwrap())
        })
        .await
        .unwrap();
    assert!(run.envelope.is_success(), "{:?}", run.envelope);
    assert!(office.tenant.notices().is_empty());
    assert_eq!(plan(&run)["body"]["msg"]["text"]["content"], json!("hello"));
}
