//! Checks what a node is given: first normalises what its schema declares, then validates by JSON Schema 2020-12, and
//! reports every error at once with its path and what was expected.

mod expansion;
mod explain;
mod metered;
mod normalise;
pub(crate) mod subschemas;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, Retrieve, ValidationError, ValidationOptions, Validator};
use serde_json::{Map, Value};

use crate::envelope::WrongValue;
use crate::manifest::{Manifest, property_names};
use expansion::Expansion;
use metered::{Meter, Metered, Seen};
use normalise::Form;

pub(crate) use metered::{Effort, GivenUp};

/// Errors that are told one by one.
const MOST_ERRORS: usize = 50;
/// The memory that one compiled pattern may take.
const LARGEST_PATTERN: usize = 256 << 10;
/// What a value may weigh, times the schemas that apply to each of its parts, for its check to take less than a
/// millisecond.
const LITTLE: u64 = 20_000;
/// How deep a value may be, times the schemas within each other that apply to each of its parts, for its check to fit on
/// the stack of a thread that serves.
const SHALLOW: usize = 512;
/// Bytes of a text that weigh as much as a part of its own.
const BYTES_OF_A_PART: usize = 64;

/// A schema that values are validated by.
struct Schema {
    validator: Validator<Metered>,
    expansion: Expansion,
}

/// The values of one parameter group, inputs or options, and how to check them.
struct Group {
    /// Its names in declared order.
    names: Vec<String>,
    form: Form,
    /// The schema with every value in its canonical form.
    canonical: Value,
    schema: Schema,
}

/// How to check a node's inputs, options and outputs; compiled once per node.
pub(crate) struct Checks {
    inputs: Group,
    options: Group,
    outputs: Schema,
}

/// Inputs and options; once they are checked, in their canonical form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Given {
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
    /// Where, as a person writes it: `Values[2][0]`.
    pub path: String,
    /// Where, as a JSON Pointer: `/Values/2/0`.
    pub pointer: String,
    /// The rule that it breaks, for machines: `max-length`.
    pub code: &'static str,
    /// What would be right; empty where that can not be said.
    pub expected: String,
    /// What was expected, and what was found.
    pub problem: String,
}

impl From<&ParameterError> for WrongValue {
    fn from(error: &ParameterError) -> Self {
        Self {
            path: error.pointer.clone(),
            code: error.code.to_owned(),
            expected: error.expected.clone(),
            message: error.to_string(),
        }
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

/// All that is wrong: the first errors, and how many there are besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub errors: Vec<ParameterError>,
    more: usize,
    /// There may be still more: the value was not looked at to its end.
    is_cut: bool,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.errors.iter().enumerate() {
            write!(f, "{}{error}", if number > 0 { "; " } else { "" })?;
        }
        match (self.more, self.is_cut) {
            (0, false) => Ok(()),
            (0, true) => f.write_str("; and more"),
            (more, false) => write!(f, "; and {more} more"),
            (more, true) => write!(f, "; and at least {more} more"),
        }
    }
}

impl Wrong {
    fn room(&self) -> usize {
        MOST_ERRORS.saturating_sub(self.errors.len())
    }
}

impl Checks {
    /// Compiles the manifest's schemas; the error names the part and what is wrong with it.
    pub fn new(manifest: &Manifest) -> Result<Self, String> {
        let outputs = Value::Object(manifest.outputs.clone());
        Ok(Self {
            inputs: Group::new(&manifest.inputs).map_err(|reason| format!("inputs: {reason}"))?,
            options: Group::new(&manifest.options).map_err(|reason| format!("options: {reason}"))?,
            outputs: Schema::compile(&outputs, &outputs).map_err(|reason| format!("outputs: {reason}"))?,
        })
    }

    /// Normalises and validates; every error of inputs and options at once. It may be given up and done again.
    pub fn parameters(&self, given: &mut Given, effort: Effort) -> Result<Result<(), Wrong>, GivenUp> {
        let mut wrong = Wrong::default();
        let meter = Meter::new(effort);
        let Given { inputs, options } = given;
        self.inputs.check("inputs", inputs, ("an option", &self.options.names), &meter, effort, &mut wrong)?;
        self.options.check("options", options, ("an input", &self.inputs.names), &meter, effort, &mut wrong)?;
        Ok(if wrong.errors.is_empty() { Ok(()) } else { Err(wrong) })
    }

