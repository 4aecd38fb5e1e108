//! Real connections: where they do not lead, and what the gate tells when they break.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::response::{IntoResponse, Redirect};
use patchbay_runtime::{ExchangeOutcome, HttpLimits, Run, RuntimeConfig, Upstream};
use serde_json::{Value, json};

use crate::environment::components::NodesFolder;
use crate::environment::hostile::{Hostile, Setup};
use crate::environment::services::{BrokenService, Service};
use crate::environment::{HOSTILE_NODES, patchbay, stderr, stdout_json};

/// A runtime whose requests to api.example.com go there.
fn towards(upstream: Upstream) -> Arc<Hostile> {
    let http = HttpLimits { max_response_bytes: 1_000, ..HttpLimits::default() };
    let setup = Setup::default();
    Setup { runtime: RuntimeConfig { upstreams: vec![upstream], http, ..setup.runtime }, ..setup }.start()
}

fn read() -> Value {
    json!({ "Url": "https://api.example.com/rows" })
}

fn write() -> Value {
    json!({ "Method": "POST", "Url": "https://api.example.com/rows", "Effect": "write" })
}

/// How runs fail that read and write, when the service answers with these bytes and closes the connection.
async fn fail_with(answer: &str) -> (Run, Run) {
    let service = BrokenService::start(Some(answer.as_bytes().to_vec())).await;
    let hostile = towards(service.upstream("api.example.com"));
    let runs = (hostile.probe_or_fail(read()).await, hostile.probe_or_fail(write()).await);
    assert_eq!(service.connections(), 2, "each was sent once");
    runs
}

#[track_caller]
fn maybe_executed(run: &Run) -> bool {
    match &run.exchanges[0].outcome {
        ExchangeOutcome::Failed { maybe_executed, .. } => *maybe_executed,
        other => panic!("{other:?}"),
    }
}

/// A read may be tried again, a write is to be looked for first.
#[track_caller]
fn assert_broken((read, write): (Run, Run), said: &str) {
    assert_eq!((read.envelope.status_code, read.envelope.retryable), (500, true), "{:?}", read.envelope);
    assert!(!maybe_executed(&read));
    assert_eq!((write.envelope.status_code, write.envelope.retryable), (500, false), "{:?}", write.envelope);
    assert!(write.envelope.error_message.starts_with(said), "{}", write.envelope.error_message);
    assert!(write.envelope.hint.contains("look before trying again"), "{}", write.envelope.hint);
    assert!(maybe_executed(&write));
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_leaves_a_write_unknown() {
    assert_broken(fail_with("").await, "the connection broke");
}

#[tokio::test]
async fn an_answer_that_is_cut_off_leaves_a_write_unknown() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"rows\":",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"row",
    ] {
        let (read, write) = fail_with(answer).await;
        assert_eq!(write.envelope.original_status_code, 200);
        assert_broken((read, write), "the answer broke off after HTTP 200");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_http_leaves_a_write_unknown() {
    assert_broken(fail_with("550 no such service\r\n\r\n").await, "the connection broke");
}

#[tokio::test]
async fn an_answer_larger_than_allowed_is_not_read() {
    let chunk = "x".repeat(600);
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n258\r\n{chunk}\r\n258\r\n{chunk}\r\n0\r\n\r\n"),
    ] {
        let (read, write) = fail_with(&answer).await;
        assert_eq!((read.envelope.status_code, read.envelope.retryable), (500, false), "{:?}", read.envelope);
        assert_eq!(read.envelope.error_message, "the answer is larger than 1000 bytes");
        assert_eq!(read.envelope.hint, "Ask for less at once, or raise limits.max_response.");
        assert!(!write.envelope.retryable && maybe_executed(&write));
        assert!(write.envelope.hint.contains("look before trying again"), "{}", write.envelope.hint);
    }
}

#[tokio::test]
async fn an_answer_as_large_as_allowed_is_read() {
    let service = Service::start(|_| "x".repeat(1_000).into_response()).await;
    assert_eq!(towards(service.upstream("api.example.com")).probe(read()).await.body.len(), 1_000);
}

#[tokio::test]
async fn a_write_that_found_no_connection_was_not_executed_and_may_be_tried_again() {
    // Nothing listens on port 1.
    let hostile = towards("api.example.com=http://127.0.0.1:1".parse().unwrap());
    let run = hostile.probe_or_fail(write()).await;
    assert_eq!((run.envelope.status_code, run.envelope.retryable), (500, true), "{:?}", run.envelope);
    assert!(run.envelope.error_message.starts_with("no connection"), "{}", run.envelope.error_message);
    assert!(run.envelope.hint.starts_with("Nothing was sent"), "{}", run.envelope.hint);
    assert!(!maybe_executed(&run));
    assert_eq!(run.envelope.original_status_code, 0);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Service::start(|_| "secret".into_response()).await;
    let location = format!("{}/private", elsewhere.base());
    let service = Service::start(move |_| Redirect::temporary(&location).into_response()).await;
    let reply = towards(service.upstream("api.example.com")).probe(read()).await;
    assert_eq!((reply.status, &*reply.body), (307, ""));
    assert!(reply.headers["location"].ends_with("/private"));
    assert_eq!((service.served().len(), elsewhere.served().len()), (1, 0));
}

#[tokio::test]
async fn a_listed_name_that_leads_to_this_machine_is_refused() {
    let service = BrokenService::start(None).await;
    let port = service.upstream("unused").base.port().unwrap();
    let probe = std::fs::read(HOSTILE_NODES.join("hostile/probe.wasm")).unwrap();
    let nodes = NodesFolder::new()
        .with("probe", probe)
        .with_provider(|text| text.replace("hosts = [\"api", &format!("hosts = [\"localhost:{port}\", \"api")));
    let setup = Setup::default();
    let runtime = RuntimeConfig { nodes_directory: nodes.path().to_owned(), ..setup.runtime };
    let hostile = Setup { runtime, ..setup }.start();
    let run = hostile.probe_or_fail(json!({ "Url": format!("https://localhost:{port}/") })).await;
    assert_eq!((run.envelope.status_code, run.envelope.retryable), (403, false), "{:?}", run.envelope);
    assert!(run.envelope.error_message.contains("which is not a public address"), "{}", run.envelope.error_message);
    assert!(run.envelope.hint.contains("--upstream"), "{}", run.envelope.hint);
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn proxies_of_the_environment_are_ignored() {
    let proxy = Service::start(|_| "from the proxy".into_response()).await;
    let service = Service::start(|_| "from the service".into_response()).await;
    let mut command = patchbay();
    for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(variable, proxy.base());
    }
    for variable in ["no_proxy", "NO_PROXY"] {
        command.env_remove(variable);
    }
    command.env("PATCHBAY_NODES_DIR", &*HOSTILE_NODES).args(["invoke", "hostile/probe"]);
    command.args(["--upstream", &service.upstream("api.example.com").to_string()]);
    command.args(["--inputs", &json!({ "Request": read() }).to_string()]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout_json(&output)["Reply"]["Body"], json!("from the service"));
    assert_eq!(proxy.served().len(), 0);
}

#[tokio::test]
async fn connections_are_kept_for_the_next_request() {
    let service = Service::start(|served| served.peer.to_string().into_response()).await;
    let hostile = towards(service.upstream("api.example.com"));
    let first: SocketAddr = hostile.probe(read()).await.body.parse().unwrap();
    let second: SocketAddr = hostile.probe(read()).await.body.parse().unwrap();
    assert_eq!(first, second, "both came over one connection");
}
