//! `invoke`, when it does not: exit code 2 when there is nothing to run, and parameter errors, which are an envelope.

use patchbay_tenant::{Tenant, TenantConfig};
use serde_json::{Value, json};

use super::{assert_says, envelope, finish, invoke_against, patchbay_with_nodes, refusal, run};
use crate::environment::stderr;

#[test]
fn inputs_that_are_not_json_are_refused() {
    let said = refusal(&["invoke", "dingtalk/get-user", "--inputs", "{UserId:1}", "--credential", "demo"]);
    assert_says(&said, &["--inputs is not JSON; this arrived: {UserId:1}", "taken the quotes", "@FILE", "--inputs -"]);
}

#[test]
fn options_that_are_not_json_are_refused() {
    let said = refusal(&["invoke", "dingtalk/get-user", "--options", "manager001", "--credential", "demo"]);
    assert_says(&said, &["--options is not JSON"]);
}

#[test]
fn a_missing_file_is_named() {
    let said = refusal(&["invoke", "dingtalk/get-user", "--inputs", "@/no/such/file.json", "--credential", "demo"]);
    assert_says(&said, &["--inputs", "/no/such/file.json can not be read"]);
}

#[test]
fn an_unknown_node_gets_the_nearest_one() {
    let said = refusal(&["invoke", "dingtalk/get-users", "--credential", "demo"]);
    assert_says(&said, &["there is no node `dingtalk/get-users`", "did you mean `dingtalk/get-user`?"]);
}

#[test]
fn an_unknown_provider_gets_the_nearest_node() {
    let said = refusal(&["invoke", "dingtakl/get-user", "--credential", "demo"]);
    assert_says(&said, &["did you mean `dingtalk/get-user`?"]);
}

#[test]
fn a_node_without_its_provider_gets_the_one_of_that_operation() {
    for command in ["invoke", "describe"] {
        assert_says(
            &refusal(&[command, "get-user"]),
            &["`get-user` is not a node id; did you mean dingtalk/get-user?"],
        );
    }
    assert_says(&refusal(&["runs", "list", "--node", "get-usr"]), &["did you mean dingtalk/get-user?"]);
    assert_says(&refusal(&["invoke", "something else"]), &["write provider/operation"]);
}

#[test]
fn two_arguments_can_not_both_be_read_from_stdin() {
    let said = refusal(&["invoke", "dingtalk/get-user", "--inputs", "-", "--options", "-"]);
    assert_says(&said, &["can not both come from stdin"]);
}

#[test]
fn an_unknown_credential_is_refused_with_those_there_are() {
    let said = refusal(&["invoke", "dingtalk/get-user", "--credential", "production"]);
    assert_says(&said, &["there is no credential `production`", "env:PREFIX", "demo"]);
}

#[test]
fn a_missing_variable_is_named_and_no_other() {
    let output = patchbay_with_nodes()
        .args(["invoke", "dingtalk/get-user", "--credential", "env:DINGTALK"])
        .env("DINGTALK_APP_KEY", "demo")
        .env_remove("DINGTALK_APP_SECRET")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let said = stderr(&output);
    assert_says(&said, &["DINGTALK_APP_SECRET has no value"]);
    assert!(!said.contains("DINGTALK_APP_KEY"), "{said}");
}

#[test]
fn all_missing_variables_are_named_at_once() {
    let said = refusal(&["invoke", "dingtalk/get-user", "--credential", "env:NO_SUCH"]);
    assert_says(&said, &["NO_SUCH_APP_KEY", "NO_SUCH_APP_SECRET"]);
}

#[test]
fn a_prefix_must_follow_env() {
    let said = refusal(&["invoke", "dingtalk/get-user", "--credential", "env:"]);
    assert_says(&said, &["env:DINGTALK"]);
}

#[test]
fn an_upstream_of_another_form_is_refused_with_the_right_one() {
    let said = refusal(&["invoke", "dingtalk/get-user", "--credential", "demo", "--upstream", "127.0.0.1:8788"]);
    assert_says(&said, &["HOST=URL"]);
}

#[test]
fn a_timeout_of_nothing_is_refused() {
    let said = refusal(&["invoke", "dingtalk/get-user", "--credential", "demo", "--timeout-ms", "0"]);
    assert_says(&said, &["--timeout-ms"]);
}

