//! The scripts that call the official SDK.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt;

use crate::environment::python::Python;
use crate::environment::{PROJECT, stderr};

/// How long a script may take.
const LIMIT: Duration = Duration::from_secs(120);

/// Python with the SDK.
pub static PYTHON: Python = Python::new("conformance", "tests/conformance/requirements.txt");

/// Runs a script of `tests/conformance/python`: gives it JSON, takes JSON from it.
pub async fn run(script: &str, given: &Value) -> Value {
    let mut python = PYTHON.command([PROJECT.join("tests/conformance/python").join(script)]);
    let python = python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut python = python.unwrap();
    let mut stdin = python.stdin.take().unwrap();
    let given = given.to_string();
    let give = async move {
        // When it ended before it read all, its own words say why.
        stdin.write_all(given.as_bytes()).await.unwrap_or_default();
    };
    let ended = tokio::time::timeout(LIMIT, async { tokio::join!(give, python.wait_with_output()).1 });
    let output = ended.await.unwrap_or_else(|_| panic!("{script} took more than {LIMIT:?}")).unwrap();
    assert!(output.status.success(), "{script}: {}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{script}: {error}: {}", stderr(&output)))
}
