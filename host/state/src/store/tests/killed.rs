//! What a process that is killed leaves behind. The process is this test program, asked to run one of its tests.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::sized_run;
use crate::store::{Begun, BodyDigest, CallKey, NewCall, RunId, RunWriter, SqliteStore, Store, Timestamp};

const DATA: &str = "PATCHBAY_TEST_KILLED_DATA";

fn key(number: usize) -> CallKey {
    CallKey { caller: String::new(), key: number.to_string() }
}

fn call() -> NewCall {
    let expires = Timestamp::now().after(Duration::from_secs(3600));
    NewCall { digest: BodyDigest::of("sample/one", &json!(1)), run: RunId::new(), expires, may_repeat: false }
}

/// The process that is killed: says each thing once it was promised.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is run by the other test, and never ends"]
async fn a_process_to_be_killed() {
    let Some(data) = std::env::var_os(DATA) else { return };
    let store = Arc::new(SqliteStore::open(Path::new(&data)).await.unwrap());
    let writer = Arc::new(RunWriter::start(store.clone(), 10_000));
    for worker in 0..8 {
        let (store, writer) = (Arc::clone(&store), Arc::clone(&writer));
        tokio::spawn(async move {
            for number in 0.. {
                let number = number * 8 + worker;
                let call = call();
                let run = call.run;
                store.begin_call(&key(number), call).await.unwrap();
                println!("begun {number}");
                if number % 3 != 0 {
                    store.finish_call(&key(number), run, &json!({ "Number": number })).await.unwrap();
                    println!("finished {number}");
                }
                let record = sized_run("sample/one", 3_000);
                let id = record.summary.id;
                if writer.write(record).stored().await {
                    println!("recorded {id}");
                }
            }
        });
    }
    std::future::pending().await
}

fn start(data: &Path) -> Child {
    let exe = std::env::current_exe().unwrap();
    let test = "store::tests::killed::a_process_to_be_killed";
    let arguments = ["--exact", test, "--ignored", "--nocapture"];
    Command::new(exe).args(arguments).env(DATA, data).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

#[tokio::test]
async fn nothing_that_was_promised_is_lost_when_the_process_is_killed() {
    let data = tempfile::tempdir().unwrap();
    let mut child = start(data.path());
    let (mut begun, mut finished, mut recorded) = (Vec::new(), Vec::new(), Vec::new());
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        match line.split_once(' ') {
            Some(("begun", number)) => begun.push(number.parse::<usize>().unwrap()),
            Some(("finished", number)) => finished.push(number.parse::<usize>().unwrap()),
            Some(("recorded", id)) => recorded.push(id.parse::<RunId>().unwrap()),
            _ => {}
        }
        if recorded.len() == 400 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(recorded.len() >= 400 && finished.len() > 100);
    let store = SqliteStore::open(data.path()).await.unwrap();
    for id in recorded {
        assert!(store.run(id).await.unwrap().is_some(), "the run {id} is lost");
    }
    for number in begun {
        let meets = store.begin_call(&key(number), call()).await.unwrap();
        match meets {
            Begun::Finished { envelope, .. } => assert_eq!(envelope, json!({ "Number": number })),
            Begun::Unknown { .. } => assert!(!finished.contains(&number), "the outcome of {number} is lost"),
            other => panic!("the call {number} would be executed again: {other:?}"),
        }
    }
}
