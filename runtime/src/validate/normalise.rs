//! Turns the ways to write a value that a schema declares into the one form that the node sees.
//!
//! | the schema says | written | becomes |
//! | --- | --- | --- |
//! | `integer`, `number` | `"5"`, `" 5 "` | `5` |
//! | `integer` | `5.0` | `5` |
//! | `boolean` | `"true"`, `"false"` | `true`, `false` |
//! | array, or string with format `comma-separated` | `"a, b,,a"`, `"a，b；a"` | `["a", "b"]` |
//! | any type, or string with format `json` | `"[[1]]"` | `[[1]]` |
//! | integer, or string of digits | `"123"` | `123` |
//! | integer, or boolean | `true` | `1` |
//! | a property that is not required | `null`; `""` where that is no value | absent |
//!
//! What fits none of this is left as it is: validation then says what was expected.

use std::collections::{HashMap, HashSet};

use patchbay_numbers::from_json;
use serde_json::{Map, Value};

/// What people put between the entries of a list, in whichever language they type.
const SEPARATORS: [char; 7] = [',', '，', '、', ';', '；', '\n', '\r'];

/// The keyword in a canonical schema that tells an explanation how else the value may be written.
pub(super) const ALSO: &str = "x-also";

/// How values of one schema are normalised; compiled from it once.
#[derive(Debug)]
pub(super) struct Form {
    shape: Shape,
    spellings: Vec<Spelling>,
    /// Whether the empty text is a value of the schema.
    takes_empty: bool,
}

#[derive(Debug)]
enum Shape {
    Integer,
    Number,
    Boolean,
    Array { items: Option<Box<Form>>, most: usize },
    Object(HashMap<String, Property>),
    Other,
}

#[derive(Debug)]
struct Property {
    required: bool,
    form: Form,
}

/// Another way to write a value than its canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    CommaSeparated,
    JsonText,
    Boolean,
}

/// The canonical member of an `anyOf`, when all members after the first are spellings of it.
fn canonical(schema: &Map<String, Value>) -> Option<(&Value, Vec<Spelling>)> {
    let (first, others) = schema.get("anyOf")?.as_array()?.split_first()?;
    let mut spellings = Vec::new();
    for other in others {
        let text = |keyword| other.get(keyword).and_then(Value::as_str);
        match (text("type")?, text("format")) {
            ("string", Some("comma-separated")) => spellings.push(Spelling::CommaSeparated),
            ("string", Some("json")) => spellings.push(Spelling::JsonText),
            ("boolean", None) => spellings.push(Spelling::Boolean),
            // Digits for an integer: numbers are read from text anyway.
            ("string", None) if matches!(first.get("type")?.as_str(), Some("integer" | "number")) => {}
            _ => return None,
        }
    }
    Some((first, spellings))
}

