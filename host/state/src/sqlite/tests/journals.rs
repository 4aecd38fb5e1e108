//! What stands in a journal is there to be read: in its own process at once, in others when it ended or a moment later.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use super::{Fresh, SqliteStore, clock, ended, sized};
use crate::health::StoreHealth;
use crate::runs::{EndedRun, RunFilter, RunStore, Usage};
use crate::sqlite::journal::Journal;

impl Fresh {
    fn journals(&self) -> PathBuf {
        self.data.path().join("journals")
    }

    /// What a process leaves behind that is killed before the tables have these runs, and bytes after the last of them.
    fn left_by_a_killed_process(&self, runs: &[std::sync::Arc<EndedRun>], more: &[u8]) {
        let mut journal = Journal::create(&self.journals()).unwrap();
        journal.append(runs.iter().cloned()).unwrap();
        drop(journal);
        let file = fs::read_dir(self.journals()).unwrap().next().unwrap().unwrap().path();
        OpenOptions::new().append(true).open(file).unwrap().write_all(more).unwrap();
    }
}

async fn nodes(store: &SqliteStore) -> Vec<String> {
    let page = store.page(&RunFilter::default()).await.unwrap();
    page.runs.iter().map(|run| run.node.to_string()).collect()
}

#[tokio::test]
async fn a_run_is_read_as_soon_as_it_is_stored_and_once() {
    let fresh = Fresh::open().await;
    for round in 0..20 {
        let run = ended("sample/one");
        fresh.store.ended(run.clone()).await.unwrap();
        let read = fresh.store.by_id(run.started.id).await.unwrap().unwrap();
        assert_eq!(read.detail.unwrap().inputs["Text"], "x".repeat(100));
        assert_eq!(nodes(&fresh.store).await.len(), round + 1);
    }
    assert_eq!(fresh.store.usage().await.unwrap().runs, 20);
}

#[tokio::test]
async fn what_a_killed_process_left_is_read_by_the_next_and_its_journal_is_removed() {
    let fresh = Fresh::open().await;
    fresh.store.close().await;
    fresh.left_by_a_killed_process(&[ended("sample/one"), sized("sample/two", 100_000)], &[]);
    for _ in 0..2 {
        let next = SqliteStore::open(fresh.data.path(), clock()).await.unwrap();
        assert_eq!(nodes(&next).await.len(), 2);
        assert_eq!(fs::read_dir(fresh.journals()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn an_entry_that_is_not_whole_takes_nothing_with_it() {
    for more in [&[9][..], &[20, 0, 0, 0, 5, 0, 0, 0, b'{'], &[0; 64], &[0xff; 64]] {
        let fresh = Fresh::open().await;
        fresh.store.close().await;
        fresh.left_by_a_killed_process(&[ended("sample/one"), ended("sample/two")], more);
        let next = SqliteStore::open(fresh.data.path(), clock()).await.unwrap();
        assert_eq!(nodes(&next).await, ["sample/two", "sample/one"], "{more:?}");
    }
}

#[tokio::test]
async fn the_journal_of_a_process_that_lives_is_left_alone() {
    let fresh = Fresh::open().await;
    let mut journal = Journal::create(&fresh.journals()).unwrap();
    journal.append(std::iter::once(ended("sample/others"))).unwrap();
    let next = fresh.another().await;
    assert!(nodes(&next).await.is_empty());
    assert_eq!(fs::read_dir(fresh.journals()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_process_that_ends_leaves_no_journal() {
    let fresh = Fresh::open().await;
    let run = ended("sample/one");
    fresh.store.ended(run.clone()).await.unwrap();
    fresh.store.close().await;
    assert_eq!(fs::read_dir(fresh.journals()).unwrap().count(), 0);
    let next = fresh.another().await;
    assert_eq!(nodes(&next).await, ["sample/one"]);
    let usage = next.usage().await.unwrap();
    assert_eq!(usage, Usage { runs: 1, bytes: usage.bytes });
}

#[tokio::test]
async fn where_no_journal_can_be_made_ends_go_into_the_tables() {
    let fresh = Fresh::open().await;
    fs::write(fresh.journals(), "a file in the way").unwrap();
    fresh.store.ended(ended("sample/one")).await.unwrap();
    assert_eq!(nodes(&fresh.store).await, ["sample/one"]);
}
