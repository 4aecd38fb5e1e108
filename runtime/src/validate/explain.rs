//! Says in plain words what a JSON Schema error means: where, what was expected, what was found.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::{Location, LocationSegment};
use patchbay_numbers::is_rounded;
use serde_json::Value;

use super::{ParameterError, normalise};
use crate::excerpt::{cut, escape_controls, excerpt};
use crate::nearest::nearest;

/// The keyword with what a text has that fits the schema's `pattern`, in words that go on from "a text".
const PATTERN_WORDS: &str = "x-pattern-words";
/// Characters of what was expected that an error tells; a schema may have an `enum` of thousands.
const LONGEST_EXPECTATION: usize = 400;
/// Characters of a path that an error tells, and of each name in it.
const LONGEST_PATH: usize = 300;
const LONGEST_NAME: usize = 64;

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

/// Of how many parameters the error is.
pub(super) fn count(error: &ValidationError<'_>) -> usize {
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected.len(),
        _ => 1,
    }
}

/// Explains an error; one error may be about several parameters, of which the first `most` are explained.
pub(super) fn explain(error: &ValidationError<'_>, context: &Context<'_>, most: usize) -> Vec<ParameterError> {
    let place = error.instance_path();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .take(most)
            .map(|name| {
                let (expected, message) = unknown_name(name, place, context);
                ParameterError::at(place, Some(name), "unknown", expected, message)
            })
            .collect(),
        ValidationErrorKind::Required { property: Value::String(name) } => {
            let declared = at(context.schema, place).and_then(|schema| property(schema, name));
            let expected = declared.map_or_else(String::new, expectation);
            let message =
                if expected.is_empty() { "required".to_owned() } else { format!("required, expected {expected}") };
            vec![ParameterError::at(place, Some(name), "required", expected, message)]
        }
        kind => {
            let (code, expected, found) = problem(kind, error, context);
            let message = match found {
                Some(found) => format!("expected {expected}, got {found}"),
                None => format!("expected {expected}"),
            };
            vec![ParameterError::at(place, None, code, expected, message)]
        }
    }
}

/// What an output is not, in plain words.
pub(super) fn explain_output(error: &ValidationError<'_>) -> ParameterError {
    let message = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let shown: Vec<String> = unexpected.iter().take(5).map(|name| excerpt(name, LONGEST_NAME)).collect();
            let more = unexpected.len().saturating_sub(shown.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("declares no {}{more}", shown.join(", "))
        }
        _ => cut(&error.masked().to_string(), LONGEST_EXPECTATION).into_owned(),
    };
    ParameterError::at(error.instance_path(), None, code(error.kind()), String::new(), message)
}

impl ParameterError {
    fn at(place: &Location, name: Option<&str>, code: &'static str, expected: String, problem: String) -> Self {
        let pointer = match name {
            Some(name) => place.join(name),
            None => place.clone(),
        };
        let pointer = cut(pointer.as_str(), LONGEST_PATH).into_owned();
        Self { path: path(place, name), pointer, code, expected, problem }
    }
}

/// Whether the error is about a value's type, which makes further errors about the same value idle.
pub(super) fn is_about_type(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { .. })
}

/// Whether the error is that a list has too many items, which makes errors about its items idle.
pub(super) fn is_about_many_items(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::MaxItems { .. })
}

/// Whether an error adds nothing: an empty text where none is taken fails the pattern too.
pub(super) fn is_idle(error: &ValidationError<'_>, schema: &Value) -> bool {
    matches!(error.kind(), ValidationErrorKind::Pattern { .. })
        && error.instance().as_str() == Some("")
        && at(schema, error.instance_path()).is_some_and(|schema| schema.get("minLength").is_some())
}

