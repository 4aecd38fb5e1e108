//! Answers that mean something, recognised by what is in them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// Recognises an answer by its status, by values in its JSON body, or by both.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRule {
    /// The HTTP status; any when absent.
    pub status: Option<u16>,
    /// JSON Pointer and the values that may stand there; a number counts as its text. All must match.
    #[serde(default)]
    pub body: BTreeMap<String, Vec<String>>,
}

impl AnswerRule {
    /// Whether the answer is one that the rule describes. `json` is its body, when it is JSON.
    pub fn matches(&self, status: u16, json: Option<&Value>) -> bool {
        let stands = |(pointer, values): (&String, &Vec<String>)| match json.and_then(|json| json.pointer(pointer)) {
            Some(Value::String(text)) => values.contains(text),
            Some(Value::Number(number)) => values.contains(&number.to_string()),
            _ => false,
        };
        self.status.is_none_or(|wanted| wanted == status) && self.body.iter().all(stands)
    }
}

pub(super) fn check_rules(rules: &[AnswerRule], place: &str) -> Result<(), String> {
    for rule in rules {
        if rule.status.is_none() && rule.body.is_empty() {
            return Err(format!("{place}: a rule with neither `status` nor `body` would match every answer"));
        }
        for pointer in rule.body.keys() {
            check_pointer(pointer, place)?;
        }
    }
    Ok(())
}

pub(super) fn check_pointer(pointer: &str, place: &str) -> Result<(), String> {
    if pointer.starts_with('/') {
        Ok(())
    } else {
        Err(format!("{place}: `{pointer}` is not a JSON Pointer, it begins with a slash"))
    }
}
