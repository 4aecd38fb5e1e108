//! How long storing takes; run by hand: `cargo test -p patchbay-state load -- --ignored --nocapture --test-threads 1`

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Fresh, end_of, now, sized, started};
use crate::calls::{BodyDigest, CallKey, CallStore, EndedCall, NewCall};
use crate::health::StoreHealth;
use crate::runs::RunStore;

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

/// Processor time of this process so far, where the system tells it.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let words: Vec<&str> = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks: u64 = [11, 12].iter().filter_map(|place| words.get(*place)?.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures"]
async fn measure_what_waiting_for_a_record_adds() {
    for way in ["in the journal", "in the tables at once"] {
        for rate in [100, 1_000, 5_000] {
            let fresh = stored(way).await;
            let before = processor_time();
            let times = paced(rate, |_| {
                let store = fresh.store.clone();
                async move {
                    let run = started("sample/one");
                    store.started(run.clone());
                    store.ended(Arc::new(end_of(run, 3_000))).await.unwrap();
                }
            });
            let times = times.await;
            fresh.store.close().await;
            let each = (processor_time() - before) / (rate * SECONDS);
            told(&format!("record of 3 kB {way} at {rate} a second, {each:.1?} of processor time"), times);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures"]
async fn measure_records_one_after_the_other() {
    for way in ["in the journal", "in the tables at once"] {
        let fresh = stored(way).await;
        let (began, before) = (Instant::now(), processor_time());
        let mut times = Vec::new();
        while began.elapsed() < Duration::from_secs(SECONDS.into()) {
            let asked = Instant::now();
            let run = started("sample/one");
            fresh.store.started(run.clone());
            fresh.store.ended(Arc::new(end_of(run, 3_000))).await.unwrap();
            times.push(asked.elapsed());
        }
        fresh.store.close().await;
        let each = (processor_time() - before) / times.len() as u32;
        told(&format!("record of 3 kB {way}, {each:.1?} of processor time"), times);
    }
}

/// A store whose ends of runs go the way that is named. They go into the tables at once where there can be no journal.
async fn stored(way: &str) -> Fresh {
    let fresh = Fresh::open().await;
    if way == "in the tables at once" {
        std::fs::write(fresh.data.path().join("journals"), "in the way").unwrap();
    }
    fresh
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
                let expires = now().after(Duration::from_secs(3600));
                let digest = BodyDigest::of("sample/one", &[("inputs", &json!(1))]);
                let run = started("sample/one");
                let call = NewCall { key: key.clone(), digest, run: run.clone(), expires, may_repeat: false };
                store.begin(call).await.unwrap();
                let outcome = json!({ "Text": "x".repeat(1_000) }).to_string().into();
                store.finish(Arc::new(EndedCall { key, digest, outcome, run: end_of(run, 3_000) })).await.unwrap();
            }
        });
        told(&format!("begin and finish a call with its record at {rate} a second"), times.await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures"]
async fn measure_the_most_records() {
    let fresh = Fresh::open().await;
    let runs: Vec<_> = (0..15_000).map(|_| sized("sample/one", 3_000)).collect();
    let (began, processor) = (Instant::now(), processor_time());
    let mut storing = Vec::new();
    for run in runs {
        let store = fresh.store.clone();
        storing.push(tokio::spawn(async move { store.ended(run).await }));
    }
    for one in storing {
        one.await.unwrap().unwrap();
    }
    let (took, processor) = (began.elapsed(), processor_time() - processor);
    println!(
        "15000 records of 3 kB in {took:.1?}: {:.0} a second, {processor:.1?} of processor",
        15e3 / took.as_secs_f64()
    );
    fresh.store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures"]
async fn measure_what_the_row_at_the_start_costs() {
    for (what, is_long) in [("short runs", false), ("runs whose row is written at the start", true)] {
        let fresh = Fresh::open().await;
        let runs: Vec<_> = (0..15_000).map(|_| started("sample/one")).collect();
        let processor = processor_time();
        runs.iter().for_each(|run| fresh.store.started(run.clone()));
        if is_long {
            while fresh.store.usage().await.unwrap().runs < 15_000 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        let mut storing = Vec::new();
        for run in runs {
            let store = fresh.store.clone();
            storing.push(tokio::spawn(async move { store.ended(Arc::new(end_of(run, 3_000))).await }));
        }
        for one in storing {
            one.await.unwrap().unwrap();
        }
        let each = (processor_time() - processor) / 15_000;
        println!("{what}: {each:.1?} of processor each");
        fresh.store.close().await;
    }
}
