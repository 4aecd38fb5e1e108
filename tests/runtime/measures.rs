//! What metrics are made of: where a run's time went, and how busy the runtime is.

use std::sync::Arc;
use std::time::Duration;

use patchbay_runtime::{Credentials, EngineConfig, GateLimits, HostGauge, Invocation, RuntimeConfig};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::environment::hostile::{Setup, engine, eventually};
use crate::environment::script::{Script, Tokens, answer};

const URL: &str = "https://api.example.com/rows";

fn read(slot: Option<&str>) -> Value {
    json!({ "Request": { "Url": URL, "Slot": slot } })
}

/// A script that answers when it is let.
fn held() -> (Arc<Semaphore>, Arc<Script>) {
    let leave = Arc::new(Semaphore::new(0));
    let of_script = Arc::clone(&leave);
    let script = Script::waiting(move |_| {
        let leave = Arc::clone(&of_script);
        async move {
            leave.acquire().await.unwrap().forget();
            answer(200, json!({}))
        }
    });
    (leave, script)
}

#[tokio::test]
async fn time_in_the_gate_is_told_apart_from_time_in_the_sandbox() {
    let script = Script::waiting(|_| async {
        tokio::time::sleep(Duration::from_millis(120)).await;
        answer(200, json!({}))
    });
    let run = Setup::over(script).start().run("probe", read(None)).await;
    assert!(run.timing.gate >= Duration::from_millis(120), "{:?}", run.timing);
    assert!(run.timing.sandbox > Duration::ZERO && run.timing.sandbox < run.timing.gate, "{:?}", run.timing);
    assert!(run.timing.waiting + run.timing.sandbox + run.timing.gate <= run.took, "{run:?}");
}

#[tokio::test]
async fn a_run_that_is_ended_at_its_deadline_was_in_the_gate() {
    let (_leave, script) = held();
    let hostile = Setup::over(script).start();
    let probe = hostile.invocation("probe", read(None));
    let run = hostile.invoke(Invocation { timeout: Some(Duration::from_millis(300)), ..probe }).await;
    assert!(run.timing.gate >= Duration::from_millis(200), "{:?}", run.timing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_in_the_sandbox_and_runs_that_wait_for_it_are_counted() {
    let (leave, script) = held();
    let setup = Setup::over(script);
    let small = engine(EngineConfig { max_concurrent_runs: 2, ..EngineConfig::default() });
    let hostile = Setup { engine: small, ..setup }.start();
    let begun = tokio::spawn({
        let hostile = Arc::clone(&hostile);
        async move { hostile.run_side_by_side((0..5).map(|_| hostile.invocation("probe", read(None)))).await }
    });
    let gauges = || hostile.runtime.gauges();
    eventually(|| gauges().sandboxes_in_use == 2 && gauges().waiting_for_sandbox == 3).await;
    assert_eq!(gauges().sandboxes, 2);
    eventually(|| gauges().hosts == [HostGauge { host: "api.example.com".into(), in_flight: 2, waiting: 0 }]).await;
    leave.add_permits(5);
    let runs = begun.await.unwrap();
    assert!(runs.iter().any(|run| !run.timing.waiting.is_zero()));
    assert_eq!((gauges().sandboxes_in_use, gauges().waiting_for_sandbox), (0, 0));
    assert_eq!(gauges().hosts[0].in_flight, 0);
}

#[tokio::test]
async fn requests_for_tokens_and_repeated_attempts_are_counted() {
    let tokens = Tokens::default();
    let script = Script::new(move |sent| tokens.issue(sent).unwrap_or_else(|| answer(200, json!({}))));
    let hostile = Setup::over(script).start();
    hostile.run("probe", read(Some("header"))).await;
    let gauges = hostile.runtime.gauges();
    assert_eq!((gauges.token_fetches, gauges.failed_token_fetches, gauges.retries), (1, 0, 0));

    let refusing = Setup::over(Script::new(|_| answer(400, json!({ "code": "40001" })))).start();
    refusing.run("probe", read(Some("header"))).await;
    let gauges = refusing.runtime.gauges();
    assert_eq!((gauges.token_fetches, gauges.failed_token_fetches), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_past_a_credential_s_bound_wait_and_another_credential_s_do_not() {
    let (leave, script) = held();
    let setup = Setup::over(script.clone());
    let gate = GateLimits { max_concurrent_per_credential: 2, ..GateLimits::default() };
    let hostile = Setup { runtime: RuntimeConfig { gate, ..setup.runtime }, ..setup }.start();
    let of_application = (0..5).map(|_| hostile.invocation("probe", read(None)));
    let of_robot =
        Invocation { credentials: Arc::clone(&hostile.robot).into(), ..hostile.invocation("probe", read(None)) };
    let without = Invocation { credentials: Credentials::none(), ..hostile.invocation("probe", read(None)) };
    let all: Vec<_> = of_application.chain([of_robot, without]).collect();
    let begun = tokio::spawn({
        let hostile = Arc::clone(&hostile);
        async move { hostile.run_side_by_side(all).await }
    });
    eventually(|| script.sent().len() == 4).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(script.sent().len(), 4, "two of the application, one of the robot, one of nobody");
    leave.add_permits(7);
    assert!(begun.await.unwrap().iter().all(|run| run.envelope.is_success()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_for_tokens_wait_for_a_place_at_their_host_too() {
    let (leave, script) = held();
    let setup = Setup::over(script.clone());
    let gate = GateLimits { max_concurrent_per_host: 1, ..GateLimits::default() };
    let hostile = Setup { runtime: RuntimeConfig { gate, ..setup.runtime }, ..setup }.start();
    let begin = |inputs: Value| {
        let hostile = Arc::clone(&hostile);
        tokio::spawn(async move { hostile.run("probe", inputs).await })
    };
    let first = begin(read(None));
    eventually(|| script.sent().len() == 1).await;
    let second = begin(read(Some("header")));
    let waiting = || hostile.runtime.gauges().hosts.iter().any(|host| host.waiting == 1);
    eventually(waiting).await;
    assert_eq!(script.fetches(), 0);
    leave.add_permits(1);
    first.await.unwrap();
    eventually(|| script.fetches() == 1).await;
    leave.add_permits(10);
    second.await.unwrap();
}
