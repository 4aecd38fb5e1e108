//! Records: kept, found, removed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use patchbay_runtime::SystemClock;

use super::{Fresh, a_moment, end_of, ended, now, sized, started};
use crate::health::StoreHealth;
use crate::keys::{Grants, NodePattern};
use crate::runs::{EndedRun, RunFilter, RunId, RunPage, RunState, RunStatus, RunStore, StartedRun, Usage};

async fn ids(fresh: &Fresh, filter: RunFilter) -> Vec<RunId> {
    fresh.store.page(&filter).await.unwrap().runs.iter().map(|run| run.id).collect()
}

/// Stores records, all at once as many callers would.
async fn store(fresh: &Fresh, runs: impl IntoIterator<Item = Arc<EndedRun>>) {
    for stored in join_all(runs.into_iter().map(|run| fresh.store.ended(run))).await {
        stored.unwrap();
    }
}

#[tokio::test]
async fn a_record_comes_back_as_it_was_given() {
    let fresh = Fresh::open().await;
    let run = ended("sample/one");
    store(&fresh, [run.clone()]).await;
    let record = fresh.store.by_id(run.started.id).await.unwrap().unwrap();
    let summary = &record.summary;
    assert_eq!((summary.id, &summary.node, summary.state), (run.started.id, &run.started.node, RunState::Ended));
    assert_eq!((&summary.credential, &summary.api_key), (&run.started.credential, &run.started.api_key));
    assert_eq!((summary.took_ms, summary.status_code, &summary.message), (Some(12.5), Some(200), &run.message));
    assert_eq!(record.detail.unwrap().inputs["Text"], "x".repeat(100));
    assert_eq!(fresh.store.by_id(RunId::begin(&SystemClock)).await.unwrap(), None);
    store(&fresh, [run.clone(), run]).await;
    assert_eq!(fresh.store.usage().await.unwrap().runs, 1, "stored again it is the same");
}

#[tokio::test]
async fn a_run_that_takes_a_while_is_seen_under_way_and_a_short_one_is_written_once() {
    let fresh = Fresh::open().await;
    let (long, short) = (started("sample/long"), started("sample/short"));
    fresh.store.started(long.clone());
    fresh.store.started(short.clone());
    store(&fresh, [Arc::new(end_of(short.clone(), 10))]).await;
    let running = RunFilter { status: Some(RunStatus::Running), ..RunFilter::default() };
    while ids(&fresh, running.clone()).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(ids(&fresh, running.clone()).await, [long.id]);
    let record = fresh.store.by_id(long.id).await.unwrap().unwrap();
    assert_eq!((record.summary.took_ms, record.summary.status_code, record.detail), (None, None, None));
    store(&fresh, [Arc::new(end_of(long.clone(), 10))]).await;
    assert_eq!(ids(&fresh, running).await, []);
    assert_eq!(fresh.store.by_id(long.id).await.unwrap().unwrap().summary.state, RunState::Ended);
    assert_eq!(fresh.store.usage().await.unwrap().runs, 2);
}

