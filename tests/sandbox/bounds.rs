//! What the host does for a caller or a node is bounded as well: checking, reading, copying, keeping.

use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use patchbay_runtime::{Engine, EngineConfig, ExchangeOutcome, Invocation, Run, Runtime, RuntimeConfig};
use serde_json::{Map, Value, json};

use crate::environment::components::{NodesFolder, UNREACHABLE, component, core_module_with};
use crate::environment::hostile::{Setup, engine};
use crate::environment::script::Script;

/// An engine whose runs may compute for a moment only.
static IMPATIENT: LazyLock<Arc<Engine>> = LazyLock::new(|| {
    let max_compute = Duration::from_millis(300);
    engine(EngineConfig { max_concurrent_runs: 16, max_compute, ..EngineConfig::default() })
});

/// Far longer than anything may take here: what is not bounded fails the test instead of blocking it.
const FOR_EVER: Duration = Duration::from_secs(30);

/// Where large texts lie in the memory of a component.
const TEXT: u32 = 131_072;

fn nothing() -> Value {
    json!({ "type": "object", "properties": {} })
}

/// Makes a runtime of one node, `hostile/suspect`.
fn runtime_of(engine: &Arc<Engine>, module: &str) -> (NodesFolder, Runtime) {
    let nodes = NodesFolder::new().with("suspect", component(module));
    let config = RuntimeConfig { nodes_directory: nodes.path().to_owned(), ..Setup::default().runtime };
    let runtime = Runtime::with_transport(Arc::clone(engine), config, Script::agreeing()).unwrap();
    (nodes, runtime)
}

async fn run_with(engine: &Arc<Engine>, module: &str, inputs: Value) -> Run {
    let (_nodes, runtime) = runtime_of(engine, module);
    let invocation = Invocation { inputs, ..Invocation::new("hostile/suspect".parse().unwrap()) };
    tokio::time::timeout(FOR_EVER, runtime.invoke(invocation)).await.expect("the run ends").unwrap()
}

async fn run(module: &str) -> Run {
    run_with(&IMPATIENT, module, json!({})).await
}

async fn refusal(inputs: Value) -> String {
    let (_nodes, runtime) =
        runtime_of(&IMPATIENT, &core_module_with("suspect", (&inputs, &nothing()), 3, "", UNREACHABLE));
    let loaded = tokio::time::timeout(FOR_EVER, runtime.manifest(&"hostile/suspect".parse().unwrap())).await;
    loaded.expect("loading ends").expect_err("the manifest is refused").to_string()
}

fn members(count: usize, schema: impl Fn(usize) -> Value) -> Map<String, Value> {
    (0..count).map(|number| (format!("a{number}"), schema(number))).collect()
}

fn object_of(schema: Value, definitions: Map<String, Value>) -> Value {
    json!({ "type": "object", "properties": { "X": schema }, "$defs": definitions })
}

#[tokio::test]
async fn a_schema_that_doubles_is_refused_with_the_name_of_the_bound() {
    for keyword in ["allOf", "anyOf", "oneOf", "prefixItems"] {
        let next = |number: usize| json!({ "$ref": format!("#/$defs/a{}", (number + 1) % 41) });
        let mut definitions = members(40, |number| json!({ keyword: [next(number), next(number)] }));
        definitions.insert("a40".to_owned(), json!({}));
        let refusal = refusal(object_of(json!({ "$ref": "#/$defs/a0" }), definitions)).await;
        let names_the_bound = ["20000 schemas", "1000 of its schemas", "32 schemas within"];
        assert!(names_the_bound.iter().any(|bound| refusal.contains(bound)), "{keyword}: {refusal}");
    }
}

#[tokio::test]
async fn a_schema_as_deep_as_the_stack_is_refused() {
    let mut definitions = members(900, |number| json!({ "items": { "$ref": format!("#/$defs/a{}", number + 1) } }));
    definitions.insert("a900".to_owned(), json!({}));
    let refusal = refusal(object_of(json!({ "$ref": "#/$defs/a0" }), definitions)).await;
    assert!(refusal.contains("deeper than 128 schemas"), "{refusal}");
}

