//! What is compared: the fixtures in which a node succeeds.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Value, json};

use crate::environment::{NODES, patchbay, stdout_json};

/// The values that both sides are given, and what both are answered.
#[derive(Debug)]
pub struct Case {
    pub operation: String,
    name: String,
    pub inputs: Value,
    pub options: Value,
    pub answers: Vec<Answer>,
}

/// An answer of the service.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Option<Value>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.operation, self.name)
    }
}

/// Every case whose requests no case before it has.
pub fn read() -> Vec<Case> {
    let shown = patchbay().args(["test", "--show", "--json"]).env("PATCHBAY_NODES_DIR", &*NODES).output().unwrap();
    let fixtures = stdout_json(&shown);
    let mut seen = BTreeSet::new();
    let mut cases = Vec::new();
    for fixture in fixtures.as_array().unwrap() {
        if let Some((requests, case)) = case(fixture)
            && seen.insert(format!("{} {} {} {requests}", case.operation, case.inputs, case.options))
        {
            cases.push(case);
        }
    }
    cases
}

/// The case of a fixture, with the requests that the node sends: one that succeeds with each request sent once. What a
/// node does about failures and tokens that ran out is its own, the SDK does nothing.
fn case(fixture: &Value) -> Option<(String, Case)> {
    let sends = fixture["sends"].as_array()?;
    let answers = sends.iter().map(|exchange| answer(&exchange["answer"])).collect::<Option<Vec<_>>>()?;
    let succeeds = fixture["envelope"]["StatusCode"] == json!(200) && fixture["credential"].is_null();
    let request = |exchange: &Value| format!("{} {} {}", exchange["request"], exchange["query"], exchange["body"]);
    let requests = sends.iter().map(request).collect();
    let operation = fixture["node"].as_str()?.split('/').next_back()?.to_owned();
    let case = Case {
        operation,
        name: fixture["case"].as_str()?.to_owned(),
        inputs: fixture["inputs"].clone(),
        options: fixture["options"].clone(),
        answers,
    };
    succeeds.then_some((requests, case))
}

/// A success without anything out of the ordinary.
fn answer(response: &Value) -> Option<Answer> {
    let status = response["status"].as_u64().unwrap_or(200).try_into().ok()?;
    let body = response.get("body").cloned();
    let errcode = body.as_ref().map_or(&Value::Null, |body| &body["errcode"]);
    let refused = !errcode.is_null() && *errcode != json!(0) && *errcode != json!("0");
    (response.is_object() && response["text"].is_null() && status < 300 && !refused).then_some(Answer { status, body })
}
