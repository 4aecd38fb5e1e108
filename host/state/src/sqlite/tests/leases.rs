//! Leases, on a clock that the test holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use patchbay_runtime::Clock;
use tempfile::TempDir;

use super::super::lease::Lease;
use super::super::{SqliteStore, open, runs};
use super::started;
use crate::runs::{RunState, RunStore};

/// A clock that goes when it is told to.
struct Held {
    began: Instant,
    seconds: AtomicU64,
}

impl Held {
    fn new() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), seconds: AtomicU64::new(1_800_000_000) })
    }

    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Held {
    fn now(&self) -> Instant {
        self.began
    }

    fn since_epoch(&self) -> Duration {
        Duration::from_secs(self.seconds.load(Ordering::Relaxed))
    }
}

/// A process on another machine: nothing is known of it but its lease.
fn elsewhere(data: &TempDir, clock: &Arc<Held>) -> (rusqlite::Connection, Lease) {
    let connection = open::prepare(data.path()).unwrap();
    (connection, Lease::new(clock.clone()).of_another_machine())
}

#[test]
fn what_a_process_elsewhere_runs_is_its_own_until_its_lease_ends() {
    let (data, clock) = (tempfile::tempdir().unwrap(), Held::new());
    let (connection, theirs) = elsewhere(&data, &clock);
    let ours = Lease::new(clock.clone());
    theirs.hold(&connection).unwrap();
    runs::start(&connection, &theirs, &started("sample/one")).unwrap();
    assert!(!ours.needs_care(&connection).unwrap());
    clock.pass(10);
    assert!(theirs.needs_care(&connection).unwrap(), "little is left of it");
    theirs.hold(&connection).unwrap();
    clock.pass(10);
    assert!(ours.of_other(&connection, theirs.id()).unwrap().is_some(), "it was renewed");
    clock.pass(10);
    assert!(ours.of_other(&connection, theirs.id()).unwrap().is_none());
    assert!(ours.needs_care(&connection).unwrap());
    ours.settle(&connection).unwrap();
    let page = runs::page(&connection, &Default::default()).unwrap();
    assert_eq!(page.runs[0].state, RunState::Interrupted);
}

#[test]
fn a_process_that_was_slow_takes_its_lease_again_and_its_run_ends_as_any_other() {
    let (data, clock) = (tempfile::tempdir().unwrap(), Held::new());
    let (connection, theirs) = elsewhere(&data, &clock);
    let run = started("sample/one");
    theirs.hold(&connection).unwrap();
    runs::start(&connection, &theirs, &run).unwrap();
    clock.pass(60);
    Lease::new(clock.clone()).settle(&connection).unwrap();
    runs::end(&connection, &super::end_of(run, 10)).unwrap();
    let page = runs::page(&connection, &Default::default()).unwrap();
    assert_eq!((page.runs[0].state, page.runs[0].status_code), (RunState::Ended, Some(200)));
}

#[test]
fn a_process_that_runs_nothing_writes_nothing() {
    let (data, clock) = (tempfile::tempdir().unwrap(), Held::new());
    let (connection, lease) = elsewhere(&data, &clock);
    clock.pass(3_600);
    assert!(!lease.needs_care(&connection).unwrap());
    let rows: i64 = connection.query_row("SELECT count(*) FROM instances", (), |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn what_was_left_running_is_found_interrupted_as_soon_as_the_directory_is_opened() {
    let (data, clock) = (tempfile::tempdir().unwrap(), Held::new());
    let (connection, theirs) = elsewhere(&data, &clock);
    let run = started("sample/one");
    theirs.hold(&connection).unwrap();
    runs::start(&connection, &theirs, &run).unwrap();
    drop(connection);
    clock.pass(60);
    let store = SqliteStore::open(data.path(), clock).await.unwrap();
    let record = store.by_id(run.id).await.unwrap().unwrap();
    assert_eq!(record.summary.state, RunState::Interrupted);
}