#[tokio::test]
async fn a_pattern_that_grows_when_it_is_compiled_is_refused() {
    let refusal = refusal(object_of(json!({ "type": "string", "pattern": "((a{100}){100}){100}" }), Map::new())).await;
    assert!(refusal.contains("pattern") || refusal.contains("regex"), "{refusal}");
}

#[tokio::test]
async fn a_manifest_that_a_terminal_would_obey_is_refused() {
    let refusal = refusal(object_of(json!({ "description": "\u{1b}]0;owned\u{7}" }), Map::new())).await;
    assert!(refusal.contains("control characters"), "{refusal}");
}

fn lists() -> Value {
    json!({
        "type": "object",
        "properties": {
            "UserIds": { "anyOf": [
                { "type": "array", "items": { "type": "string" }, "maxItems": 100 },
                { "type": "string", "format": "comma-separated" },
            ] },
            "Numbers": { "type": "array", "items": { "type": "integer" } },
        },
        "additionalProperties": false,
    })
}

async fn wrong(inputs: Value) -> String {
    let module = core_module_with("suspect", (&lists(), &nothing()), 3, "", UNREACHABLE);
    let began = Instant::now();
    let envelope = run_with(&PATIENT, &module, inputs).await.envelope;
    assert_eq!(envelope.status_code, -1, "{}", envelope.error_message);
    assert!(envelope.error_message.len() < 64_000, "{} bytes", envelope.error_message.len());
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    envelope.error_message
}

/// An engine whose runs may compute for long on a machine that is busy.
static PATIENT: LazyLock<Arc<Engine>> = LazyLock::new(|| {
    engine(EngineConfig { max_concurrent_runs: 16, max_compute: FOR_EVER, ..EngineConfig::default() })
});

#[tokio::test]
async fn a_list_of_a_hundred_thousand_names_is_refused_in_its_length() {
    let names: String = (0..100_000).map(|number| format!("{number},")).collect();
    assert_eq!(wrong(json!({ "UserIds": names })).await, "UserIds: expected at most 100 items, got 100000");
}

#[tokio::test]
async fn of_sixty_thousand_wrong_items_fifty_are_told() {
    let message = wrong(json!({ "Numbers": vec!["x"; 60_000] })).await;
    assert!(message.starts_with("Numbers[0]: expected an integer, got the text \"x\"; "), "{message}");
    assert!(message.contains("; and at least ") && message.ends_with(" more"), "{message}");
}

#[tokio::test]
async fn of_a_hundred_thousand_unknown_names_fifty_are_told() {
    let names: Map<String, Value> = (0..100_000).map(|number| (format!("n{number}"), json!(1))).collect();
    let message = wrong(names.into()).await;
    assert!(message.ends_with("; and 99950 more"), "{message}");
}

#[tokio::test]
async fn names_and_values_of_a_megabyte_are_cut() {
    let long = "n".repeat(1 << 20);
    let message = wrong(json!({ (long.clone()): 1, "Numbers": [long], "UserIds": 5 })).await;
    assert!(message.contains("… (1048576 characters)") && message.len() < 2_000, "{message}");
}

#[tokio::test]
async fn what_is_large_is_checked_aside_of_the_threads_that_serve() {
    let module = core_module_with("suspect", (&lists(), &nothing()), 3, "", UNREACHABLE);
    let (_nodes, runtime) = runtime_of(&PATIENT, &module);
    let node = "hostile/suspect".parse().unwrap();
    runtime.manifest(&node).await.unwrap();
    let invocation = |numbers: usize| Invocation {
        inputs: json!({ "Numbers": vec!["x"; numbers] }),
        ..Invocation::new("hostile/suspect".parse().unwrap())
    };
    // Nothing else runs on this thread: what the first poll does not do is done elsewhere.
    let mut context = Context::from_waker(Waker::noop());
    let mut small = pin!(runtime.invoke(invocation(1)));
    assert!(small.as_mut().poll(&mut context).is_ready(), "a hop would cost more than the check");
    let mut large = pin!(runtime.invoke(invocation(200_000)));
    assert!(large.as_mut().poll(&mut context).is_pending());
    assert_eq!(large.await.unwrap().envelope.status_code, -1);
}