/// Invokes a node with wrong parameters, against a tenant that must not notice.
async fn parameter_error(node: &str, inputs: Value, options: Value) -> Value {
    let tenant = Tenant::start(TenantConfig::default()).await.unwrap();
    let mut command = invoke_against(&tenant, node);
    command.args(["--inputs", &inputs.to_string(), "--options", &options.to_string()]);
    let output = finish(command).await;
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(tenant.request_count(""), 0, "{:?}", tenant.requests());
    let envelope = envelope(&output);
    assert_eq!(envelope["StatusCode"], json!(-1), "{envelope}");
    envelope
}

fn message(envelope: &Value) -> &str {
    envelope["ErrorMessage"].as_str().unwrap()
}

#[tokio::test]
async fn a_misspelt_input_gets_the_nearest_name() {
    let inputs = json!({ "AgentId": 1, "UserId": "manager001", "MsgType": "text", "Content": "x" });
    let envelope = parameter_error("dingtalk/send-work-notice", inputs, json!({})).await;
    assert_says(message(&envelope), &["UserId: unknown, did you mean UserIds?", "UserIds: required"]);
}

#[tokio::test]
async fn a_misspelt_option_gets_the_nearest_name() {
    let envelope = parameter_error("dingtalk/get-user", json!({}), json!({ "Mobil": "18500000001" })).await;
    assert_says(message(&envelope), &["Mobil: unknown, did you mean Mobile?"]);
}

#[tokio::test]
async fn an_option_among_the_inputs_is_told_where_it_belongs() {
    let envelope = parameter_error("dingtalk/get-user", json!({ "UserId": "manager001" }), json!({})).await;
    assert_says(message(&envelope), &["UserId is an option"]);
}

#[tokio::test]
async fn a_parameter_error_names_every_wrong_parameter_and_what_was_expected() {
    let inputs = json!({ "AgentId": "x", "UserIds": [], "MsgType": "html", "Content": "" });
    let envelope = parameter_error("dingtalk/send-work-notice", inputs, json!({})).await;
    let expected = [
        "AgentId: expected an integer",
        "UserIds: expected at least 1 item, got 0",
        "MsgType: expected one of \"text\", \"markdown\"",
        "Content: expected a text that is not empty",
    ];
    assert_says(message(&envelope), &expected);
}

#[tokio::test]
async fn a_parameter_error_has_every_declared_output_in_its_empty_form() {
    for (node, output) in [
        ("dingtalk/append-rows", "AppendResult"),
        ("dingtalk/create-chat", "ChatData"),
        ("dingtalk/get-user", "UserData"),
        ("dingtalk/send-work-notice", "MessageData"),
    ] {
        let envelope = parameter_error(node, json!({ "Nonsense": 1 }), json!({})).await;
        let names: Vec<&String> = envelope.as_object().unwrap().keys().collect();
        let fields = ["StatusCode", "ErrorMessage", "Hint", "Retryable", "Summary", "OriginalStatusCode", "Errors"];
        assert_eq!(names[0], output);
        assert_eq!(names[1..], fields, "{envelope}");
        assert_eq!(envelope[output], json!({}));
        assert_eq!((&envelope["Retryable"], &envelope["Summary"]), (&json!(false), &json!("")));
        assert_eq!(envelope["OriginalStatusCode"], json!(0));
        assert_ne!(envelope["Hint"], json!(""));
    }
}

#[tokio::test]
async fn what_only_the_node_can_refuse_is_a_parameter_error_too() {
    let inputs = json!({ "AgentId": 1, "UserIds": "manager001", "MsgType": "markdown", "Content": "# x" });
    let envelope = parameter_error("dingtalk/send-work-notice", inputs, json!({})).await;
    assert_says(message(&envelope), &["Title", "required when MsgType is markdown"]);
}

#[tokio::test]
async fn inputs_that_are_no_object_are_a_parameter_error() {
    let envelope = parameter_error("dingtalk/get-user", json!([1]), json!({})).await;
    assert_says(message(&envelope), &["expected a JSON object of inputs, got a list"]);
}

#[test]
fn what_the_gate_refused_is_said_once() {
    let output = run(&["invoke", "dingtalk/get-user", "--options", r#"{"UserId":"manager001"}"#]);
    assert_eq!(output.status.code(), Some(1));
    assert_says(&String::from_utf8_lossy(&output.stdout), &["needs a credential"]);
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_data_directory_that_can_not_be_used_is_said_once_and_without_another_word() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = patchbay_with_nodes()
        .args(["runs", "list"])
        .env("PATCHBAY_DATA_DIR", file.path().join("data"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert_says(&said, &["can not be used", "Not a directory"]);
    assert_eq!((said.lines().count(), said.matches("Not a directory").count()), (1, 1), "{said}");
}
