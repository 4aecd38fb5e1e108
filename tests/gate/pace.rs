//! How fast a provider's service is asked.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use patchbay_runtime::{GateLimits, Invocation, RuntimeConfig};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::environment::HOSTILE_NODES;
use crate::environment::components::NodesFolder;
use crate::environment::hostile::{Hostile, Setup, reply};
use crate::environment::script::{Script, answer};

/// The probe, of a provider with this rate limit.
fn limited(rate_limit: &str, script: &Arc<Script>) -> (NodesFolder, Arc<Hostile>) {
    let probe = std::fs::read(HOSTILE_NODES.join("hostile/probe.wasm")).unwrap();
    let nodes = NodesFolder::new().with("probe", probe).with_provider(|text| format!("{text}\n{rate_limit}"));
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
    let (_nodes, hostile) = limited("[rate_limit]\nrequests = 2\nper_ms = 200", &script);
    let began = Instant::now();
    for _ in 0..4 {
        assert_eq!(hostile.probe(get("https://api.example.com/rows")).await.status, 200);
    }
    // Two at once, and then one each 100 ms.
    assert!(began.elapsed() >= Duration::from_millis(190), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_request_whose_turn_does_not_come_in_time_is_not_sent() {
    let script = Script::agreeing();
    let (_nodes, hostile) = limited("[rate_limit]\nrequests = 1\nper_ms = 3600000", &script);
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
    let limit = "[rate_limit]\nrequests = 1\nper_ms = 3600000\ntemplates = [\"/rows/{row}\"]";
    let (_nodes, hostile) = limited(limit, &script);
    let begin = async |url: &str, credential| {
        let probe = hostile.invocation("probe", json!({ "Request": get(url) }));
        let timeout = Some(Duration::from_millis(500));
        reply(&hostile.invoke(Invocation { credential, timeout, ..probe }).await)
    };
    let application = Some(Arc::clone(&hostile.application));
    assert_eq!(begin("https://api.example.com/rows/1", application.clone()).await.status, 200);
    assert_eq!(begin("https://api.example.com/other", application.clone()).await.status, 200);
    assert_eq!(begin("https://api.example.com/rows/1", Some(Arc::clone(&hostile.robot))).await.status, 200);
    assert_eq!(begin("https://api.example.com/rows/2", application).await.problem, "timeout", "one API, another id");
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
