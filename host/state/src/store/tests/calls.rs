//! Calls with an idempotency key.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Fresh, a_moment};
use crate::store::{Begun, BodyDigest, CallKey, NewCall, RunId, Store, StoreError, Timestamp};

fn key(key: &str) -> CallKey {
    CallKey { caller: "caller".to_owned(), key: key.to_owned() }
}

fn call(body: Value) -> NewCall {
    NewCall {
        digest: BodyDigest::of("sample/one", &body),
        run: RunId::new(),
        expires: Timestamp::now().after(Duration::from_secs(3600)),
        may_repeat: false,
    }
}

#[tokio::test]
async fn the_first_runs_and_the_same_again_gets_its_outcome() {
    let fresh = Fresh::open().await;
    let first = call(json!({ "a": 1 }));
    assert_eq!(fresh.store.begin_call(&key("k"), first.clone()).await.unwrap(), Begun::New);
    let meets = fresh.store.begin_call(&key("k"), call(json!({ "a": 1 }))).await.unwrap();
    assert_eq!(meets, Begun::RunningHere { run: first.run });
    let envelope = json!({ "Zulu": 1, "Alpha": 2, "StatusCode": 200 });
    fresh.store.finish_call(&key("k"), first.run, &envelope).await.unwrap();
    let meets = fresh.store.begin_call(&key("k"), call(json!({ "a": 1 }))).await.unwrap();
    let Begun::Finished { run, envelope: given } = meets else { panic!("{meets:?}") };
    assert_eq!((run, given.to_string()), (first.run, envelope.to_string()), "the members' order included");
}

#[tokio::test]
async fn another_body_is_told_apart_and_another_caller_has_keys_of_its_own() {
    let fresh = Fresh::open().await;
    fresh.store.begin_call(&key("k"), call(json!(1))).await.unwrap();
    assert_eq!(fresh.store.begin_call(&key("k"), call(json!(2))).await.unwrap(), Begun::OtherBody);
    let other = CallKey { caller: "other".to_owned(), key: "k".to_owned() };
    assert_eq!(fresh.store.begin_call(&other, call(json!(2))).await.unwrap(), Begun::New);
}

#[tokio::test]
async fn of_many_at_once_one_runs() {
    let fresh = Fresh::open().await;
    let calls = (0..100).map(|_| {
        let store = fresh.store.clone();
        tokio::spawn(async move { store.begin_call(&key("k"), call(json!(1))).await.unwrap() == Begun::New })
    });
    let mut new = 0;
    for call in calls.collect::<Vec<_>>() {
        new += u32::from(call.await.unwrap());
    }
    assert_eq!(new, 1);
}

#[tokio::test]
async fn a_call_that_was_forgotten_may_begin_again() {
    let fresh = Fresh::open().await;
    let first = call(json!(1));
    fresh.store.begin_call(&key("k"), first.clone()).await.unwrap();
    fresh.store.forget_call(&key("k"), RunId::new()).await.unwrap();
    let meets = fresh.store.begin_call(&key("k"), call(json!(1))).await.unwrap();
    assert_eq!(meets, Begun::RunningHere { run: first.run }, "another run can not forget it");
    fresh.store.forget_call(&key("k"), first.run).await.unwrap();
    assert_eq!(fresh.store.begin_call(&key("k"), call(json!(2))).await.unwrap(), Begun::New);
}

#[tokio::test]
async fn only_the_run_that_began_may_end_it_and_once() {
    let fresh = Fresh::open().await;
    let first = call(json!(1));
    fresh.store.begin_call(&key("k"), first.clone()).await.unwrap();
    let other = fresh.store.finish_call(&key("k"), RunId::new(), &json!({})).await;
    assert!(matches!(other, Err(StoreError::Conflict(_))), "{other:?}");
    fresh.store.finish_call(&key("k"), first.run, &json!({ "once": true })).await.unwrap();
    assert!(fresh.store.finish_call(&key("k"), first.run, &json!({ "twice": true })).await.is_err());
    fresh.store.forget_call(&key("k"), first.run).await.unwrap();
    let meets = fresh.store.begin_call(&key("k"), call(json!(1))).await.unwrap();
    assert!(matches!(meets, Begun::Finished { .. }), "what is finished is not forgotten: {meets:?}");
}

#[tokio::test]
async fn a_call_in_another_process_is_waited_for_and_unknown_once_that_is_gone() {
    let fresh = Fresh::open().await;
    let other = fresh.another().await;
    let first = call(json!(1));
    other.begin_call(&key("k"), first.clone()).await.unwrap();
    let meets = fresh.store.begin_call(&key("k"), call(json!(1))).await.unwrap();
    assert_eq!(meets, Begun::RunningElsewhere { run: first.run });
    drop(other);
    for _ in 0..2 {
        let meets = fresh.store.begin_call(&key("k"), call(json!(1))).await.unwrap();
        assert_eq!(meets, Begun::Unknown { run: first.run, began: first.run.began() });
    }
    assert_eq!(fresh.store.begin_call(&key("k"), call(json!(2))).await.unwrap(), Begun::OtherBody);
    let reads = NewCall { may_repeat: true, ..call(json!(1)) };
    assert_eq!(fresh.store.begin_call(&key("k"), reads).await.unwrap(), Begun::New, "what only reads begins again");
}

#[tokio::test]
async fn a_call_whose_time_is_over_is_as_if_it_had_not_been() {
    let fresh = Fresh::open().await;
    let soon = || NewCall { expires: Timestamp::now(), ..call(json!(1)) };
    let (done, running) = (soon(), soon());
    fresh.store.begin_call(&key("done"), done.clone()).await.unwrap();
    fresh.store.finish_call(&key("done"), done.run, &json!({})).await.unwrap();
    fresh.store.begin_call(&key("running"), running.clone()).await.unwrap();
    fresh.store.begin_call(&key("later"), call(json!(1))).await.unwrap();
    a_moment().await;
    let meets = fresh.store.begin_call(&key("running"), call(json!(1))).await.unwrap();
    assert_eq!(meets, Begun::RunningHere { run: running.run }, "what runs is never begun beside itself");
    assert_eq!(fresh.store.prune_calls(Timestamp::now()).await.unwrap(), 1, "only the one that is done");
    assert_eq!(fresh.store.begin_call(&key("done"), call(json!(2))).await.unwrap(), Begun::New);
}
