//! Records: kept, found, removed.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Fresh, a_moment, new_run, sized_run};
use crate::keys::NodePattern;
use crate::store::{NewRun, RunFilter, RunId, RunPage, RunStatus, Store, Timestamp, Usage};

async fn ids(fresh: &Fresh, filter: RunFilter) -> Vec<RunId> {
    fresh.store.runs(&filter).await.unwrap().runs.iter().map(|run| run.id).collect()
}

#[tokio::test]
async fn a_record_comes_back_as_it_was_given() {
    let fresh = Fresh::open().await;
    let run = new_run("sample/one");
    fresh.store.insert_runs(vec![run.clone()]).await.unwrap();
    let record = fresh.store.run(run.summary.id).await.unwrap().unwrap();
    assert_eq!(record.summary, run.summary);
    assert_eq!(record.detail.inputs["Text"], "x".repeat(100));
    assert_eq!(fresh.store.run(RunId::new()).await.unwrap(), None);
}

#[tokio::test]
async fn pages_hold_every_run_once_newest_first_while_new_ones_come() {
    let fresh = Fresh::open().await;
    let runs: Vec<NewRun> = (0..25).map(|_| new_run("sample/one")).collect();
    let mut wanted: Vec<RunId> = runs.iter().map(|run| run.summary.id).collect();
    wanted.reverse();
    fresh.store.insert_runs(runs).await.unwrap();
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let filter = RunFilter { limit: Some(10), cursor, ..RunFilter::default() };
        let RunPage { runs, next_cursor } = fresh.store.runs(&filter).await.unwrap();
        found.extend(runs.iter().map(|run| run.id));
        fresh.store.insert_runs(vec![new_run("sample/later")]).await.unwrap();
        let Some(next) = next_cursor else { break };
        cursor = Some(next.parse().unwrap());
    }
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn a_filter_gives_what_it_names() {
    let fresh = Fresh::open().await;
    let mut failed = new_run("sample/two");
    failed.summary.status_code = 429;
    failed.summary.credential = None;
    let early = new_run("sample/one");
    a_moment().await;
    let between = Timestamp::now();
    a_moment().await;
    let late = new_run("other/one");
    let [a, b, c] = [early.summary.id, failed.summary.id, late.summary.id];
    // The failed one was made first.
    fresh.store.insert_runs(vec![early, failed, late]).await.unwrap();
    let all = RunFilter::default;
    let set = |ids: Vec<RunId>| ids.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(set(ids(&fresh, RunFilter { node: Some("sample/one".parse().unwrap()), ..all() }).await), [a].into());
    assert_eq!(set(ids(&fresh, RunFilter { credential: Some("main".into()), ..all() }).await), [a, c].into());
    assert_eq!(set(ids(&fresh, RunFilter { status: Some(RunStatus::Failure), ..all() }).await), [b].into());
    assert_eq!(set(ids(&fresh, RunFilter { status: Some(RunStatus::Success), ..all() }).await), [a, c].into());
    assert_eq!(set(ids(&fresh, RunFilter { status: Some(RunStatus::Code(429)), ..all() }).await), [b].into());
    assert_eq!(set(ids(&fresh, RunFilter { from: Some(between), ..all() }).await), [c].into());
    assert_eq!(set(ids(&fresh, RunFilter { to: Some(between), ..all() }).await), [a, b].into());
    let pattern = |text: &str| vec![text.parse::<NodePattern>().unwrap()];
    assert_eq!(set(ids(&fresh, RunFilter { nodes: pattern("sample/*"), ..all() }).await), [a, b].into());
    assert_eq!(set(ids(&fresh, RunFilter { nodes: pattern("other/one"), ..all() }).await), [c].into());
    assert_eq!(set(ids(&fresh, RunFilter { nodes: pattern("*"), ..all() }).await), [a, b, c].into());
    assert_eq!(set(ids(&fresh, RunFilter { credentials: vec!["x".into()], ..all() }).await), [b].into());
}

#[tokio::test]
async fn what_is_too_old_is_removed() {
    let fresh = Fresh::open().await;
    fresh.store.insert_runs((0..450).map(|_| new_run("sample/old")).collect()).await.unwrap();
    a_moment().await;
    let border = Timestamp::now();
    let young = new_run("sample/young");
    fresh.store.insert_runs(vec![young.clone()]).await.unwrap();
    assert_eq!(fresh.store.prune_runs(Some(border), None).await.unwrap(), 450);
    assert_eq!(ids(&fresh, RunFilter::default()).await, [young.summary.id]);
    assert_eq!(fresh.store.prune_runs(Some(Timestamp::now().before(Duration::from_secs(60))), None).await.unwrap(), 0);
}

#[tokio::test]
async fn the_oldest_are_removed_until_the_rest_has_room_and_the_file_shrinks() {
    let fresh = Fresh::open().await;
    let runs: Vec<NewRun> = (0..500).map(|_| sized_run("sample/large", 20_000)).collect();
    let newest = runs[499].summary.id;
    fresh.store.insert_runs(runs).await.unwrap();
    let before = fresh.store.usage().await.unwrap();
    assert!(before.runs == 500, "{before:?}");
    let most = before.bytes / 10;
    let removed = fresh.store.prune_runs(None, Some(most)).await.unwrap();
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
    fresh.store.insert_runs(vec![new_run("sample/one")]).await.unwrap();
    assert_eq!(fresh.store.prune_runs(None, Some(0)).await.unwrap(), 1);
    assert_eq!(fresh.store.usage().await.unwrap(), Usage::default());
}

#[tokio::test]
async fn a_batch_with_a_wrong_record_is_stored_not_at_all_and_others_are() {
    let fresh = Fresh::open().await;
    let run = new_run("sample/one");
    let twice = fresh.store.insert_runs(vec![new_run("sample/two"), run.clone(), run.clone()]);
    let (twice, other) = tokio::join!(twice, fresh.store.insert_runs(vec![new_run("sample/three")]));
    assert!(twice.is_err() && other.is_ok());
    let listed = fresh.store.runs(&RunFilter::default()).await.unwrap().runs;
    assert_eq!(listed.iter().map(|run| run.node.to_string()).collect::<Vec<_>>(), ["sample/three"]);
}
