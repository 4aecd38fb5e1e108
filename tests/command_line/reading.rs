//! `list`, `describe` and `--help`.

use std::path::Path;

use serde_json::{Value, json};

use super::{assert_says, envelope, patchbay_with_nodes, refusal, run, stdout};
use crate::environment::{PROJECT, patchbay, stdout_json};

const NODES: [&str; 4] =
    ["dingtalk/append-rows", "dingtalk/create-chat", "dingtalk/get-user", "dingtalk/send-work-notice"];

#[test]
fn list_prints_each_node_on_a_line_with_its_title() {
    let text = stdout(&run(&["list"]));
    for (line, id) in text.lines().zip(NODES) {
        assert!(line.starts_with(id), "{line}");
    }
    assert_eq!(text.lines().count(), NODES.len());
    assert_says(&text, &["Append Rows", "Creates a group chat"]);
}

#[test]
fn list_as_json_says_of_each_node_what_it_does_to_the_service() {
    let nodes = stdout_json(&run(&["list", "--json"]));
    let effects: Vec<_> = nodes.as_array().unwrap().iter().map(|node| (&node["id"], &node["effect"])).collect();
    let expected = json!([[NODES[0], "write"], [NODES[1], "write"], [NODES[2], "read"], [NODES[3], "write"]]);
    assert_eq!(json!(effects), expected);
}

#[test]
fn list_says_what_to_run_when_nothing_is_built() {
    let empty = tempfile::tempdir().unwrap();
    let output = patchbay().arg("list").env("PATCHBAY_NODES_DIR", empty.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_says(&String::from_utf8_lossy(&output.stderr), &["nothing is built yet", "patchbay build"]);
}

#[test]
fn describe_tells_what_a_node_takes_and_gives() {
    let text = stdout(&run(&["describe", "dingtalk/send-work-notice"]));
    let expected = [
        "Send Work Notice (dingtalk/send-work-notice)",
        "Inputs",
        "UserIds  (a list of 1 to 100 items or a comma-separated text)",
        "MsgType  (one of \"text\", \"markdown\")",
        "Options",
        "Title",
        "Outputs",
        "MessageData",
        "patchbay invoke dingtalk/send-work-notice",
    ];
    assert_says(&text, &expected);
}

#[test]
fn describe_as_json_is_the_checked_in_schema() {
    let manifest = stdout_json(&run(&["describe", "dingtalk/append-rows", "--json"]));
    let file = std::fs::read(PROJECT.join("schemas/dingtalk/append-rows.json")).unwrap();
    assert_eq!(manifest, serde_json::from_slice::<Value>(&file).unwrap());
}

#[test]
fn describe_proposes_the_nearest_node() {
    assert_says(&refusal(&["describe", "dingtalk/append-row"]), &["did you mean `dingtalk/append-rows`?"]);
}

#[test]
fn the_example_of_every_description_can_be_pasted() {
    let folder = Path::new(env!("CARGO_BIN_EXE_patchbay")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    for node in NODES {
        let text = stdout(&run(&["describe", node]));
        let example = text.lines().last().unwrap().trim();
        let (program, arguments) = example.split_once(' ').unwrap();
        assert_eq!(program, "patchbay", "{text}");
        let line = format!("exec patchbay {arguments}");
        let mut shell = std::process::Command::new("sh");
        // The environment of the command, in a shell.
        shell.args(["-c", &line]).current_dir(&*PROJECT);
        for (name, value) in patchbay_with_nodes().get_envs() {
            if let Some(value) = value {
                shell.env(name, value);
            }
        }
        let output = shell.env("PATH", &path).output().unwrap();
        let envelope = envelope(&output);
        assert_ne!(envelope["StatusCode"], json!(-1), "{example}: {envelope}");
    }
}

#[test]
fn the_help_of_every_command_teaches_by_example() {
    for command in ["up", "list", "describe", "invoke", "build"] {
        let text = stdout(&patchbay().args([command, "--help"]).output().unwrap());
        assert_says(&text, &["Examples:", &format!("patchbay {command}")]);
    }
    assert_says(
        &stdout(&patchbay().arg("--help").output().unwrap()),
        &["Start here:", "patchbay up", "patchbay invoke"],
    );
}

#[test]
fn the_help_of_invoke_tells_where_credentials_and_values_come_from() {
    let text = stdout(&patchbay().args(["invoke", "--help"]).output().unwrap());
    let expected = ["JSON|@FILE|-", "env:PREFIX", "DINGTALK_APP_KEY", "HOST=URL", "--timeout-ms", "exit code"];
    assert_says(&text, &expected);
}
