//! Step one of the gate: what is refused, before anything is sent.

use std::sync::Arc;

use patchbay_runtime::{Credential, Invocation, LogLevel, Provider};
use serde_json::{Value, json};

use crate::environment::hostile::{Hostile, Reply, Setup, reply};
use crate::environment::script::Script;

/// Sends the request with a credential, and makes sure that a refused one reached nobody: no service, no name server,
/// no token endpoint.
async fn probe_with(request: Value, credential: impl Fn(&Hostile) -> Option<Arc<Credential>>) -> Reply {
    let script = Script::agreeing();
    let hostile = Setup::over(Arc::clone(&script)).start();
    let probe = hostile.invocation("probe", json!({ "Request": request }));
    let run = hostile.invoke(Invocation { credentials: credential(&hostile).into(), ..probe }).await;
    let reply = reply(&run);
    if reply.problem == "refused" {
        assert!(script.sent().is_empty(), "{request} was sent");
        assert_eq!(*script.checked().borrow(), 0, "{request} had its name resolved");
        assert!(run.exchanges.is_empty(), "{request} was recorded as an exchange");
        assert!(!reply.hint.is_empty() && !reply.retryable);
    }
    reply
}

async fn probe(request: Value) -> Reply {
    probe_with(request, |hostile| Some(Arc::clone(&hostile.application))).await
}

async fn refusal(request: Value) -> String {
    let reply = probe(request.clone()).await;
    assert_eq!(reply.problem, "refused", "{request}: {reply:?}");
    reply.message
}

#[tokio::test]
async fn listed_hosts_are_reached_on_their_listed_ports() {
    for url in [
        "https://api.example.com/rows?q=1",
        "https://API.Example.com:443/rows",
        "https://a.files.example.com:8443/",
        "https://a.b.files.example.com:8443/",
    ] {
        assert_eq!(probe(json!({ "Url": url })).await.status, 200, "{url}");
    }
}

#[tokio::test]
async fn every_other_address_is_refused_and_nothing_is_sent() {
    for url in [
        "http://api.example.com/",
        "ftp://api.example.com/",
        "file:///etc/passwd",
        "api.example.com/rows",
        "",
        "https://",
        "https://evil.example/",
        "https://evil.example/https://api.example.com/",
        "https://api.example.com.evil.example/",
        "https://evilapi.example.com/",
        "https://example.com/",
        "https://api.example.com./",
        "https://api.example.com:8443/",
        "https://a.files.example.com/",
        "https://files.example.com:8443/",
        "https://evilfiles.example.com:8443/",
        "https://api.example.com@evil.example/",
        "https://user@api.example.com/",
        "https://user:password@api.example.com/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/",
    ] {
        refusal(json!({ "Url": url })).await;
    }
}

#[tokio::test]
async fn the_refusal_of_a_host_names_the_line_that_would_allow_it() {
    let reply = probe(json!({ "Url": "https://other.example.com:9443/" })).await;
    assert!(reply.message.contains("the host other.example.com:9443 is not one of Hostile"), "{}", reply.message);
    assert!(reply.hint.contains("add \"other.example.com:9443\" to `hosts` in its provider.toml"), "{}", reply.hint);
}

#[tokio::test]
async fn headers_that_belong_to_the_host_are_refused_in_any_spelling() {
    for name in [
        "authorization",
        "Authorization",
        "X-Session-Token",
        "x-session-token",
        "HOST",
        "Content-Length",
        "transfer-encoding",
        "Connection",
        "Cookie",
        "Proxy-Authorization",
        "Upgrade",
    ] {
        let headers = json!({ name: "1" });
        refusal(json!({ "Url": "https://api.example.com/", "Headers": headers })).await;
    }
}

#[tokio::test]
async fn headers_that_would_smuggle_another_are_refused() {
    for (name, value) in [("x-a", "1\r\nauthorization: 2"), ("x-a\r\nauthorization", "1"), ("x a", "1"), ("", "1")] {
        refusal(json!({ "Url": "https://api.example.com/", "Headers": { name: value } })).await;
    }
}

#[tokio::test]
async fn a_query_parameter_that_a_slot_adds_is_refused() {
    for url in [
        "https://a.files.example.com:8443/?token=mine",
        "https://a.files.example.com:8443/?a=1&%74oken=mine",
        "https://api.example.com/hook?robot_token=mine",
        "https://api.example.com/hook?timestamp=0",
        "https://api.example.com/hook/?sign=mine",
    ] {
        let refusal = refusal(json!({ "Url": url })).await;
        assert!(refusal.contains("is the host's to add"), "{refusal}");
    }
}

#[tokio::test]
async fn a_query_parameter_of_that_name_is_let_be_where_no_slot_adds_it() {
    assert_eq!(probe(json!({ "Url": "https://api.example.com/rows?token=next-page" })).await.status, 200);
}

