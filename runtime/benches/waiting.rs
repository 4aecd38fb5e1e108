//! 10,000 invocations that all wait for an answer: whether all succeed, how long it takes, and the memory it takes.
//! `cargo bench --profile dev --bench waiting`

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use patchbay_runtime::{Engine, EngineConfig};
use support::Stub;

const INVOCATIONS: usize = 10_000;
const ANSWER_AFTER: Duration = Duration::from_secs(4);
const MOST_MEMORY_MIB: u64 = 1_024;

fn main() {
    let executor = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let succeeded = executor.block_on(async {
        let config = EngineConfig { max_total_memory_bytes: usize::MAX, ..EngineConfig::default() };
        let engine = Arc::new(Engine::new(config).unwrap());
        let nodes = support::nodes_without_rate_limit();
        let runtime = Arc::new(support::runtime(engine, nodes.path(), Stub { after: ANSWER_AFTER }));
        let call = support::invocation(&runtime);
        // The token is fetched before, so that what waits is the node's own request.
        runtime.invoke(call.clone()).await.unwrap();
        let began = Instant::now();
        let runs = (0..INVOCATIONS).map(|_| {
            let (runtime, call) = (Arc::clone(&runtime), call.clone());
            tokio::spawn(async move { runtime.invoke(call).await.unwrap().envelope.is_success() })
        });
        let succeeded = join_all(runs).await.into_iter().filter(|run| matches!(run, Ok(true))).count();
        println!(
            "{succeeded} of {INVOCATIONS} succeeded in {:.2} s; each answer took {ANSWER_AFTER:?}",
            began.elapsed().as_secs_f64()
        );
        succeeded
    });
    let resident = peak_resident_mib();
    println!("peak resident memory: {resident} MiB");
    assert_eq!(succeeded, INVOCATIONS);
    assert!(resident <= MOST_MEMORY_MIB, "more than {MOST_MEMORY_MIB} MiB");
}

/// From /proc, so on Linux alone.
fn peak_resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1024
}
