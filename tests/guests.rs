//! The guest side: the nodes' own unit tests, and a provider that is not this project's.

use std::process::Command;
use std::sync::Arc;

use patchbay_runtime::{Invocation, Run, Runtime, RuntimeConfig};
use serde_json::{Value, json};

use crate::environment::script::{Script, answer};
use crate::environment::{ENGINE, EXAMPLE_NODES, PROJECT, stderr};

#[test]
fn the_unit_tests_of_the_sdk_and_of_the_nodes_pass() {
    let output = Command::new("cargo")
        .args(["test", "--locked", "--quiet"])
        .current_dir(PROJECT.join("nodes"))
        .env("CARGO_TARGET_DIR", PROJECT.join("target/guest"))
        // What the outer cargo set is meant for the host's packages.
        .env_remove("CARGO")
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", stderr(&output));
    assert!(printed.contains("test result: ok"), "{printed}");
}

async fn current_weather(script: Arc<Script>, inputs: Value) -> Run {
    let config = RuntimeConfig { nodes_directory: EXAMPLE_NODES.clone(), ..RuntimeConfig::default() };
    let runtime = Runtime::with_transport(Arc::clone(&ENGINE), config, script).unwrap();
    let node = "weather/current-weather".parse().unwrap();
    let invocation = Invocation { node, inputs, options: Value::Null, credential: None, timeout: None };
    runtime.invoke(invocation).await.unwrap()
}

#[tokio::test]
async fn a_provider_from_outside_the_project_is_built_and_run_like_its_own() {
    let script = Script::new(|_| {
        let current =
            json!({ "time": "2026-01-31T12:00", "interval": 900, "temperature_2m": 8.5, "wind_speed_10m": 12 });
        answer(200, json!({ "latitude": 30.27, "longitude": 120.15, "current": current }))
    });
    let run = current_weather(Arc::clone(&script), json!({ "Latitude": 30.27, "Longitude": "120.15" })).await;
    assert_eq!(
        serde_json::to_value(&run.envelope).unwrap(),
        json!({
            "Temperature": 8.5, "WindSpeed": 12.0, "Time": "2026-01-31T12:00",
            "StatusCode": 200, "ErrorMessage": "", "Hint": "", "Retryable": false,
            "Summary": "It is 8.5 °C with wind of 12 km/h.", "OriginalStatusCode": 200,
        })
    );
    let sent = script.calls();
    assert_eq!(
        sent[0].url.as_str(),
        "https://api.open-meteo.com/v1/forecast?latitude=30.27&longitude=120.15&current=temperature_2m%2Cwind_speed_10m"
    );
}

#[tokio::test]
async fn the_example_tells_why_the_service_refused() {
    let script = Script::new(|_| answer(400, json!({ "error": true, "reason": "Latitude must be in range" })));
    let run = current_weather(script, json!({ "Latitude": 1, "Longitude": 1 })).await;
    assert_eq!(run.envelope.status_code, 400);
    assert_eq!(run.envelope.error_message, "HTTP 400: Latitude must be in range");
    assert!(!run.envelope.retryable);
}