/// The rule that a value breaks, what it would have to be, and what it is.
fn problem(
    kind: &ValidationErrorKind,
    error: &ValidationError<'_>,
    context: &Context<'_>,
) -> (&'static str, String, Option<String>) {
    let value = error.instance();
    let length = || Some(length(value).to_string());
    let (expected, found) = match kind {
        ValidationErrorKind::MaxLength { limit } => (format!("at most {}", counted(*limit, "character")), length()),
        ValidationErrorKind::MinLength { limit: 1 } => ("a text that is not empty".to_owned(), None),
        ValidationErrorKind::MinLength { limit } => (format!("at least {}", counted(*limit, "character")), length()),
        ValidationErrorKind::MaxItems { limit } => (format!("at most {}", counted(*limit, "item")), length()),
        ValidationErrorKind::MinItems { limit } => (format!("at least {}", counted(*limit, "item")), length()),
        _ => match at(context.schema, error.instance_path()) {
            Some(schema) => (expectation(schema), Some(found(value))),
            None => ("what its schema says".to_owned(), Some(found(value))),
        },
    };
    (code(kind), expected, found)
}

/// The rule's name, for machines.
fn code(kind: &ValidationErrorKind) -> &'static str {
    match kind {
        ValidationErrorKind::AdditionalProperties { .. } => "unknown",
        ValidationErrorKind::Required { .. } => "required",
        ValidationErrorKind::Type { .. } => "type",
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } => "enum",
        ValidationErrorKind::MaxLength { .. } => "max-length",
        ValidationErrorKind::MinLength { .. } => "min-length",
        ValidationErrorKind::MaxItems { .. } => "max-items",
        ValidationErrorKind::MinItems { .. } => "min-items",
        ValidationErrorKind::UniqueItems => "unique-items",
        ValidationErrorKind::Pattern { .. } => "pattern",
        ValidationErrorKind::Format { .. } => "format",
        ValidationErrorKind::Maximum { .. } | ValidationErrorKind::ExclusiveMaximum { .. } => "maximum",
        ValidationErrorKind::Minimum { .. } | ValidationErrorKind::ExclusiveMinimum { .. } => "minimum",
        ValidationErrorKind::MultipleOf { .. } => "multiple-of",
        _ => "schema",
    }
}

/// What is expected in place of a name that is not declared, and the whole as a phrase.
fn unknown_name(name: &str, place: &Location, context: &Context<'_>) -> (String, String) {
    let declared = at(context.schema, place).and_then(|schema| schema.get("properties")?.as_object());
    let declared = || declared.into_iter().flat_map(|properties| properties.keys().map(String::as_str));
    if place.as_str().is_empty() {
        let same = |known: &&String| known.eq_ignore_ascii_case(name);
        let own = context.names.iter().any(|known| same(&known));
        if let Some(known) = context.other_names.iter().find(same).filter(|_| !own) {
            return (String::new(), format!("unknown here, {known} is {}", context.other));
        }
    }
    if let Some(known) = nearest(name, declared()) {
        return (known.to_owned(), format!("unknown, did you mean {known}?"));
    }
    let names = declared().collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        return (String::new(), "unknown, none is expected".to_owned());
    }
    let names = format!("one of {}", cut(&names, LONGEST_EXPECTATION));
    (names.clone(), format!("unknown, expected {names}"))
}

/// What a schema takes, as a phrase: "an integer of at least 1".
pub(super) fn expectation(schema: &Value) -> String {
    let phrase = whole_expectation(schema);
    if phrase.len() <= LONGEST_EXPECTATION { phrase } else { cut(&phrase, LONGEST_EXPECTATION).into_owned() }
}

fn whole_expectation(schema: &Value) -> String {
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
            let said = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
            match (said("pattern"), said(PATTERN_WORDS)) {
                (None, _) => text(limit("minLength")),
                // That it is not empty goes without saying.
                (_, Some(words)) => format!("{} {words}", text(limit("minLength").filter(|low| *low != 1))),
                // Of components built before there were words.
                (Some(r"\S"), None) => {
                    format!("{} that is not blank", text(limit("minLength").filter(|low| *low != 1)))
                }
                (Some(pattern), None) => format!("{} that matches {pattern}", text(limit("minLength"))),
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
        Value::String(text) if text.len() <= SHOWN && is_rounded(text) => {
            format!("{text}, which has more digits than a number keeps")
        }
        Value::String(text) if text.chars().nth(SHOWN).is_none() => {
            format!("the text {}", escape_controls(&Value::from(text.as_str()).to_string()))
        }
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
        text.push_str(&cut(name, LONGEST_NAME));
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
    if text.len() <= LONGEST_PATH { text } else { cut(&text, LONGEST_PATH).into_owned() }
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
