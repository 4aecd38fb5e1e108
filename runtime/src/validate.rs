//! Checks what a node is given: first normalises what its schema declares, then validates by JSON Schema 2020-12, and
//! reports every error at once with its path and what was expected.

mod explain;
mod normalise;

use std::fmt;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};

use crate::manifest::{Manifest, property_names};
use normalise::Form;

/// The values of one parameter group, inputs or options, and how to check them.
struct Group {
    /// Its names in declared order.
    names: Vec<String>,
    form: Form,
    /// The schema with every value in its canonical form.
    schema: Value,
    validator: Validator,
}

/// How to check a node's inputs, options and outputs; compiled once per node.
pub(crate) struct Checks {
    inputs: Group,
    options: Group,
    outputs: Validator,
}

/// Inputs and options in their canonical form.
pub(crate) struct Checked {
    pub inputs: Value,
    pub options: Value,
}

/// What a schema takes, as a phrase: "a list of 1 to 40 items or a comma-separated text".
pub fn expectation(schema: &Value) -> String {
    explain::expectation(&normalise::canonical_schema(schema))
}

/// What is wrong with one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterError {
    /// Where: `Values[2][0]`.
    pub path: String,
    /// What was expected, and what was found.
    pub problem: String,
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

impl Checks {
    /// Compiles the manifest's schemas; the error names the part and what is wrong with it.
    pub fn new(manifest: &Manifest) -> Result<Self, String> {
        let outputs = Value::Object(manifest.outputs.clone());
        Ok(Self {
            inputs: Group::new(&manifest.inputs).map_err(|reason| format!("inputs: {reason}"))?,
            options: Group::new(&manifest.options).map_err(|reason| format!("options: {reason}"))?,
            outputs: compile(&outputs).map_err(|reason| format!("outputs: {reason}"))?,
        })
    }

    /// Normalises and validates; every error of inputs and options at once.
    pub fn parameters(&self, inputs: Value, options: Value) -> Result<Checked, Vec<ParameterError>> {
        let mut errors = Vec::new();
        let inputs = self.inputs.check("inputs", inputs, ("an option", &self.options.names), &mut errors);
        let options = self.options.check("options", options, ("an input", &self.inputs.names), &mut errors);
        if errors.is_empty() { Ok(Checked { inputs, options }) } else { Err(errors) }
    }

    /// Compares a node's outputs with what it declares.
    pub fn outputs(&self, outputs: &Value) -> Result<(), Vec<ParameterError>> {
        if self.outputs.is_valid(outputs) {
            return Ok(());
        }
        Err(self.outputs.iter_errors(outputs).map(|error| explain::explain_output(&error)).collect())
    }
}

impl Group {
    fn new(schema: &Map<String, Value>) -> Result<Self, String> {
        let declared = Value::Object(schema.clone());
        let canonical = normalise::canonical_schema(&declared);
        Ok(Self {
            names: property_names(schema).cloned().collect(),
            form: Form::of(&declared),
            validator: compile(&canonical)?,
            schema: canonical,
        })
    }

    fn check(
        &self,
        group: &str,
        value: Value,
        (other, other_names): (&str, &[String]),
        errors: &mut Vec<ParameterError>,
    ) -> Value {
        let mut value = if value.is_null() { Value::Object(Map::new()) } else { value };
        if !value.is_object() {
            let problem = format!("expected a JSON object of {group}, got {}", explain::found(&value));
            errors.push(ParameterError { path: group.to_owned(), problem });
            return value;
        }
        self.form.normalise(&mut value);
        if !self.validator.is_valid(&value) {
            let context = explain::Context { schema: &self.schema, names: &self.names, other, other_names };
            let found: Vec<_> = self.validator.iter_errors(&value).collect();
            let mistyped: Vec<_> =
                found.iter().filter(|error| explain::is_about_type(error)).map(|error| error.instance_path()).collect();
            for error in &found {
                let is_idle = mistyped.contains(&error.instance_path()) && !explain::is_about_type(error);
                if !is_idle && !explain::is_idle(error, &self.schema) {
                    errors.extend(explain::explain(error, &context));
                }
            }
        }
        value
    }
}

