//! What `invoke` prints of an envelope.

use serde_json::{Value, json};

use super::{assert_says, envelope, refusal, run, stdout};
use crate::environment::stderr;

fn user(more: &[&str]) -> std::process::Output {
    let call = ["invoke", "dingtalk/get-user", "--credential", "demo", "--options", r#"{"UserId":"manager001"}"#];
    run(&[&call, more].concat())
}

#[test]
fn an_expression_of_jq_makes_what_is_printed() {
    let output = user(&["--jq", ".UserData | {name, leads: [.leader_in_dept[].dept_id]}"]);
    assert_eq!(stdout(&output), "{\"name\":\"李静\",\"leads\":[860410001,1]}\n");
    assert_eq!(stdout(&user(&["--jq", ".UserData.name, .StatusCode"])), "\"李静\"\n200\n");
    assert_eq!(stdout(&user(&["--jq", "empty"])), "");
}

#[test]
fn raw_prints_texts_as_they_are() {
    assert_eq!(stdout(&user(&["--jq", ".UserData.name", "--format", "raw"])), "李静\n");
    assert_eq!(stdout(&user(&["--jq", ".StatusCode", "--format", "raw"])), "200\n");
}

#[test]
fn fields_are_printed_in_the_order_in_which_they_are_asked_for() {
    let output = user(&["--fields", "Summary,StatusCode"]);
    assert_eq!(stdout(&output), "{\"Summary\":\"Found 李静.\",\"StatusCode\":200}\n");
    // A plan is a member of the envelope, and this run has none.
    assert_eq!(envelope(&user(&["--fields", "StatusCode, Plan"])), json!({ "StatusCode": 200 }));
}

#[test]
fn a_table_has_a_row_for_each_member_or_each_object_of_a_list() {
    let output = user(&["--fields", "StatusCode,Summary", "--format", "table"]);
    assert_eq!(stdout(&output), "StatusCode  200\nSummary     Found 李静.\n");
    let output = user(&["--jq", ".UserData.role_list | map({id, name})", "--format", "table"]);
    assert_eq!(stdout(&output), "id       name\n2460001  主管\n");
}

#[test]
fn a_wrong_expression_or_field_is_found_before_anything_is_run() {
    let invoke = |more: &[&str]| {
        let call = ["invoke", "dingtalk/send-work-notice", "--credential", "demo", "--inputs", "{}"];
        refusal(&[&call, more].concat())
    };
    assert_says(&invoke(&["--jq", ".MessageData | lenght"]), &["--jq, column 16", "no such filter", "lenght"]);
    assert_says(&invoke(&["--jq", ".["]), &["--jq, column", "expected"]);
    assert_says(&invoke(&["--fields", "StatusCode,Sumary"]), &["`Sumary`", "did you mean `Summary`?"]);
    assert_says(&invoke(&["--fields", "messagedata"]), &["did you mean `MessageData`?"]);
    assert_says(&invoke(&["--fields", "Zzz"]), &["it has MessageData, StatusCode"]);
    assert_says(&invoke(&["--format", "tabel"]), &["tabel", "table"]);
}

#[test]
fn an_expression_that_does_not_fit_is_exit_code_3_and_the_envelope_is_not_lost() {
    let output = user(&["--jq", ".UserData + 1"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty());
    assert_says(&stderr(&output), &["error: --jq", "the node was run", "\"StatusCode\":200"]);
}

#[test]
fn the_exit_code_is_the_envelope_s_whatever_is_printed_of_it() {
    let output =
        run(&["invoke", "dingtalk/get-user", "--credential", "demo", "--options", "{}", "--jq", ".StatusCode"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), json!(-1));
}
