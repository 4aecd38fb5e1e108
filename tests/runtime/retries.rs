//! When a run is repeated, and when not.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use patchbay_runtime::{Invocation, RawResponse, RetryPauses, Run, RuntimeConfig, TransportError};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::environment::hostile::{Hostile, Setup};
use crate::environment::script::{Answer, Script, answer};

/// Hostile nodes with pauses that no test has to wait for.
fn start(script: &Arc<Script>) -> Arc<Hostile> {
    let setup = Setup::over(Arc::clone(script));
    let retry_pauses = RetryPauses { base: Duration::from_millis(10), cap: Duration::from_millis(20) };
    Setup { runtime: RuntimeConfig { retry_pauses, ..setup.runtime }, ..setup }.start()
}

/// A script that answers so until it has been asked so often, and then with 200.
fn recovering_after(failures: usize, failure: impl Fn() -> Answer + Send + Sync + 'static) -> Arc<Script> {
    let asked = AtomicUsize::new(0);
    Script::new(move |_| if asked.fetch_add(1, SeqCst) < failures { failure() } else { answer(200, json!({})) })
}

fn unreachable() -> Answer {
    Err(TransportError::Unreachable("no route".into()))
}

async fn probe(hostile: &Hostile, effect: &str, retries: u32) -> Run {
    let request = json!({ "Url": "https://api.example.com/rows", "Method": "POST", "Effect": effect });
    let probe = hostile.invocation("probe", json!({ "Request": request }));
    hostile.invoke(Invocation { options: json!({ "Raise": true }), retries, ..probe }).await
}

#[tokio::test]
async fn a_run_is_repeated_until_it_succeeds_and_its_record_has_every_attempt() {
    let script = recovering_after(2, unreachable);
    let run = probe(&start(&script), "write", 5).await;
    assert!(run.envelope.is_success(), "{:?}", run.envelope);
    assert_eq!((run.attempts, script.sent().len()), (3, 3));
    let attempts: Vec<u32> = run.exchanges.iter().map(|exchange| exchange.attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
    assert!(run.exchanges.is_sorted_by_key(|exchange| exchange.started));
    assert!(run.timing.pausing >= Duration::from_millis(10), "{:?}", run.timing);
}

#[tokio::test]
async fn a_run_is_not_repeated_unless_its_invocation_allows_it() {
    let script = recovering_after(1, unreachable);
    let run = probe(&start(&script), "write", 0).await;
    assert!(run.envelope.retryable);
    assert_eq!((run.attempts, script.sent().len()), (1, 1));
}

#[tokio::test]
async fn the_last_attempt_s_envelope_is_the_answer() {
    let script = recovering_after(100, unreachable);
    let run = probe(&start(&script), "write", 3).await;
    assert_eq!((run.attempts, script.sent().len()), (4, 4));
    assert!(run.envelope.retryable, "the caller may go on trying");
}

#[tokio::test]
async fn a_write_that_may_have_been_executed_is_not_repeated() {
    let script = recovering_after(1, || Err(TransportError::Broken("reset".into())));
    let run = probe(&start(&script), "write", 5).await;
    assert_eq!((run.attempts, script.sent().len()), (1, 1));
    assert!(!run.envelope.retryable);
    let read = recovering_after(1, || Err(TransportError::Broken("reset".into())));
    assert_eq!(probe(&start(&read), "read", 5).await.attempts, 2);
}

#[tokio::test]
async fn wrong_parameters_and_final_failures_are_not_repeated() {
    let script = Script::agreeing();
    let hostile = start(&script);
    let run = hostile.invoke(Invocation { retries: 5, ..hostile.invocation("probe", json!({})) }).await;
    assert_eq!(run.attempts, 0);
    let fail = hostile.invocation("fail", json!({ "Kind": "not-found" }));
    assert_eq!(hostile.invoke(Invocation { retries: 5, ..fail }).await.attempts, 1);
}

#[tokio::test]
async fn a_node_that_claims_to_be_retryable_after_several_writes_is_not_repeated() {
    let script = Script::agreeing();
    let hostile = start(&script);
    let urls: Vec<String> = (0..2).map(|row| format!("https://api.example.com/rows/{row}")).collect();
    let claim = hostile.invocation("claims-retryable", json!({ "Urls": urls }));
    let run = hostile.invoke(Invocation { retries: 5, ..claim }).await;
    assert_eq!((run.attempts, script.sent().len()), (1, 2));
}

#[tokio::test]
async fn a_pause_that_the_service_asks_for_is_kept() {
    let script = recovering_after(1, || {
        let headers: HeaderMap = [("retry-after".parse().unwrap(), "1".parse().unwrap())].into_iter().collect();
        Ok(RawResponse { status: 503, headers, body: "{}".into() })
    });
    let began = Instant::now();
    let run = failing_once(&start(&script), json!({ "Url": "https://api.example.com/rows" }), None).await;
    assert_eq!(run.attempts, 2);
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_pause_that_is_longer_than_the_run_ends_it_at_once() {
    let script = recovering_after(1, || {
        let headers: HeaderMap = [("retry-after".parse().unwrap(), "3600".parse().unwrap())].into_iter().collect();
        Ok(RawResponse { status: 503, headers, body: "{}".into() })
    });
    let began = Instant::now();
    let timeout = Some(Duration::from_secs(30));
    let run = failing_once(&start(&script), json!({ "Url": "https://api.example.com/rows" }), timeout).await;
    assert_eq!(run.attempts, 1);
    assert!(run.envelope.retryable && began.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn all_attempts_share_one_timeout() {
    let script = recovering_after(100_000, unreachable);
    let hostile = start(&script);
    let request = json!({ "Url": "https://api.example.com/rows" });
    let probe = hostile.invocation("probe", json!({ "Request": request }));
    let began = Instant::now();
    let timeout = Some(Duration::from_millis(400));
    let run =
        hostile.invoke(Invocation { options: json!({ "Raise": true }), retries: 100_000, timeout, ..probe }).await;
    assert!(run.attempts > 2 && began.elapsed() < Duration::from_secs(10), "{} attempts", run.attempts);
    assert!(run.took <= Duration::from_secs(5), "{:?}", run.took);
}

#[tokio::test]
async fn a_timeout_of_any_length_is_a_timeout() {
    let hostile = start(&Script::agreeing());
    let probe = hostile.invocation("probe", json!({ "Request": { "Url": "https://api.example.com/rows" } }));
    let run = hostile.invoke(Invocation { timeout: Some(Duration::MAX), ..probe }).await;
    assert!(run.envelope.is_success(), "{:?}", run.envelope);
}

/// Fails as a node does that was rate limited, whatever the service answers: only the number of attempts matters.
async fn failing_once(hostile: &Hostile, request: Value, timeout: Option<Duration>) -> Run {
    let fail = hostile.invocation("fail", json!({ "Kind": "rate-limit" }));
    let options = json!({ "Request": request, "Retryable": true });
    hostile.invoke(Invocation { options, retries: 1, timeout, ..fail }).await
}
