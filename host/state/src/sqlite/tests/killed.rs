//! What a process that is killed leaves behind. The process is this test program, asked to run one of its tests.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{SqliteStore, clock, end_of, now, sized, started};
use crate::calls::{Begun, BodyDigest, CallKey, CallStore, EndedCall, NewCall};
use crate::runs::{RunFilter, RunId, RunState, RunStatus, RunStore};

const DATA: &str = "PATCHBAY_TEST_KILLED_DATA";

fn call(number: usize) -> NewCall {
    NewCall {
        key: CallKey { caller: String::new(), key: number.to_string() },
        digest: BodyDigest::of("sample/one", &[("inputs", &json!(1))]),
        run: started("sample/one"),
        expires: now().after(Duration::from_secs(3600)),
        may_repeat: false,
    }
}

fn outcome(number: usize) -> Arc<str> {
    json!({ "Number": number }).to_string().into()
}

/// The process that is killed: says each thing once it was promised.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is run by the other test, and never ends"]
async fn a_process_to_be_killed() {
    let Some(data) = std::env::var_os(DATA) else { return };
    let store = Arc::new(SqliteStore::open(Path::new(&data), clock()).await.unwrap());
    let endless = started("sample/endless");
    println!("endless {}", endless.id);
    store.started(endless);
    for worker in 0..8 {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for number in 0.. {
                let number = number * 8 + worker;
                let call = call(number);
                assert_eq!(store.begin(call.clone()).await.unwrap(), Begun::New);
                println!("begun {number}");
                if number % 3 != 0 {
                    let NewCall { key, digest, run, .. } = call;
                    let id = run.id;
                    let ended = EndedCall { key, digest, outcome: outcome(number), run: end_of(run, 3_000) };
                    store.finish(Arc::new(ended)).await.unwrap();
                    println!("finished {number}\nrecorded {id}");
                }
                let record = sized("sample/one", 3_000);
                let id = record.started.id;
                store.started(record.started.clone());
                store.ended(record).await.unwrap();
                println!("recorded {id}");
            }
        });
    }
    std::future::pending().await
}

fn start(data: &Path) -> Child {
    let exe = std::env::current_exe().unwrap();
    let test = "sqlite::tests::killed::a_process_to_be_killed";
    let arguments = ["--exact", test, "--ignored", "--nocapture"];
    Command::new(exe).args(arguments).env(DATA, data).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

#[tokio::test]
async fn nothing_that_was_promised_is_lost_when_the_process_is_killed() {
    let data = tempfile::tempdir().unwrap();
    let mut child = start(data.path());
    let (mut begun, mut finished, mut recorded, mut endless) = (Vec::new(), Vec::new(), Vec::new(), None);
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        match line.split_once(' ') {
            Some(("begun", number)) => begun.push(number.parse::<usize>().unwrap()),
            Some(("finished", number)) => finished.push(number.parse::<usize>().unwrap()),
            Some(("recorded", id)) => recorded.push(id.parse::<RunId>().unwrap()),
            // The first line has the name of the test in front of it.
            _ => endless = line.split_once("endless ").map_or(endless, |(_, id)| Some(id.parse::<RunId>().unwrap())),
        }
        if recorded.len() == 600 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(recorded.len() >= 600 && finished.len() > 100);
    let store = SqliteStore::open(data.path(), clock()).await.unwrap();
    for id in recorded {
        let record = store.by_id(id).await.unwrap().unwrap_or_else(|| panic!("the run {id} is lost"));
        assert_eq!(record.summary.state, RunState::Ended, "the end of the run {id} is lost");
    }
    let interrupted = RunFilter { status: Some(RunStatus::Interrupted), limit: Some(1_000), ..RunFilter::default() };
    let interrupted: Vec<RunId> = store.page(&interrupted).await.unwrap().runs.iter().map(|run| run.id).collect();
    assert!(interrupted.contains(&endless.unwrap()), "a run that was under way is seen to have been");
    for number in begun {
        match store.begin(call(number)).await.unwrap() {
            Begun::Finished { outcome: stored, .. } => assert_eq!(stored, outcome(number)),
            Begun::Unknown { run, .. } => {
                assert!(!finished.contains(&number), "the outcome of {number} is lost");
                assert!(interrupted.contains(&run), "its run is known");
            }
            other => panic!("the call {number} would be executed again: {other:?}"),
        }
    }
}
