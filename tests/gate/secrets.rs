//! Canaries: secrets that would be recognised anywhere, looked for everywhere a person or a node could read them.

use std::sync::Arc;

use axum::Json;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use patchbay_runtime::{ExchangeOutcome, Invocation, Run, RuntimeConfig};
use serde_json::json;

use crate::environment::captured_log::CapturedLog;
use crate::environment::hostile::{Hostile, ROBOT_TOKEN, SECRET, SIGNING_SECRET, Setup, assert_no_canary, reply};
use crate::environment::script::{Script, answer, token};
use crate::environment::services::{Served, Service};

#[track_caller]
fn assert_run_has_no_canary(run: &Run) {
    assert_no_canary("the envelope", &serde_json::to_string(&run.envelope).unwrap());
    assert_no_canary("the run as JSON", &serde_json::to_string(run).unwrap());
    assert_no_canary("the run's Debug", &format!("{run:?}"));
    for exchange in &run.exchanges {
        assert_no_canary("an exchange's headers", &exchange.headers.concat_text());
    }
}

trait ConcatText {
    fn concat_text(&self) -> String;
}

impl ConcatText for Vec<(String, String)> {
    fn concat_text(&self) -> String {
        self.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
    }
}

/// Tells everything that it was sent: in its headers, in its body, and in every spelling.
fn echo(served: &Served) -> Response {
    if served.path_and_query.starts_with("/token") {
        return Json(json!({ "token": token(1), "expires_in": 7200 })).into_response();
    }
    let headers: Vec<String> = served.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    let tokens: Vec<&HeaderValue> = served.headers.get_all("x-session-token").iter().collect();
    let plain = tokens.first().map_or("", |token| token.to_str().unwrap());
    let mut response = Json(json!({
        "query": served.path_and_query,
        "headers": headers,
        "token": plain,
        "within": format!("<{plain}{plain}>"),
        "escaped": json!({ "token": plain }).to_string(),
        "body": String::from_utf8_lossy(&served.body),
    }))
    .into_response();
    let echoed = HeaderValue::from_str(&format!("{plain} {}", served.path_and_query)).unwrap();
    response.headers_mut().insert("x-echo", echoed);
    response
}

async fn over_http(answer: impl Fn(&Served) -> Response + Clone + Send + Sync + 'static) -> (Service, Arc<Hostile>) {
    let service = Service::start(answer).await;
    let upstreams = vec![service.upstream("api.example.com"), service.upstream("a.files.example.com")];
    let setup = Setup::default();
    let hostile = Setup { runtime: RuntimeConfig { upstreams, ..setup.runtime }, ..setup }.start();
    (service, hostile)
}

#[tokio::test]
async fn a_service_that_echoes_the_header_token_does_not_tell_it_to_the_node() {
    let (service, hostile) = over_http(echo).await;
    let request = json!({ "Url": "https://api.example.com/echo", "Slot": "header" });
    let run = hostile.run("probe", json!({ "Request": request })).await;
    assert_run_has_no_canary(&run);
    let reply = reply(&run);
    assert!(reply.body.contains("[removed]") && reply.headers["x-echo"].contains("[removed]"), "{reply:?}");
    let served = service.served();
    assert_eq!(served[1].headers["x-session-token"], *token(1), "it was sent all the same");
}

#[tokio::test]
async fn a_service_that_echoes_the_query_token_does_not_tell_it_to_the_node() {
    let (service, hostile) = over_http(echo).await;
    let request = json!({ "Url": "https://a.files.example.com:8443/echo?q=1", "Slot": "query" });
    let run = hostile.run("probe", json!({ "Request": request })).await;
    assert_run_has_no_canary(&run);
    assert!(reply(&run).headers["x-echo"].contains("q=1&token=[removed]"));
    assert!(service.served()[1].path_and_query.ends_with(&token(1)), "it was sent all the same");
}

#[tokio::test]
async fn a_service_that_echoes_a_signed_query_does_not_tell_the_secrets_to_the_node() {
    let (service, hostile) = over_http(echo).await;
    let request = json!({ "Url": "https://api.example.com/hook", "Slot": "signed" });
    let probe = hostile.invocation("probe", json!({ "Request": request }));
    let run = hostile.invoke(Invocation { credentials: Arc::clone(&hostile.robot).into(), ..probe }).await;
    assert_run_has_no_canary(&run);
    assert!(service.served()[0].path_and_query.contains(ROBOT_TOKEN), "it was sent all the same");
}

#[tokio::test]
async fn an_error_of_the_service_that_quotes_the_secret_is_scrubbed() {
    let script = Script::new(|sent| {
        let said = format!("no application with {}", String::from_utf8_lossy(&sent.body));
        answer(400, json!({ "code": SECRET, "message": said }))
    });
    let hostile = Setup::over(script).start();
    let run = hostile.probe_or_fail(json!({ "Url": "https://api.example.com/rows", "Slot": "header" })).await;
    assert_eq!(run.envelope.status_code, 401);
    assert!(run.envelope.error_message.contains("[removed]"), "{}", run.envelope.error_message);
    assert_run_has_no_canary(&run);
}

