//! The uniform answer.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::NodeId;

/// What every invocation comes to: the node's declared outputs and fields that are the same for all nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
#[schemars(transform = require_errors)]
pub struct Envelope {
    /// The node's outputs as declared. After a failure each has the empty value of its type, unless the node had made
    /// it true already.
    #[serde(flatten)]
    pub outputs: Map<String, Value>,
    /// 200 after success, -1 when a parameter is wrong and nothing was sent, else an HTTP status that tells the cause.
    pub status_code: i32,
    /// Empty after success; what went wrong, with the service's own code and request id.
    pub error_message: String,
    /// Empty after success; the next step for the person or agent who reads it.
    pub hint: String,
    /// True only when the same call may succeed and can not repeat an effect.
    pub retryable: bool,
    /// One sentence of what happened; empty after a failure.
    pub summary: String,
    /// The last HTTP status of the service; 0 when it was never reached.
    pub original_status_code: u16,
    /// What is wrong with the parameters, one by one; empty when nothing is.
    #[serde(default)]
    pub errors: Vec<WrongValue>,
    /// Only after a success that says no more than that the service took it on: the node that tells how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NodeId")]
    pub confirm_with: Option<NodeId>,
    /// Only after a dry run that came to a write: the request that was not sent, as it was before any secret was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Plan")]
    pub plan: Option<Box<Plan>>,
}

/// A value of the inputs or options that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WrongValue {
    /// JSON Pointer to it: `/UserIds/3`.
    pub path: String,
    /// The rule that it breaks, for machines: `required`, `max-length`.
    pub code: String,
    /// What would be right.
    pub expected: String,
    /// The whole in a sentence, for people.
    pub message: String,
}

/// A write that a dry run did not send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The request.
    #[serde(flatten)]
    pub request: PlannedRequest,
    /// Writes that would have been sent side by side with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<PlannedRequest>,
}

/// A request as a node gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedRequest {
    /// `POST`.
    pub method: String,
    /// The URL, without credential.
    pub url: String,
    /// The headers, without credential: names and values.
    pub headers: Vec<(String, String)>,
    /// The body: as JSON where it is JSON, else as text; null without a body.
    pub body: Value,
    /// The signing slot that would have added the credential.
    pub slot: Option<String>,
}

/// Envelopes that were kept before there were `Errors` are read all the same; none is given without.
fn require_errors(schema: &mut Schema) {
    if let Some(errors) = schema.pointer_mut("/properties/Errors").and_then(Value::as_object_mut) {
        errors.remove("default");
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.push("Errors".into());
    }
}

/// The StatusCode of a success.
pub const SUCCESS: i32 = 200;
/// The StatusCode of a parameter error that was found before anything was sent.
pub const PARAMETER_ERROR: i32 = -1;

/// Whether an output may not have this name, because the envelope has a field of that name.
pub(crate) fn is_reserved(name: &str) -> bool {
    Envelope::FIELDS.contains(&name)
}

impl Envelope {
    /// The names of an envelope's fields, in their order; the last two are there at times only.
    pub const FIELDS: [&str; 9] = [
        "StatusCode",
        "ErrorMessage",
        "Hint",
        "Retryable",
        "Summary",
        "OriginalStatusCode",
        "Errors",
        "ConfirmWith",
        "Plan",
    ];

    /// The envelope of a success, with every output that the schema declares.
    pub(crate) fn success(declared: &Map<String, Value>, made: Map<String, Value>, summary: String) -> Self {
        Self {
            outputs: complete_outputs(declared, made),
            status_code: SUCCESS,
            error_message: String::new(),
            hint: String::new(),
            retryable: false,
            summary,
            original_status_code: 0,
            errors: Vec::new(),
            confirm_with: None,
            plan: None,
        }
    }

    /// The envelope of a failure, with the empty value of every output that the schema declares. It is not Retryable.
    pub fn failure(declared: &Map<String, Value>, status_code: i32, error_message: String, hint: String) -> Self {
        let nothing = Self::success(declared, Map::new(), String::new());
        Self { status_code, error_message, hint, ..nothing }
    }

    /// Whether the node did what it was asked to do.
    pub fn is_success(&self) -> bool {
        self.status_code == SUCCESS
    }
}

/// Every output that the schema declares, in declared order: what `made` has of it, else the empty value of its type.
pub(crate) fn complete_outputs(schema: &Map<String, Value>, mut made: Map<String, Value>) -> Map<String, Value> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Map::new() };
    properties
        .iter()
        .map(|(name, schema)| (name.clone(), made.remove(name).unwrap_or_else(|| empty_value(schema))))
        .collect()
}

/// The empty value of the type that a schema declares; null when it declares none.
fn empty_value(schema: &Value) -> Value {
    let first = |keyword: &str| schema.get(keyword).and_then(Value::as_array).and_then(|list| list.first());
    let declared = match schema.get("type") {
        Some(Value::Array(types)) => types.first().and_then(Value::as_str),
        Some(one) => one.as_str(),
        None => None,
    };
    match declared {
        Some("object") => Value::Object(Map::new()),
        Some("array") => Value::Array(Vec::new()),
        Some("string") => Value::String(String::new()),
        Some("number" | "integer") => Value::from(0),
        Some("boolean") => Value::Bool(false),
        _ => first("anyOf").or_else(|| first("oneOf")).map_or(Value::Null, empty_value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_declared_output_has_the_empty_value_of_its_type_unless_it_was_made() {
        let schema = json!({ "properties": {
            "Data": { "type": "object" }, "List": { "type": "array" }, "Text": { "type": "string" },
            "Count": { "type": "integer" }, "Share": { "type": "number" }, "Done": { "type": "boolean" },
            "Either": { "anyOf": [{ "type": "string" }, { "type": "integer" }] }, "Rows": { "type": "integer" },
        }});
        let made = json!({ "Rows": 2, "Undeclared": 1 });
        let outputs = complete_outputs(schema.as_object().unwrap(), made.as_object().unwrap().clone());
        let expected = json!({
            "Data": {}, "List": [], "Text": "", "Count": 0, "Share": 0, "Done": false, "Either": "", "Rows": 2,
        });
        assert_eq!(serde_json::to_string(&outputs).unwrap(), expected.to_string());
    }

    #[test]
    fn the_outputs_come_first_and_the_fields_in_the_documented_order() {
        let declared = json!({ "properties": { "MessageData": { "type": "object" } } });
        let made = json!({ "MessageData": { "task_id": 1 } }).as_object().unwrap().clone();
        let sent = Envelope::success(declared.as_object().unwrap(), made, "sent".into());
        let envelope = Envelope { original_status_code: 200, ..sent };
        assert_eq!(
            serde_json::to_string(&envelope).unwrap(),
            r#"{"MessageData":{"task_id":1},"StatusCode":200,"ErrorMessage":"","Hint":"","Retryable":false,"Summary":"sent","OriginalStatusCode":200,"Errors":[]}"#
        );
    }
}