#[tokio::test]
async fn pages_hold_every_run_once_newest_first_while_new_ones_come() {
    let fresh = Fresh::open().await;
    let runs: Vec<Arc<EndedRun>> = (0..25).map(|_| ended("sample/one")).collect();
    let mut wanted: Vec<RunId> = runs.iter().map(|run| run.started.id).collect();
    wanted.reverse();
    store(&fresh, runs).await;
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let filter = RunFilter { limit: Some(10), cursor, ..RunFilter::default() };
        let RunPage { runs, next_cursor } = fresh.store.page(&filter).await.unwrap();
        found.extend(runs.iter().map(|run| run.id));
        store(&fresh, [ended("sample/later")]).await;
        let Some(next) = next_cursor else { break };
        cursor = Some(next.parse().unwrap());
    }
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn a_filter_gives_what_it_names() {
    let fresh = Fresh::open().await;
    let failed = EndedRun { status_code: 429, ..end_of(started("sample/two"), 10) };
    let failed = EndedRun { started: StartedRun { credential: None, ..failed.started }, ..failed };
    let early = ended("sample/one");
    a_moment().await;
    let between = now();
    a_moment().await;
    let late = ended("other/one");
    let [a, b, c] = [early.started.id, failed.started.id, late.started.id];
    // The failed one was made first.
    store(&fresh, [early, Arc::new(failed), late]).await;
    let all = RunFilter::default;
    let set = |ids: Vec<RunId>| ids.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(set(ids(&fresh, RunFilter { node: Some("sample/one".parse().unwrap()), ..all() }).await), [a].into());
    assert_eq!(set(ids(&fresh, RunFilter { credential: Some("main".into()), ..all() }).await), [a, c].into());
    assert_eq!(set(ids(&fresh, RunFilter { status: Some(RunStatus::Failure), ..all() }).await), [b].into());
    assert_eq!(set(ids(&fresh, RunFilter { status: Some(RunStatus::Success), ..all() }).await), [a, c].into());
    assert_eq!(set(ids(&fresh, RunFilter { status: Some(RunStatus::Code(429)), ..all() }).await), [b].into());
    assert_eq!(set(ids(&fresh, RunFilter { from: Some(between), ..all() }).await), [c].into());
    assert_eq!(set(ids(&fresh, RunFilter { to: Some(between), ..all() }).await), [a, b].into());
    let pattern = |text: &str| Grants::Only(vec![text.parse::<NodePattern>().unwrap()]);
    assert_eq!(set(ids(&fresh, RunFilter { nodes: pattern("sample/*"), ..all() }).await), [a, b].into());
    assert_eq!(set(ids(&fresh, RunFilter { nodes: pattern("other/one"), ..all() }).await), [c].into());
    assert_eq!(set(ids(&fresh, RunFilter { nodes: pattern("*"), ..all() }).await), [a, b, c].into());
    assert_eq!(set(ids(&fresh, RunFilter { credentials: Grants::Only(vec!["x".into()]), ..all() }).await), [b].into());
    assert_eq!(set(ids(&fresh, RunFilter { credentials: Grants::Only(Vec::new()), ..all() }).await), [b].into());
    assert_eq!(ids(&fresh, RunFilter { nodes: Grants::Only(Vec::new()), ..all() }).await, []);
}

#[tokio::test]
async fn what_is_too_old_is_removed() {
    let fresh = Fresh::open().await;
    store(&fresh, (0..450).map(|_| ended("sample/old"))).await;
    a_moment().await;
    let border = now();
    let young = ended("sample/young");
    store(&fresh, [young.clone()]).await;
    assert_eq!(RunStore::prune(&*fresh.store, Some(border), None).await.unwrap(), 450);
    assert_eq!(ids(&fresh, RunFilter::default()).await, [young.started.id]);
    assert_eq!(RunStore::prune(&*fresh.store, Some(now().before(Duration::from_secs(60))), None).await.unwrap(), 0);
}

#[tokio::test]
async fn the_oldest_are_removed_until_the_rest_has_room_and_the_file_shrinks() {
    let fresh = Fresh::open().await;
    let runs: Vec<Arc<EndedRun>> = (0..500).map(|_| sized("sample/large", 20_000)).collect();
    let newest = runs[499].started.id;
    store(&fresh, runs).await;
    let before = fresh.store.usage().await.unwrap();
    assert!(before.runs == 500, "{before:?}");
    let most = before.bytes / 10;
    let removed = RunStore::prune(&*fresh.store, None, Some(most)).await.unwrap();
    let after = fresh.store.usage().await.unwrap();
    assert!(after.bytes <= most && after.runs == 500 - removed && removed >= 450, "{after:?}");
    assert_eq!(ids(&fresh, RunFilter { limit: Some(1), ..RunFilter::default() }).await, [newest]);
    fresh.store.close().await;
    let file = std::fs::metadata(fresh.data.path().join("patchbay.db")).unwrap().len();
    assert!(file < 3 << 20, "the file has {file} bytes");
}

#[tokio::test]
async fn nothing_is_counted_where_nothing_is() {
    let fresh = Fresh::open().await;
    store(&fresh, [ended("sample/one")]).await;
    assert_eq!(RunStore::prune(&*fresh.store, None, Some(0)).await.unwrap(), 1);
    assert_eq!(fresh.store.usage().await.unwrap(), Usage::default());
}

#[tokio::test]
async fn whole_records_come_page_by_page_and_a_page_of_large_ones_is_short() {
    let fresh = Fresh::open().await;
    let runs: Vec<Arc<EndedRun>> = (0..12).map(|_| sized("sample/large", 1 << 20)).collect();
    let mut wanted: Vec<RunId> = runs.iter().map(|run| run.started.id).collect();
    wanted.reverse();
    store(&fresh, runs).await;
    let first = fresh.store.records(&RunFilter::default()).await.unwrap();
    assert!((8..12).contains(&first.records.len()), "{}", first.records.len());
    let rest = RunFilter { cursor: first.next, ..RunFilter::default() };
    let rest = fresh.store.records(&rest).await.unwrap();
    assert!(rest.next.is_none());
    let found: Vec<RunId> = first.records.iter().chain(&rest.records).map(|record| record.summary.id).collect();
    assert_eq!(found, wanted);
}
