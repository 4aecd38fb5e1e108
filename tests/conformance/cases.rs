//! What is compared: the fixtures in which a node succeeds.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::environment::PROJECT;

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
    let mut seen = BTreeSet::new();
    let mut cases = Vec::new();
    for operation in entries(&PROJECT.join("nodes/dingtalk/fixtures")) {
        for file in entries(&operation) {
            let fixture: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
            let operation = stem(&operation);
            if let Some((requests, case)) = case(&operation, stem(&file), &fixture)
                && seen.insert(format!("{operation} {} {} {requests}", case.inputs, case.options))
            {
                cases.push(case);
            }
        }
    }
    cases
}

/// The case of a fixture, with the requests that the node sends: one that succeeds with each request sent once. What a
/// node does about failures and tokens that ran out is its own, the SDK does nothing.
fn case(operation: &str, name: String, fixture: &Value) -> Option<(String, Case)> {
    let exchanges = fixture["exchanges"].as_array()?;
    let answers = exchanges.iter().map(|exchange| answer(&exchange["response"])).collect::<Option<Vec<_>>>()?;
    let succeeds = fixture["envelope"]["StatusCode"] == json!(200) && fixture["credential"].is_null();
    let requests = exchanges.iter().map(|exchange| exchange["request"].to_string()).collect();
    let values = |values: &Value| if values.is_null() { json!({}) } else { values.clone() };
    let (inputs, options) = (values(&fixture["inputs"]), values(&fixture["options"]));
    let case = Case { operation: operation.to_owned(), name, inputs, options, answers };
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

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}