    /// Compares a node's outputs with what it declares.
    pub fn outputs(&self, outputs: &Value, effort: Effort) -> Result<Result<(), Wrong>, GivenUp> {
        self.outputs.admits_in(outputs, effort)?;
        let meter = Meter::new(effort);
        if self.outputs.is_valid(outputs, &meter)? {
            return Ok(Ok(()));
        }
        let mut wrong = Wrong::default();
        for error in self.outputs.errors(outputs, &meter, &mut wrong)? {
            if wrong.room() > 0 {
                wrong.errors.push(explain::explain_output(&error));
            } else {
                wrong.more += 1;
            }
        }
        Ok(Err(wrong))
    }
}

/// Whether values are so small that working on them takes far less than a millisecond, whatever their schemas are.
pub(crate) fn are_small(values: &[&Value]) -> bool {
    let mut left = LITTLE / 4;
    values.iter().all(|value| weigh(value, &mut left, SHALLOW))
}

/// Takes a value's weight off what is left; whether there was as much left, and the value was no deeper.
fn weigh(value: &Value, left: &mut u64, deepest: usize) -> bool {
    let text = |text: &str| 1 + (text.len() / BYTES_OF_A_PART) as u64;
    let weight = match value {
        Value::String(content) => text(content),
        Value::Object(members) => 1 + members.keys().map(|name| text(name)).sum::<u64>(),
        _ => 1,
    };
    let Some(rest) = left.checked_sub(weight) else { return false };
    *left = rest;
    let Some(deepest) = deepest.checked_sub(1) else { return false };
    match value {
        Value::Array(items) => items.len() as u64 <= *left && items.iter().all(|item| weigh(item, left, deepest)),
        Value::Object(members) => members.values().all(|member| weigh(member, left, deepest)),
        _ => true,
    }
}

impl Schema {
    /// Compiles a schema in its canonical form. The form as it was declared is bounded.
    fn compile(declared: &Value, canonical: &Value) -> Result<Self, String> {
        let expansion = Expansion::of(declared)?;
        let validator = ValidationOptions::<Arc<dyn Retrieve>, Metered>::default()
            .with_draft(Draft::Draft202012)
            // A pattern comes from a component; the linear-time engine can not be made to run long.
            .with_pattern_options(PatternOptions::regex().size_limit(LARGEST_PATTERN).dfa_size_limit(LARGEST_PATTERN))
            .build(canonical)
            .map_err(|error| crate::excerpt::cut(&error.to_string(), 1_000).into_owned())?;
        Ok(Self { validator, expansion })
    }

    /// Refuses to begin on a value that is too much for the effort, where that is little.
    fn admits_in(&self, value: &Value, effort: Effort) -> Result<(), GivenUp> {
        match effort {
            Effort::Until(_) => Ok(()),
            Effort::Steps(_) => {
                let mut left = LITTLE / self.expansion.in_place;
                let is_little = weigh(value, &mut left, SHALLOW / self.expansion.depth_in_place);
                if is_little { Ok(()) } else { Err(GivenUp) }
            }
        }
    }

    fn is_valid(&self, value: &Value, meter: &Meter) -> Result<bool, GivenUp> {
        meter.run(|| self.validator.is_valid(Seen::new(value, meter)))
    }

    /// The errors of a value that is not valid: never none.
    fn errors<'value>(
        &'value self,
        value: &'value Value,
        meter: &'value Meter,
        wrong: &mut Wrong,
    ) -> Result<Vec<ValidationError<'value>>, GivenUp> {
        let errors: Vec<_> = meter.run(|| self.validator.iter_errors(Seen::new(value, meter)).collect())?;
        wrong.is_cut |= meter.has_stopped_collecting();
        if !errors.is_empty() {
            return Ok(errors);
        }
        // What was found before the collecting stopped was of alternatives of which another one holds.
        meter.collect_anew();
        meter.run(|| self.validator.validate(Seen::new(value, meter)).err().into_iter().collect())
    }
}

impl Group {
    fn new(schema: &Map<String, Value>) -> Result<Self, String> {
        let declared = Value::Object(schema.clone());
        let canonical = normalise::canonical_schema(&declared);
        Ok(Self {
            names: property_names(schema).cloned().collect(),
            schema: Schema::compile(&declared, &canonical)?,
            form: Form::of(&declared),
            canonical,
        })
    }

