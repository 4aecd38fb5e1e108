//! Runs that wait: for a free sandbox, and for what another run has for itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchbay_runtime::{EngineConfig, Invocation};
use serde_json::json;
use tokio::sync::{Barrier, Semaphore};

use crate::environment::hostile::{Hostile, Setup, engine, eventually};
use crate::environment::script::{Script, answer};

/// Counts requests that are answered at the same time, by path.
#[derive(Clone, Default)]
struct Gauge(Arc<Mutex<HashMap<String, (usize, usize)>>>);

impl Gauge {
    fn enter(&self, path: &str) {
        let mut gauge = self.0.lock().unwrap();
        let (now, most) = gauge.entry(path.to_owned()).or_default();
        *now += 1;
        *most = (*most).max(*now);
    }

    fn leave(&self, path: &str) {
        self.0.lock().unwrap().get_mut(path).unwrap().0 -= 1;
    }

    fn most(&self, path: &str) -> usize {
        self.0.lock().unwrap()[path].1
    }
}

/// A service that answers two requests at a time, when both are there, and counts how many are there at most.
fn in_pairs(gauge: &Gauge) -> Arc<Script> {
    let (gauge, pair) = (gauge.clone(), Arc::new(Barrier::new(2)));
    Script::waiting(move |sent| {
        let (gauge, pair) = (gauge.clone(), Arc::clone(&pair));
        async move {
            gauge.enter(sent.url.path());
            pair.wait().await;
            gauge.leave(sent.url.path());
            answer(200, json!({}))
        }
    })
}

/// A service that answers as often as it is given leave to.
fn on_leave(leave: &Arc<Semaphore>) -> Arc<Script> {
    let leave = Arc::clone(leave);
    Script::waiting(move |_| {
        let leave = Arc::clone(&leave);
        async move {
            leave.acquire().await.unwrap().forget();
            answer(200, json!({}))
        }
    })
}

/// Begins a run and returns when it waits for its answer.
async fn begin(hostile: &Arc<Hostile>, script: &Script, invocation: Invocation) -> tokio::task::JoinHandle<()> {
    let (waiting, runner) = (script.sent().len(), Arc::clone(hostile));
    let run = tokio::spawn(async move {
        let run = runner.invoke(invocation).await;
        assert!(run.envelope.is_success(), "{:?}", run.envelope);
    });
    eventually(|| script.sent().len() > waiting).await;
    run
}

#[tokio::test]
async fn more_runs_than_there_are_sandboxes_wait_and_all_succeed() {
    let gauge = Gauge::default();
    let engine = engine(EngineConfig { max_concurrent_runs: 2, ..EngineConfig::default() });
    let hostile = Setup { engine, ..Setup::over(in_pairs(&gauge)) }.start();
    let probe = hostile.invocation("probe", json!({ "Request": { "Url": "https://api.example.com/rows" } }));
    let runs = hostile.run_side_by_side(vec![probe; 12]).await;
    assert!(runs.iter().all(|run| run.envelope.is_success()), "{:?}", runs[0].envelope);
    assert_eq!(gauge.most("/rows"), 2, "all places were used, and no more");
}

#[tokio::test]
async fn a_run_that_finds_no_free_sandbox_in_time_says_so() {
    let leave = Arc::new(Semaphore::new(0));
    let script = on_leave(&leave);
    let engine = engine(EngineConfig { max_concurrent_runs: 1, ..EngineConfig::default() });
    let hostile = Setup { engine, ..Setup::over(Arc::clone(&script)) }.start();
    let probe = hostile.invocation("probe", json!({ "Request": { "Url": "https://api.example.com/rows" } }));
    let first = begin(&hostile, &script, probe.clone()).await;

    let hasty = Invocation { timeout: Some(Duration::from_millis(50)), ..probe };
    let envelope = hostile.invoke(hasty).await.envelope;
    assert_eq!((envelope.status_code, envelope.retryable), (503, true), "{envelope:?}");
    assert!(envelope.error_message.contains("a free sandbox"), "{}", envelope.error_message);
    assert!(!envelope.hint.is_empty());
    assert_eq!(envelope.outputs["Reply"], json!({}));

    leave.add_permits(1);
    first.await.unwrap();
    assert_eq!(script.sent().len(), 1, "the run that was not begun sent nothing");
}

#[tokio::test]
async fn runs_on_one_thing_take_turns_while_runs_on_another_go_on() {
    let gauge = Gauge::default();
    // Nothing is answered unless two runs wait for their answers at once: those of one sheet never do.
    let hostile = Setup::over(in_pairs(&gauge)).start();
    let on = |key: &str| hostile.invocation("one-at-a-time", json!({ "Key": key }));
    let runs = hostile.run_side_by_side([on("a"), on("a"), on("a"), on("b"), on("b"), on("b")]).await;
    assert!(runs.iter().all(|run| run.envelope.is_success()), "{:?}", runs[0].envelope);
    assert_eq!((gauge.most("/sheets/a"), gauge.most("/sheets/b")), (1, 1));
}

#[tokio::test]
async fn a_run_that_can_not_have_its_turn_in_time_says_so() {
    let leave = Arc::new(Semaphore::new(0));
    let script = on_leave(&leave);
    let hostile = Setup::over(Arc::clone(&script)).start();
    let append = hostile.invocation("one-at-a-time", json!({ "Key": "a" }));
    let first = begin(&hostile, &script, append.clone()).await;

    let hasty = Invocation { timeout: Some(Duration::from_millis(50)), ..append };
    let envelope = hostile.invoke(hasty).await.envelope;
    assert_eq!((envelope.status_code, envelope.retryable), (503, true), "{envelope:?}");
    assert!(envelope.error_message.contains("another run on the same resource"), "{}", envelope.error_message);

    leave.add_permits(1);
    first.await.unwrap();
    assert_eq!(script.sent().len(), 1, "the run that was not begun sent nothing");
}

#[tokio::test]
async fn runs_that_wait_for_their_turn_hold_no_sandboxes() {
    let leave = Arc::new(Semaphore::new(0));
    let script = on_leave(&leave);
    let engine = engine(EngineConfig { max_concurrent_runs: 2, ..EngineConfig::default() });
    let hostile = Setup { engine, ..Setup::over(Arc::clone(&script)) }.start();
    let append = hostile.invocation("one-at-a-time", json!({ "Key": "a" }));
    let first = begin(&hostile, &script, append.clone()).await;
    let waiting = tokio::spawn({
        let hostile = Arc::clone(&hostile);
        async move { hostile.invoke(append).await }
    });
    tokio::task::yield_now().await;

    // The second sandbox is free, though a second run waits for the sheet.
    let probe = hostile.invocation("probe", json!({ "Request": { "Url": "https://api.example.com/rows" } }));
    let third = begin(&hostile, &script, probe).await;
    leave.add_permits(3);
    first.await.unwrap();
    third.await.unwrap();
    assert!(waiting.await.unwrap().envelope.is_success());
}

#[tokio::test]
async fn a_machine_without_room_for_the_pool_that_is_wanted_gets_a_smaller_one() {
    // Twice the address space that a process can have, at 4 GiB for each run.
    const WANTED: u32 = 65_536;
    let engine = engine(EngineConfig { max_concurrent_runs: WANTED, ..EngineConfig::default() });
    assert!((1..WANTED).contains(&engine.max_concurrent_runs()), "{}", engine.max_concurrent_runs());
    let hostile = Setup { engine, ..Setup::over(Script::agreeing()) }.start();
    let run = hostile.run("send-many", json!({ "Requests": [] })).await;
    assert!(run.envelope.is_success(), "{:?}", run.envelope);
}
