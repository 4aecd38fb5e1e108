//! Testing a credential fetches its tokens, and nothing more.

use std::time::Duration;

use patchbay_runtime::{FailureKind, TransportError};
use serde_json::json;

use crate::environment::TenantRuntime;
use crate::environment::hostile::{SECRET, Setup, TOKEN, assert_no_canary};
use crate::environment::script::{Answer, Script, answer};

async fn failure(answer: impl Fn() -> Answer + Send + Sync + 'static) -> (FailureKind, i32, bool, String) {
    let hostile = Setup::over(Script::new(move |_| answer())).start();
    let failure = hostile.runtime.test_credential(&hostile.application).await.unwrap_err();
    assert!(!failure.hint.is_empty());
    assert_no_canary("the failure", &format!("{failure:?} {failure}"));
    (failure.kind, failure.status_code(), failure.retryable, failure.message)
}

#[tokio::test]
async fn each_token_of_the_credential_is_fetched_anew_each_time() {
    let script = Script::agreeing();
    let hostile = Setup::over(script.clone()).start();
    for fetches in 1..=2 {
        let tokens = hostile.runtime.test_credential(&hostile.application).await.unwrap();
        assert_eq!(tokens.len(), 1);
        assert_eq!(tokens[0].name.as_str(), "session");
        assert!(tokens[0].lifetime > Duration::from_secs(7_100), "{tokens:?}");
        assert_no_canary("the tokens", &format!("{tokens:?}"));
        assert_eq!((script.fetches(), script.sent().len()), (fetches, fetches));
    }
}

#[tokio::test]
async fn a_credential_that_signs_by_itself_has_nothing_to_fetch() {
    let script = Script::agreeing();
    let hostile = Setup::over(script.clone()).start();
    assert!(hostile.runtime.test_credential(&hostile.robot).await.unwrap().is_empty());
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn a_failure_is_told_by_its_kind() {
    let refused = failure(|| answer(400, json!({ "code": "40001", "message": format!("bad {SECRET}") }))).await;
    assert_eq!((refused.0, refused.1, refused.2), (FailureKind::Auth, 401, false));
    assert!(refused.3.contains("40001"), "{}", refused.3);
    let busy = failure(|| answer(429, json!({ "code": "90018" }))).await;
    assert_eq!((busy.0, busy.1, busy.2), (FailureKind::RateLimit, 429, true));
    let down = failure(|| answer(503, json!({ "echo": TOKEN }))).await;
    assert_eq!((down.0, down.1, down.2), (FailureKind::System, 503, true));
    let away = failure(|| Err(TransportError::Unreachable("no route".into()))).await;
    assert_eq!((away.0, away.1, away.2), (FailureKind::Network, 500, true));
    let late = failure(|| Err(TransportError::TimedOut(Duration::from_secs(1)))).await;
    assert_eq!((late.0, late.1, late.2), (FailureKind::Timeout, 504, true));
}

#[tokio::test]
async fn the_tenant_s_application_has_both_its_tokens() {
    let office = TenantRuntime::start().await;
    let tokens = office.runtime.test_credential(&office.credential).await.unwrap();
    assert!(!tokens.is_empty());
    assert_eq!(office.tenant.request_count(""), tokens.len());
}