    fn check(
        &self,
        group: &str,
        value: &mut Value,
        (other, other_names): (&str, &[String]),
        meter: &Meter,
        effort: Effort,
        wrong: &mut Wrong,
    ) -> Result<(), GivenUp> {
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        if !value.is_object() {
            let problem = format!("expected a JSON object of {group}, got {}", explain::found(value));
            wrong.errors.push(ParameterError {
                path: group.to_owned(),
                pointer: String::new(),
                code: "type",
                expected: "a JSON object".to_owned(),
                problem,
            });
            return Ok(());
        }
        self.form.normalise(value);
        let value = &*value;
        self.schema.admits_in(value, effort)?;
        if self.schema.is_valid(value, meter)? {
            return Ok(());
        }
        let context = explain::Context { schema: &self.canonical, names: &self.names, other, other_names };
        let found = self.schema.errors(value, meter, wrong)?;
        let is_about_type = |error: &&ValidationError<'_>| explain::is_about_type(error);
        let mistyped: HashSet<&str> =
            found.iter().filter(is_about_type).map(|error| error.instance_path().as_str()).collect();
        // The items of a list that is too long are not read, so nothing is said of them.
        let overlong: HashSet<&str> = found
            .iter()
            .filter(|error| explain::is_about_many_items(error))
            .map(|error| error.instance_path().as_str())
            .collect();
        for error in &found {
            let place = error.instance_path().as_str();
            let is_idle = (!is_about_type(&error) && mistyped.contains(place))
                || place
                    .match_indices('/')
                    .any(|(end, _)| place.get(..end).is_some_and(|list| overlong.contains(list)));
            if is_idle || explain::is_idle(error, &self.canonical) {
                continue;
            }
            if wrong.room() == 0 {
                wrong.more += explain::count(error);
                continue;
            }
            let explained = explain::explain(error, &context, wrong.room());
            wrong.more += explain::count(error).saturating_sub(explained.len());
            wrong.errors.extend(explained);
        }
        Ok(())
    }
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
            effect: crate::vocabulary::Effect::Write,
            idempotent: false,
            confirm_with: None,
            slots: Vec::new(),
            rules: Vec::new(),
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

    const PLENTY: Effort = Effort::Steps(1_000_000);

    fn checked(inputs: Value, options: Value) -> Result<Given, Wrong> {
        let mut given = Given { inputs, options };
        checks().parameters(&mut given, PLENTY).unwrap().map(|()| given)
    }

    fn problems(inputs: Value, options: Value) -> Vec<String> {
        match checked(inputs, options) {
            Ok(_) => vec![],
            Err(wrong) => wrong.errors.iter().map(ToString::to_string).collect(),
        }
    }

    fn good_inputs() -> Value {
        json!({ "AgentId": 1, "UserIds": ["a"], "MsgType": "text" })
    }

    #[test]
    fn other_spellings_reach_the_node_in_the_canonical_form() {
        let inputs = json!({ "AgentId": "123", "UserIds": "a, b,,a ", "MsgType": "text" });
        let options = json!({ "Count": 1.0, "Flag": true, "Values": "[[\"x\", 1]]", "Title": null });
        let checked = checked(inputs, options).unwrap();
        assert_eq!(checked.inputs, json!({ "AgentId": 123, "UserIds": ["a", "b"], "MsgType": "text" }));
        assert_eq!(checked.options, json!({ "Count": 1, "Flag": 1, "Values": [["x", 1]] }));
    }

    #[test]
    fn a_blank_option_counts_as_not_given_where_a_blank_is_no_value() {
        let checked = checked(good_inputs(), json!({ "Title": "", "Count": " ", "Mobile": "" })).unwrap();
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
            let mut wrong = Wrong::default();
            let mut value = json!({ "Name": text });
            group.check("inputs", &mut value, ("an option", &[]), &Meter::new(PLENTY), PLENTY, &mut wrong).unwrap();
            assert_eq!(wrong.to_string(), format!("Name: {problem}"));
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
        assert_eq!(checks().outputs(&json!({ "Data": {} }), PLENTY), Ok(Ok(())));
        assert_eq!(checks().outputs(&json!({ "Data": 1 }), PLENTY).unwrap().unwrap_err().errors[0].path, "Data");
    }

    #[test]
    fn an_error_is_told_to_machines_too() {
        let wrong =
            checked(json!({ "AgentId": 1, "UserIds": ["a", ""], "MsgType": "text" }), json!({ "X": 1 })).unwrap_err();
        let told: Vec<_> = wrong.errors.iter().map(|error| (error.pointer.as_str(), error.code)).collect();
        assert_eq!(told, [("/UserIds/1", "min-length"), ("/X", "unknown")]);
    }

