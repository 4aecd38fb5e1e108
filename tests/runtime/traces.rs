//! A service is told of the caller's trace only when its provider asks for it.

use patchbay_runtime::{Invocation, RuntimeConfig, TraceParent};
use serde_json::json;

use crate::environment::HOSTILE_NODES;
use crate::environment::components::NodesFolder;
use crate::environment::hostile::Setup;
use crate::environment::script::Script;

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The `traceparent` of each request of a probe: first of a request for a token, then of the node's own.
async fn traces(provider: &str, trace: Option<TraceParent>) -> Vec<Option<String>> {
    let script = Script::agreeing();
    let probe = std::fs::read(HOSTILE_NODES.join("hostile/probe.wasm")).unwrap();
    let line = format!("{provider}\nid = \"hostile\"");
    let nodes = NodesFolder::new().with("probe", probe).with_provider(|text| text.replace("id = \"hostile\"", &line));
    let setup = Setup::over(script.clone());
    let runtime = RuntimeConfig { nodes_directory: nodes.path().to_owned(), ..setup.runtime };
    let hostile = Setup { runtime, ..setup }.start();
    let request = json!({ "Url": "https://api.example.com/rows", "Slot": "header" });
    let probe = hostile.invocation("probe", json!({ "Request": request }));
    let run = hostile.invoke(Invocation { trace, ..probe }).await;
    assert!(!format!("{run:?}").contains("traceparent"), "the record is what the node gave");
    script.sent().iter().map(|sent| sent.header(TraceParent::HEADER).map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_provider_that_asks_for_it_gets_the_invocation_s_trace_with_nodes_requests() {
    assert_eq!(traces("trace_context = true", TRACE.parse().ok()).await, [None, Some(TRACE.to_owned())]);
}

#[tokio::test]
async fn other_providers_get_none_and_an_invocation_without_one_has_none_to_give() {
    assert_eq!(traces("", TRACE.parse().ok()).await, [None, None]);
    assert_eq!(traces("trace_context = true", None).await, [None, None]);
}
