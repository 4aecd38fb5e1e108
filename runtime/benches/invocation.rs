//! What the runtime itself costs: the bare engine, an invocation whose answer is there at once, a parameter error, and a
//! component's compilation and loading. Run with the profile that everything else is built with, so that wasmtime is not compiled
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

/// The same component in wasmtime alone: a fresh instance, JSON in, one host call that answers at once, JSON out. What an
/// invocation takes beyond it is the runtime's own: checks, gate, record, envelope.
fn bare_engine(criterion: &mut Criterion) {
    let loop_ = bare::Loop::new(&support::built_nodes().join("dingtalk/send-work-notice.wasm"));
    let executor = one_core();
    criterion.bench_function("bare engine loop", |bencher| {
        bencher.to_async(&executor).iter(|| async { black_box(loop_.run().await) });
    });
}

mod bare {
    use std::path::Path;

    use wasmtime::component::{Component, HasSelf, Linker};
    use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

    wasmtime::component::bindgen!({
        path: "../schemas/node.wit",
        world: "node",
        imports: { "patchbay:node/http": async },
        exports: { default: async },
    });

    use patchbay::node::http::{Request, Response, ResponseBody, SendError};
    use patchbay::node::{files, http, log, types};

    struct Answering;

    impl http::Host for Answering {
        async fn send(&mut self, _: Request) -> Result<Response, SendError> {
            let body = br#"{"errcode":0,"errmsg":"ok","task_id":256271667526,"request_id":"4jzllmte0wau"}"#;
            Ok(Response { status: 200, headers: vec![], body: ResponseBody::Bytes(body.to_vec()) })
        }

        async fn send_all(&mut self, _: Vec<Request>) -> Vec<Result<Response, SendError>> {
            vec![]
        }
    }

    impl files::Host for Answering {
        fn describe(&mut self, _: String) -> Option<files::File> {
            None
        }
    }

    impl types::Host for Answering {}

    impl log::Host for Answering {
        fn log(&mut self, _: log::Level, _: String) {}
    }

    pub struct Loop {
        engine: Engine,
        node: NodePre<Answering>,
    }

    impl Loop {
        pub fn new(component: &Path) -> Self {
            let mut pool = PoolingAllocationConfig::new();
            pool.linear_memory_keep_resident(256 << 10)
                .async_stack_keep_resident(16 << 10)
                .table_keep_resident(4 << 10)
                .pagemap_scan(Enabled::Auto);
            let mut config = Config::new();
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
            let engine = Engine::new(&config).unwrap();
            let mut linker = Linker::new(&engine);
            Node::add_to_linker::<_, HasSelf<Answering>>(&mut linker, |answering| answering).unwrap();
            let component = Component::from_file(&engine, component).unwrap();
            let node = NodePre::new(linker.instantiate_pre(&component).unwrap()).unwrap();
            Self { engine, node }
        }

        pub async fn run(&self) -> String {
            let inputs = r#"{"AgentId":123456789,"UserIds":["manager001","user002"],"MsgType":"text","Content":"This is a test message from an automated workflow."}"#;
            let mut store = Store::new(&self.engine, Answering);
            let instance = self.node.instantiate_async(&mut store).await.unwrap();
            instance.call_run(&mut store, inputs, "{}").await.unwrap().unwrap().outputs
        }
    }
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

criterion_group!(benches, bare_engine, invocation, component);
criterion_main!(benches);
