//! Runs and calls while the store is up, down and up again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use patchbay_runtime::SystemClock;
use serde_json::json;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Recorded, Recorder, Running, Turn};
use crate::calls::{Begun, BodyDigest, CallKey, CallStore, EndedCall, NewCall};
use crate::error::{Result, StoreError, Unavailable};
use crate::health::StoreHealth;
use crate::runs::{EndedRun, RecordPage, RunFilter, RunId, RunPage, RunRecord, RunStore, StartedRun, Usage};
use crate::time::Timestamp;

/// What was asked, by which run, and its outcome once there is one.
type Call = (BodyDigest, RunId, Option<Arc<str>>);

/// Stores in memory that can be put down.
#[derive(Default)]
struct Stores {
    is_down: AtomicBool,
    /// Whether an answer ever comes.
    is_silent: AtomicBool,
    runs: Mutex<Vec<RunId>>,
    calls: Mutex<HashMap<CallKey, Call>>,
}

impl Stores {
    fn recorder(self: &Arc<Self>) -> Recorder {
        let recorder = Recorder::new(self.clone(), self.clone(), self.clone());
        tokio::spawn(recorder.clone().keep_storing(CancellationToken::new()));
        recorder
    }

    fn put_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::Relaxed);
    }

    async fn take(&self) -> Result<()> {
        if self.is_silent.load(Ordering::Relaxed) {
            std::future::pending().await
        }
        if self.is_down.load(Ordering::Relaxed) { Err(StoreError::Failed("no space".into())) } else { Ok(()) }
    }

    fn outcome(&self, name: &str) -> Option<Arc<str>> {
        self.calls.lock().unwrap().get(&key(name)).and_then(|(_, _, outcome)| outcome.clone())
    }
}

#[async_trait]
impl RunStore for Stores {
    fn started(&self, _: StartedRun) {}

    async fn ended(&self, run: Arc<EndedRun>) -> Result<()> {
        self.take().await?;
        self.runs.lock().unwrap().push(run.started.id);
        Ok(())
    }

    async fn by_id(&self, _: RunId) -> Result<Option<RunRecord>> {
        Ok(None)
    }

    async fn page(&self, _: &RunFilter) -> Result<RunPage> {
        Err(StoreError::Closed)
    }

    async fn records(&self, _: &RunFilter) -> Result<RecordPage> {
        Err(StoreError::Closed)
    }

    async fn usage(&self) -> Result<Usage> {
        Ok(Usage::default())
    }

    async fn prune(&self, _: Option<Timestamp>, _: Option<u64>) -> Result<u64> {
        Ok(0)
    }
}

#[async_trait]
impl CallStore for Stores {
    async fn begin(&self, call: NewCall) -> Result<Begun> {
        self.take().await?;
        let mut calls = self.calls.lock().unwrap();
        Ok(match calls.get(&call.key) {
            None => {
                calls.insert(call.key, (call.digest, call.run.id, None));
                Begun::New
            }
            Some((digest, ..)) if *digest != call.digest => Begun::OtherCall,
            Some((_, run, Some(outcome))) => Begun::Finished { run: *run, outcome: outcome.clone() },
            Some((_, run, None)) => Begun::Unknown { run: *run, began: run.began() },
        })
    }

    async fn finish(&self, ended: Arc<EndedCall>) -> Result<()> {
        self.take().await?;
        if let Some((_, _, outcome)) = self.calls.lock().unwrap().get_mut(&ended.key) {
            *outcome = Some(ended.outcome.clone());
        }
        self.runs.lock().unwrap().push(ended.run.started.id);
        Ok(())
    }

    async fn release(&self, key: &CallKey, run: Arc<EndedRun>) -> Result<()> {
        self.take().await?;
        self.calls.lock().unwrap().remove(key);
        self.runs.lock().unwrap().push(run.started.id);
        Ok(())
    }

    async fn forget(&self, key: &CallKey, _: RunId) -> Result<()> {
        self.take().await?;
        self.calls.lock().unwrap().remove(key);
        Ok(())
    }

    async fn prune(&self, _: Timestamp) -> Result<u64> {
        Ok(0)
    }
}

#[async_trait]
impl StoreHealth for Stores {
    fn available(&self) -> std::result::Result<(), Unavailable> {
        if self.is_down.load(Ordering::Relaxed) { Err(Unavailable("no space".to_owned())) } else { Ok(()) }
    }

    async fn ping(&self) -> Result<()> {
        self.take().await
    }

    async fn copy_to(&self, _: &std::path::Path) -> Result<crate::health::Copied> {
        Err(StoreError::Closed)
    }

    async fn close(&self) {}
}

fn key(name: &str) -> CallKey {
    CallKey { caller: String::new(), key: name.to_owned() }
}

fn started() -> StartedRun {
    StartedRun { id: RunId::begin(&SystemClock), node: "sample/one".parse().unwrap(), credential: None, api_key: None }
}

fn call(name: &str, body: i64) -> NewCall {
    let digest = BodyDigest::of("sample/one", &[("inputs", &json!(body))]);
    let expires = Timestamp::now(&SystemClock).after(Duration::from_secs(60));
    NewCall { key: key(name), digest, run: started(), expires, may_repeat: false }
}

fn ended(bytes: usize) -> EndedRun {
    EndedRun { started: started(), took_ms: 1.0, status_code: 200, message: String::new(), detail: vec![b' '; bytes] }
}

async fn begin(recorder: &Recorder, name: &str) -> Running {
    match recorder.begin_call(call(name, 1)).await.unwrap() {
        Turn::Run(running) => running,
        turn => panic!("{turn:?}"),
    }
}

