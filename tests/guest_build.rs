//! What a build makes: components, and a provider that is not this project's.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use patchbay_runtime::{Invocation, Run, Runtime, RuntimeConfig};
use serde_json::{Value, json};

use crate::environment::script::{Script, answer};
use crate::environment::services::Service;
use crate::environment::{ENGINE, EXAMPLE_NODES, NODES, PROJECT, build, patchbay, stderr};
use crate::service::Up;

fn components() -> impl Iterator<Item = PathBuf> {
    let files = fs::read_dir(NODES.join("dingtalk")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_component_has_at_most_320_kib() {
    for file in components() {
        let bytes = fs::metadata(&file).unwrap().len();
        assert!(
            bytes <= 320 * 1024,
            "{} has {bytes} bytes: look for a dependency that it does not need (regular expressions, formatting of \
             floats, a second JSON library), and move what it does itself into the provider's library, as the other \
             nodes do (BENCHMARKS.md, The nodes)",
            file.display()
        );
    }
}

#[test]
fn a_component_carries_its_manifest_as_text_and_no_folder_of_the_machine_that_built_it() {
    let home = std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME")).unwrap();
    for file in components() {
        let component = fs::read(&file).unwrap();
        let operation = file.file_stem().unwrap().to_str().unwrap();
        assert!(holds(&component, &format!("{{\"id\":\"{operation}\",\"title\":")), "{operation}");
        for folder in [home.as_str(), PROJECT.to_str().unwrap()] {
            assert!(!holds(&component, folder), "{operation} holds {folder}");
        }
    }
}

/// A provider inside the project, so that it need not compile what all guests share, with this node in place of the
/// example's; what a build of it says.
fn said_of(change: impl FnOnce(String) -> String) -> String {
    let folder = tempfile::tempdir_in(PROJECT.join("target")).unwrap();
    let source = folder.path().join("unmakeable");
    fs::create_dir_all(source.join("src/bin")).unwrap();
    let node = fs::read_to_string(PROJECT.join("examples/weather/src/bin/current-weather.rs")).unwrap();
    let node = change(node).replace("weather::OPEN_METEO", "unmakeable::OPEN_METEO");
    fs::write(source.join("src/bin/current-weather.rs"), node).unwrap();
    fs::copy(PROJECT.join("examples/weather/src/lib.rs"), source.join("src/lib.rs")).unwrap();
    let manifest = fs::read_to_string(PROJECT.join("examples/weather/Cargo.toml")).unwrap();
    let sdk = PROJECT.join("nodes/sdk");
    let manifest = manifest.replace("../../nodes/sdk", sdk.to_str().unwrap()).replace("weather", "unmakeable");
    fs::write(source.join("Cargo.toml"), manifest).unwrap();
    let lock = fs::read_to_string(PROJECT.join("examples/weather/Cargo.lock")).unwrap();
    fs::write(source.join("Cargo.lock"), lock.replace("\"weather\"", "\"unmakeable\"")).unwrap();
    fs::copy(PROJECT.join("examples/weather/provider.toml"), source.join("provider.toml")).unwrap();
    let built = folder.path().join("built");
    let output = patchbay().arg("build").arg(&source).env("PATCHBAY_NODES_DIR", &built).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!built.join("weather/current-weather.wasm").exists());
    stderr(&output)
}

#[test]
fn a_node_whose_manifest_can_not_be_made_is_not_built_and_the_reason_is_told() {
    let told = said_of(|node| {
        node.replace("effect: Read,", "effect: Read,\n    group: patchbay_node::Group::NONE.exclusive(&[\"Place\"]),")
    });
    assert!(told.contains("current-weather has no manifest"), "{told}");
    assert!(told.contains("exclusive names `Place`, which is not an input of current-weather"), "{told}");
}

#[test]
fn what_an_author_left_out_is_named() {
    let told = said_of(|node| {
        let (before, rest) = node.split_once("node! {").unwrap();
        let (description, rest) = rest.split_once("    resource").unwrap();
        assert!(description.contains("///"), "{description}");
        format!("{before}node! {{\n    resource{rest}")
    });
    assert!(told.contains("`///` lines that describe the node"), "{told}");
    for attribute in ["#[outputs]", "#[inputs]"] {
        let told = said_of(|node| {
            assert!(node.contains(&format!("{attribute}\n")), "{node}");
            node.replace(&format!("{attribute}\n"), "")
        });
        assert!(told.contains("`run` is not the function of a node") && told.contains(attribute), "{told}");
    }
}

#[test]
fn an_id_belongs_to_the_folder_that_had_it_first() {
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("weather");
    let copied = std::process::Command::new("cp").arg("-r").args([&PROJECT.join("examples/weather"), &copy]).status();
    assert!(copied.unwrap().success());
    let component = EXAMPLE_NODES.join("weather/current-weather.wasm");
    let before = fs::read(&component).unwrap();
    let output = patchbay().arg("build").arg(&copy).env("PATCHBAY_NODES_DIR", &*EXAMPLE_NODES).output().unwrap();
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    for named in ["`weather` belongs to", "examples/weather", copy.to_str().unwrap(), "--nodes-dir"] {
        assert!(told.contains(named), "{named}: {told}");
    }
    assert_eq!(fs::read(&component).unwrap(), before);
}

#[test]
fn the_second_node_of_a_new_provider_costs_at_most_60_lines_with_its_cases() {
    let shop = PROJECT.join("examples/shop");
    let lines = |file: &str| fs::read_to_string(shop.join(file)).unwrap().lines().count();
    let by_hand = [lines("src/bin/list-orders.rs"), lines("fixtures/list-orders.yaml")];
    assert!(by_hand.iter().sum::<usize>() <= 60, "{by_hand:?}");

    let nodes = build(&["examples/shop"], PROJECT.join("target/tests/shop-nodes"));
    let output = patchbay().args(["test", "examples/shop/fixtures"]).env("PATCHBAY_NODES_DIR", nodes).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("5 passed"), "{told}{}", stderr(&output));
}

