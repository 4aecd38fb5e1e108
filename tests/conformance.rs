//! The nodes and the tenant against DingTalk's official Python SDK: see `conformance/README.md`.

mod capture;
mod cases;
mod comparison;
mod differences;
mod python;
mod tenant;

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use patchbay_runtime::{Credential, Invocation, Runtime, RuntimeConfig};
use patchbay_tenant::{Tenant, TenantConfig};
use serde_json::{Value, json};

use crate::environment::{ENGINE, NODES, PROJECT};
use capture::{Capture, Sender};
use cases::Case;
use comparison::compare;
use differences::{DECLARED, listed};

#[tokio::test(flavor = "multi_thread")]
async fn every_node_sends_what_the_official_sdk_sends() {
    if !python::PYTHON.is_there() {
        return;
    }
    let cases = cases::read();
    let capture = Capture::start(cases.iter().map(|case| case.answers.clone()).collect()).await;
    let (errors, failures) = tokio::join!(send_by_sdk(&capture, &cases), send_by_nodes(&capture, &cases));
    assert_eq!(capture.strays(), Vec::<String>::new(), "requests without a token that was issued");

    let mut undeclared = failures;
    let mut occurred = BTreeSet::new();
    for (number, case) in cases.iter().enumerate() {
        let [by_node, by_sdk] = [Sender::Node(number), Sender::Sdk(number)].map(|sender| capture.sent_by(sender));
        if by_node.is_empty() {
            undeclared.push(format!("{case}: the node sends nothing"));
        }
        for difference in compare(&by_node, &by_sdk) {
            match DECLARED.iter().position(|declared| (declared.is)(&difference)) {
                Some(declared) => _ = occurred.insert(declared),
                None => undeclared.push(match &errors[number] {
                    Value::String(error) => format!("{case}: {difference}\n  (the SDK's side ended with {error})"),
                    _ => format!("{case}: {difference}"),
                }),
            }
        }
    }
    assert!(undeclared.is_empty(), "{} differences:\n{}", undeclared.len(), undeclared.join("\n"));
    for (number, declared) in DECLARED.iter().enumerate() {
        assert!(occurred.contains(&number), "occurs no longer, delete it: {}", declared.what);
    }
}

#[test]
fn every_node_is_compared() {
    let compared: BTreeSet<String> = cases::read().into_iter().map(|case| case.operation).collect();
    let schemas = fs::read_dir(PROJECT.join("schemas/dingtalk")).unwrap();
    let nodes = schemas.map(|schema| schema.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned());
    assert_eq!(compared, nodes.collect());
}

#[test]
fn the_readme_lists_the_declared_differences() {
    let readme = fs::read_to_string(PROJECT.join("tests/conformance/README.md")).unwrap();
    let listed = listed();
    let heading = listed.lines().next().unwrap();
    let start = readme.find(heading).unwrap_or_else(|| panic!("the README lacks:\n{listed}"));
    let table = readme[start..].split("\n\n").next().unwrap();
    assert_eq!(table.trim_end(), listed.trim_end(), "the table in the README is to be:\n{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_sdk_finds_the_tenant_right() {
    if !python::PYTHON.is_there() {
        return;
    }
    let tenant = Tenant::start(TenantConfig::default()).await.unwrap();
    let told = python::run("check_tenant.py", &tenant::facts(&tenant)).await;
    let failures: Vec<String> = told["failures"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(check, failure)| format!("{check}: {}", failure.as_str().unwrap()))
        .collect();
    assert!(failures.is_empty(), "{} of {} checks failed:\n{}", failures.len(), told["made"], failures.join("\n"));
    let hidden = &told["hidden"];
    assert_eq!(*hidden, tenant::hidden(&tenant, hidden["sheet"].as_str().unwrap()));
}

/// The other side: the same values, sent with the SDK. Gives the error that ended each case, or null.
async fn send_by_sdk(capture: &Capture, cases: &[Case]) -> Vec<Value> {
    let cases: Vec<Value> = cases
        .iter()
        .enumerate()
        .map(|(number, case)| {
            let sender = Sender::Sdk(number);
            json!({
                "operation": case.operation, "inputs": case.inputs, "options": case.options,
                "calls": case.answers.len(),
                "newer_token": capture::NEWER.token(sender), "older_token": capture::OLDER.token(sender),
            })
        })
        .collect();
    let given = json!({ "newer": capture.newer(), "older": capture.older(), "cases": cases });
    let errors = python::run("send_requests.py", &given).await;
    serde_json::from_value(errors).unwrap()
}

/// Runs the nodes through the gate. Each case has a credential of its own, so that its token tells it. Gives the runs that
/// failed.
async fn send_by_nodes(capture: &Capture, cases: &[Case]) -> Vec<String> {
    let config =
        RuntimeConfig { nodes_directory: NODES.clone(), upstreams: capture.upstreams(), ..RuntimeConfig::default() };
    let runtime = Runtime::new(Arc::clone(&ENGINE), config).unwrap();
    let provider = runtime.provider("dingtalk").unwrap();
    let mut failures = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let sender = Sender::Node(number);
        let field = |name: &str| match name {
            "AppKey" => Some(sender.to_string().into()),
            "AppSecret" => Some("an-application-s-secret".into()),
            _ => None,
        };
        let invocation = Invocation {
            inputs: case.inputs.clone(),
            options: case.options.clone(),
            credentials: Arc::new(Credential::new(&provider, sender.to_string(), field).unwrap()).into(),
            ..Invocation::new(format!("dingtalk/{}", case.operation).parse().unwrap())
        };
        let envelope = runtime.invoke(invocation).await.unwrap().envelope;
        if envelope.status_code != 200 {
            failures.push(format!("{case}: the node fails: {}", envelope.error_message));
        }
    }
    failures
}
