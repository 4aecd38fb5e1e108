//! The command line as its users meet it.

use serde_json::json;

use crate::environment::{NODES, patchbay, stderr, stdout_json};

#[test]
fn a_node_invoked_with_the_demo_credential_answers_its_envelope_on_stdout() {
    let _ = &*NODES;
    let output = patchbay()
        .args(["invoke", "dingtalk/get-user", "--options", r#"{"UserId":"manager001"}"#, "--credential", "demo"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let envelope = stdout_json(&output);
    assert_eq!(envelope["StatusCode"], json!(200));
    assert_eq!(envelope["UserData"]["userid"], json!("manager001"));
}
