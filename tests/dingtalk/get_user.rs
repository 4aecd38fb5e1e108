//! Get User.

use std::time::Duration;

use patchbay_tenant::{Fault, MANAGER_MOBILE, MANAGER_UNION_ID, MEMBER_MOBILE};
use serde_json::json;

use super::{Failed, assert_failed, assert_parameter_error, assert_succeeded, calls, get_user, older, paths, sent};
use crate::environment::TenantRuntime;

#[tokio::test]
async fn a_user_id_takes_one_call() {
    let office = TenantRuntime::start().await;
    let run = get_user(&office).await;
    assert_succeeded(&run);
    assert_eq!(run.exchanges.len(), 1);
    let user = &run.envelope.outputs["UserData"];
    assert_eq!((&user["userid"], &user["unionid"]), (&json!("manager001"), &json!(MANAGER_UNION_ID)));
    assert_eq!((&user["name"], &user["mobile"]), (&json!("李静"), &json!(MANAGER_MOBILE)));
    assert_eq!(run.envelope.summary, "Found 李静.");
}

#[tokio::test]
async fn a_mobile_number_takes_two_calls() {
    let office = TenantRuntime::start().await;
    let run = office.run("get-user", json!({}), json!({ "Mobile": MEMBER_MOBILE })).await;
    assert_succeeded(&run);
    assert_eq!(run.envelope.outputs["UserData"]["userid"], json!("user002"));
    assert_eq!((sent(&run, 0), sent(&run, 1)), (json!({ "mobile": MEMBER_MOBILE }), json!({ "userid": "user002" })));
    let asked = [paths::GET_USER_BY_MOBILE, paths::GET_USER].map(|path| calls(&office.tenant, path));
    assert_eq!((run.exchanges.len(), asked), (2, [1, 1]));
}

#[tokio::test]
async fn exactly_one_of_the_two_options_is_needed() {
    let office = TenantRuntime::start().await;
    let both = json!({ "UserId": "manager001", "Mobile": MANAGER_MOBILE });
    let run = office.run("get-user", json!({}), both).await;
    assert_parameter_error(&office, &run, &["UserId", "Mobile", "exclude each other"]);
    for none in [json!({}), json!(null), json!({ "UserId": "" }), json!({ "UserId": " ", "Mobile": null })] {
        let run = office.run("get-user", json!({}), none).await;
        assert_parameter_error(&office, &run, &["UserId", "Mobile", "required"]);
    }
}

#[tokio::test]
async fn a_blank_option_counts_as_not_given() {
    let office = TenantRuntime::start().await;
    let run = office.run("get-user", json!({}), json!({ "UserId": "manager001", "Mobile": "" })).await;
    assert_succeeded(&run);
}

#[tokio::test]
async fn a_user_id_nobody_has_is_not_found() {
    let office = TenantRuntime::start().await;
    let run = office.run("get-user", json!({}), json!({ "UserId": "nobody" })).await;
    let said = ["60121", "找不到该用户", "request id"];
    assert_failed(&run, &Failed { status: 404, original: 200, retryable: false }, &said);
}

#[tokio::test]
async fn a_mobile_number_nobody_has_ends_after_the_first_call() {
    let office = TenantRuntime::start().await;
    let run = office.run("get-user", json!({}), json!({ "Mobile": "18599999999" })).await;
    assert_failed(&run, &Failed { status: 404, original: 200, retryable: false }, &["60121"]);
    assert_eq!(calls(&office.tenant, paths::GET_USER), 0);
}

#[tokio::test]
async fn a_mobile_number_of_another_form_is_an_invalid_parameter() {
    let office = TenantRuntime::start().await;
    let run = office.run("get-user", json!({}), json!({ "Mobile": "12-34" })).await;
    assert_failed(&run, &Failed { status: 400, original: 200, retryable: false }, &["40104"]);
    assert!(run.envelope.hint.contains("Mobile"), "{}", run.envelope.hint);
}

#[tokio::test]
async fn a_second_call_that_fails_may_be_repeated_because_both_only_read() {
    let office = TenantRuntime::start().await;
    // The first call goes through: its path begins like the second one's.
    office.tenant.fail_next(paths::GET_USER_BY_MOBILE, 1, Fault::Delay(Duration::ZERO));
    office.tenant.fail_next(paths::GET_USER, 1, older(-1));
    let run = office.run("get-user", json!({}), json!({ "Mobile": MEMBER_MOBILE })).await;
    assert_failed(&run, &Failed { status: 500, original: 200, retryable: true }, &["-1"]);
    assert_eq!(run.exchanges.len(), 2);
}
