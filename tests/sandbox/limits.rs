//! Limits of one run on memory, tables, stack, requests and log lines; and that one run leaves nothing to another.

use std::sync::{Arc, LazyLock};

use patchbay_runtime::{Engine, EngineConfig, GateLimits, LogLevel, Run, RuntimeConfig};
use serde_json::json;

use crate::environment::captured_log::CapturedLog;
use crate::environment::components::{MANIFEST, NodesFolder, component, core_module};
use crate::environment::hostile::{Hostile, Setup, engine};
use crate::environment::script::{Script, text_answer};

/// An engine whose runs have little of everything.
static SMALL: LazyLock<Arc<Engine>> = LazyLock::new(|| {
    engine(EngineConfig {
        max_concurrent_runs: 16,
        max_memory_bytes: 4 << 20,
        max_table_elements: 1_000,
        ..EngineConfig::default()
    })
});

fn small() -> Arc<Hostile> {
    Setup { engine: Arc::clone(&SMALL), ..Setup::over(Script::agreeing()) }.start()
}

/// Runs a node that no build made.
async fn run_small(operation: &str, node: Vec<u8>) -> Run {
    let nodes = NodesFolder::new().with(operation, node);
    let runtime = RuntimeConfig { nodes_directory: nodes.path().to_owned(), ..Setup::default().runtime };
    let setup = Setup { engine: Arc::clone(&SMALL), runtime, ..Setup::over(Script::agreeing()) };
    setup.start().run(operation, json!({})).await
}

#[track_caller]
fn assert_stopped(run: &Run, message: &str) {
    assert_eq!((run.envelope.status_code, run.envelope.retryable), (500, false), "{:?}", run.envelope);
    assert!(run.envelope.error_message.contains(message), "{}", run.envelope.error_message);
    assert!(!run.envelope.hint.is_empty());
}

#[tokio::test]
async fn a_node_within_its_memory_is_let_be() {
    let run = small().run("take-memory", json!({ "StepKib": 128, "Steps": 8 })).await;
    assert_eq!(run.envelope.outputs["TakenKib"], json!(1024), "{:?}", run.envelope);
}

#[tokio::test]
async fn a_node_that_takes_more_memory_than_it_may_have_is_stopped() {
    let run = small().run("take-memory", json!({ "StepKib": 8192, "Steps": 1 })).await;
    assert_stopped(&run, "the node needed more memory than 4 MiB");
}

#[tokio::test]
async fn memory_taken_in_small_steps_is_summed() {
    let run = small().run("take-memory", json!({ "StepKib": 64, "Steps": 1_000_000 })).await;
    assert_stopped(&run, "the node needed more memory than 4 MiB");
}

#[tokio::test]
async fn memory_that_went_on_what_was_given_or_answered_is_not_told_as_the_authors_mistake() {
    let run = small().run("remember", json!({ "Secret": "x".repeat(3 << 20) })).await;
    assert_stopped(&run, "the node needed more memory than 4 MiB (limits.memory_per_run) for inputs of 3.1 MB");
    assert_eq!(run.envelope.hint, "Give less in one call, or raise limits.memory_per_run.");
    let script = Script::new(|_| text_answer(200, &"x".repeat(3 << 20)));
    let hostile = Setup { engine: Arc::clone(&SMALL), ..Setup::over(script) }.start();
    let run = hostile.run("probe", json!({ "Request": { "Url": "https://api.example.com/rows" } })).await;
    assert_stopped(&run, "the node needed more memory than 4 MiB (limits.memory_per_run) for answers of 3.1 MB");
    assert_eq!(run.envelope.hint, "Ask for less in one call, or raise limits.memory_per_run.");
    let run = small().run("take-memory", json!({ "StepKib": 8192, "Steps": 1 })).await;
    assert_eq!(run.envelope.hint, "Report it to the node's author.");
}

#[tokio::test]
async fn memory_that_a_stopped_node_held_is_free_for_the_next_run() {
    let hostile = small();
    // More runs than the pool has places, so that each place is taken again.
    for _ in 0..20 {
        assert_stopped(&hostile.run("take-memory", json!({ "StepKib": 8192, "Steps": 1 })).await, "more memory");
    }
    let run = hostile.run("take-memory", json!({ "StepKib": 128, "Steps": 8 })).await;
    assert!(run.envelope.is_success(), "{:?}", run.envelope);
}

#[tokio::test]
async fn a_node_that_takes_more_table_elements_than_it_may_have_is_stopped() {
    let grow = "(if (i32.eq (table.grow $table (ref.null func) (i32.const 2000)) (i32.const -1)) (then unreachable)) (i32.const 64)";
    let node = component(&core_module("grow-table", "(table $table 1 funcref)", MANIFEST, grow));
    assert_stopped(&run_small("grow-table", node).await, "the node needed more than 1000 table elements");
}

#[tokio::test]
async fn table_elements_taken_in_small_steps_are_summed() {
    let grow =
        "(loop (br_if 0 (i32.ne (table.grow $table (ref.null func) (i32.const 10)) (i32.const -1)))) unreachable";
    let node = component(&core_module("grow-table", "(table $table 1 funcref)", MANIFEST, grow));
    assert_stopped(&run_small("grow-table", node).await, "the node needed more than 1000 table elements");
}

