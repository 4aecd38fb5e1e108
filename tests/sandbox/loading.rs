//! Components that are refused before they ever run.

use std::fs;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use patchbay_runtime::{Engine, EngineConfig, Runtime, RuntimeConfig};
use wit_component::DecodedWasm;
use wit_parser::WorldItem;

use crate::environment::components::{MANIFEST, NodesFolder, UNREACHABLE, component, core_module};
use crate::environment::hostile::engine;
use crate::environment::{HOSTILE_NODES, NODES};

static IMPATIENT: LazyLock<Arc<Engine>> = LazyLock::new(|| {
    let max_compute = Duration::from_millis(200);
    engine(EngineConfig { max_concurrent_runs: 16, max_compute, ..EngineConfig::default() })
});

/// Why a component can not be loaded under the name `suspect`.
async fn refusal(suspect: impl AsRef<[u8]>) -> String {
    let nodes = NodesFolder::new().with("suspect", suspect);
    let config = RuntimeConfig { nodes_directory: nodes.path().to_owned(), ..RuntimeConfig::default() };
    let runtime = Runtime::new(Arc::clone(&IMPATIENT), config).unwrap();
    let suspect = "hostile/suspect".parse().unwrap();
    // Far longer than it may take: a node that is never stopped fails the test instead of blocking it.
    let loaded = tokio::time::timeout(Duration::from_secs(20), runtime.manifest(&suspect)).await.expect("loading ends");
    loaded.expect_err("the component is refused").to_string()
}

fn built(operation: &str) -> Vec<u8> {
    fs::read(HOSTILE_NODES.join(format!("hostile/{operation}.wasm"))).unwrap()
}

#[tokio::test]
async fn a_component_that_imports_a_clock_is_refused() {
    let wasi = wat::parse_str(
        r#"(component
            (import "wasi:clocks/monotonic-clock@0.2.0" (instance (export "now" (func (result u64))))))"#,
    );
    assert_eq!(
        refusal(wasi.unwrap()).await,
        "the node `hostile/suspect` imports `wasi:clocks/monotonic-clock@0.2.0`; \
         nodes have http, files, log, types of patchbay:node at 0.1 or 0.2 and nothing else"
    );
}

#[tokio::test]
async fn a_component_that_imports_another_version_of_the_interface_is_refused() {
    let newer = wat::parse_str(
        r#"(component
            (import "patchbay:node/log@9.0.0" (instance (export "log" (func (param "message" string))))))"#,
    );
    let refusal = refusal(newer.unwrap()).await;
    assert!(refusal.contains("imports `patchbay:node/log@9.0.0`"), "{refusal}");
}

#[tokio::test]
async fn a_component_that_exports_no_node_is_refused() {
    let refusal = refusal(wat::parse_str("(component)").unwrap()).await;
    assert!(refusal.contains("is not a component that can run here"), "{refusal}");
}

#[tokio::test]
async fn a_component_with_several_memories_is_refused() {
    // It would take the places of other runs in the pool, which would fail instead of waiting.
    let greedy = wat::parse_str(
        "(component
            (core module $module (memory 1))
            (core instance (instantiate $module))
            (core instance (instantiate $module)))",
    );
    let refusal = refusal(greedy.unwrap()).await;
    assert!(refusal.contains("2 Wasm linear memories"), "{refusal}");
}

#[tokio::test]
async fn a_component_of_many_instances_is_refused() {
    let instances = "(core instance (instantiate $module))".repeat(10);
    let greedy = wat::parse_str(format!("(component (core module $module) {instances})"));
    let refusal = refusal(greedy.unwrap()).await;
    assert!(refusal.contains("10 core module instances"), "{refusal}");
}

#[tokio::test]
async fn bytes_that_are_no_component_are_refused() {
    for bytes in [&b""[..], b"not a component", &built("probe")[..1000]] {
        let refusal = refusal(bytes).await;
        assert!(refusal.contains("is not a component that can run here"), "{refusal}");
    }
}

#[tokio::test]
async fn a_component_under_the_name_of_another_is_refused() {
    assert_eq!(
        refusal(built("probe")).await,
        "the manifest of `hostile/suspect` can not be used: it calls itself `probe`, its file `suspect`"
    );
}

#[tokio::test]
async fn a_manifest_that_takes_for_ever_is_refused() {
    let module = core_module("suspect", "", "(loop (br 0)) unreachable", UNREACHABLE);
    let refusal = refusal(component(&module)).await;
    assert!(refusal.ends_with("the node computed for longer than 200 ms (limits.compute_per_run)"), "{refusal}");
}

#[tokio::test]
async fn a_manifest_that_asks_the_gate_for_ever_is_refused() {
    let import = r#"(import "patchbay:node/http@0.2.0" "send-all" (func $send_all (param i32 i32 i32)))"#;
    let ask = "(loop (call $send_all (i32.const 0) (i32.const 0) (i32.const 64)) (br 0)) unreachable";
    let refusal = refusal(component(&core_module("suspect", import, ask, UNREACHABLE))).await;
    assert!(refusal.ends_with("the node computed for longer than 200 ms (limits.compute_per_run)"), "{refusal}");
}

