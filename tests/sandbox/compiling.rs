//! Compiling is bounded, and what is no component file is not waited for.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use patchbay_runtime::{CompileLimits, CompilerCommand, Engine, EngineConfig, Runtime, RuntimeConfig};

use crate::environment::HOSTILE_NODES;
use crate::environment::components::{MANIFEST, NodesFolder, UNREACHABLE, component, core_module};

fn node() -> Vec<u8> {
    component(&core_module("suspect", "", MANIFEST, UNREACHABLE))
}

/// An engine that compiles in children of the built program.
fn engine(compile: CompileLimits, cache: Option<&Path>) -> Arc<Engine> {
    let compiler =
        CompilerCommand { program: env!("CARGO_BIN_EXE_patchbay").into(), arguments: vec!["compile-component".into()] };
    let config = EngineConfig {
        max_concurrent_runs: 4,
        compile,
        compiler: Some(compiler),
        cache_directory: cache.map(Path::to_owned),
        ..EngineConfig::default()
    };
    Arc::new(Engine::new(config).unwrap())
}

async fn load(engine: &Arc<Engine>, nodes: &NodesFolder) -> Result<String, String> {
    let config = RuntimeConfig { nodes_directory: nodes.path().to_owned(), ..RuntimeConfig::default() };
    let runtime = Runtime::new(Arc::clone(engine), config).unwrap();
    let suspect = "hostile/suspect".parse().unwrap();
    // What is waited for without end fails the test instead of blocking it.
    let loaded = tokio::time::timeout(Duration::from_secs(60), runtime.manifest(&suspect)).await.expect("loading ends");
    loaded.map(|manifest| manifest.id.to_string()).map_err(|error| error.to_string())
}

async fn refusal(compile: CompileLimits, nodes: &NodesFolder) -> String {
    load(&engine(compile, None), nodes).await.expect_err("the component is refused")
}

#[tokio::test]
async fn a_component_is_compiled_by_a_child_and_kept() {
    let cache = tempfile::tempdir().unwrap();
    let nodes = NodesFolder::new().with("suspect", node());
    let kept = cache.path().join("compiled");
    for _ in 0..2 {
        assert_eq!(
            load(&engine(CompileLimits::default(), Some(&kept)), &nodes).await,
            Ok("hostile/suspect".to_owned())
        );
    }
    let files: Vec<_> = std::fs::read_dir(&kept).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "the compiled form and its digest: {files:?}");
    let compiled = files.iter().find(|file| file.extension().is_some_and(|extension| extension == "cwasm")).unwrap();
    let mut bytes = std::fs::read(compiled).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(compiled, &bytes).unwrap();
    assert!(load(&engine(CompileLimits::default(), Some(&kept)), &nodes).await.is_ok());
    assert_ne!(std::fs::read(compiled).unwrap(), bytes, "it was compiled anew");
}

#[tokio::test]
async fn a_component_that_takes_too_long_to_compile_is_given_up() {
    let limits = CompileLimits { max_time: Duration::from_millis(1), ..CompileLimits::default() };
    let refusal = refusal(limits, &NodesFolder::new().with("suspect", node())).await;
    assert!(refusal.contains("(limits.compile_time)"), "{refusal}");
}

#[tokio::test]
async fn a_component_that_takes_too_much_memory_to_compile_is_given_up() {
    let limits = CompileLimits { max_memory_bytes: 1 << 20, ..CompileLimits::default() };
    let probe = std::fs::read(HOSTILE_NODES.join("hostile/probe.wasm")).unwrap();
    let refusal = refusal(limits, &NodesFolder::new().with("suspect", probe)).await;
    assert!(refusal.contains("(limits.compile_memory)"), "{refusal}");
}

#[tokio::test]
async fn the_reason_why_a_component_can_not_be_compiled_comes_from_the_child() {
    let refusal = refusal(CompileLimits::default(), &NodesFolder::new().with("suspect", "not a component")).await;
    assert!(refusal.contains("is not a component that can run here") && refusal.len() < 2_000, "{refusal}");
}

#[tokio::test]
async fn a_component_larger_than_one_may_be_is_not_read() {
    let limits = CompileLimits { max_component_bytes: 1 << 20, ..CompileLimits::default() };
    let refusal = refusal(limits, &NodesFolder::new().with("suspect", vec![0; 2 << 20])).await;
    assert!(refusal.ends_with("it is larger than 1 MiB (limits.component_size)"), "{refusal}");
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_file_is_not_waited_for_and_leaves_the_others_alone() {
    let nodes = NodesFolder::new().with("other", component(&core_module("other", "", MANIFEST, UNREACHABLE)));
    let place = |name: &str| nodes.path().join("hostile").join(name);
    assert!(Command::new("mkfifo").arg(place("suspect.wasm")).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", place("zeros.wasm")).unwrap();
    let engine = engine(CompileLimits::default(), None);
    let refusal = load(&engine, &nodes).await.unwrap_err();
    assert!(refusal.ends_with("it is not a regular file"), "{refusal}");
    let config = RuntimeConfig { nodes_directory: nodes.path().to_owned(), ..RuntimeConfig::default() };
    let runtime = Runtime::new(engine, config).unwrap();
    assert!(runtime.manifest(&"hostile/zeros".parse().unwrap()).await.is_err());
    assert!(runtime.manifest(&"hostile/other".parse().unwrap()).await.is_ok());
}