    fn until_done() -> Effort {
        Effort::Until(std::time::Instant::now() + std::time::Duration::from_secs(60))
    }

    #[test]
    fn of_many_errors_the_first_fifty_are_told_and_the_others_counted() {
        let checks = checks();
        let rows: Vec<Value> = (0..5_000).map(|_| json!([true])).collect();
        let mut given = Given { inputs: good_inputs(), options: json!({ "Values": rows }) };
        let wrong = checks.parameters(&mut given, until_done()).unwrap().unwrap_err();
        assert_eq!(wrong.errors.len(), MOST_ERRORS);
        assert!(wrong.to_string().ends_with("; and 4950 more"), "{wrong}");

        let unknown: Map<String, Value> = (0..100_000).map(|number| (format!("x{number}"), json!(1))).collect();
        let mut given = Given { inputs: good_inputs(), options: unknown.into() };
        let wrong = checks.parameters(&mut given, until_done()).unwrap().unwrap_err();
        assert!(wrong.to_string().ends_with("; and 99950 more"), "{wrong}");
        assert!(wrong.to_string().len() < 20_000);
    }

    #[test]
    fn no_more_errors_are_collected_than_fit_in_memory() {
        let rows: Vec<Value> = (0..300_000).map(|_| json!([true])).collect();
        let mut given = Given { inputs: good_inputs(), options: json!({ "Values": rows }) };
        let wrong = checks().parameters(&mut given, until_done()).unwrap().unwrap_err();
        assert!(wrong.to_string().contains("; and at least 9"), "{wrong}");
    }

    #[test]
    fn long_names_and_values_are_cut_and_their_length_is_told() {
        let long = "n".repeat(1_000_000);
        let mut given = Given { inputs: good_inputs(), options: json!({ (long.clone()): 1, "Title": long }) };
        let wrong = checks().parameters(&mut given, until_done()).unwrap().unwrap_err();
        let text = wrong.to_string();
        assert!(text.contains("… (1000000 characters)"), "{text}");
        assert!(text.len() < 2_000, "{} bytes", text.len());
    }

    #[test]
    fn what_is_not_little_is_given_up_at_once_where_others_wait() {
        let checks = checks();
        let effort = Effort::Steps(10_000);
        let many: String = (0..60_000).map(|number| format!("{number},")).collect();
        let mut given =
            Given { inputs: json!({ "AgentId": 1, "UserIds": many, "MsgType": "text" }), options: Value::Null };
        assert_eq!(checks.parameters(&mut given, effort), Err(GivenUp));
        let wrong = checks.parameters(&mut given, until_done()).unwrap().unwrap_err();
        assert_eq!(wrong.to_string(), "UserIds: expected at most 3 items, got 60000");
    }

    #[test]
    fn a_validation_ends_at_its_deadline() {
        // Each level is validated twice for each time that the one above it is.
        let twice = json!({ "allOf": [{ "items": { "$ref": "#/$defs/T" } }, { "items": { "$ref": "#/$defs/T" } }] });
        let schema = json!({ "properties": { "X": { "$ref": "#/$defs/T" } }, "$defs": { "T": twice } });
        let schema = Schema::compile(&schema, &schema).unwrap();
        let deep = (0..100).fold(json!([]), |inner, _| json!([inner]));
        let value = json!({ "X": deep });
        let began = std::time::Instant::now();
        let meter = Meter::new(Effort::Until(began + std::time::Duration::from_millis(50)));
        let ended = schema.is_valid(&value, &meter);
        // Either the validator remembers what it has validated, or it was stopped.
        assert!(matches!(ended, Ok(true) | Err(GivenUp)));
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
        let meter = Meter::new(Effort::Steps(10));
        assert_eq!(schema.is_valid(&json!({ "X": vec![json!([]); 100] }), &meter), Err(GivenUp));
    }

    #[test]
    fn lists_are_unique_as_json_schema_has_it() {
        let schema = json!({ "uniqueItems": true });
        let schema = Schema::compile(&schema, &schema).unwrap();
        let is_unique = |value: Value| schema.is_valid(&value, &Meter::new(PLENTY)).unwrap();
        assert!(is_unique(json!([1, "1", [1], { "a": 1 }, null, true])));
        for equal in [json!([1, 1.0]), json!([{ "a": 1, "b": 2 }, { "b": 2, "a": 1 }]), json!([[0], [-0.0]])] {
            assert!(!is_unique(equal.clone()), "{equal}");
        }
    }
}
