//! The life of a token: fetched once for all who wait, renewed early, replaced when it is refused.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use patchbay_runtime::{Invocation, RuntimeConfig, TransportError};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use super::signing::HeldClock;
use crate::environment::hostile::{Hostile, Setup, eventually, reply};
use crate::environment::script::{Answer, Script, Tokens, answer, text_answer, token};

fn signed() -> Value {
    json!({ "Method": "POST", "Url": "https://api.example.com/rows", "Slot": "header", "Effect": "write" })
}

/// A service that checks tokens: it takes only the token of this number and later ones.
fn takes_only_from(first_valid: usize) -> Arc<Script> {
    let tokens = Tokens::default();
    Script::new(move |sent| {
        tokens.issue(sent).unwrap_or_else(|| match sent.header("x-session-token") {
            Some(used) if used >= &*token(first_valid) => answer(200, json!({ "used": "valid" })),
            _ => answer(401, json!({ "code": "InvalidAuthentication" })),
        })
    })
}

/// A runtime on a clock that the test holds.
fn at_held_time(script: &Arc<Script>) -> (Arc<Hostile>, Arc<HeldClock>) {
    let clock = HeldClock::new();
    let setup = Setup::over(Arc::clone(script));
    let runtime = RuntimeConfig { clock: Arc::clone(&clock) as _, ..setup.runtime };
    (Setup { runtime, ..setup }.start(), clock)
}

fn tokens_used(script: &Script) -> Vec<String> {
    script.calls().iter().map(|sent| sent.header("x-session-token").unwrap().to_owned()).collect()
}

/// A script that answers requests for tokens only when so many requests have been checked, which is when all of them
/// wait for the token: the last step before.
fn once_all_wait(requests: usize, fetched: impl Fn() -> Answer + Clone + Send + Sync + 'static) -> Arc<Script> {
    let (announce, announced) = watch::channel(None::<watch::Receiver<usize>>);
    let script = Script::waiting(move |sent| {
        let (mut announced, fetched) = (announced.clone(), fetched.clone());
        async move {
            if sent.url.path() != "/token" {
                return answer(200, json!({}));
            }
            let mut checked = announced.wait_for(Option::is_some).await.unwrap().clone().unwrap();
            // The token endpoint's own address is checked as well.
            checked.wait_for(|checked| *checked > requests).await.unwrap();
            fetched()
        }
    });
    announce.send_replace(Some(script.checked()));
    script
}

#[tokio::test]
async fn a_hundred_runs_at_once_fetch_one_token() {
    let script = once_all_wait(100, || answer(200, json!({ "token": token(1), "expires_in": 7200 })));
    let hostile = Setup::over(Arc::clone(&script)).start();
    let probe = hostile.invocation("probe", json!({ "Request": signed() }));
    let runs = hostile.run_side_by_side(vec![probe; 100]).await;
    assert!(runs.iter().all(|run| reply(run).status == 200));
    assert_eq!((script.fetches(), script.calls().len()), (1, 100));
    assert!(tokens_used(&script).iter().all(|used| *used == token(1)));
}

#[tokio::test]
async fn a_failing_fetch_is_shared_by_all_who_wait_for_it() {
    let script =
        once_all_wait(100, || answer(403, json!({ "code": "Forbidden", "message": "the application is off" })));
    let hostile = Setup::over(Arc::clone(&script)).start();
    let probe = hostile.invocation("probe", json!({ "Request": signed() }));
    let runs = hostile.run_side_by_side(vec![probe; 100]).await;
    for run in &runs {
        let reply = reply(run);
        assert_eq!((&*reply.problem, reply.retryable), ("credential", false));
        assert!(reply.message.ends_with("Forbidden: the application is off"), "{}", reply.message);
    }
    assert_eq!((script.fetches(), script.calls().len()), (1, 0));
}

#[tokio::test]
async fn a_later_run_tries_again_after_a_failed_fetch() {
    let attempts = AtomicUsize::new(0);
    let script = Script::new(move |sent| match (sent.url.path(), attempts.fetch_add(1, SeqCst)) {
        ("/token", 0) => answer(500, json!({})),
        ("/token", _) => answer(200, json!({ "token": token(2), "expires_in": 7200 })),
        _ => answer(200, json!({})),
    });
    let hostile = Setup::over(Arc::clone(&script)).start();
    let failed = hostile.probe(signed()).await;
    assert_eq!((&*failed.problem, failed.retryable), ("credential", true), "the service may be up again soon");
    assert_eq!(hostile.probe(signed()).await.status, 200);
}

