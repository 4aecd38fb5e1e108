//! `list`, `describe` and `--help`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{assert_says, envelope, patchbay_with_nodes, refusal, run, stdout};
use crate::environment::{PROJECT, patchbay, stdout_json};

/// The ids of the project's nodes: each is a file of a product.
fn node_ids() -> Vec<String> {
    let entries = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let files = entries(PROJECT.join("nodes/dingtalk")).flat_map(|product| entries(product.join("src/bin")));
    let mut ids: Vec<_> =
        files.map(|file| format!("dingtalk/{}", file.file_stem().unwrap().to_str().unwrap())).collect();
    ids.sort();
    ids
}

#[test]
fn list_prints_each_node_on_a_line_with_its_title() {
    let text = stdout(&run(&["list"]));
    let listed: Vec<&str> = text.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(listed, node_ids());
    assert_says(&text, &["Append Rows", "Creates a group chat"]);
}

#[test]
fn list_as_json_says_of_each_node_what_it_does_to_the_service() {
    let nodes = stdout_json(&run(&["list", "--json"]));
    let listed: Vec<&str> = nodes.as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    assert_eq!(listed, node_ids());
    let effect = |id: &str| nodes.as_array().unwrap().iter().find(|node| node["id"] == id).unwrap()["effect"].clone();
    for (id, expected) in [("append-rows", "write"), ("get-user", "read"), ("search-users", "read")] {
        assert_eq!(effect(&format!("dingtalk/{id}")), json!(expected), "{id}");
    }
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
    let file = fs::read(PROJECT.join("schemas/dingtalk/append-rows.json")).unwrap();
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
    for node in node_ids() {
        let text = stdout(&run(&["describe", &node]));
        let example = text.lines().last().unwrap().trim();
        let (program, arguments) = example.split_once(' ').unwrap();
        assert_eq!(program, "patchbay", "{text}");
        let line = format!("exec patchbay {arguments}");
        let mut shell = Command::new("sh");
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
    for command in ["up", "list", "describe", "invoke", "build", "tenant"] {
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

/// As a person pastes it: through a shell that finds `patchbay`.
#[test]
fn the_example_of_each_node_runs_as_it_is_printed() {
    let program = Path::new(env!("CARGO_BIN_EXE_patchbay")).parent().unwrap();
    let path = std::env::join_paths(
        std::iter::once(program.to_owned()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let path = path.unwrap();
    let failed: Vec<String> = node_ids()
        .into_iter()
        .filter_map(|node| {
            let text = stdout(&run(&["describe", &node]));
            let example = text.lines().last().unwrap().trim().to_owned();
            let mut shell = Command::new("sh");
            shell.args(["-c", &example]).env("PATH", &path).current_dir(&*PROJECT);
            for (name, value) in patchbay_with_nodes().get_envs() {
                shell.env(name, value.unwrap_or_default());
            }
            let output = shell.output().unwrap();
            let status = serde_json::from_slice::<Value>(&output.stdout).ok().map(|it| it["StatusCode"].clone());
            (status != Some(json!(200)))
                .then(|| format!("{example}\n  {status:?} {}", String::from_utf8_lossy(&output.stderr)))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