/// The outcome that a repeat of the call is answered with.
async fn repeat(recorder: &Recorder, name: &str) -> Arc<str> {
    match recorder.begin_call(call(name, 1)).await.unwrap() {
        Turn::Replay { outcome, .. } => outcome,
        turn => panic!("{turn:?}"),
    }
}

async fn healed(recorder: &Recorder) {
    let healed = async {
        while recorder.available().is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(5), healed).await.expect("it heals by itself");
}

#[tokio::test]
async fn a_call_whose_outcome_can_not_be_stored_is_answered_repeated_and_stored_later() {
    let stores = Arc::new(Stores::default());
    let recorder = stores.recorder();
    let running = begin(&recorder, "k").await;
    stores.put_down(true);
    assert_eq!(running.finish("the outcome".into(), ended(10)).await, Recorded::Kept);
    assert_eq!(&*repeat(&recorder, "k").await, "the outcome");
    assert!(matches!(recorder.begin_call(call("k", 2)).await.unwrap(), Turn::OtherCall));
    assert!(recorder.available().is_err());
    stores.put_down(false);
    healed(&recorder).await;
    assert_eq!((stores.outcome("k").as_deref(), recorder.waiting()), (Some("the outcome"), 0));
    assert_eq!(&*repeat(&recorder, "k").await, "the outcome", "from the store now");
}

#[tokio::test]
async fn while_the_store_is_up_again_and_something_waits_nothing_new_is_to_be_run() {
    let stores = Arc::new(Stores::default());
    let recorder = stores.recorder();
    stores.put_down(true);
    assert_eq!(recorder.end(ended(10)).await, Recorded::Kept);
    stores.put_down(false);
    assert!(recorder.available().is_err(), "what was answered comes first");
    healed(&recorder).await;
    assert_eq!(stores.runs.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_call_that_can_not_begin_is_not_executed_and_leaves_nothing() {
    let stores = Arc::new(Stores::default());
    let recorder = stores.recorder();
    stores.put_down(true);
    assert!(recorder.begin_call(call("k", 1)).await.is_err());
    stores.put_down(false);
    healed(&recorder).await;
    begin(&recorder, "k").await.forget().await;
    assert_eq!(stores.runs.lock().unwrap().len(), 0);
    assert_eq!(begin(&recorder, "k").await.release(ended(10)).await, Recorded::Stored);
    assert_eq!(stores.runs.lock().unwrap().len(), 1);
    begin(&recorder, "k").await;
}

#[tokio::test]
async fn the_second_of_twins_waits_for_the_first_and_is_answered_by_it() {
    let recorder = Arc::new(Stores::default()).recorder();
    let running = begin(&recorder, "k").await;
    let Turn::Wait(wait) = recorder.begin_call(call("k", 1)).await.unwrap() else { panic!("it runs") };
    assert!(timeout(Duration::from_millis(50), wait.ended()).await.is_err(), "until its caller gives up");
    let Turn::Wait(wait) = recorder.begin_call(call("k", 1)).await.unwrap() else { panic!("it runs") };
    assert!(matches!(recorder.begin_call(call("k", 2)).await.unwrap(), Turn::OtherCall));
    assert_eq!(running.finish("the outcome".into(), ended(10)).await, Recorded::Stored);
    timeout(Duration::from_secs(1), wait.ended()).await.unwrap();
    assert_eq!(&*repeat(&recorder, "k").await, "the outcome");
}

#[tokio::test]
async fn a_call_that_breaks_off_has_an_outcome_that_nobody_knows_and_its_twin_is_told() {
    let recorder = Arc::new(Stores::default()).recorder();
    let running = begin(&recorder, "k").await;
    let Turn::Wait(wait) = recorder.begin_call(call("k", 1)).await.unwrap() else { panic!("it runs") };
    drop(running);
    timeout(Duration::from_secs(1), wait.ended()).await.unwrap();
    assert!(matches!(recorder.begin_call(call("k", 1)).await.unwrap(), Turn::Unknown { .. }));
}

#[tokio::test]
async fn of_many_at_once_one_runs() {
    let recorder = Arc::new(Stores::default()).recorder();
    let mut running = Vec::new();
    for turn in futures_util::future::join_all((0..100).map(|_| recorder.begin_call(call("k", 1)))).await {
        match turn.unwrap() {
            Turn::Run(one) => running.push(one),
            Turn::Wait(_) => {}
            turn => panic!("{turn:?}"),
        }
    }
    assert_eq!(running.len(), 1);
}

#[tokio::test]
async fn a_store_that_does_not_answer_holds_nobody_up_for_long() {
    let stores = Arc::new(Stores::default());
    let recorder = stores.recorder();
    stores.is_silent.store(true, Ordering::Relaxed);
    let recorded = timeout(super::PATIENCE * 2, recorder.end(ended(10))).await;
    assert_eq!(recorded.unwrap(), Recorded::Kept);
}

#[tokio::test]
async fn what_is_held_is_bounded_and_what_is_too_much_is_counted() {
    let stores = Arc::new(Stores::default());
    let recorder = stores.recorder();
    let running = begin(&recorder, "k").await;
    stores.put_down(true);
    let mut dropped = 0;
    for _ in 0..70 {
        dropped += u64::from(recorder.end(ended(1 << 20)).await == Recorded::Dropped);
    }
    assert!(dropped >= 6 && recorder.dropped() == dropped, "{dropped}");
    assert_eq!(running.finish("the outcome".into(), ended(1 << 20)).await, Recorded::Kept, "a call's is always held");
    stores.put_down(false);
    healed(&recorder).await;
    assert_eq!(stores.runs.lock().unwrap().len() as u64, 71 - dropped);
}
