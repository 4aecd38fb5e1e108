//! The scripts of `examples/`, as a reader runs them.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use axum::Json;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use tokio::process::Command;

use super::Up;
use crate::cli::assert_says;
use crate::environment::PROJECT;
use crate::environment::needs::{self, BASH, CURL, JQ, Tool};
use crate::environment::services::Service;

const SEND_WORK_NOTICE: &str = "workflows/send-work-notice.sh";
const APPEND_ROW: &str = "workflows/append-row-for-a-mobile.sh";

/// What the scripts use.
const TOOLS: [Tool; 3] = [BASH, CURL, JQ];

/// How a script ended, and what it said.
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs a script against the service at this address.
async fn run(script: &str, base: &str, arguments: &[&str]) -> Ended {
    let mut command = Command::new(PROJECT.join("examples").join(script));
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs([("PATCHBAY_URL", base), ("PATCHBAY_RETRY_PAUSE", "0")]);
    let output = command.output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

async fn run_against(up: &Up, script: &str, arguments: &[&str]) -> Ended {
    run(script, &format!("http://{}", up.address), arguments).await
}

/// A service that gives its first answer once and its second one from then on, and how often it was asked.
async fn answering(first: Value, then: Value) -> (Service, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let answer = move |_: &_| {
        let first_time = counter.fetch_add(1, SeqCst) == 0;
        Json(if first_time { first.clone() } else { then.clone() }).into_response()
    };
    (Service::start(answer).await, asked)
}

fn failure(retryable: bool) -> Value {
    json!({ "MessageData": {}, "StatusCode": 429, "ErrorMessage": "90018: too fast", "Hint": "Wait a second.",
            "Retryable": retryable, "Summary": "", "OriginalStatusCode": 200, "Errors": [] })
}

fn success() -> Value {
    json!({ "MessageData": { "task_id": 1 }, "StatusCode": 200, "ErrorMessage": "", "Hint": "", "Retryable": false,
            "Summary": "Queued a work notice.", "OriginalStatusCode": 200, "Errors": [] })
}

#[tokio::test]
async fn the_calls_of_a_canvas_get_their_answers() {
    if !needs::has(&TOOLS) {
        return;
    }
    let up = Up::start().await;
    let base = format!("http://{}", up.address);
    let ended = run("canvas-calls.sh", &base, &[&base]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_says(&ended.stdout, &["\"StatusCode\":200", "\"StatusCode\":-1", "\"appendedRange\":\"A6:C6\""]);
}

#[tokio::test]
async fn a_workflow_sends_a_work_notice() {
    if !needs::has(&TOOLS) {
        return;
    }
    let up = Up::start().await;
    let ended = run_against(&up, SEND_WORK_NOTICE, &["周报 \"已\" 就绪", "manager001"]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_says(&ended.stdout, &["Queued a work notice for 1 person.", "Its task is "]);
}

#[tokio::test]
async fn a_workflow_appends_a_row_for_a_mobile_number() {
    if !needs::has(&TOOLS) {
        return;
    }
    let up = Up::start().await;
    for (arguments, row) in [(vec![], "A6:C6"), (vec!["18500000002", "-x", "$y"], "A7:C7")] {
        let ended = run_against(&up, APPEND_ROW, &arguments).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_says(&ended.stdout, &[row]);
    }
}

#[tokio::test]
async fn a_node_that_fails_ends_its_workflow_with_what_to_do() {
    if !needs::has(&TOOLS) {
        return;
    }
    let up = Up::start().await;
    for (script, arguments, phrases) in [
        (SEND_WORK_NOTICE, ["Done", ","].as_slice(), ["Failed with -1", "Correct UserIds."]),
        (APPEND_ROW, &["18500000999"], ["Failed with 404: 60121", "no such current member"]),
        (APPEND_ROW, &["18500000001", "x"], ["Failed with -1", "give 3 cells"]),
    ] {
        let ended = run_against(&up, script, arguments).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
        assert_says(&ended.stderr, &phrases);
    }
}

#[tokio::test]
async fn a_workflow_says_when_nothing_is_up() {
    if !needs::has(&TOOLS) {
        return;
    }
    // Nothing listens on port 1.
    for script in [SEND_WORK_NOTICE, APPEND_ROW] {
        let ended = run(script, "http://127.0.0.1:1", &[]).await;
        assert_eq!(ended.code, Some(2));
        assert_says(&ended.stderr, &["Nothing answers at http://127.0.0.1:1", "patchbay up"]);
    }
}

#[tokio::test]
async fn a_workflow_runs_a_node_again_only_when_that_is_retryable() {
    if !needs::has(&TOOLS) {
        return;
    }
    for (first, then, code, expected) in [
        (failure(true), success(), Some(0), 2),
        (failure(true), failure(true), Some(1), 3),
        (failure(false), success(), Some(1), 1),
    ] {
        let (service, asked) = answering(first, then).await;
        let ended = run(SEND_WORK_NOTICE, service.base(), &[]).await;
        assert_eq!((ended.code, asked.load(SeqCst)), (code, expected), "{}", ended.stderr);
    }
}
