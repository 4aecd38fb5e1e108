//! The two deadlines: one for computation, by interruption, and one for the whole run, by the wall clock.

use std::future::pending;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use patchbay_runtime::{Engine, EngineConfig, ExchangeOutcome, Invocation, RuntimeConfig, TransportError};
use serde_json::{Value, json};

use crate::environment::hostile::{Setup, engine};
use crate::environment::script::{Script, answer};
use crate::environment::services::BrokenService;

/// An engine whose runs may compute for a moment only.
static IMPATIENT: LazyLock<Arc<Engine>> = LazyLock::new(|| {
    let max_compute = Duration::from_millis(200);
    engine(EngineConfig { max_concurrent_runs: 16, max_compute, ..EngineConfig::default() })
});

/// Rows are not written and read in a hurry here: nobody answers.
async fn nobody_answers(request: Value) -> patchbay_runtime::Run {
    let service = BrokenService::start(None).await;
    let setup = Setup::default();
    let upstreams = vec![service.upstream("api.example.com")];
    let timeout = Duration::from_millis(600);
    let hostile = Setup { runtime: RuntimeConfig { upstreams, timeout, ..setup.runtime }, ..setup }.start();
    let run = hostile.probe_or_fail(request).await;
    assert_eq!(service.connections(), 1, "it was sent, and once");
    run
}

#[tokio::test]
async fn a_node_that_computes_for_too_long_is_stopped() {
    let hostile = Setup { engine: Arc::clone(&IMPATIENT), ..Setup::over(Script::agreeing()) }.start();
    let envelope = hostile.run("endless-loop", json!({})).await.envelope;
    assert_eq!((envelope.status_code, envelope.retryable), (500, false), "{envelope:?}");
    assert_eq!(envelope.error_message, "the node computed for longer than 200 ms (limits.compute_per_run)");
}

#[tokio::test]
async fn a_node_that_never_waits_is_stopped_however_often_it_asks_the_gate() {
    let hostile = Setup { engine: Arc::clone(&IMPATIENT), ..Setup::over(Script::agreeing()) }.start();
    let refusals = hostile.invocation("endless-refusals", json!({}));
    let run = hostile.invoke(Invocation { timeout: Some(Duration::from_secs(20)), ..refusals }).await;
    assert_eq!(
        run.envelope.error_message.split(':').next(),
        Some("the node computed for longer than 200 ms (limits.compute_per_run)")
    );
    assert!(run.log.len() <= 1_000 && run.exchanges.is_empty());
}

#[tokio::test]
async fn others_run_while_a_node_computes() {
    let hostile = Setup::over(Script::agreeing()).start();
    let rows = json!({ "Url": "https://api.example.com/rows" });
    // Compiled before, because that too takes its time.
    hostile.probe(rows.clone()).await;
    // One thread for all: the loop has to be interrupted for anything else to happen.
    let looping = tokio::spawn({
        let hostile = Arc::clone(&hostile);
        async move { hostile.run("endless-loop", json!({})).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(hostile.probe(rows).await.status, 200);
    assert!(!looping.is_finished(), "the other run came and went while the loop ran");
    looping.abort();
}

#[tokio::test]
async fn waiting_for_an_answer_is_not_computation() {
    let script = Script::waiting(|_| async {
        // Twice as long as a run may compute.
        tokio::time::sleep(Duration::from_millis(400)).await;
        answer(200, json!({}))
    });
    let hostile = Setup { engine: Arc::clone(&IMPATIENT), ..Setup::over(script) }.start();
    assert_eq!(hostile.probe(json!({ "Url": "https://api.example.com/rows" })).await.status, 200);
}

#[tokio::test]
async fn a_run_that_is_not_done_at_its_deadline_is_ended() {
    let hostile = Setup::over(Script::agreeing()).start();
    let looping = hostile.invocation("endless-loop", json!({}));
    let envelope = hostile.invoke(Invocation { timeout: Some(Duration::from_millis(100)), ..looping }).await.envelope;
    assert_eq!((envelope.status_code, envelope.retryable), (504, true), "{envelope:?}");
    assert_eq!(envelope.error_message, "the run was not done within 100 ms (limits.timeout)");
    assert!(envelope.hint.starts_with("Nothing was changed"), "{}", envelope.hint);
    assert_eq!(envelope.original_status_code, 0);
}

#[tokio::test]
async fn a_run_ended_after_a_write_is_not_to_be_repeated_blindly() {
    let hostile = Setup::over(Script::agreeing()).start();
    let looping = hostile.invocation("write-then-loop", json!({}));
    let run = hostile.invoke(Invocation { timeout: Some(Duration::from_millis(700)), ..looping }).await;
    assert_eq!((run.envelope.status_code, run.envelope.retryable), (504, false), "{:?}", run.envelope);
    assert!(run.envelope.hint.contains("look before trying again"), "{}", run.envelope.hint);
    assert_eq!(run.envelope.original_status_code, 200);
    assert_eq!(run.exchanges.len(), 1);
}

#[tokio::test]
async fn an_exchange_that_is_still_open_at_the_deadline_counts_as_written() {
    // The transport does not keep to its time, so the run's own deadline has to do.
    let script = Script::waiting(|_| pending());
    let setup = Setup::over(Arc::clone(&script));
    let timeout = Duration::from_millis(500);
    let hostile = Setup { runtime: RuntimeConfig { timeout, ..setup.runtime }, ..setup }.start();
    let write = json!({ "Method": "POST", "Url": "https://api.example.com/rows", "Effect": "write" });
    let run = hostile.probe_or_fail(write).await;
    assert_eq!((run.envelope.status_code, run.envelope.retryable), (504, false), "{:?}", run.envelope);
    assert_eq!(script.sent().len(), 1);
    assert!(matches!(run.exchanges[0].outcome, ExchangeOutcome::Sent));
}

#[tokio::test]
async fn a_read_that_nobody_answers_in_time_may_be_tried_again() {
    let envelope = nobody_answers(json!({ "Url": "https://api.example.com/rows" })).await.envelope;
    assert_eq!((envelope.status_code, envelope.retryable), (504, true), "{envelope:?}");
    assert!(envelope.error_message.starts_with("no answer within"), "{}", envelope.error_message);
    assert!(envelope.hint.contains("Nothing was changed"), "{}", envelope.hint);
}

#[tokio::test]
async fn a_write_that_nobody_answers_in_time_is_to_be_looked_for_first() {
    let write = json!({ "Method": "POST", "Url": "https://api.example.com/rows", "Effect": "write" });
    let envelope = nobody_answers(write).await.envelope;
    assert_eq!((envelope.status_code, envelope.retryable), (504, false), "{envelope:?}");
    assert!(envelope.hint.contains("look before trying again"), "{}", envelope.hint);
}

#[tokio::test]
async fn the_node_still_has_its_say_when_an_answer_does_not_come() {
    let script = Script::waiting(|sent| async move {
        tokio::time::sleep(sent.timeout).await;
        Err(TransportError::TimedOut(sent.timeout))
    });
    let setup = Setup::over(script);
    let timeout = Duration::from_millis(600);
    let hostile = Setup { runtime: RuntimeConfig { timeout, ..setup.runtime }, ..setup }.start();
    // The probe succeeds, because it tells of the missing answer: the gate gives up before the run's own deadline.
    assert_eq!(hostile.probe(json!({ "Url": "https://api.example.com/rows" })).await.problem, "timeout");
}
