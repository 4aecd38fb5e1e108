//! A disk that takes nothing more. What fills it is a limit on the size of a file, which a child process of the tests gives
//! itself: this test program, asked to run one of its tests.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::{Fresh, SqliteStore, clock, ended, now, sized, started};
use crate::calls::{Begun, BodyDigest, CallKey, CallStore, NewCall};
use crate::health::StoreHealth;
use crate::runs::{RunFilter, RunStore};

const DATA: &str = "PATCHBAY_TEST_FULL_DISK_DATA";

/// Completes once the store is up, or not.
async fn until(store: &SqliteStore, up: bool) {
    while store.available().is_ok() != up {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Lets files grow no further than this.
#[cfg(unix)]
fn limit_files(bytes: u64) {
    rlimit::setrlimit(rlimit::Resource::FSIZE, bytes, rlimit::INFINITY).unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is run by the other test, with a limit of its own"]
async fn a_process_whose_disk_is_full() {
    let Some(data) = std::env::var_os(DATA) else { return };
    let store = SqliteStore::open(Path::new(&data), clock()).await.unwrap();
    let mut stored = Vec::new();
    limit_files(1 << 20);
    let failure = loop {
        let run = sized("sample/one", 20_000);
        match store.ended(run.clone()).await {
            Ok(()) => stored.push(run.started.id),
            Err(error) => break error,
        }
    };
    assert!(stored.len() > 5 && failure.told().starts_with("the store failed: "), "{}", failure.told());
    assert!(store.available().is_err(), "it says so at once");
    // Reading goes on, and a call that can not be noted does not begin.
    assert!(store.by_id(stored[0]).await.unwrap().is_some());
    let call = NewCall {
        key: CallKey { caller: String::new(), key: "k".to_owned() },
        digest: BodyDigest::of("sample/one", &[("inputs", &json!("x"))]),
        run: started("sample/one"),
        expires: now().after(Duration::from_secs(60)),
        may_repeat: false,
    };
    let large = NewCall { key: CallKey { caller: "x".repeat(1 << 20), ..call.key.clone() }, ..call.clone() };
    assert!(store.begin(large.clone()).await.is_err());
    limit_files(rlimit::INFINITY);
    until(&store, true).await;
    for call in [call, large] {
        assert_eq!(store.begin(call).await.unwrap(), Begun::New);
    }
    let run = sized("sample/one", 100_000);
    store.ended(run.clone()).await.unwrap();
    stored.push(run.started.id);
    for id in stored {
        assert!(store.by_id(id).await.unwrap().is_some(), "what was stored is there");
    }
    store.close().await;
    println!("all is well");
}

#[cfg(unix)]
#[test]
fn a_store_on_a_full_disk_says_so_loses_nothing_and_goes_on_when_there_is_room() {
    let data = tempfile::tempdir().unwrap();
    let exe = std::env::current_exe().unwrap();
    let test = "sqlite::tests::disk::a_process_whose_disk_is_full";
    // A write past the limit is an error and not the end of the process only where the signal is ignored.
    let script = format!("trap '' XFSZ; exec \"$0\" --exact {test} --ignored --nocapture");
    let output = Command::new("sh").arg("-c").arg(script).arg(exe).env(DATA, data.path()).output().unwrap();
    let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("all is well"), "{said}{told}");
}

#[tokio::test]
async fn a_store_whose_every_write_fails_recovers_by_itself() {
    let fresh = Fresh::open().await;
    let before = ended("sample/before");
    fresh.store.ended(before.clone()).await.unwrap();
    // No change gets by a table that is not there.
    let file = fresh.data.path().join("patchbay.db");
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("ALTER TABLE run_details RENAME TO away").unwrap();
    // It is in the journal, from where the tables get it later.
    fresh.store.ended(ended("sample/meanwhile")).await.unwrap();
    until(&fresh.store, false).await;
    other.execute_batch("ALTER TABLE away RENAME TO run_details").unwrap();
    until(&fresh.store, true).await;
    fresh.store.ended(ended("sample/after")).await.unwrap();
    let nodes: Vec<String> =
        fresh.store.page(&RunFilter::default()).await.unwrap().runs.iter().map(|run| run.node.to_string()).collect();
    assert_eq!(nodes, ["sample/after", "sample/meanwhile", "sample/before"]);
}

#[tokio::test]
async fn a_change_that_fails_for_itself_takes_no_other_with_it_and_the_store_stays_up() {
    let fresh = Fresh::open().await;
    let call = |key: &str| {
        let key = CallKey { caller: String::new(), key: key.to_owned() };
        let digest = BodyDigest::of("sample/one", &[]);
        NewCall {
            key,
            digest,
            run: started("sample/one"),
            expires: now().after(Duration::from_secs(60)),
            may_repeat: false,
        }
    };
    let wrong = fresh.store.writer.change::<()>(
        super::super::Kind { durability: super::super::Durability::Process, size: 0, ends: None },
        |_| Err(crate::error::StoreError::Conflict("it")),
    );
    let (wrong, first, second) = tokio::join!(wrong, fresh.store.begin(call("a")), fresh.store.begin(call("b")));
    assert!(wrong.is_err());
    assert_eq!((first.unwrap(), second.unwrap()), (Begun::New, Begun::New));
    assert!(fresh.store.available().is_ok());
}
