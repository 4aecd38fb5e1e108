//! The envelope of a run, whatever the run comes to.

use std::sync::Arc;

use patchbay_runtime::{Envelope, Invocation, TransportError};
use serde_json::{Value, json};

use crate::environment::hostile::{Hostile, Setup};
use crate::environment::script::{Script, answer};

fn hostile() -> Arc<Hostile> {
    Setup::over(Script::agreeing()).start()
}

/// The envelope of a node that fails with this kind, after an answer of this status.
async fn failure(kind: &str, answered: Option<u16>) -> Envelope {
    let hostile = Setup::over(Script::new(move |_| answer(answered.unwrap_or_default(), json!({})))).start();
    let request = answered.map_or(json!({}), |_| json!({ "Request": { "Url": "https://api.example.com/rows" } }));
    let fail = hostile.invocation("fail", json!({ "Kind": kind }));
    hostile.invoke(Invocation { options: request, ..fail }).await.envelope
}

#[tokio::test]
async fn the_kind_of_a_failure_decides_its_status() {
    for (kind, status) in [
        ("invalid-input", -1),
        ("auth", 401),
        ("permission", 403),
        ("ip-whitelist", 403),
        ("not-found", 404),
        ("conflict", 409),
        ("invalid-parameter", 400),
        ("rate-limit", 429),
        ("system", 500),
        ("network", 500),
        ("timeout", 504),
        ("refused", 403),
    ] {
        let envelope = failure(kind, None).await;
        assert_eq!((envelope.status_code, envelope.original_status_code), (status, 0), "{kind}");
        assert_eq!((&*envelope.error_message, &*envelope.hint), ("it failed as it was told to", "Expect it."));
        assert_eq!(envelope.summary, "");
    }
}

#[tokio::test]
async fn a_service_that_answers_200_with_an_error_in_the_body_has_the_status_of_the_errors_kind() {
    for (kind, status) in [("permission", 403), ("not-found", 404), ("system", 500), ("invalid-parameter", 400)] {
        let envelope = failure(kind, Some(200)).await;
        assert_eq!((envelope.status_code, envelope.original_status_code), (status, 200), "{kind}");
    }
}

#[tokio::test]
async fn an_error_status_of_the_service_is_passed_on() {
    for (kind, answered) in [("system", 502), ("not-found", 410), ("permission", 401), ("invalid-parameter", 422)] {
        let envelope = failure(kind, Some(answered)).await;
        assert_eq!(envelope.status_code, i32::from(answered), "{kind}");
        assert_eq!(envelope.original_status_code, answered);
    }
}

#[tokio::test]
async fn a_rate_limit_is_429_whatever_status_it_came_with() {
    let envelope = failure("rate-limit", Some(403)).await;
    assert_eq!((envelope.status_code, envelope.original_status_code), (429, 403));
}

#[tokio::test]
async fn an_invalid_input_found_after_something_was_sent_is_no_parameter_error() {
    assert_eq!(failure("invalid-input", Some(200)).await.status_code, 400);
}

#[tokio::test]
async fn a_node_with_the_operation_rule_fails_with_500_whatever_the_cause() {
    let script = Script::new(|_| answer(403, json!({})));
    let envelope = Setup::over(script).start().run("half-done", json!({})).await.envelope;
    assert_eq!((envelope.status_code, envelope.original_status_code), (500, 403));
}

#[tokio::test]
async fn a_wrong_parameter_is_found_before_anything_is_sent() {
    let script = Script::agreeing();
    let hostile = Setup::over(Arc::clone(&script)).start();
    let run = hostile.run("probe", json!({ "Request": { "Effect": "destroy" }, "Extra": 1 })).await;
    assert_eq!((run.envelope.status_code, run.envelope.retryable), (-1, false), "{:?}", run.envelope);
    for problem in ["Request.Url", "Request.Effect", "Extra"] {
        assert!(run.envelope.error_message.contains(problem), "{problem}: {}", run.envelope.error_message);
    }
    assert!(!run.envelope.hint.is_empty());
    assert_eq!(run.envelope.outputs["Reply"], json!({}));
    assert!(run.exchanges.is_empty() && script.sent().is_empty());
}

#[tokio::test]
async fn every_declared_output_is_there_in_its_empty_form_when_a_node_fails() {
    let envelope = serde_json::to_value(failure("system", None).await).unwrap();
    let fields: Vec<&String> = envelope.as_object().unwrap().keys().collect();
    assert_eq!(fields[..6], ["Object", "List", "Text", "Integer", "Number", "Flag"]);
    let own = |envelope: &Value| {
        json!([
            envelope["Object"],
            envelope["List"],
            envelope["Text"],
            envelope["Integer"],
            envelope["Number"],
            envelope["Flag"]
        ])
    };
    assert_eq!(own(&envelope), json!([{}, [], "", 0, 0, false]));
    assert_eq!(
        fields[6..],
        ["StatusCode", "ErrorMessage", "Hint", "Retryable", "Summary", "OriginalStatusCode", "Errors"]
    );
}