#[tokio::test]
async fn a_refused_credential_fails_the_run_with_401_and_the_services_own_words() {
    let script = Script::new(|_| answer(400, json!({ "code": "invalidClient", "message": "no such key" })));
    let hostile = Setup::over(Arc::clone(&script)).start();
    let run = hostile.probe_or_fail(signed()).await;
    assert_eq!((run.envelope.status_code, run.envelope.retryable), (401, false), "{:?}", run.envelope);
    assert_eq!(run.envelope.original_status_code, 0);
    assert!(run.envelope.error_message.ends_with("invalidClient: no such key"), "{}", run.envelope.error_message);
    assert!(run.envelope.hint.contains("`application`"), "{}", run.envelope.hint);
    assert!(script.calls().is_empty(), "the node's own request was not sent");
}

#[tokio::test]
async fn what_answers_in_the_place_of_the_token_endpoint_says_nothing_of_the_credential() {
    for (status, body, what) in [
        (200, "<html><head><title>Sign in</title></head></html>", "HTTP 200 with a web page"),
        (302, "<html></html>", "HTTP 302 with a web page"),
        (403, "<!DOCTYPE html><html>blocked</html>", "HTTP 403 with a web page"),
        (407, "", "HTTP 407 with nothing"),
        (418, "I am a teapot", "HTTP 418 with something that is not JSON"),
        (200, "{\"token\": \"cut", "HTTP 200 with something that has no token in it"),
    ] {
        let script = Script::new(move |_| text_answer(status, body));
        let hostile = Setup::over(Arc::clone(&script)).start();
        let run = hostile.probe_or_fail(signed()).await;
        let envelope = &run.envelope;
        assert_eq!((envelope.status_code, envelope.original_status_code), (500, 0), "{envelope:?}");
        assert!(envelope.error_message.ends_with(what), "{envelope:?}");
        assert!(envelope.hint.contains("the proxy") && !envelope.hint.contains("Check the values"), "{envelope:?}");
        assert!(script.calls().is_empty(), "the node's own request was not sent");
    }
}

#[tokio::test]
async fn a_refusal_without_words_is_one_of_the_credential() {
    for (status, body) in [(401, ""), (400, "{}"), (403, "{\"trace\": 1}")] {
        let run = Setup::over(Script::new(move |_| text_answer(status, body))).start().probe_or_fail(signed()).await;
        assert_eq!(run.envelope.status_code, 401, "{:?}", run.envelope);
    }
}

#[tokio::test]
async fn a_token_endpoint_out_of_reach_leaves_nothing_executed() {
    let script = Script::new(|_| Err(TransportError::Unreachable("refused".to_owned())));
    let run = Setup::over(script).start().probe_or_fail(signed()).await;
    assert!(run.envelope.retryable, "{:?}", run.envelope);
    assert_eq!(run.envelope.original_status_code, 0);
}

#[tokio::test]
async fn a_token_is_used_until_shortly_before_its_end_and_then_renewed() {
    let script = Script::agreeing();
    let (hostile, clock) = at_held_time(&script);
    for seconds in [0, 6_899, 2, 6_000, 1_000] {
        clock.advance(seconds);
        hostile.probe(signed()).await;
    }
    // Renewed from 6,900 seconds on, 300 before the end of 7,200.
    assert_eq!(tokens_used(&script), [token(1), token(1), token(2), token(2), token(3)]);
    assert_eq!(script.fetches(), 3);
}

#[tokio::test]
async fn while_one_run_renews_a_token_the_others_go_on_with_it() {
    let leave = Arc::new(Semaphore::new(1));
    let (tokens, gate) = (Arc::new(Tokens::default()), Arc::clone(&leave));
    let script = Script::waiting(move |sent| {
        let (tokens, gate) = (Arc::clone(&tokens), Arc::clone(&gate));
        async move {
            if sent.url.path() == "/token" {
                gate.acquire().await.unwrap().forget();
            }
            tokens.issue(&sent).unwrap_or_else(|| answer(200, json!({})))
        }
    });
    let (hostile, clock) = at_held_time(&script);
    hostile.probe(signed()).await;
    clock.advance(7_000);
    let renewing = tokio::spawn({
        let hostile = Arc::clone(&hostile);
        async move { hostile.probe(signed()).await }
    });
    eventually(|| script.fetches() == 2).await;
    assert_eq!(hostile.probe(signed()).await.status, 200);
    assert_eq!(tokens_used(&script), [token(1), token(1)]);
    leave.add_permits(1);
    renewing.await.unwrap();
    assert_eq!(tokens_used(&script)[2], token(2));
    assert_eq!(script.fetches(), 2);
}

