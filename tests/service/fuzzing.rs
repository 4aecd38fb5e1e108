//! A fuzzer that draws calls from the service's own schemas, right ones and wrong ones, and holds every answer to them:
//! schemathesis, from Python's registry. What it is told besides stands in `tests/fuzzing`.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use super::serving::Serving;
use crate::environment::python::Python;
use crate::environment::{PROJECT, stderr};

/// How long a run may take.
const LIMIT: Duration = Duration::from_secs(900);

static PYTHON: Python = Python::new("fuzzing", "tests/fuzzing/requirements.txt");

/// How much is tried.
struct Effort {
    /// Cases of one operation in each phase.
    cases: u32,
    seed: u32,
}

impl Effort {
    /// The same cases each time.
    const USUAL: Self = Self { cases: 12, seed: 1 };

    fn long() -> Self {
        let effort = Self { cases: 300, seed: fastrand::u32(..) };
        println!("the seed is {}", effort.seed);
        effort
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fuzzer_finds_no_answer_that_the_document_does_not_allow() {
    fuzz_the_service(Effort::USUAL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fuzzer_finds_no_envelope_that_a_node_s_schema_does_not_allow() {
    fuzz_the_nodes(Effort { cases: 3, ..Effort::USUAL }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the long form, some minutes: cargo test fuzzed_for_long -- --ignored"]
async fn fuzzed_for_long_the_service_answers_as_the_document_says() {
    fuzz_the_service(Effort::long()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the long form, some minutes: cargo test fuzzed_for_long -- --ignored"]
async fn fuzzed_for_long_the_nodes_answer_as_their_schemas_say() {
    fuzz_the_nodes(Effort { cases: 40, ..Effort::long() }).await;
}

/// All operations of the document that the service serves.
async fn fuzz_the_service(effort: Effort) {
    if !PYTHON.is_there() {
        return;
    }
    let serving = Serving::start_unpaced("").await;
    fuzz(&serving, &serving.up.url("/openapi.json"), effort).await;
}

/// Each node as an operation of its own: its invocation's schema is the body's, its outputs' the answer's.
async fn fuzz_the_nodes(effort: Effort) {
    if !PYTHON.is_there() {
        return;
    }
    let serving = Serving::start_unpaced("").await;
    let mut document = serving.up.get("/openapi.json").await.json();
    let invoke = document["paths"]["/v1/nodes/{provider}/{operation}/invoke"]["post"].take();
    let mut paths = json!({});
    for node in serving.up.get("/v1/nodes").await.json()["nodes"].as_array().unwrap() {
        let path = format!("/v1/nodes/{}", node["id"].as_str().unwrap());
        let manifest = serving.up.get(&path).await.json();
        let schema = serving.up.get(&format!("{path}/schema")).await.json();
        paths[format!("{path}/invoke")]["post"] = operation(&invoke, &manifest, schema);
    }
    document["paths"] = paths;
    let file = serving.data.path().join("nodes.json");
    fs::write(&file, document.to_string()).unwrap();
    fuzz(&serving, file.to_str().unwrap(), effort).await;
}

fn operation(invoke: &Value, manifest: &Value, mut schema: Value) -> Value {
    // The credential that there is, or none; and no run is repeated or long, so that many can be tried.
    schema["properties"]["credential"] = json!({ "enum": ["main", null] });
    schema["properties"]["retries"] = json!({ "const": 0 });
    schema["properties"]["timeout_ms"] = json!({ "const": 30_000 });
    let mut operation = invoke.clone();
    operation["operationId"] = manifest["id"].clone();
    operation["tags"] = json!(["Node"]);
    let parameters = operation["parameters"].as_array_mut().unwrap();
    parameters.retain(|parameter| parameter["in"] == "header" && parameter["name"] != "Idempotency-Key");
    operation["requestBody"]["content"]["application/json"] = json!({ "schema": schema });
    let outputs = manifest["outputs"]["properties"].clone();
    let names: Vec<&String> = outputs.as_object().unwrap().keys().collect();
    operation["responses"]["200"]["content"]["application/json"]["schema"] = json!({
        "allOf": [{ "$ref": "#/components/schemas/Envelope" }, { "properties": outputs, "required": names }],
    });
    operation
}

/// Runs the fuzzer with a document against the service, and fails with what it found.
async fn fuzz(serving: &Serving, document: &str, Effort { cases, seed }: Effort) {
    let key = serving.key(&["fuzzer", "--scope", "admin"]);
    let folder = PROJECT.join("tests/fuzzing");
    let mut command = PYTHON.command([folder.join("fuzz.py")]);
    command.arg("--config-file").arg(folder.join("schemathesis.toml")).args(["--no-color", "run", document]);
    command.args(["--url", &serving.up.url("/")]).args(["--header", &format!("authorization: Bearer {key}")]);
    command.args(["--max-examples", &cases.to_string(), "--seed", &seed.to_string()]);
    // What it leaves behind goes with the data.
    command.current_dir(serving.data.path());
    let output = tokio::time::timeout(LIMIT, command.output()).await.expect("the fuzzer did not end").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", stderr(&output));
    println!("{}", said.lines().skip_while(|line| !line.contains("SUMMARY")).collect::<Vec<_>>().join("\n"));
    assert!(said.contains("generated"), "nothing was tried: {said}");
    assert_eq!(serving.up.get("/healthz").await.status, 200);
}