#[tokio::test]
async fn a_manifest_that_traps_is_refused() {
    let refusal = refusal(component(&core_module("suspect", "", UNREACHABLE, UNREACHABLE))).await;
    assert!(refusal.contains("the manifest of `hostile/suspect` can not be used: the node panicked"), "{refusal}");
}

#[tokio::test]
async fn a_start_function_that_takes_for_ever_is_refused() {
    let start = "(start $endless) (func $endless (loop (br 0)))";
    // A start function runs while the instance is made, before anything of it is called.
    let module = core_module("suspect", start, MANIFEST, UNREACHABLE);
    let refusal = refusal(component(&module)).await;
    assert!(refusal.ends_with("the node computed for longer than 200 ms (limits.compute_per_run)"), "{refusal}");
}

#[tokio::test]
async fn a_node_that_can_not_be_loaded_leaves_the_others_alone() {
    let nodes = NodesFolder::new().with("suspect", "not a component").with("panic", built("panic"));
    let config = RuntimeConfig { nodes_directory: nodes.path().to_owned(), ..RuntimeConfig::default() };
    let runtime = Runtime::new(Arc::clone(&IMPATIENT), config).unwrap();
    assert!(runtime.manifest(&"hostile/suspect".parse().unwrap()).await.is_err());
    assert_eq!(runtime.manifest(&"hostile/panic".parse().unwrap()).await.unwrap().title, "Panic");
}

/// Reads the components with other code than the runtime's own check does.
#[test]
fn every_built_node_imports_interfaces_of_the_boundary_and_nothing_else() {
    let allowed = ["http", "files", "log", "types"].map(|interface| format!("patchbay:node/{interface}@0.2.0"));
    let mut components = 0;
    for folder in [NODES.join("dingtalk"), HOSTILE_NODES.join("hostile")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "wasm") {
                continue;
            }
            let decoded = wit_component::decode(&fs::read(&path).unwrap()).unwrap();
            let DecodedWasm::Component(interface, world) = decoded else {
                panic!("{} is no component", path.display())
            };
            // Types of the exported functions are listed too; they bring nothing in.
            let imports: Vec<String> = interface.worlds[world]
                .imports
                .iter()
                .filter(|(_, import)| !matches!(import, WorldItem::Type { .. }))
                .map(|(key, _)| interface.name_world_key(key))
                .collect();
            assert!(imports.iter().all(|import| allowed.contains(import)), "{}: {imports:?}", path.display());
            components += 1;
        }
    }
    assert!(components > 20, "{components}");
}

/// A runtime over nodes that a test makes while it runs.
fn runtime_over(nodes: &NodesFolder, coming: &[&str]) -> Arc<Runtime> {
    let config = RuntimeConfig {
        nodes_directory: nodes.path().to_owned(),
        coming: coming.iter().map(|id| id.parse().unwrap()).collect(),
        ..RuntimeConfig::default()
    };
    Arc::new(Runtime::new(Arc::clone(&IMPATIENT), config).unwrap())
}

#[tokio::test]
async fn a_node_that_is_being_built_is_waited_for() {
    let nodes = NodesFolder::new();
    let runtime = runtime_over(&nodes, &["hostile/panic", "hostile/probe"]);
    let id = "hostile/panic".parse().unwrap();
    let waiting = tokio::spawn({
        let runtime = Arc::clone(&runtime);
        async move { runtime.manifest(&"hostile/panic".parse().unwrap()).await }
    });
    assert_eq!(runtime.snapshot().loading(), 2);
    let nodes = nodes.with("panic", built("panic"));
    runtime.built(&id).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().title, "Panic");
    runtime.not_built(&"hostile/probe".parse().unwrap(), "it does not compile".to_owned()).await.unwrap();
    let refused = runtime.manifest(&"hostile/probe".parse().unwrap()).await.unwrap_err().to_string();
    assert_eq!(refused, "the node `hostile/probe` was not built: it does not compile");
    let left_out: Vec<String> = runtime.snapshot().left_out().into_iter().map(|left_out| left_out.name).collect();
    assert_eq!((runtime.snapshot().loading(), left_out), (0, vec!["hostile/probe".to_owned()]));
    drop(nodes);
}

#[tokio::test]
async fn a_directory_that_is_read_anew_gives_what_is_new_and_keeps_what_is_loaded() {
    let nodes = NodesFolder::new().with("panic", built("panic"));
    let runtime = runtime_over(&nodes, &[]);
    let panic = "hostile/panic".parse().unwrap();
    let before = runtime.node(&panic).await.unwrap();
    let nodes = nodes.with("probe", built("probe"));
    assert!(runtime.node(&"hostile/probe".parse().unwrap()).await.is_err());
    runtime.reload().await.unwrap();
    assert!(runtime.node(&"hostile/probe".parse().unwrap()).await.is_ok());
    assert!(Arc::ptr_eq(&before, &runtime.node(&panic).await.unwrap()));
    let nodes = nodes.with("panic", "not a component");
    runtime.reload().await.unwrap();
    assert!(runtime.node(&panic).await.is_err());
    drop(nodes);
}
