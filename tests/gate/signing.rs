//! How slots add the credential: each asks of the service no more than its documentation does.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use patchbay_runtime::{BoxFuture, Clock, Invocation, RuntimeConfig};
use serde_json::json;

use crate::environment::hostile::{ROBOT_TOKEN, SECRET, Setup, reply};
use crate::environment::script::{Script, token};

/// A clock that stands still until it is moved, or somebody waits by it.
pub struct HeldClock {
    began: Instant,
    passed: Mutex<Duration>,
}

impl HeldClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), passed: Mutex::default() })
    }

    pub fn advance(&self, seconds: u64) {
        *self.passed.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Instant {
        self.began + *self.passed.lock().unwrap()
    }

    fn since_epoch(&self) -> Duration {
        Duration::from_millis(1_700_000_000_003) + *self.passed.lock().unwrap()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        *self.passed.lock().unwrap() += time;
        Box::pin(tokio::task::yield_now())
    }
}

#[tokio::test]
async fn a_token_goes_into_its_header_and_nowhere_else() {
    let script = Script::agreeing();
    let hostile = Setup::over(Arc::clone(&script)).start();
    hostile.probe(json!({ "Url": "https://api.example.com/rows?q=1", "Slot": "header" })).await;
    let sent = &script.calls()[0];
    assert_eq!(sent.header("x-session-token"), Some(&*token(1)));
    assert_eq!(sent.url.as_str(), "https://api.example.com/rows?q=1");
    assert_eq!(sent.headers.len(), 1);
}

#[tokio::test]
async fn a_token_goes_into_the_query_after_what_the_node_wrote() {
    let script = Script::agreeing();
    let hostile = Setup::over(Arc::clone(&script)).start();
    hostile.probe(json!({ "Url": "https://a.files.example.com:8443/x?q=%2B", "Slot": "query" })).await;
    let sent = &script.calls()[0];
    assert_eq!(sent.url.query(), Some(&*format!("q=%2B&token={}", token(1))));
    assert!(sent.headers.is_empty());
}

#[tokio::test]
async fn a_token_is_asked_for_as_the_recipe_says() {
    let script = Script::agreeing();
    let hostile = Setup::over(Arc::clone(&script)).start();
    hostile.probe(json!({ "Url": "https://api.example.com/rows", "Slot": "header" })).await;
    let asked = &script.sent()[0];
    assert_eq!((&*asked.method, asked.url.as_str()), ("POST", "https://api.example.com/token"));
    let body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(body, json!({ "key": "key-1", "secret": SECRET }));
}

#[tokio::test]
async fn a_signed_query_holds_the_token_the_time_and_their_signature() {
    let script = Script::agreeing();
    let setup = Setup::over(Arc::clone(&script));
    let hostile = Setup { runtime: RuntimeConfig { clock: HeldClock::new(), ..setup.runtime }, ..setup }.start();
    let request = json!({ "Method": "POST", "Url": "https://api.example.com/hook/send", "Slot": "signed" });
    let probe = hostile.invocation("probe", json!({ "Request": request }));
    let credential = Some(Arc::clone(&hostile.robot));
    assert_eq!(reply(&hostile.invoke(Invocation { credentials: credential.into(), ..probe }).await).status, 200);

    let sent = &script.sent()[0];
    assert_eq!(sent.query("robot_token").as_deref(), Some(ROBOT_TOKEN));
    assert_eq!(sent.query("timestamp").as_deref(), Some("1700000000003"));
    // Base64 of HMAC-SHA256 of "1700000000003\n" and the signing secret under that secret, computed elsewhere.
    assert_eq!(sent.query("sign").as_deref(), Some("g71McikZ4qyUccjS8k+PgEV/V3UK1RGm0k0MQCi6gvs="));
    assert_eq!(script.fetches(), 0);
}

#[tokio::test]
async fn a_request_without_a_slot_is_sent_unsigned() {
    let script = Script::agreeing();
    let hostile = Setup::over(Arc::clone(&script)).start();
    for request in [
        json!({ "Url": "https://api.example.com/rows" }),
        json!({ "Url": "https://api.example.com/open/sesame", "Slot": "open" }),
    ] {
        hostile.probe(request).await;
    }
    assert_eq!(script.fetches(), 0);
    assert!(script.calls().iter().all(|sent| sent.headers.is_empty() && sent.url.query().is_none()));
}

#[tokio::test]
async fn credentials_do_not_share_a_token() {
    let script = Script::agreeing();
    let hostile = Setup::over(Arc::clone(&script)).start();
    let provider = hostile.runtime.provider("hostile").unwrap();
    let other =
        patchbay_runtime::Credential::new(&provider, "application", |_| Some("another value".to_owned().into()));
    let request = json!({ "Request": { "Url": "https://api.example.com/rows", "Slot": "header" } });
    hostile.run("probe", request.clone()).await;
    let probe = hostile.invocation("probe", request);
    hostile.invoke(Invocation { credentials: Arc::new(other.unwrap()).into(), ..probe }).await;
    let tokens: Vec<_> = script.calls().iter().map(|sent| sent.header("x-session-token").unwrap().to_owned()).collect();
    assert_eq!(tokens, [token(1), token(2)]);
}
