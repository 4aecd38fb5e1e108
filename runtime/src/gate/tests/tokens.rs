//! Tokens and credentials: what they cost is told apart from what the node's own requests came to.

use super::*;
use crate::exchange::{ExchangeOutcome, TokenFetch};

fn unreachable_service() -> Arc<Script> {
    Script::with_tokens(|_| Err(TransportError::Unreachable("connection refused".into())))
}

#[tokio::test]
async fn a_failure_is_the_same_whether_a_token_was_at_hand_or_not() {
    let setup = Setup::new(unreachable_service());
    let mut verdicts = Vec::new();
    for _ in 0..2 {
        let passage = setup.passage();
        passage.send(write("/rows")).await.unwrap().unwrap_err();
        let journal = &passage.journal;
        verdicts.push((journal.last_status(), journal.missing_token(), journal.may_have_written()));
    }
    assert_eq!(verdicts, [(0, None, false), (0, None, false)]);
    assert_eq!(setup.script.fetches(), 1, "the second had a token at hand");
}

#[tokio::test]
async fn an_exchange_tells_what_its_token_cost() {
    let setup = Setup::new(Script::with_tokens(|_| answer(200, json!({}))));
    let (_, first) = setup.send(read("/rows")).await;
    assert_eq!(first.token, Some(TokenFetch { status: 200, succeeded: true }));
    let (_, second) = setup.send(read("/rows")).await;
    assert_eq!(second.token, None);

    let refusing = Setup::new(Script::new(|_| answer_with(403, &[("retry-after", "7")], r#"{"code":"off"}"#)));
    let (error, exchange) = refusing.send(write("/rows")).await;
    assert!(error.unwrap_err().message.ends_with("off"));
    assert_eq!(exchange.token, Some(TokenFetch { status: 403, succeeded: false }));
    assert_eq!((exchange.status(), exchange.retry_after), (None, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn a_request_that_was_refused_for_its_token_was_answered_also_when_there_is_no_other_token() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let setup = Setup::new(Script::new(move |sent| match (sent.url.path(), asked.fetch_add(1, Relaxed)) {
        ("/token", 0) => answer(200, json!({ "token": "canary-session-token", "expires_in": 7200 })),
        ("/token", _) => answer(503, json!({})),
        _ => answer(401, json!({})),
    }));
    let (error, exchange) = setup.send(write("/rows")).await;
    assert!(error.unwrap_err().retryable);
    assert_eq!(exchange.token, Some(TokenFetch { status: 503, succeeded: false }));
    assert_eq!((exchange.status(), exchange.may_have_written()), (Some(401), false));
}

#[tokio::test]
async fn all_who_wait_for_a_token_that_does_not_come_are_told_the_same() {
    let setup = Setup::new(Script::new(|_| answer(503, json!({}))));
    let passage = setup.passage();
    let answers = passage.send_all(vec![read("/a"), read("/b"), read("/c")]).await.unwrap();
    assert!(answers.iter().all(Result::is_err));
    let (exchanges, _) = passage.journal.take();
    let tokens: Vec<Option<TokenFetch>> = exchanges.into_iter().map(|exchange| exchange.token).collect();
    assert_eq!(tokens, vec![Some(TokenFetch { status: 503, succeeded: false }); 3]);
}

#[tokio::test]
async fn a_token_is_asked_for_with_a_form_and_sent_after_its_prefix() {
    let setup = Setup::new(Script::with_tokens(|_| answer(200, json!({}))));
    setup.send(read("/rows")).await.0.unwrap();
    let asked = setup.script.sent.lock().unwrap()[0].clone();
    assert_eq!(asked.headers["content-type"], "application/x-www-form-urlencoded");
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
    assert!(form.contains(&("grant_type".into(), "client_credentials".into())), "{form:?}");
    assert!(
        form.contains(&("client_id".into(), "key-1".into())) && form.contains(&("client_secret".into(), SECRET.into()))
    );
    assert_eq!(setup.script.calls()[0].headers["authorization"], "Bearer canary-session-token");
}

#[tokio::test]
async fn a_run_signs_with_several_credentials_each_found_by_its_slot() {
    let setup = Setup::new(Script::with_tokens(|_| answer(200, json!({}))));
    let passage = setup.passage();
    passage.send(read("/rows")).await.unwrap().unwrap();
    passage.send(Request { slot: Some("robot".into()), ..read("/hook") }).await.unwrap().unwrap();
    let calls = setup.script.calls();
    assert!(calls[0].headers.contains_key("authorization") && calls[0].url.query().is_none());
    assert_eq!(calls[1].url.query(), Some(&*format!("key={ROBOT_TOKEN}")));
    assert!(!calls[1].headers.contains_key("authorization"));
}

#[tokio::test]
async fn no_lifetime_and_no_pause_that_a_service_names_is_too_long_to_reckon_with() {
    let script = Script::new(|sent| match sent.url.path() {
        "/token" => answer_with(200, &[], r#"{"token":"canary-session-token","expires_in":18446744073709551615}"#),
        _ => answer_with(503, &[("retry-after", "18446744073709551615")], "{}"),
    });
    let setup = Setup::new(script);
    for _ in 0..2 {
        let (answered, exchange) = setup.send(write("/rows")).await;
        assert_eq!(answered.unwrap().status, 503);
        assert!(exchange.retry_after.is_some_and(|pause| pause <= Duration::from_secs(24 * 60 * 60)));
    }
    assert_eq!(setup.script.fetches(), 1);
}

#[tokio::test]
async fn an_answer_that_is_encoded_is_refused_and_a_write_may_have_been_executed() {
    let setup = Setup::new(Script::with_tokens(|_| answer_with(200, &[("content-encoding", "gzip")], "\u{1f}\u{8b}")));
    let (error, exchange) = setup.send(write("/rows")).await;
    let error = error.unwrap_err();
    assert!(error.message.contains("gzip") && !error.retryable, "{error:?}");
    assert!(matches!(exchange.outcome, ExchangeOutcome::Failed { maybe_executed: true, status: Some(200), .. }));
    let (error, exchange) = setup.send(read("/rows")).await;
    assert!(error.is_err() && !exchange.may_have_written());
}

#[tokio::test]
async fn side_by_side_exchanges_stand_in_the_order_of_the_node() {
    // The first is answered last.
    let setup =
        Setup::new(Script::with_tokens(|sent| answer(if sent.url.path() == "/a" { 404 } else { 200 }, json!({}))));
    let passage = setup.passage();
    passage.send_all(vec![read("/a"), read("/b"), write("/c")]).await.unwrap();
    assert_eq!(passage.journal.last_status(), 200);
    assert!(passage.journal.may_have_written_before_last(), "one of three is what a failure tells of");
    let (exchanges, _) = passage.journal.take();
    let paths: Vec<&str> = exchanges.iter().map(|exchange| &*exchange.api).collect();
    assert_eq!(paths, ["/a", "/b", "/c"]);
    assert!(exchanges.iter().all(|exchange| exchange.call == 1));
}

#[tokio::test]
async fn a_refused_call_counts_as_the_node_s_last() {
    let setup = Setup::new(Script::with_tokens(|_| answer(200, json!({}))));
    let passage = setup.passage();
    passage.send(write("/rows")).await.unwrap().unwrap();
    assert!(!passage.journal.may_have_written_before_last());
    let elsewhere = Request { url: "https://evil.example/".into(), api: Some("/".into()), ..read("/") };
    passage.send(elsewhere).await.unwrap().unwrap_err();
    assert!(passage.journal.may_have_written_before_last());
}
