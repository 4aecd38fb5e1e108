//! The command line as its users meet it.

mod building;
mod careful;
mod completing;
mod configuration;
mod invoking;
mod printing;
mod proxies;
mod reading;
mod refusing;
mod security;
mod tenant;
mod through_a_service;

use std::process::{Command, Output};

use patchbay_tenant::Tenant;
use serde_json::Value;

use crate::environment::{NODES, patchbay, stderr, stdout_json, tenant_upstreams};

/// The command with the project's nodes built.
fn patchbay_with_nodes() -> Command {
    let mut command = patchbay();
    command.env("PATCHBAY_NODES_DIR", &*NODES);
    command
}

/// Runs a command to its end.
fn run(arguments: &[&str]) -> Output {
    patchbay_with_nodes().args(arguments).output().unwrap()
}

/// Runs a command to its end while a tenant of the test answers.
async fn finish(command: Command) -> Output {
    tokio::process::Command::from(command).output().await.unwrap()
}

/// `patchbay invoke` with the demo application's variables, against a tenant.
fn invoke_against(tenant: &Tenant, node: &str) -> Command {
    let mut command = patchbay_with_nodes();
    command.args(["invoke", node, "--credential", "env:DINGTALK"]);
    command.env("DINGTALK_APP_KEY", "demo").env("DINGTALK_APP_SECRET", "demo");
    for upstream in tenant_upstreams(tenant) {
        command.args(["--upstream", &upstream]);
    }
    command
}

/// The envelope that a command printed, and nothing else besides.
#[track_caller]
fn envelope(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text.lines().count(), 1, "stdout is more than the envelope: {text}\n{}", stderr(output));
    stdout_json(output)
}

/// What a command said when it ended without having invoked anything.
#[track_caller]
fn refusal(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    stderr(&output)
}

/// What a command printed on stdout, as text.
#[track_caller]
fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Fails unless every phrase stands in the text.
#[track_caller]
pub fn assert_says(text: &str, phrases: &[&str]) {
    for phrase in phrases {
        assert!(text.contains(phrase), "`{phrase}` is not in: {text}");
    }
}