/// Gives a result of which the outputs are at `TEXT` and have that length.
fn result(length: u32) -> String {
    format!(
        "(i32.store8 (i32.const 8) (i32.const 0))
         (i32.store (i32.const 12) (i32.const {TEXT}))
         (i32.store (i32.const 16) (i32.const {length}))
         (i32.store (i32.const 20) (i32.const 0))
         (i32.store (i32.const 24) (i32.const 0))
         (i32.const 8)"
    )
}

/// Tells of outputs that are `{"X":[0,0,...]}` with so many zeros and one.
fn zeros(count: u32, outputs: &Value) -> String {
    let list = TEXT + 6;
    let end = list + 2 * count;
    let run = format!(
        "(local $i i32)
         (loop $next
            (i32.store16 (i32.add (i32.const {list}) (i32.shl (local.get $i) (i32.const 1))) (i32.const 0x2c30))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $i) (i32.const {count}))))
         (i32.store8 (i32.const {end}) (i32.const 0x30))
         (i32.store8 (i32.add (i32.const {end}) (i32.const 1)) (i32.const 0x5d))
         (i32.store8 (i32.add (i32.const {end}) (i32.const 2)) (i32.const 0x7d))
         {}",
        result(end + 3 - TEXT)
    );
    let pages = (end + 3).div_ceil(65_536);
    core_module_with("suspect", (&nothing(), outputs), pages, "", &run).replacen(
        "(func $manifest",
        &format!("(data (i32.const {TEXT}) \"{{\\22X\\22:[\") (func $manifest"),
        1,
    )
}

#[tokio::test]
async fn a_result_larger_than_a_node_may_hand_over_is_not_taken() {
    let run = run(&core_module_with("suspect", (&nothing(), &nothing()), 320, "", &result(18_000_000))).await;
    let message = &run.envelope.error_message;
    assert_eq!(message, "the node handed the host more than 16 MiB in one call (limits.handed_at_once)");
    assert_eq!(run.envelope.status_code, 500);
}

#[tokio::test]
async fn a_result_that_grows_when_it_is_read_is_given_up() {
    let envelope = run_with(&PATIENT, &zeros(5_000_000, &nothing()), json!({})).await.envelope;
    let message = envelope.error_message;
    assert!(message.contains("more than 64 MiB of memory once it is read (limits.memory_per_run)"), "{message}");
}

#[tokio::test]
async fn zeros_where_texts_are_declared_are_told_in_a_short_message() {
    let texts = json!({ "type": "object", "properties": { "X": { "type": "array", "items": { "type": "string" } } } });
    let envelope = run_with(&PATIENT, &zeros(200_000, &texts), json!({})).await.envelope;
    assert_eq!(envelope.status_code, 500);
    assert!(envelope.error_message.contains("; and at least "), "{}", envelope.error_message);
    assert!(envelope.error_message.len() < 16_000, "{} bytes", envelope.error_message.len());
}

#[tokio::test]
async fn a_result_of_a_reasonable_size_is_taken() {
    let numbers =
        json!({ "type": "object", "properties": { "X": { "type": "array", "items": { "type": "integer" } } } });
    let envelope = run_with(&PATIENT, &zeros(100_000, &numbers), json!({})).await.envelope;
    assert_eq!(envelope.outputs["X"].as_array().map(Vec::len), Some(100_001), "{}", envelope.error_message);
}

const LOG: &str = r#"(import "patchbay:node/log@0.2.0" "log" (func $log (param i32 i32 i32)))"#;

#[tokio::test]
async fn a_line_larger_than_a_node_may_hand_over_is_not_taken() {
    let log = format!("(call $log (i32.const 1) (i32.const {TEXT}) (i32.const 18000000)) unreachable");
    let run = run(&core_module_with("suspect", (&nothing(), &nothing()), 320, LOG, &log)).await;
    assert!(run.envelope.error_message.contains("(limits.handed_at_once)"), "{}", run.envelope.error_message);
}