#[tokio::test]
async fn a_secret_that_a_service_tells_without_being_given_it_is_scrubbed_too() {
    let (_service, hostile) = over_http(|_| format!("your secret is {SECRET}").into_response()).await;
    let run = hostile.run("probe", json!({ "Request": { "Url": "https://api.example.com/rows" } })).await;
    assert_eq!(reply(&run).body, "your secret is [removed]");
    assert_run_has_no_canary(&run);
}

#[tokio::test]
async fn an_exchange_is_recorded_as_the_node_asked_for_it() {
    let hostile = Setup::over(Script::agreeing()).start();
    let request = json!({
        "Method": "POST",
        "Url": "https://a.files.example.com:8443/x?q=1",
        "Headers": { "x-trace": "7" },
        "Body": "text",
        "Slot": "query",
        "Effect": "write",
    });
    let run = hostile.run("probe", json!({ "Request": request })).await;
    let exchange = &run.exchanges[0];
    assert_eq!((&*exchange.method, &*exchange.url), ("POST", "https://a.files.example.com:8443/x?q=1"));
    assert_eq!(exchange.headers, [("x-trace".to_owned(), "7".to_owned())]);
    assert_eq!(exchange.body.as_ref().unwrap().text, "text");
    assert_eq!(exchange.slot.as_deref(), Some("query"));
    assert_eq!(run.exchanges.len(), 1, "the request for the token is not the node's");
    assert_run_has_no_canary(&run);
}

#[tokio::test]
async fn of_a_large_body_the_record_keeps_the_beginning_and_the_size() {
    let hostile = Setup::over(Script::new(|_| answer(200, json!("b".repeat(1 << 20))))).start();
    let request = json!({ "Method": "POST", "Url": "https://api.example.com/rows", "Body": "a".repeat(1 << 20) });
    let run = hostile.run("probe", json!({ "Request": request })).await;
    assert_eq!(reply(&run).body.len(), (1 << 20) + 2, "the node has it whole");
    let ExchangeOutcome::Answered { body: received, .. } = &run.exchanges[0].outcome else { panic!("{run:?}") };
    let sent = run.exchanges[0].body.as_ref().unwrap();
    for (body, bytes) in [(sent, 1 << 20), (received, (1 << 20) + 2)] {
        assert_eq!(body.bytes, bytes);
        assert!((1..1 << 19).contains(&body.text.len()), "{} bytes", body.text.len());
    }
}

#[tokio::test]
async fn failed_connections_do_not_name_the_signed_address() {
    // The token is there; then nobody listens.
    let service = Service::start(echo).await;
    let upstreams =
        vec![service.upstream("api.example.com"), "a.files.example.com=http://127.0.0.1:1".parse().unwrap()];
    let setup = Setup::default();
    let hostile = Setup { runtime: RuntimeConfig { upstreams, ..setup.runtime }, ..setup }.start();
    let request = json!({ "Url": "https://a.files.example.com:8443/x", "Slot": "query" });
    let run = hostile.probe_or_fail(request).await;
    assert!(run.envelope.error_message.starts_with("no connection"), "{:?}", run.envelope);
    assert_run_has_no_canary(&run);
}

#[tokio::test]
async fn nothing_that_can_be_printed_holds_a_secret() {
    let hostile = Setup::over(Script::agreeing()).start();
    for credential in [&hostile.application, &hostile.robot] {
        assert_no_canary("a credential's Debug", &format!("{credential:?} {credential:#?}"));
    }
    assert_no_canary("an invocation's Debug", &format!("{:?}", hostile.invocation("probe", json!({}))));
    assert!([SECRET, SIGNING_SECRET, ROBOT_TOKEN].iter().all(|secret| secret.starts_with("canary")));
}

#[tokio::test]
async fn the_most_talkative_log_holds_no_secret() {
    let (_service, hostile) = over_http(echo).await;
    let log = CapturedLog::start(tracing::Level::TRACE);
    for (url, slot, credential) in [
        ("https://api.example.com/echo", "header", &hostile.application),
        ("https://a.files.example.com:8443/echo", "query", &hostile.application),
        ("https://api.example.com/hook", "signed", &hostile.robot),
    ] {
        let probe = hostile.invocation("probe", json!({ "Request": { "Url": url, "Slot": slot } }));
        hostile.invoke(Invocation { credentials: Arc::clone(credential).into(), ..probe }).await;
    }
    let text = log.text();
    assert!(text.contains("fetched a token"), "something was captured");
    assert_no_canary("the log", &text);
}