fn compile(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        // A pattern comes from a component; the linear-time engine can not be made to run long.
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checks() -> Checks {
        let object = |value: Value| value.as_object().unwrap().clone();
        Checks::new(&Manifest {
            id: "sample/send".parse().unwrap(),
            title: String::new(),
            resource: String::new(),
            description: String::new(),
            effect: crate::manifest::Effect::Write,
            idempotent: false,
            status: Default::default(),
            exclusive: vec![],
            errors: vec![],
            inputs: object(json!({
                "type": "object",
                "properties": {
                    "AgentId": { "anyOf": [{ "type": "integer", "minimum": 1 }, { "type": "string", "pattern": "^[0-9]{1,19}$" }] },
                    "UserIds": { "anyOf": [
                        { "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1, "maxItems": 3 },
                        { "type": "string", "format": "comma-separated" },
                    ] },
                    "MsgType": { "type": "string", "enum": ["text", "markdown"] },
                },
                "required": ["AgentId", "UserIds", "MsgType"],
                "additionalProperties": false,
            })),
            options: object(json!({
                "type": "object",
                "properties": {
                    "Title": { "type": "string", "minLength": 1, "maxLength": 5 },
                    "Count": { "type": "integer", "enum": [0, 1] },
                    "Mobile": { "type": ["string", "integer"], "minLength": 1 },
                    "Flag": { "anyOf": [{ "type": "integer", "enum": [0, 1] }, { "type": "boolean" }] },
                    "Values": { "anyOf": [
                        { "type": "array", "items": { "type": "array", "items": { "type": ["string", "number"] } } },
                        { "type": "string", "format": "json" },
                    ] },
                },
                "additionalProperties": false,
            })),
            outputs: object(json!({ "type": "object", "properties": { "Data": { "type": "object" } } })),
        })
        .unwrap()
    }

    fn problems(inputs: Value, options: Value) -> Vec<String> {
        match checks().parameters(inputs, options) {
            Ok(_) => vec![],
            Err(errors) => errors.iter().map(ToString::to_string).collect(),
        }
    }

    fn good_inputs() -> Value {
        json!({ "AgentId": 1, "UserIds": ["a"], "MsgType": "text" })
    }

    #[test]
    fn other_spellings_reach_the_node_in_the_canonical_form() {
        let inputs = json!({ "AgentId": "123", "UserIds": "a, b,,a ", "MsgType": "text" });
        let options = json!({ "Count": 1.0, "Flag": true, "Values": "[[\"x\", 1]]", "Title": null });
        let Ok(checked) = checks().parameters(inputs, options) else { panic!("refused") };
        assert_eq!(checked.inputs, json!({ "AgentId": 123, "UserIds": ["a", "b"], "MsgType": "text" }));
        assert_eq!(checked.options, json!({ "Count": 1, "Flag": 1, "Values": [["x", 1]] }));
    }

    #[test]
    fn a_blank_option_counts_as_not_given_where_a_blank_is_no_value() {
        let Ok(checked) = checks().parameters(good_inputs(), json!({ "Title": "", "Count": " ", "Mobile": "" })) else {
            panic!("refused")
        };
        assert_eq!(checked.options, json!({}));
    }

    #[test]
    fn every_error_is_reported_at_once_with_its_path_and_what_was_expected() {
        let inputs = json!({ "AgentId": "12a", "UserIds": "a,b,c,d", "MsgType": "html" });
        assert_eq!(
            problems(inputs, json!({ "Title": "too long", "Values": [["a"], [true]] })),
            [
                "AgentId: expected an integer of at least 1, got the text \"12a\"",
                "UserIds: expected at most 3 items, got 4",
                "MsgType: expected one of \"text\", \"markdown\", got the text \"html\"",
                "Title: expected at most 5 characters, got 8",
                "Values[1][0]: expected a text or a number, got true",
            ]
        );
    }

    #[test]
    fn a_missing_input_is_named_with_what_it_takes() {
        assert_eq!(
            problems(json!({ "MsgType": "text" }), json!({})),
            [
                "AgentId: required, expected an integer of at least 1",
                "UserIds: required, expected a list of 1 to 3 items or a comma-separated text",
            ]
        );
    }

    #[test]
    fn a_misspelt_name_gets_the_nearest_right_one() {
        let mut inputs = good_inputs();
        inputs["UserId"] = json!("x");
        inputs["title"] = json!("x");
        inputs["Elephant"] = json!("x");
        assert_eq!(
            problems(inputs, json!({ "Msgtype": "text" })),
            [
                "UserId: unknown, did you mean UserIds?",
                "title: unknown here, Title is an option",
                "Elephant: unknown, expected one of AgentId, UserIds, MsgType",
                "Msgtype: unknown here, MsgType is an input",
            ]
        );
    }

    #[test]
    fn a_text_that_is_empty_or_blank_is_one_error() {
        let name = json!({ "type": "string", "minLength": 1, "pattern": r"\S" });
        let schema = json!({ "type": "object", "properties": { "Name": name }, "required": ["Name"] });
        let group = Group::new(schema.as_object().unwrap()).unwrap();
        for (text, problem) in
            [("", "expected a text that is not empty"), (" ", "expected a text that is not blank, got the text \" \"")]
        {
            let mut errors = vec![];
            group.check("inputs", json!({ "Name": text }), ("an option", &[]), &mut errors);
            assert_eq!(errors, [ParameterError { path: "Name".into(), problem: problem.into() }]);
        }
    }

    #[test]
    fn a_value_that_is_no_object_is_refused() {
        assert_eq!(problems(json!([]), json!("x"))[0], "inputs: expected a JSON object of inputs, got a list");
    }

    #[test]
    fn json_text_that_is_not_json_is_refused_with_its_place() {
        assert_eq!(
            problems(good_inputs(), json!({ "Values": "[[1]" })),
            ["Values: expected a list or its JSON text, got the text \"[[1]\""]
        );
    }

    #[test]
    fn outputs_are_compared_with_what_the_node_declares() {
        assert!(checks().outputs(&json!({ "Data": {} })).is_ok());
        assert_eq!(checks().outputs(&json!({ "Data": 1 })).unwrap_err()[0].path, "Data");
    }
}
