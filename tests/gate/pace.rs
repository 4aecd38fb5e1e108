//! How fast a provider's service is asked.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchbay_runtime::{Clock, Credentials, GateLimits, Invocation, RuntimeConfig};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use super::signing::HeldClock;
use crate::environment::HOSTILE_NODES;
use crate::environment::components::NodesFolder;
use crate::environment::hostile::{Hostile, Setup, reply};
use crate::environment::script::{Script, answer};

/// The probe, of a provider with this rate limit.
fn limited(rate_limit: &str, script: &Arc<Script>) -> (NodesFolder, Arc<Hostile>, Arc<HeldClock>) {
    let probe = std::fs::read(HOSTILE_NODES.join("hostile/probe.wasm")).unwrap();
    let nodes = NodesFolder::new().with("probe", probe).with_provider(|text| format!("{text}\n{rate_limit}"));
    let (setup, clock) = (Setup::over(Arc::clone(script)), HeldClock::new());
    let nodes_directory = nodes.path().to_owned();
    let runtime = RuntimeConfig { nodes_directory, clock: Arc::clone(&clock) as _, ..setup.runtime };
    (nodes, Setup { runtime, ..setup }.start(), clock)
}

/// The same on the machine's own clock, for what is given up.
fn limited_for_long(script: &Arc<Script>) -> (NodesFolder, Arc<Hostile>) {
    let probe = std::fs::read(HOSTILE_NODES.join("hostile/probe.wasm")).unwrap();
    let nodes = NodesFolder::new()
        .with("probe", probe)
        .with_provider(|text| format!("{text}\n[rate_limit]\nrequests = 1\nper_ms = 3600000"));
    let setup = Setup::over(Arc::clone(script));
    let runtime = RuntimeConfig { nodes_directory: nodes.path().to_owned(), ..setup.runtime };
    (nodes, Setup { runtime, ..setup }.start())
}

fn get(url: &str) -> Value {
    json!({ "Url": url })
}

#[tokio::test]
async fn requests_past_the_rate_limit_wait_for_their_turn() {
    let script = Script::agreeing();
    let (_nodes, hostile, clock) = limited("[rate_limit]\nrequests = 2\nper_ms = 200", &script);
    let began = clock.now();
    for _ in 0..5 {
        assert_eq!(hostile.probe(get("https://api.example.com/rows")).await.status, 200);
    }
    // Two at once, two more after the span of time, and one after two of it.
    let took = clock.now() - began;
    assert!(took >= Duration::from_millis(400) && took < Duration::from_millis(500), "{took:?}");
}

#[tokio::test]
async fn a_read_that_the_service_refuses_for_its_rate_is_sent_again_within_the_run() {
    let asked = AtomicUsize::new(0);
    let script = Script::new(move |_| answer(if asked.fetch_add(1, SeqCst) == 0 { 429 } else { 200 }, json!({})));
    let (_nodes, hostile, clock) = limited("", &script);
    let began = clock.now();
    let run = hostile.run("probe", json!({ "Request": get("https://api.example.com/rows") })).await;
    assert_eq!((reply(&run).status, run.exchanges.len(), run.exchanges[0].resent), (200, 1, 1));
    assert_eq!(run.attempts, 1, "the node was run once");
    assert!(clock.now() - began >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_request_whose_turn_does_not_come_in_time_is_not_sent() {
    let script = Script::agreeing();
    let (_nodes, hostile) = limited_for_long(&script);
    hostile.probe(get("https://api.example.com/rows")).await;
    let probe = hostile.invocation("probe", json!({ "Request": get("https://api.example.com/rows") }));
    let run = hostile.invoke(Invocation { timeout: Some(Duration::from_millis(500)), ..probe }).await;
    let late = reply(&run);
    assert_eq!((&*late.problem, late.retryable), ("timeout", true), "{late:?}");
    assert!(late.message.contains("turn had not come"), "{}", late.message);
    assert!(format!("{:?}", run.exchanges[0].outcome).contains("maybe_executed: false"));
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn another_credential_and_another_api_have_a_rate_of_their_own() {
    let script = Script::agreeing();
    let (_nodes, hostile) = limited_for_long(&script);
    let begin = async |url: &str, credential| {
        let probe = hostile.invocation("probe", json!({ "Request": get(url) }));
        let timeout = Some(Duration::from_millis(500));
        reply(&hostile.invoke(Invocation { credentials: Credentials::from(credential), timeout, ..probe }).await)
    };
    let application = Some(Arc::clone(&hostile.application));
    assert_eq!(begin("https://api.example.com/rows", application.clone()).await.status, 200);
    assert_eq!(begin("https://api.example.com/other", application.clone()).await.status, 200);
    assert_eq!(begin("https://api.example.com/rows", Some(Arc::clone(&hostile.robot))).await.status, 200);
    assert_eq!(begin("https://api.example.com/rows?row=2", application).await.problem, "timeout", "one API");
}

#[tokio::test]
async fn a_host_is_asked_by_so_many_requests_at_a_time_and_no_more() {
    let (pair, inside) = (Arc::new(Barrier::new(2)), Arc::new(Mutex::new((0_usize, 0_usize))));
    let most = Arc::clone(&inside);
    // Nothing is answered unless two requests are there at once.
    let script = Script::waiting(move |_| {
        let (pair, inside) = (Arc::clone(&pair), Arc::clone(&inside));
        async move {
            {
                let mut inside = inside.lock().unwrap();
                inside.0 += 1;
                inside.1 = inside.1.max(inside.0);
            }
            pair.wait().await;
            inside.lock().unwrap().0 -= 1;
            answer(200, json!({}))
        }
    });
    let setup = Setup::over(Arc::clone(&script));
    let gate = GateLimits { max_concurrent_per_host: 2, ..GateLimits::default() };
    let hostile = Setup { runtime: RuntimeConfig { gate, ..setup.runtime }, ..setup }.start();
    let run = hostile.run("send-many", json!({ "Requests": vec![get("https://api.example.com/rows"); 10] })).await;
    let replies = run.envelope.outputs["Replies"].as_array().unwrap();
    assert!(replies.len() == 10 && replies.iter().all(|reply| reply["Status"] == json!(200)), "{replies:?}");
    assert_eq!(most.lock().unwrap().1, 2);
}

#[tokio::test]
async fn answers_to_requests_sent_side_by_side_come_in_the_order_of_the_requests() {
    // Answers the last first: each waits for the one after it.
    let script = Script::waiting(|sent| async move {
        let number: u64 = sent.url.path()[1..].parse().unwrap();
        tokio::time::sleep(Duration::from_millis(50 - 10 * number)).await;
        answer(200, json!(number))
    });
    let requests: Vec<Value> = (0..5).map(|number| get(&format!("https://api.example.com/{number}"))).collect();
    let run = Setup::over(script).start().run("send-many", json!({ "Requests": requests })).await;
    let bodies: Vec<&str> = run.envelope.outputs["Replies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reply| reply["Body"].as_str().unwrap())
        .collect();
    assert_eq!(bodies, ["0", "1", "2", "3", "4"]);
}
