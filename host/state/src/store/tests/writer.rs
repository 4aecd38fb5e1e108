//! The writer of run records.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Fresh, new_run, sized_run};
use crate::store::{RunFilter, RunWriter, Store};

#[tokio::test]
async fn a_record_that_was_written_can_be_read() {
    let fresh = Fresh::open().await;
    let writer = RunWriter::start(fresh.store.clone(), 10);
    let run = new_run("sample/one");
    assert!(writer.write(run.clone()).stored().await);
    assert!(fresh.another().await.run(run.summary.id).await.unwrap().is_some());
}

#[tokio::test]
async fn stopping_writes_what_waits() {
    let fresh = Fresh::open().await;
    let writer = RunWriter::start(fresh.store.clone(), 5_000);
    for _ in 0..3_000 {
        drop(writer.write(new_run("sample/one")));
    }
    writer.stop().await;
    assert_eq!((fresh.store.usage().await.unwrap().runs, writer.dropped(), writer.waiting()), (3_000, 0, 0));
    assert!(!writer.write(new_run("sample/late")).stored().await, "after the end nothing is taken");
}

#[tokio::test]
async fn when_it_is_full_the_newest_are_dropped_and_counted_and_nobody_waits() {
    let fresh = Fresh::open().await;
    let writer = RunWriter::start(fresh.store.clone(), 100);
    // The test has one thread: the writer does not run before this gives way.
    let (begun, mut last) = (Instant::now(), None);
    for _ in 0..1_000 {
        last = Some(writer.write(new_run("sample/one")));
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(!last.unwrap().stored().await);
    writer.stop().await;
    assert_eq!((fresh.store.usage().await.unwrap().runs, writer.dropped()), (100, 900));
}

#[tokio::test]
async fn large_records_are_bounded_by_their_bytes() {
    let fresh = Fresh::open().await;
    let writer = RunWriter::start(fresh.store.clone(), 10_000);
    for _ in 0..100 {
        drop(writer.write(sized_run("sample/large", 1 << 20)));
    }
    assert!(writer.dropped() >= 36, "{} were dropped", writer.dropped());
    writer.stop().await;
    assert_eq!(fresh.store.usage().await.unwrap().runs, 100 - writer.dropped());
}

#[tokio::test]
async fn a_store_that_fails_costs_records_and_not_the_writer() {
    let fresh = Fresh::open().await;
    let store: Arc<dyn Store> = fresh.store.clone();
    let writer = RunWriter::start(store, 10);
    let run = new_run("sample/one");
    assert!(writer.write(run.clone()).stored().await);
    assert!(!writer.write(run).stored().await, "the same id twice");
    assert!(writer.write(new_run("sample/two")).stored().await);
    assert_eq!(fresh.store.runs(&RunFilter::default()).await.unwrap().runs.len(), 2);
}