#[tokio::test]
async fn a_renewal_that_fails_leaves_the_token_good_until_its_end() {
    let attempts = AtomicUsize::new(0);
    let script = Script::new(move |sent| {
        if sent.url.path() != "/token" {
            return answer(200, json!({}));
        }
        match attempts.fetch_add(1, SeqCst) {
            0 => answer(200, json!({ "token": token(1), "expires_in": 7200 })),
            _ => answer(500, json!({})),
        }
    });
    let (hostile, clock) = at_held_time(&script);
    for seconds in [0, 7_000] {
        clock.advance(seconds);
        assert_eq!(hostile.probe(signed()).await.status, 200);
    }
    clock.advance(200);
    assert_eq!(hostile.probe(signed()).await.problem, "credential");
}

#[tokio::test]
async fn a_refused_token_is_replaced_within_the_call_and_the_request_sent_once_more() {
    let script = takes_only_from(2);
    let hostile = Setup::over(Arc::clone(&script)).start();
    let run = hostile.run("probe", json!({ "Request": signed() })).await;
    assert_eq!(reply(&run).status, 200);
    assert_eq!(tokens_used(&script), [token(1), token(2)]);
    assert_eq!((script.fetches(), run.exchanges.len()), (2, 1));
    assert_eq!(run.envelope.original_status_code, 200);
    // The new one is kept.
    assert_eq!(hostile.probe(signed()).await.status, 200);
    assert_eq!(script.fetches(), 2);
}

#[tokio::test]
async fn a_refusal_that_only_the_body_tells_counts_too() {
    let tokens = Tokens::default();
    let script = Script::new(move |sent| {
        tokens.issue(sent).unwrap_or_else(|| match sent.query("token") {
            Some(used) if used == token(1) => answer(200, json!({ "code": 40014, "message": "invalid token" })),
            _ => answer(200, json!({ "code": 0 })),
        })
    });
    let hostile = Setup::over(Arc::clone(&script)).start();
    let reply = hostile.probe(json!({ "Url": "https://a.files.example.com:8443/", "Slot": "query" })).await;
    assert_eq!(reply.body, r#"{"code":0}"#);
    assert_eq!(script.calls().len(), 2);
}

#[tokio::test]
async fn a_service_that_refuses_every_token_is_asked_twice_and_not_endlessly() {
    let script = takes_only_from(1_000);
    let hostile = Setup::over(Arc::clone(&script)).start();
    let reply = hostile.probe(signed()).await;
    assert_eq!(reply.status, 401, "the node gets the refusal itself");
    assert_eq!((script.calls().len(), script.fetches()), (2, 2));
}

#[tokio::test]
async fn a_token_refused_to_many_runs_is_replaced_once() {
    let script = takes_only_from(2);
    let hostile = Setup::over(Arc::clone(&script)).start();
    let probe = hostile.invocation("probe", json!({ "Request": signed() }));
    let runs = hostile.run_side_by_side(vec![probe; 50]).await;
    assert!(runs.iter().all(|run| reply(run).status == 200));
    assert_eq!(script.fetches(), 2);
}

#[tokio::test]
async fn a_run_that_is_ended_while_it_fetches_leaves_the_fetch_to_the_next() {
    let fetches = AtomicUsize::new(0);
    let script = Script::waiting(move |sent| {
        let hangs = sent.url.path() == "/token" && fetches.fetch_add(1, SeqCst) == 0;
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            answer(200, json!({ "token": token(2), "expires_in": 7200 }))
        }
    });
    let hostile = Setup::over(Arc::clone(&script)).start();
    let probe = hostile.invocation("probe", json!({ "Request": signed() }));
    let hasty = Invocation { timeout: Some(Duration::from_millis(400)), ..probe.clone() };
    let runs = hostile.run_side_by_side([hasty, probe]).await;
    assert_eq!(runs[0].envelope.status_code, 504, "{:?}", runs[0].envelope);
    assert_eq!(reply(&runs[1]).status, 200);
}