#[tokio::test]
async fn a_node_that_recurses_too_deeply_is_stopped() {
    let run = small().run("deep-recursion", json!({})).await;
    assert_stopped(&run, "the node ran out of stack: it recurses too deeply");
}

#[tokio::test]
async fn the_message_of_a_panic_is_in_the_envelope() {
    let run = small().run("panic", json!({ "Message": "the ledger is not in order" })).await;
    assert_stopped(&run, "the node panicked");
    assert_stopped(&run, "the ledger is not in order");
}

#[tokio::test]
async fn a_run_sends_as_many_requests_as_it_may_and_no_more() {
    let script = Script::agreeing();
    let setup = Setup::over(Arc::clone(&script));
    let gate = GateLimits { max_requests: 5, ..GateLimits::default() };
    let hostile = Setup { runtime: RuntimeConfig { gate, ..setup.runtime }, ..setup }.start();
    let run = hostile.run("send-on-and-on", json!({})).await;
    assert_eq!(run.envelope.outputs["Sent"], json!(5), "{:?}", run.envelope);
    let refusal = run.envelope.outputs["Refusal"].as_str().unwrap();
    assert!(refusal.contains("the run has sent 5 requests, which is as many as one run may send"), "{refusal}");
    assert_eq!((script.sent().len(), run.exchanges.len()), (5, 5));
}

#[tokio::test]
async fn requests_sent_side_by_side_are_counted_one_by_one() {
    let script = Script::agreeing();
    let setup = Setup::over(Arc::clone(&script));
    let gate = GateLimits { max_requests: 5, ..GateLimits::default() };
    let hostile = Setup { runtime: RuntimeConfig { gate, ..setup.runtime }, ..setup }.start();
    let requests = vec![json!({ "Url": "https://api.example.com/rows" }); 8];
    let run = hostile.run("send-many", json!({ "Requests": requests })).await;
    let replies = run.envelope.outputs["Replies"].as_array().unwrap().clone();
    let sent = replies.iter().filter(|reply| reply["Status"] == json!(200)).count();
    let refused = replies.iter().filter(|reply| reply["Problem"] == json!("refused")).count();
    assert_eq!((sent, refused, script.sent().len()), (5, 3, 5));
}

#[tokio::test]
async fn a_flood_of_log_lines_is_cut_to_a_bounded_record() {
    let run = small().run("log-flood", json!({ "Lines": 5_000, "LineBytes": 100 })).await;
    assert!(run.envelope.is_success(), "{:?}", run.envelope);
    assert!(run.log.len() <= 1_000, "{} lines", run.log.len());
}

#[tokio::test]
async fn an_endless_log_line_is_cut_between_two_characters() {
    let run = small().run("log-flood", json!({ "Lines": 1, "LineBytes": 100_000 })).await;
    let line = &run.log[0];
    assert_eq!(line.level, LogLevel::Info);
    assert!(line.message.len() < 5_000 && line.message.ends_with("ä…"), "{} bytes", line.message.len());
}

#[tokio::test]
async fn a_flood_of_log_lines_does_not_flood_the_hosts_log() {
    let hostile = small();
    let log = CapturedLog::start(tracing::Level::TRACE);
    hostile.run("log-flood", json!({ "Lines": 5_000, "LineBytes": 20_000 })).await;
    let bytes = log.text().len();
    assert!(bytes > 0, "nothing was captured");
    // 1,000 lines of 4 KiB, and what the host puts before each.
    assert!(bytes < 5_000_000, "{bytes} bytes");
}

#[tokio::test]
async fn nothing_a_run_keeps_is_there_in_the_next() {
    let hostile = small();
    for secret in ["first", "second", "third"] {
        let run = hostile.run("remember", json!({ "Secret": secret })).await;
        assert_eq!(run.envelope.outputs["Remembered"], json!([]), "{secret}");
    }
}

#[tokio::test]
async fn memory_is_blank_after_a_run_that_filled_it() {
    // Reads what lies beyond its own data: anything but zeros was another run's.
    let look = "(if (i64.ne (i64.load (i32.const 100000)) (i64.const 0)) (then unreachable))
        (i64.store (i32.const 100000) (i64.const -1)) (i32.const 64)";
    let node = component(&core_module("look-around", "", MANIFEST, look));
    let nodes = NodesFolder::new().with("look-around", node);
    let engine = engine(EngineConfig { max_concurrent_runs: 1, ..EngineConfig::default() });
    let runtime = RuntimeConfig { nodes_directory: nodes.path().to_owned(), ..Setup::default().runtime };
    let hostile = Setup { engine, runtime, ..Setup::over(Script::agreeing()) }.start();
    for _ in 0..3 {
        let run = hostile.run("look-around", json!({})).await;
        assert!(run.envelope.error_message.contains("not a JSON object"), "{:?}", run.envelope);
    }
}