#[tokio::test]
async fn a_slot_asked_for_elsewhere_is_refused() {
    for (slot, url) in [
        ("header", "https://a.files.example.com:8443/"),
        ("query", "https://api.example.com/"),
        ("open", "https://api.example.com/rows"),
        ("open", "https://api.example.com/open/../rows"),
        ("open", "https://api.example.com/open/%2e%2e/rows"),
        ("open", "https://api.example.com/opened"),
        ("nowhere", "https://api.example.com/"),
        ("", "https://api.example.com/"),
    ] {
        let refusal = refusal(json!({ "Url": url, "Slot": slot })).await;
        assert!(refusal.contains("signing slot"), "{slot} {url}: {refusal}");
    }
    let robot = |hostile: &Hostile| Some(Arc::clone(&hostile.robot));
    for url in ["https://api.example.com/", "https://api.example.com/hooks", "https://a.files.example.com:8443/hook"] {
        let reply = probe_with(json!({ "Url": url, "Slot": "signed" }), robot).await;
        assert_eq!(reply.problem, "refused", "{url}: {reply:?}");
    }
}

#[tokio::test]
async fn a_slot_without_its_credential_is_refused() {
    let request = json!({ "Url": "https://api.example.com/rows", "Slot": "header" });
    let reply = probe_with(request.clone(), |_| None).await;
    assert!(reply.message.contains("needs a credential (Application)"), "{}", reply.message);

    let reply = probe_with(request.clone(), |hostile| Some(Arc::clone(&hostile.robot))).await;
    assert!(reply.message.contains("of kind `application`; `robot` is of `robot`"), "{}", reply.message);

    let other = r#"
        id = "other"
        title = "Other"
        description = "Another service."
        hosts = ["api.example.com"]
        credentials = [{ kind = "application", title = "", description = "", fields = [{ name = "Key", description = "" }] }]
    "#;
    let other = Credential::new(&Provider::from_toml(other).unwrap(), "stray", |_| Some("value".to_owned().into()));
    let other = Arc::new(other.unwrap());
    let reply = probe_with(request, |_| Some(Arc::clone(&other))).await;
    assert!(reply.message.contains("`stray` is of other, not of hostile"), "{}", reply.message);
}

#[tokio::test]
async fn methods_that_nodes_do_not_have_are_refused() {
    for method in ["CONNECT", "TRACE", "OPTIONS", "get", "", "GET /evil HTTP/1.1\r\nhost: evil.example\r\n\r\nGET"] {
        let refusal = refusal(json!({ "Url": "https://api.example.com/", "Method": method })).await;
        assert!(refusal.contains("is not one that nodes may use"), "{refusal}");
    }
}

#[tokio::test]
async fn a_node_that_declares_to_read_only_may_not_write() {
    let script = Script::agreeing();
    let run = Setup::over(Arc::clone(&script)).start().run("sneaky-write", json!({})).await;
    let reply = reply(&run);
    assert!(reply.message.contains("declares that it only reads"), "{}", reply.message);
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn a_refused_request_fails_an_ordinary_node_with_403() {
    let hostile = Setup::over(Script::agreeing()).start();
    let run = hostile.probe_or_fail(json!({ "Url": "https://evil.example/path?code=private" })).await;
    assert_eq!((run.envelope.status_code, run.envelope.retryable), (403, false), "{:?}", run.envelope);
    assert_eq!(run.envelope.original_status_code, 0);
    assert!(run.envelope.hint.contains("provider.toml"), "{}", run.envelope.hint);
    let refused = run.log.iter().find(|line| line.level == LogLevel::Warn).expect("the record has the refusal");
    assert!(refused.message.starts_with("the gate refused GET https://evil.example/path:"), "{}", refused.message);
    assert!(!refused.message.contains("private"), "{}", refused.message);
}

#[tokio::test]
async fn what_is_admitted_goes_out_as_the_node_wrote_it() {
    let script = Script::agreeing();
    let hostile = Setup::over(Arc::clone(&script)).start();
    let request = json!({
        "Method": "PUT",
        "Url": "https://api.example.com/a%2Fb/A1:C3?q=%E4%B8%AD+x&empty=#fragment",
        "Headers": { "X-Trace": "1", "content-type": "text/plain" },
        "Body": "中文",
        "Effect": "write",
    });
    assert_eq!(hostile.probe(request).await.status, 200);
    let sent = &script.sent()[0];
    assert_eq!(sent.method, "PUT");
    assert_eq!(sent.url.as_str(), "https://api.example.com/a%2Fb/A1:C3?q=%E4%B8%AD+x&empty=");
    assert_eq!((sent.header("x-trace"), sent.header("content-type")), (Some("1"), Some("text/plain")));
    assert_eq!(sent.body, "中文".as_bytes());
}