#[tokio::test]
async fn the_time_that_the_host_takes_for_a_line_is_the_nodes() {
    let log = format!("(loop (call $log (i32.const 1) (i32.const {TEXT}) (i32.const 15000000)) (br 0)) unreachable");
    let run = run(&core_module_with("suspect", (&nothing(), &nothing()), 320, LOG, &log)).await;
    let message = run.envelope.error_message;
    assert!(message.starts_with("the node computed for longer than 300 ms (limits.compute_per_run)"), "{message}");
    assert!(run.log.len() <= 1_000);
    assert!(run.timing.sandbox < Duration::from_secs(10), "{:?}", run.timing);
}

#[tokio::test]
async fn requests_that_share_one_body_in_the_node_are_counted_each() {
    // 256 requests whose bodies are the same 4 MB: a gigabyte when the host has copied them.
    let import = r#"(import "patchbay:node/http@0.2.0" "send-all" (func $send_all (param i32 i32 i32)))"#;
    let send = format!(
        "(local $i i32)
         (loop $next
            (i32.store offset=65568 (i32.mul (local.get $i) (i32.const 88)) (i32.const 1))
            (i32.store offset=65576 (i32.mul (local.get $i) (i32.const 88)) (i32.const {TEXT}))
            (i32.store offset=65580 (i32.mul (local.get $i) (i32.const 88)) (i32.const 4000000))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $i) (i32.const 256))))
         (call $send_all (i32.const 65536) (i32.const 256) (i32.const 64)) unreachable"
    );
    let run = run(&core_module_with("suspect", (&nothing(), &nothing()), 80, import, &send)).await;
    assert!(run.envelope.error_message.contains("(limits.handed_at_once)"), "{}", run.envelope.error_message);
    assert!(run.exchanges.is_empty());
}

fn few_bytes(max_total_memory_bytes: usize) -> Arc<Engine> {
    engine(EngineConfig { max_concurrent_runs: 64, max_total_memory_bytes, ..EngineConfig::default() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn runs_that_there_is_no_memory_for_wait_for_it() {
    let hostile = Setup { engine: few_bytes(20 << 20), ..Setup::over(Script::agreeing()) }.start();
    let inputs = json!({ "StepKib": 8192, "Steps": 1 });
    // From the first the others are known.
    let first = hostile.run("take-memory", inputs.clone()).await;
    assert!(first.envelope.is_success(), "{:?}", first.envelope);
    let runs = hostile.run_side_by_side((0..30).map(|_| hostile.invocation("take-memory", inputs.clone()))).await;
    for run in &runs {
        assert!(run.envelope.is_success(), "{:?}", run.envelope);
    }
}

#[tokio::test]
async fn a_run_that_other_runs_leave_no_memory_for_may_be_run_again() {
    let hostile = Setup { engine: few_bytes(6 << 20), ..Setup::over(Script::agreeing()) }.start();
    let envelope = hostile.run("take-memory", json!({ "StepKib": 8192, "Steps": 1 })).await.envelope;
    assert_eq!((envelope.status_code, envelope.retryable), (503, true), "{envelope:?}");
    assert!(envelope.error_message.contains("limits.memory"), "{envelope:?}");
    // Afterwards there is as much as before.
    let small = hostile.run("take-memory", json!({ "StepKib": 64, "Steps": 1 })).await.envelope;
    assert!(small.is_success(), "{small:?}");
}

#[tokio::test]
async fn a_mistake_of_the_host_in_a_run_is_told_with_what_was_sent() {
    let hostile = Setup::over(Script::new(|_| panic!("a transport that fails"))).start();
    let run = hostile.probe_or_fail(json!({ "Url": "https://api.example.com/rows" })).await;
    let envelope = &run.envelope;
    assert_eq!((envelope.status_code, envelope.retryable), (500, false), "{envelope:?}");
    assert_eq!(envelope.error_message, "the host failed while it ran the node: a transport that fails");
    assert!(
        matches!(run.exchanges[..], [ref only] if matches!(only.outcome, ExchangeOutcome::Sent)),
        "{:?}",
        run.exchanges
    );
    // The next run finds all as it was.
    assert!(hostile.run("take-memory", json!({ "StepKib": 64, "Steps": 1 })).await.envelope.is_success());
}
