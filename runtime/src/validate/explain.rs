//! Says in plain words what a JSON Schema error means: where, what was expected, what was found.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::{Location, LocationSegment};
use serde_json::Value;

use super::{ParameterError, normalise};
use crate::nearest::nearest;

/// What an explanation may draw on besides the error.
pub(super) struct Context<'check> {
    /// The canonical schema that the value was validated by.
    pub schema: &'check Value,
    /// The names that the group of parameters has.
    pub names: &'check [String],
    /// What the other group's parameters are called: "an option".
    pub other: &'check str,
    /// The names that the other group has.
    pub other_names: &'check [String],
}

/// Explains an error; one error may be about several parameters.
pub(super) fn explain(error: &ValidationError<'_>, context: &Context<'_>) -> Vec<ParameterError> {
    let place = error.instance_path();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| ParameterError { path: path(place, Some(name)), problem: unknown_name(name, place, context) })
            .collect(),
        ValidationErrorKind::Required { property: Value::String(name) } => {
            let declared = at(context.schema, place).and_then(|schema| property(schema, name));
            let expected = declared.map_or_else(String::new, |schema| format!(", expected {}", expectation(schema)));
            vec![ParameterError { path: path(place, Some(name)), problem: format!("required{expected}") }]
        }
        kind => vec![ParameterError { path: path(place, None), problem: problem(kind, error, context) }],
    }
}

/// What an output is not, in plain words.
pub(super) fn explain_output(error: &ValidationError<'_>) -> ParameterError {
    ParameterError { path: path(error.instance_path(), None), problem: error.masked().to_string() }
}

/// Whether the error is about a value's type, which makes further errors about the same value idle.
pub(super) fn is_about_type(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { .. })
}

/// Whether an error adds nothing: an empty text where none is taken fails the pattern too.
pub(super) fn is_idle(error: &ValidationError<'_>, schema: &Value) -> bool {
    matches!(error.kind(), ValidationErrorKind::Pattern { .. })
        && error.instance().as_str() == Some("")
        && at(schema, error.instance_path()).is_some_and(|schema| schema.get("minLength").is_some())
}

fn problem(kind: &ValidationErrorKind, error: &ValidationError<'_>, context: &Context<'_>) -> String {
    let value = error.instance();
    match kind {
        ValidationErrorKind::MaxLength { limit } => {
            format!("expected at most {}, got {}", counted(*limit, "character"), length(value))
        }
        ValidationErrorKind::MinLength { limit: 1 } => "expected a text that is not empty".to_owned(),
        ValidationErrorKind::MinLength { limit } => {
            format!("expected at least {}, got {}", counted(*limit, "character"), length(value))
        }
        ValidationErrorKind::MaxItems { limit } => {
            format!("expected at most {}, got {}", counted(*limit, "item"), length(value))
        }
        ValidationErrorKind::MinItems { limit } => {
            format!("expected at least {}, got {}", counted(*limit, "item"), length(value))
        }
        _ => match at(context.schema, error.instance_path()) {
            Some(schema) => format!("expected {}, got {}", expectation(schema), found(value)),
            None => error.masked().to_string(),
        },
    }
}

fn unknown_name(name: &str, place: &Location, context: &Context<'_>) -> String {
    let declared: Vec<&str> = at(context.schema, place)
        .and_then(|schema| schema.get("properties")?.as_object())
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default();
    if place.as_str().is_empty() {
        let same = |known: &&String| known.eq_ignore_ascii_case(name);
        let own = context.names.iter().any(|known| same(&known));
        if let Some(known) = context.other_names.iter().find(same).filter(|_| !own) {
            return format!("unknown here, {known} is {}", context.other);
        }
    }
    match nearest(name, declared.iter().copied()) {
        Some(known) => format!("unknown, did you mean {known}?"),
        None if declared.is_empty() => "unknown, none is expected".to_owned(),
        None => format!("unknown, expected one of {}", declared.join(", ")),
    }
}

/// What a schema takes, as a phrase: "an integer of at least 1".
pub(super) fn expectation(schema: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        return format!("one of {}", values.join(", "));
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => return "another value".to_owned(),
    };
    let phrases: Vec<String> = types.iter().map(|kind| type_expectation(kind, schema)).collect();
    let also = schema.get(normalise::ALSO).and_then(Value::as_str);
    phrases.iter().map(String::as_str).chain(also).collect::<Vec<_>>().join(" or ")
}

fn type_expectation(kind: &str, schema: &Value) -> String {
    let limit = |keyword: &str| schema.get(keyword).filter(|limit| limit.is_number());
    match kind {
        "integer" | "number" => {
            let noun = if kind == "integer" { "an integer" } else { "a number" };
            match (limit("minimum"), limit("maximum")) {
                (Some(low), Some(high)) => format!("{noun} from {low} to {high}"),
                (Some(low), None) => format!("{noun} of at least {low}"),
                (None, Some(high)) => format!("{noun} of at most {high}"),
                (None, None) => noun.to_owned(),
            }
        }
        "string" => {
            let text = |low| sized("a text", low, limit("maxLength"), "character");
            match schema.get("pattern").and_then(Value::as_str) {
                // A blank text is what this pattern is there to refuse.
                Some(r"\S") => format!("{} that is not blank", text(limit("minLength").filter(|low| *low != 1))),
                Some(pattern) => format!("{} that matches {pattern}", text(limit("minLength"))),
                None => text(limit("minLength")),
            }
        }
        "array" => sized("a list", limit("minItems"), limit("maxItems"), "item"),
        "object" => "a JSON object".to_owned(),
        "boolean" => "true or false".to_owned(),
        other => other.to_owned(),
    }
}

fn sized(noun: &str, low: Option<&Value>, high: Option<&Value>, unit: &str) -> String {
    let number = |limit: Option<&Value>| limit.and_then(Value::as_u64);
    match (number(low).filter(|low| *low > 0), number(high)) {
        (Some(low), Some(high)) => format!("{noun} of {low} to {}", counted(high, unit)),
        (Some(1), None) => format!("{noun} that is not empty"),
        (Some(low), None) => format!("{noun} of at least {}", counted(low, unit)),
        (None, Some(high)) => format!("{noun} of at most {}", counted(high, unit)),
        (None, None) => noun.to_owned(),
    }
}

fn counted(number: u64, unit: &str) -> String {
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}

/// Names a value in a sentence without quoting more of it than helps.
pub(super) fn found(value: &Value) -> String {
    const SHOWN: usize = 60;
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(text) if text.chars().count() <= SHOWN => format!("the text {}", Value::from(text.as_str())),
        Value::String(text) => format!("a text of {} characters", text.chars().count()),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a JSON object".to_owned(),
    }
}

fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        _ => 0,
    }
}

/// The path as a user writes it: `Values[1][0]`.
fn path(place: &Location, name: Option<&str>) -> String {
    let mut text = String::new();
    let property = |text: &mut String, name: &str| {
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(name);
    };
    for segment in place.iter() {
        match segment {
            LocationSegment::Property(name) => property(&mut text, &name),
            LocationSegment::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    if let Some(name) = name {
        property(&mut text, name);
    }
    text
}

/// The schema of the value at a place.
fn at<'schema>(schema: &'schema Value, place: &Location) -> Option<&'schema Value> {
    place.iter().try_fold(schema, |schema, segment| match segment {
        LocationSegment::Property(name) => property(schema, &name),
        LocationSegment::Index(_) => schema.get("items"),
    })
}

fn property<'schema>(schema: &'schema Value, name: &str) -> Option<&'schema Value> {
    schema.get("properties")?.get(name)
}