#[tokio::test]
async fn in_the_folder_of_a_provider_no_path_is_needed_and_up_works_without_a_tenant() {
    let nodes = build(&["examples/shop"], PROJECT.join("target/tests/shop-nodes"));
    let here = |arguments: &[&str]| {
        let mut command = patchbay();
        command.args(arguments).current_dir(PROJECT.join("examples/shop/src")).env("PATCHBAY_NODES_DIR", &nodes);
        command
    };
    let built = here(&["build", "--check"]).output().unwrap();
    assert_eq!(stderr(&built), "all nodes are current\n");
    let tested = here(&["test"]).output().unwrap();
    assert!(String::from_utf8_lossy(&tested.stdout).contains("5 passed"), "{}", stderr(&tested));
    let one = here(&["test", "list-orders"]).output().unwrap();
    assert!(String::from_utf8_lossy(&one.stdout).contains("5 passed"), "{}", stderr(&one));
    let shop = Service::start(|_| StatusCode::IM_A_TEAPOT.into_response()).await;
    let upstream = format!("api.example.com={}", shop.base());
    let up = Up::spawn(here(&["up", "--listen", "127.0.0.1:0", "--upstream", &upstream])).await;
    assert!(up.greeting.contains("shop/") && !up.greeting.contains("tenant"), "{}", up.greeting);
    let answered = up.post("/v1/nodes/shop/list-orders/invoke", json!({}).to_string()).await;
    assert_eq!(answered.status, 200, "{}", answered.text);
}

async fn current_weather(script: Arc<Script>, inputs: Value) -> Run {
    let config = RuntimeConfig { nodes_directory: EXAMPLE_NODES.clone(), ..RuntimeConfig::default() };
    let runtime = Runtime::with_transport(Arc::clone(&ENGINE), config, script).unwrap();
    let node = "weather/current-weather".parse().unwrap();
    let invocation = Invocation { inputs, ..Invocation::new(node) };
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
            "Summary": "It is 8.5 °C with wind of 12 km/h.", "OriginalStatusCode": 200, "Errors": [],
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
