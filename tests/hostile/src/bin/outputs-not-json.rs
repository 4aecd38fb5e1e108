//! Outputs Not JSON: answers with a text that nobody can read. The SDK can not do that, so it is written without.

use patchbay_node::bindings::{Failure, Guest, Outcome, export};

struct Node;

impl Guest for Node {
    fn manifest() -> String {
        let empty = r#"{ "type": "object", "properties": {} }"#;
        let outputs = r#"{ "type": "object", "properties": { "Rows": { "type": "array" } } }"#;
        format!(
            r#"{{
                "id": "outputs-not-json",
                "title": "Outputs Not JSON",
                "resource": "Envelope",
                "description": "Answers with a text that nobody can read.",
                "effect": "read",
                "idempotent": true,
                "inputs": {empty},
                "options": {empty},
                "outputs": {outputs}
            }}"#
        )
    }

    fn run(_: String, _: String) -> Result<Outcome, Failure> {
        Ok(Outcome { outputs: "{ rows: [".to_owned(), summary: "all went well".to_owned() })
    }
}

export!(Node);

fn main() {}
