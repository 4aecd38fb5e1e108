//! What the runtime itself costs: an invocation whose answer is there at once, a parameter error, and a component's
//! compilation and loading. Run with the profile that everything else is built with, so that wasmtime is not compiled
//! a second time: `cargo bench --profile dev --bench invocation`.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(missing_docs, reason = "criterion's macros make public functions")]

mod support;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use patchbay_runtime::{Engine, EngineConfig, Invocation};
use serde_json::json;
use support::Stub;

/// One thread, so that a figure is the time of one core.
fn one_core() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn invocation(criterion: &mut Criterion) {
    let engine = Arc::new(Engine::new(EngineConfig::default()).unwrap());
    let nodes = support::nodes_without_rate_limit();
    let runtime = support::runtime(engine, nodes.path(), Stub { after: Duration::ZERO });
    let call = support::invocation(&runtime);
    let wrong = Invocation { inputs: json!({ "AgentId": "x", "MsgType": "html" }), ..call.clone() };
    let executor = one_core();
    let first = executor.block_on(runtime.invoke(call.clone())).unwrap();
    assert!(first.envelope.is_success(), "{:?}", first.envelope);

    criterion.bench_function("invocation with one HTTP call to a stub", |bencher| {
        bencher.to_async(&executor).iter(|| async { black_box(runtime.invoke(call.clone()).await.unwrap()) });
    });
    criterion.bench_function("parameter error", |bencher| {
        bencher.to_async(&executor).iter(|| async { black_box(runtime.invoke(wrong.clone()).await.unwrap()) });
    });
}

fn component(criterion: &mut Criterion) {
    let nodes = support::nodes_without_rate_limit();
    let executor = one_core();
    let load = |engine: &Arc<Engine>| {
        let runtime = support::runtime(Arc::clone(engine), nodes.path(), Stub { after: Duration::ZERO });
        executor.block_on(runtime.manifests()).unwrap()
    };
    let mut group = criterion.benchmark_group("component");
    group.sample_size(20);

    let compiling = Arc::new(Engine::new(EngineConfig::default()).unwrap());
    group.bench_function("compile, link, read its manifest", |bencher| bencher.iter(|| black_box(load(&compiling))));

    let cache = tempfile::tempdir().unwrap();
    let cache_directory = Some(cache.path().join("compiled"));
    let caching = Arc::new(Engine::new(EngineConfig { cache_directory, ..EngineConfig::default() }).unwrap());
    load(&caching);
    group.bench_function("load from the cache, link, read its manifest", |bencher| {
        bencher.iter(|| black_box(load(&caching)));
    });
    group.finish();
}

criterion_group!(benches, invocation, component);
criterion_main!(benches);
