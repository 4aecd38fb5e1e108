//! Calls with an idempotency key.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Fresh, a_moment, end_of, now, started};
use crate::calls::{Begun, BodyDigest, CallKey, CallStore, EndedCall, NewCall};
use crate::health::StoreHealth;
use crate::runs::{RunId, RunState, RunStore};

fn key(key: &str) -> CallKey {
    CallKey { caller: "caller".to_owned(), key: key.to_owned() }
}

fn digest(body: &Value) -> BodyDigest {
    BodyDigest::of("sample/one", &[("inputs", body)])
}

fn call(name: &str, body: Value) -> NewCall {
    NewCall {
        key: key(name),
        digest: digest(&body),
        run: started("sample/one"),
        expires: now().after(Duration::from_secs(3600)),
        may_repeat: false,
    }
}

fn end(call: &NewCall, outcome: &str) -> Arc<EndedCall> {
    let run = end_of(call.run.clone(), 100);
    Arc::new(EndedCall { key: call.key.clone(), digest: call.digest, outcome: outcome.into(), run })
}

#[tokio::test]
async fn the_first_runs_and_the_same_again_gets_its_outcome_and_its_record_is_there() {
    let fresh = Fresh::open().await;
    let first = call("k", json!(1));
    assert_eq!(fresh.store.begin(first.clone()).await.unwrap(), Begun::New);
    let under_way = fresh.store.by_id(first.run.id).await.unwrap().unwrap();
    assert_eq!((under_way.summary.state, under_way.detail), (RunState::Running, None));
    let outcome = r#"{"Zulu":1,"Alpha":2,"StatusCode":200}"#;
    fresh.store.finish(end(&first, outcome)).await.unwrap();
    let meets = fresh.store.begin(call("k", json!(1))).await.unwrap();
    assert_eq!(meets, Begun::Finished { run: first.run.id, outcome: outcome.into() }, "the members' order included");
    let record = fresh.store.by_id(first.run.id).await.unwrap().unwrap();
    assert_eq!((record.summary.state, record.summary.status_code), (RunState::Ended, Some(200)));
    fresh.store.finish(end(&first, "{}")).await.unwrap();
    assert_eq!(fresh.store.begin(call("k", json!(1))).await.unwrap(), meets, "only once");
}

#[tokio::test]
async fn another_body_is_told_apart_and_another_caller_has_keys_of_its_own() {
    let fresh = Fresh::open().await;
    fresh.store.begin(call("k", json!(1))).await.unwrap();
    assert_eq!(fresh.store.begin(call("k", json!(2))).await.unwrap(), Begun::OtherCall);
    let other = CallKey { caller: "other".to_owned(), key: "k".to_owned() };
    assert_eq!(fresh.store.begin(NewCall { key: other, ..call("k", json!(2)) }).await.unwrap(), Begun::New);
}

#[tokio::test]
async fn a_call_that_was_forgotten_may_begin_again_and_its_run_is_gone() {
    let fresh = Fresh::open().await;
    let first = call("k", json!(1));
    fresh.store.begin(first.clone()).await.unwrap();
    fresh.store.forget(&first.key, RunId::begin(&patchbay_runtime::SystemClock)).await.unwrap();
    assert!(matches!(fresh.store.begin(call("k", json!(1))).await.unwrap(), Begun::Unknown { .. }), "another run's");
    fresh.store.forget(&first.key, first.run.id).await.unwrap();
    assert_eq!(fresh.store.by_id(first.run.id).await.unwrap(), None);
    assert_eq!(fresh.store.begin(call("k", json!(1))).await.unwrap(), Begun::New);
}

#[tokio::test]
async fn a_call_whose_key_was_freed_leaves_its_record_and_another_may_begin() {
    let fresh = Fresh::open().await;
    let first = call("k", json!(1));
    fresh.store.begin(first.clone()).await.unwrap();
    fresh.store.release(&first.key, Arc::new(end_of(first.run.clone(), 10))).await.unwrap();
    assert_eq!(fresh.store.by_id(first.run.id).await.unwrap().unwrap().summary.state, RunState::Ended);
    assert_eq!(fresh.store.begin(call("k", json!(2))).await.unwrap(), Begun::New);
}

#[tokio::test]
async fn another_process_sees_that_it_runs_until_its_lease_ends_and_then_that_nobody_knows() {
    let fresh = Fresh::open().await;
    let first = call("k", json!(1));
    fresh.store.begin(first.clone()).await.unwrap();
    let other = fresh.another().await;
    let Begun::Running { run, until } = other.begin(call("k", json!(1))).await.unwrap() else { panic!("it runs") };
    assert!(run == first.run.id && until > now());
    // Its lease goes with it when it ends in good order.
    fresh.store.close().await;
    let meets = other.begin(call("k", json!(1))).await.unwrap();
    assert_eq!(meets, Begun::Unknown { run: first.run.id, began: first.run.id.began() });
    let record = other.by_id(first.run.id).await.unwrap().unwrap();
    assert_eq!(record.summary.state, RunState::Interrupted);
    let again = NewCall { may_repeat: true, ..call("k", json!(1)) };
    assert_eq!(other.begin(again).await.unwrap(), Begun::New, "what changes nothing may run again");
}

#[tokio::test]
async fn an_outcome_that_comes_after_its_key_was_given_up_is_recorded_and_not_answered() {
    let fresh = Fresh::open().await;
    let first = NewCall { may_repeat: true, ..call("k", json!(1)) };
    fresh.store.begin(first.clone()).await.unwrap();
    let second = NewCall { may_repeat: true, ..call("k", json!(1)) };
    assert_eq!(fresh.store.begin(second.clone()).await.unwrap(), Begun::New);
    fresh.store.finish(end(&first, r#"{"first":true}"#)).await.unwrap();
    assert_eq!(fresh.store.by_id(first.run.id).await.unwrap().unwrap().summary.state, RunState::Ended);
    fresh.store.finish(end(&second, r#"{"second":true}"#)).await.unwrap();
    let meets = fresh.store.begin(call("k", json!(1))).await.unwrap();
    assert_eq!(meets, Begun::Finished { run: second.run.id, outcome: r#"{"second":true}"#.into() });
}

#[tokio::test]
async fn calls_whose_time_is_over_are_removed_and_those_that_run_are_not() {
    let fresh = Fresh::open().await;
    let soon = |name| NewCall { expires: now(), ..call(name, json!(1)) };
    let (done, runs) = (soon("done"), soon("runs"));
    for call in [&done, &runs] {
        fresh.store.begin(call.clone()).await.unwrap();
    }
    fresh.store.finish(end(&done, "{}")).await.unwrap();
    a_moment().await;
    let other = fresh.another().await;
    assert_eq!(CallStore::prune(&other, now()).await.unwrap(), 1);
    assert_eq!(CallStore::prune(&*fresh.store, now()).await.unwrap(), 0);
    assert_eq!(other.begin(call("done", json!(2))).await.unwrap(), Begun::New);
    assert!(matches!(other.begin(call("runs", json!(1))).await.unwrap(), Begun::Running { .. }));
}
