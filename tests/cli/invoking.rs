//! `invoke`, when it does.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use patchbay_tenant::{Fault, MANAGER_UNION_ID, Message, STAFF_SHEET_ID, Tenant, TenantConfig, WORKBOOK_ID};
use serde_json::json;

use super::{assert_says, envelope, finish, invoke_against, patchbay_with_nodes, run};
use crate::environment::{NODES, PROJECT, patchbay, stderr};

const USER: [&str; 6] =
    ["invoke", "dingtalk/get-user", "--credential", "demo", "--options", r#"{"UserId":"manager001"}"#];
const NOTICE: &str =
    r#"{"AgentId":"123456789","UserIds":"manager001,user002","MsgType":"text","Content":"周报已就绪"}"#;

async fn tenant() -> Tenant {
    Tenant::start(TenantConfig::default()).await.unwrap()
}

#[test]
fn the_demo_credential_needs_no_tenant_of_its_own() {
    let output = run(&USER);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let envelope = envelope(&output);
    assert_eq!(envelope["StatusCode"], json!(200));
    assert_eq!(envelope["UserData"]["userid"], json!("manager001"));
}

#[test]
fn stdout_is_the_envelope_alone_whatever_is_logged() {
    let output = patchbay_with_nodes().args(USER).env("PATCHBAY_LOG", "trace").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with(r#"{"UserData":{"#));
    envelope(&output);
    assert!(stderr(&output).contains("invoke"), "nothing was logged: {}", stderr(&output));
}

#[test]
fn a_log_that_is_not_on_a_terminal_has_no_colours() {
    let output = patchbay_with_nodes().args(USER).env("PATCHBAY_LOG", "debug").output().unwrap();
    assert!(stderr(&output).contains("DEBUG") && !stderr(&output).contains('\u{1b}'), "{}", stderr(&output));
}

#[tokio::test]
async fn inputs_are_read_from_the_argument() {
    let tenant = tenant().await;
    let mut command = invoke_against(&tenant, "dingtalk/send-work-notice");
    command.args(["--inputs", NOTICE]);
    let output = finish(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(tenant.notices()[0].user_ids, ["manager001", "user002"]);
}

#[tokio::test]
async fn inputs_are_read_from_a_file() {
    let tenant = tenant().await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notice.json"), NOTICE).unwrap();
    let mut command = invoke_against(&tenant, "dingtalk/send-work-notice");
    // Relative to where the command is run; the nodes are named by the environment.
    command.args(["--inputs", "@notice.json"]).current_dir(folder.path());
    let output = finish(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(tenant.notices().len(), 1);
}

#[tokio::test]
async fn inputs_are_read_from_stdin() {
    let tenant = tenant().await;
    let mut command = invoke_against(&tenant, "dingtalk/send-work-notice");
    command.args(["--inputs", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = tokio::process::Command::from(command).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stdin, NOTICE.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(tenant.notices()[0].message, Message::Text { content: "周报已就绪".to_owned() });
}

#[tokio::test]
async fn options_are_read_from_the_argument_and_from_a_file() {
    let tenant = tenant().await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(r#"{"Searchable":1}"#.as_bytes()).unwrap();
    let at = format!("@{}", file.path().display());
    for options in [r#"{"Searchable":1}"#, &at] {
        let mut command = invoke_against(&tenant, "dingtalk/create-chat");
        command.args([
            "--inputs",
            r#"{"Name":"项目组","Owner":"manager001","UserIds":"user002"}"#,
            "--options",
            options,
        ]);
        let output = finish(command).await;
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    let searchable: Vec<u8> = tenant.chats().iter().map(|chat| chat.management_options.searchable).collect();
    assert_eq!(searchable, [1, 1]);
}

#[tokio::test]
async fn a_failure_of_the_service_is_told_in_the_envelope_and_by_exit_code_1() {
    let tenant = tenant().await;
    let mut command = invoke_against(&tenant, "dingtalk/get-user");
    command.args(["--options", r#"{"UserId":"nobody"}"#]);
    let output = finish(command).await;
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(envelope(&output)["StatusCode"], json!(404));
}

#[tokio::test]
async fn a_wrong_secret_in_the_environment_is_exit_code_1() {
    let tenant = tenant().await;
    let mut command = invoke_against(&tenant, "dingtalk/get-user");
    command.args(["--options", r#"{"UserId":"manager001"}"#]).env("DINGTALK_APP_SECRET", "not the secret");
    let output = finish(command).await;
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let envelope = envelope(&output);
    assert_eq!(envelope["StatusCode"], json!(401));
    assert!(envelope["Hint"].as_str().unwrap().contains("env:DINGTALK"), "{envelope}");
}

#[tokio::test]
async fn the_timeout_ends_a_run_that_waits() {
    let tenant = tenant().await;
    tenant.fail_next("/topapi/v2/user/get", 1, Fault::Delay(Duration::from_secs(60)));
    let mut command = invoke_against(&tenant, "dingtalk/get-user");
    command.args(["--options", r#"{"UserId":"manager001"}"#, "--timeout-ms", "700"]);
    let output = finish(command).await;
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(envelope(&output)["StatusCode"], json!(504));
}

#[test]
fn without_a_credential_the_envelope_says_that_one_is_needed() {
    let output = run(&["invoke", "dingtalk/get-user", "--options", r#"{"UserId":"manager001"}"#]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let envelope = envelope(&output);
    assert_eq!(envelope["StatusCode"], json!(403));
    assert!(envelope["ErrorMessage"].as_str().unwrap().contains("needs a credential"), "{envelope}");
}

#[test]
fn the_data_directory_takes_all_state() {
    let nodes = &*NODES;
    let [home, here, scratch, state] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    let data = state.path().join("made/on/demand");
    let output = patchbay()
        .args(USER)
        .env_clear()
        .env("HOME", home.path())
        .env("TMPDIR", scratch.path())
        .env("PATCHBAY_NODES_DIR", nodes)
        .env("PATCHBAY_DATA_DIR", &data)
        .current_dir(here.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!is_empty(&data));
    for folder in [home, here, scratch] {
        assert!(is_empty(folder.path()), "{} was written to", folder.path().display());
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test]
async fn a_number_with_more_digits_than_64_bits_keep_arrives_with_all_of_them() {
    let tenant = tenant().await;
    let rows = |values: &str| {
        format!(
            r#"{{"WorkbookId":"{WORKBOOK_ID}","SheetId":"{STAFF_SHEET_ID}","RangeAddress":"A:C","Values":{values},"OperatorId":"{MANAGER_UNION_ID}"}}"#
        )
    };
    let mut command = invoke_against(&tenant, "dingtalk/append-rows");
    command.args(["--inputs", &rows("[[24332000000123456789,0.1,18446744073709551615]]")]);
    let output = finish(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let sheet = tenant.sheet(WORKBOOK_ID, STAFF_SHEET_ID).unwrap();
    assert_eq!(sheet.cells.last().unwrap(), &["24332000000123456789", "0.1", "18446744073709551615"]);
}

#[test]
fn a_number_that_can_not_be_kept_where_a_number_is_needed_is_named() {
    let mut command = patchbay_with_nodes();
    command.args(["invoke", "dingtalk/get-dept-users", "--credential", "demo"]);
    command.args(["--options", r#"{"DeptId":24332000000123456789}"#]);
    let output = command.output().unwrap();
    let envelope = envelope(&output);
    assert_eq!(envelope["StatusCode"], -1, "{envelope}");
    assert_says(
        envelope["ErrorMessage"].as_str().unwrap(),
        &["24332000000123456789, which has more digits than a number keeps"],
    );
}

#[test]
fn a_call_becomes_a_case_of_the_node_s_fixtures() {
    // A provider's folder of its own, with the file of cases that is written.
    let folder = tempfile::tempdir().unwrap();
    let dingtalk = folder.path().join("dingtalk");
    let data = folder.path().join("data");
    fs::create_dir_all(dingtalk.join("fixtures")).unwrap();
    let source = PROJECT.join("nodes/dingtalk");
    fs::copy(source.join("provider.toml"), dingtalk.join("provider.toml")).unwrap();
    let file = dingtalk.join("fixtures/get-user.yaml");
    fs::copy(source.join("directory/fixtures/get-user.yaml"), &file).unwrap();
    let before = fs::read_to_string(&file).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = patchbay_with_nodes();
        command.args(arguments).current_dir(&dingtalk).env("PATCHBAY_DATA_DIR", &data).output().unwrap()
    };
    let saved = command(&[&USER[..], &["--save-case", "the manager"]].concat());
    assert_eq!(envelope(&saved)["StatusCode"], json!(200), "{}", stderr(&saved));
    assert_says(&stderr(&saved), &["saved the case `the manager` in", "get-user.yaml"]);
    let after = fs::read_to_string(&file).unwrap();
    assert!(after.len() > before.len() && after.contains("the manager:"), "{after}");
    let tested = command(&["test", "get-user", "the manager"]);
    assert_says(&String::from_utf8_lossy(&tested.stdout), &["1 passed"]);
    let again = command(&[&USER[..], &["--save-case", "the manager"]].concat());
    assert_eq!(again.status.code(), Some(2));
    assert_says(&stderr(&again), &["has a case `the manager` already"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), after);
}
