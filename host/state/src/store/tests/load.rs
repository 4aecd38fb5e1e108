//! How long storing takes; run by hand: `cargo test --bin patchbay store::tests::load -- --ignored --nocapture`

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Fresh, sized_run};
use crate::store::{BodyDigest, CallKey, NewCall, RunId, RunWriter, Store, Timestamp};

const SECONDS: u32 = 3;

fn told(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("{what}: {} times, median {:.1?}, p99 {:.1?}, most {:.1?}", times.len(), at(0.5), at(0.99), at(1.0));
}

/// Starts so many in each second, evenly, and gives how long each took.
async fn paced<F>(rate: u32, begin: impl Fn(u32) -> F) -> Vec<Duration>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (mut tick, mut running) = (tokio::time::interval(Duration::from_millis(1)), Vec::new());
    let began = Instant::now();
    let mut number = 0;
    while number < rate * SECONDS {
        tick.tick().await;
        let due = (began.elapsed().as_secs_f64() * f64::from(rate)) as u32;
        while number < due.min(rate * SECONDS) {
            let one = begin(number);
            running.push(tokio::spawn(async move {
                let began = Instant::now();
                one.await;
                began.elapsed()
            }));
            number += 1;
        }
    }
    let mut times = Vec::new();
    for one in running {
        times.push(one.await.unwrap());
    }
    times
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures"]
async fn measure_what_waiting_for_a_record_adds() {
    for rate in [100, 1_000, 5_000] {
        let fresh = Fresh::open().await;
        let writer = Arc::new(RunWriter::start(fresh.store.clone(), 10_000));
        let times = paced(rate, |_| {
            let writer = Arc::clone(&writer);
            async move { assert!(writer.write(sized_run("sample/one", 3_000)).stored().await) }
        });
        told(&format!("record of 3 kB at {rate} a second"), times.await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures"]
async fn measure_a_call_with_a_key() {
    for rate in [100, 1_000] {
        let fresh = Fresh::open().await;
        let times = paced(rate, |number| {
            let store = fresh.store.clone();
            async move {
                let key = CallKey { caller: String::new(), key: number.to_string() };
                let expires = Timestamp::now().after(Duration::from_secs(3600));
                let digest = BodyDigest::of("sample/one", &json!(1));
                let run = RunId::new();
                store.begin_call(&key, NewCall { digest, run, expires, may_repeat: false }).await.unwrap();
                store.finish_call(&key, run, &json!({ "Text": "x".repeat(1_000) })).await.unwrap();
            }
        });
        told(&format!("begin and finish a call at {rate} a second"), times.await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures"]
async fn measure_the_most_records() {
    let fresh = Fresh::open().await;
    let writer = RunWriter::start(fresh.store.clone(), 100_000);
    let began = Instant::now();
    for _ in 0..15_000 {
        drop(writer.write(sized_run("sample/one", 3_000)));
    }
    writer.stop().await;
    let took = began.elapsed();
    println!("15000 records of 3 kB in {took:.1?}: {:.0} a second", 15e3 / took.as_secs_f64());
}