/// The schema with each spelled value in its canonical form alone, so that errors speak of one form.
pub(super) fn canonical_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut members = members.clone();
            if let Some((first, spellings)) = canonical(&members) {
                let mut first = first.clone();
                members.shift_remove("anyOf");
                if let Some(first) = first.as_object_mut() {
                    members.append(first);
                }
                if let Some(phrase) = spellings.iter().find_map(|spelling| spelling.phrase()) {
                    members.insert(ALSO.into(), phrase.into());
                }
            }
            members.into_iter().map(|(name, value)| (name, canonical_schema(&value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(canonical_schema).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

impl Form {
    /// Compiles a schema.
    pub fn of(schema: &Value) -> Self {
        let Some(members) = schema.as_object() else {
            return Self { shape: Shape::Other, spellings: vec![], takes_empty: true };
        };
        if let Some((first, spellings)) = canonical(members) {
            return Self { spellings, ..Self::of(first) };
        }
        let kind = members.get("type").and_then(Value::as_str);
        let shape = match kind {
            Some("integer") => Shape::Integer,
            Some("number") => Shape::Number,
            Some("boolean") => Shape::Boolean,
            Some("array") => Shape::Array {
                items: members.get("items").map(|items| Box::new(Self::of(items))),
                most: members.get("maxItems").and_then(Value::as_u64).map_or(usize::MAX, saturating),
            },
            Some("object") => Shape::Object(properties(members)),
            _ => Shape::Other,
        };
        let takes_empty = match members.get("type") {
            None => true,
            Some(kinds) if names(kinds, "string") => {
                !members.contains_key("enum") && members.get("minLength").and_then(Value::as_u64).unwrap_or(0) == 0
            }
            Some(_) => false,
        };
        Self { shape, spellings: vec![], takes_empty }
    }

    /// Normalises a value in place.
    pub fn normalise(&self, value: &mut Value) {
        for spelling in &self.spellings {
            if let Some(canonical) = spelling.read(value) {
                *value = canonical;
                break;
            }
        }
        match (&self.shape, &mut *value) {
            (Shape::Integer, Value::String(text)) => {
                if let Some(number) = integer(text.trim()) {
                    *value = number;
                }
            }
            // JSON Schema takes 3.0 for an integer; a node reads 3.
            (Shape::Integer, Value::Number(number)) if number.is_f64() => {
                if let Some(whole) = number.as_f64().and_then(whole) {
                    *value = whole.into();
                }
            }
            (Shape::Number, Value::String(text)) => {
                if let Ok(number @ Value::Number(_)) = from_json(text.trim().as_bytes()) {
                    *value = number;
                }
            }
            (Shape::Boolean, Value::String(text)) => match text.trim() {
                "true" => *value = Value::Bool(true),
                "false" => *value = Value::Bool(false),
                _ => {}
            },
            // A longer list is refused for its length, whatever its items are.
            (Shape::Array { items: Some(form), most }, Value::Array(items)) if items.len() <= *most => {
                items.iter_mut().for_each(|item| form.normalise(item));
            }
            (Shape::Object(properties), Value::Object(members)) => normalise_members(properties, members),
            _ => {}
        }
    }
}

/// Goes over the members that there are: a schema may declare thousands for each of many objects that have none.
fn normalise_members(properties: &HashMap<String, Property>, members: &mut Map<String, Value>) {
    let mut has_blanks = false;
    for (name, value) in members.iter_mut() {
        match properties.get(name) {
            Some(property) if property.is_left_out(value) => has_blanks = true,
            Some(property) => property.form.normalise(value),
            None => {}
        }
    }
    if has_blanks {
        members.retain(|name, value| !properties.get(name).is_some_and(|property| property.is_left_out(value)));
    }
}

impl Property {
    /// Whether the value says no more than if it were absent.
    fn is_left_out(&self, value: &Value) -> bool {
        let is_blank = match value {
            Value::Null => true,
            Value::String(text) => !self.form.takes_empty && text.trim().is_empty(),
            _ => false,
        };
        is_blank && !self.required
    }
}

impl Spelling {
    /// How an error names it, where it is not plain that it is taken.
    fn phrase(self) -> Option<&'static str> {
        match self {
            Self::CommaSeparated => Some("a comma-separated text"),
            Self::JsonText => Some("its JSON text"),
            Self::Boolean => None,
        }
    }

    fn read(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::CommaSeparated, Value::String(text)) => {
                let mut met = HashSet::new();
                let items = text.split(SEPARATORS).map(str::trim).filter(|item| !item.is_empty() && met.insert(*item));
                Some(items.collect())
            }
            // A text that is itself a value, such as "5" where any type goes, is a value and not JSON text.
            (Self::JsonText, Value::String(text)) => {
                from_json(text.as_bytes()).ok().filter(|json: &Value| json.is_array() || json.is_object())
            }
            (Self::Boolean, Value::Bool(flag)) => Some(Value::from(u8::from(*flag))),
            (Self::Boolean, Value::String(text)) => match text.trim() {
                "true" => Some(Value::from(1)),
                "false" => Some(Value::from(0)),
                _ => None,
            },
            _ => None,
        }
    }
}

fn properties(schema: &Map<String, Value>) -> HashMap<String, Property> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let required: HashSet<&str> = required.filter_map(Value::as_str).collect();
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            (name.clone(), Property { required: required.contains(name.as_str()), form: Form::of(schema) })
        })
        .collect()
}

fn saturating(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Whether a `type`, one name or several, has this one.
fn names(kinds: &Value, kind: &str) -> bool {
    match kinds {
        Value::Array(kinds) => kinds.iter().any(|name| name == kind),
        name => name == kind,
    }
}

/// A number without a fraction that a double holds exactly.
pub(super) fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// A decimal integer, kept exact up to 64 bits.
fn integer(text: &str) -> Option<Value> {
    text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).ok()
}