#[tokio::test]
async fn a_node_that_is_stopped_has_its_declared_outputs_too() {
    let envelope = hostile().run("deep-recursion", json!({})).await.envelope;
    assert_eq!((envelope.status_code, &envelope.outputs["Depth"]), (500, &json!(0)));
}

#[tokio::test]
async fn what_a_failed_node_had_made_true_is_in_its_outputs() {
    let envelope = hostile().run("half-done", json!({})).await.envelope;
    assert_eq!(envelope.status_code, 500);
    assert_eq!((&envelope.outputs["RowId"], &envelope.outputs["FilledCells"]), (&json!("row-7"), &json!(0)));
    assert_eq!(envelope.hint, "Fill row-7 yourself.");
}

#[tokio::test]
async fn outputs_that_a_node_did_not_declare_fail_the_run_and_are_kept() {
    let envelope = hostile().run("undeclared-outputs", json!({})).await.envelope;
    assert_eq!((envelope.status_code, envelope.retryable), (500, false), "{envelope:?}");
    assert!(envelope.error_message.contains("not as it declares them"), "{}", envelope.error_message);
    assert!(envelope.error_message.contains("Rows"), "{}", envelope.error_message);
    assert!(envelope.hint.contains("executed"), "{}", envelope.hint);
    assert_eq!(envelope.outputs["RowId"], json!("row-7"));
    assert_eq!((&*envelope.summary, envelope.original_status_code), ("", 200));
}

#[tokio::test]
async fn outputs_that_are_not_json_fail_the_run() {
    let envelope = hostile().run("outputs-not-json", json!({})).await.envelope;
    assert_eq!((envelope.status_code, envelope.retryable), (500, false), "{envelope:?}");
    assert!(envelope.error_message.contains("not a JSON object"), "{}", envelope.error_message);
    assert_eq!((&envelope.outputs["Rows"], &*envelope.summary), (&json!([]), ""));
}

#[tokio::test]
async fn a_failure_that_may_be_retried_says_so() {
    let hostile = hostile();
    let fail = hostile.invocation("fail", json!({ "Kind": "rate-limit" }));
    let envelope = hostile.invoke(Invocation { options: json!({ "Retryable": true }), ..fail }).await.envelope;
    assert!(envelope.retryable, "{envelope:?}");
    // The node's one write was refused by the service, as far as the node can tell.
    let envelope = hostile.run("claims-retryable", json!({ "Urls": ["https://api.example.com/rows"] })).await.envelope;
    assert!(envelope.retryable, "{envelope:?}");
}

#[tokio::test]
async fn a_claim_to_be_retryable_is_withheld_after_an_earlier_write() {
    let hostile = hostile();
    let twice = json!({ "Urls": ["https://api.example.com/rows", "https://api.example.com/cells"] });
    for (operation, inputs) in [("claims-retryable", twice), ("half-done", json!({}))] {
        let envelope = hostile.run(operation, inputs).await.envelope;
        assert!(!envelope.retryable, "{envelope:?}");
    }
}

#[tokio::test]
async fn a_claim_to_be_retryable_is_kept_when_the_earlier_write_was_not_sent() {
    let script = Script::new(|sent| match sent.url.path() {
        "/lost" => Err(TransportError::Unreachable("refused".to_owned())),
        _ => answer(200, json!({})),
    });
    let urls = json!({ "Urls": ["https://api.example.com/lost", "https://api.example.com/rows"] });
    assert!(Setup::over(script).start().run("claims-retryable", urls).await.envelope.retryable);
}

#[tokio::test]
async fn a_claim_to_be_retryable_is_withheld_when_one_of_several_writes_at_once_was_executed() {
    let script = Script::new(|sent| match sent.url.path() {
        "/lost" => Err(TransportError::Unreachable("refused".to_owned())),
        _ => answer(200, json!({})),
    });
    let hostile = Setup::over(script).start();
    let urls = json!({ "Urls": ["https://api.example.com/lost", "https://api.example.com/rows"] });
    let claim = hostile.invocation("claims-retryable", urls);
    let envelope = hostile.invoke(Invocation { options: json!({ "SideBySide": true }), ..claim }).await.envelope;
    assert!(!envelope.retryable, "the failure may be about the first, and the second was executed: {envelope:?}");
}

#[tokio::test]
async fn a_claim_to_be_retryable_is_withheld_when_the_gate_refused_what_came_after_a_write() {
    let urls = json!({ "Urls": ["https://api.example.com/rows", "https://evil.example/"] });
    let envelope = hostile().run("claims-retryable", urls).await.envelope;
    assert!(!envelope.retryable, "{envelope:?}");
}

#[tokio::test]
async fn a_success_has_a_summary_and_nothing_to_say_of_failure() {
    let run = hostile().run("probe", json!({ "Request": { "Url": "https://api.example.com/rows" } })).await;
    let Envelope { status_code, error_message, hint, retryable, summary, original_status_code, .. } = run.envelope;
    assert_eq!((status_code, &*error_message, &*hint, retryable), (200, "", "", false));
    assert_eq!((&*summary, original_status_code), ("Probed the gate.", 200));
}
