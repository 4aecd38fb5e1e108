//! Tokens: fetched once, replaced when they are refused.

use std::sync::Arc;

use patchbay_runtime::RuntimeConfig;
use patchbay_tenant::TenantConfig;
use serde_json::json;
use tokio::task::JoinSet;

use super::{
    Failed, assert_failed, assert_succeeded, calls, create_chat, get_user, newer, older, paths, send_notice, wrapped,
};
use crate::environment::TenantRuntime;

#[tokio::test]
async fn an_expired_token_of_the_older_api_is_replaced_within_the_call() {
    let office = TenantRuntime::start().await;
    assert_succeeded(&get_user(&office).await);
    office.tenant.expire_tokens();
    assert_succeeded(&get_user(&office).await);
    assert_eq!(calls(&office.tenant, paths::OLDER_TOKEN), 2);
    assert_eq!(calls(&office.tenant, paths::GET_USER), 3);
}

#[tokio::test]
async fn an_expired_token_of_the_newer_api_is_replaced_within_the_call() {
    let office = TenantRuntime::start().await;
    assert_succeeded(&create_chat(&office).await);
    office.tenant.expire_tokens();
    assert_succeeded(&create_chat(&office).await);
    assert_eq!(calls(&office.tenant, paths::NEWER_TOKEN), 2);
    assert_eq!(calls(&office.tenant, paths::CREATE), 3);
    assert_eq!(office.tenant.chats().len(), 2, "a write was repeated that had been executed");
}

#[tokio::test]
async fn a_refusal_of_the_token_that_is_wrapped_leads_to_a_new_one_too() {
    let office = TenantRuntime::start().await;
    office.tenant.fail_next(paths::SEND, 1, wrapped(40014));
    assert_succeeded(&send_notice(&office).await);
    assert_eq!(calls(&office.tenant, paths::OLDER_TOKEN), 2);
    assert_eq!(office.tenant.notices().len(), 1);
}

#[tokio::test]
async fn a_new_token_that_is_refused_too_is_the_end() {
    let office = TenantRuntime::start().await;
    office.tenant.fail_next(paths::SEND, 2, older(40014));
    let run = send_notice(&office).await;
    assert_failed(&run, &Failed { status: 401, original: 200, retryable: false }, &["40014", "4e7exhl6pm0t"]);
    assert_eq!((calls(&office.tenant, paths::SEND), calls(&office.tenant, paths::OLDER_TOKEN)), (2, 2));
    office.tenant.fail_next(paths::CREATE, 2, newer(400, "InvalidAuthentication"));
    let run = create_chat(&office).await;
    assert_failed(&run, &Failed { status: 400, original: 400, retryable: false }, &["InvalidAuthentication"]);
    assert_eq!((calls(&office.tenant, paths::CREATE), calls(&office.tenant, paths::NEWER_TOKEN)), (2, 2));
}

/// Runs get-user and send-work-notice so often each, all at once.
async fn both_at_once(office: &Arc<TenantRuntime>, times: usize) {
    let mut running = JoinSet::new();
    for _ in 0..times {
        let one = Arc::clone(office);
        running.spawn(async move { get_user(&one).await });
        let one = Arc::clone(office);
        running.spawn(async move { send_notice(&one).await });
    }
    running.join_all().await.iter().for_each(assert_succeeded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_calls_that_start_together_fetch_one_token() {
    let office = Arc::new(TenantRuntime::start().await);
    both_at_once(&office, 50).await;
    assert_eq!(calls(&office.tenant, paths::OLDER_TOKEN), 1);
    assert_eq!(office.tenant.notices().len(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_meet_an_expired_token_together_fetch_one_new_one() {
    let office = Arc::new(TenantRuntime::start().await);
    both_at_once(&office, 1).await;
    office.tenant.expire_tokens();
    both_at_once(&office, 15).await;
    assert_eq!(calls(&office.tenant, paths::OLDER_TOKEN), 2);
    assert_eq!(office.tenant.notices().len(), 16);
}

#[tokio::test]
async fn each_family_of_the_api_has_its_token_and_keeps_it() {
    let office = TenantRuntime::start().await;
    for _ in 0..3 {
        assert_succeeded(&get_user(&office).await);
        assert_succeeded(&create_chat(&office).await);
    }
    assert_eq!((calls(&office.tenant, paths::OLDER_TOKEN), calls(&office.tenant, paths::NEWER_TOKEN)), (1, 1));
}

#[tokio::test]
async fn a_wrong_secret_is_a_401_that_names_the_credential() {
    let mut office = TenantRuntime::start().await;
    let provider = office.runtime.provider("dingtalk").unwrap();
    let value = |field: &str| match field {
        "AppKey" => Some("demo".to_owned().into()),
        "AppSecret" => Some("not the secret".to_owned().into()),
        _ => None,
    };
    office.credential = Arc::new(patchbay_runtime::Credential::new(&provider, "production", value).unwrap());
    for (run, original, code) in
        [(get_user(&office).await, 0, "40089"), (create_chat(&office).await, 0, "invalidClientIdOrSecret")]
    {
        assert_failed(&run, &Failed { status: 401, original, retryable: false }, &["`production`", code]);
        assert!(run.envelope.hint.contains("`production`"), "{}", run.envelope.hint);
    }
    assert_eq!((calls(&office.tenant, paths::GET_USER), calls(&office.tenant, paths::CREATE)), (0, 0));
}

#[tokio::test]
async fn a_credential_that_was_corrected_works_at_once() {
    let mut office = TenantRuntime::start_configured(TenantConfig::default(), RuntimeConfig::default()).await;
    let right = Arc::clone(&office.credential);
    let provider = office.runtime.provider("dingtalk").unwrap();
    let wrong = patchbay_runtime::Credential::new(&provider, "test", |_| Some("wrong".to_owned().into())).unwrap();
    office.credential = Arc::new(wrong);
    assert_eq!(get_user(&office).await.envelope.status_code, 401);
    office.credential = right;
    assert_succeeded(&get_user(&office).await);
}

#[tokio::test]
async fn without_a_credential_nothing_is_sent() {
    let office = TenantRuntime::start().await;
    let invocation = patchbay_runtime::Invocation {
        options: json!({ "UserId": "manager001" }),
        ..patchbay_runtime::Invocation::new("dingtalk/get-user".parse().unwrap())
    };
    let run = office.runtime.invoke(invocation).await.unwrap();
    assert_failed(&run, &Failed { status: 403, original: 0, retryable: false }, &["needs a credential"]);
    assert_eq!(office.tenant.request_count(""), 0);
}
