use patchbay_numbers::from_json;
use serde_json::{Map, Value};

use crate::log;

/// How a service's answer, or a member of it, is typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// A whole number of 64 bits.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// Text.
    Text,
    /// An array whose items are all of one shape.
    List(&'static Shape),
    /// Rows of cells that are all of one shape. A cell that can not be read is blank, so that each keeps its place.
    Grid(&'static Shape),
    /// An object with these members, and maybe others.
    Object(&'static [Member]),
    /// JSON of any kind, taken as it is.
    Any,
}

/// A declared member of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// Its name in the service's object.
    pub name: &'static str,
    /// How it is typed.
    pub shape: &'static Shape,
    /// Whether there is no success without it.
    pub promise: Promise,
}

/// Whether an answer proves itself by a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// It may be left out.
    No,
    /// It must be there.
    Yes,
    /// It must be there unless the answer is an HTTP 204, which says by its status alone that it was done.
    YesUnlessEmpty,
}

impl Shape {
    /// The value that is typed so and holds nothing.
    pub(crate) fn nothing(self) -> Value {
        match self {
            Self::Object(_) => Map::new().into(),
            Self::List(_) | Self::Grid(_) => Vec::<Value>::new().into(),
            _ => Value::Null,
        }
    }

    /// What stands in a grid for a cell that holds nothing of this shape.
    fn blank(self) -> Value {
        match self {
            Self::Integer | Self::Number => 0.into(),
            Self::Boolean => false.into(),
            Self::Text => "".into(),
            other => other.nothing(),
        }
    }

    /// The first member that is promised and not there. `is_empty` says that the answer is an HTTP 204.
    pub(crate) fn broken_promise(self, value: &Value, is_empty: bool) -> Option<&'static str> {
        let Self::Object(declared) = self else { return None };
        let is_due = |member: &&Member| match member.promise {
            Promise::No => false,
            Promise::Yes => true,
            Promise::YesUnlessEmpty => !is_empty,
        };
        let is_kept = |member: &Member| match value.get(member.name) {
            Some(Value::String(text)) => !text.trim().is_empty(),
            Some(Value::Bool(flag)) => *flag,
            other => other.is_some(),
        };
        declared.iter().filter(is_due).find(|member| !is_kept(member)).map(|member| member.name)
    }

    /// The value in the declared type; nothing when it can not be read as that.
    pub fn read(self, value: Value) -> Option<Value> {
        match self {
            Self::Integer => read_integer(value),
            Self::Number => read_number(value),
            Self::Boolean => read_boolean(value),
            Self::Text => read_text(value),
            Self::List(item) => {
                let items =
                    read_array(value)?.into_iter().filter_map(|value| item.read_member("an item of a list", value));
                Some(items.collect())
            }
            Self::Grid(cell) => {
                let read = |value| cell.read(value).unwrap_or_else(|| cell.blank());
                let row = |row| match row {
                    Value::Array(cells) => cells.into_iter().map(read).collect(),
                    _ => Vec::<Value>::new(),
                };
                Some(read_array(value)?.into_iter().map(row).collect())
            }
            Self::Object(declared) => read_object(value).map(|members| read_members(declared, members).into()),
            Self::Any => Some(value),
        }
    }

    /// As [`read`](Self::read), for what is part of something else: it is left out with a warning where it can not be read.
    fn read_member(self, name: &str, value: Value) -> Option<Value> {
        let read = self.read(value);
        if read.is_none() {
            log::warn(format_args!("{name} in the service's answer is left out, it is not of the declared type"));
        }
        read
    }
}

/// Adds an empty list for each declared list that is not there.
#[doc(hidden)]
pub fn add_empty_lists(shape: &Shape, members: &mut Map<String, Value>) {
    let Shape::Object(declared) = shape else { return };
    for member in declared.iter().filter(|member| matches!(member.shape, Shape::List(_))) {
        if !members.contains_key(member.name) {
            members.insert(member.name.to_owned(), Vec::<Value>::new().into());
        }
    }
}

/// The members of an object, the declared ones in their types; undeclared ones stay as they are.
fn read_members(declared: &[Member], members: Map<String, Value>) -> Map<String, Value> {
    let read = |(name, value): (String, Value)| {
        let Some(member) = declared.iter().find(|member| member.name == name) else { return Some((name, value)) };
        let value = if value.is_null() { None } else { member.shape.read_member(&name, value) };
        Some((name, value?))
    };
    members.into_iter().filter_map(read).collect()
}

fn read_object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members),
        Value::String(text) => from_json(text.as_bytes()).ok(),
        _ => None,
    }
}

fn read_integer(value: Value) -> Option<Value> {
    match value {
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.into()),
        Value::String(text) => text.trim().parse::<i64>().ok().map(Value::from),
        _ => None,
    }
}

fn read_number(value: Value) -> Option<Value> {
    match value {
        Value::Number(number) => Some(number.into()),
        Value::String(text) => from_json(text.trim().as_bytes()).ok().filter(Value::is_number),
        _ => None,
    }
}

fn read_boolean(value: Value) -> Option<Value> {
    let text = match value {
        Value::Bool(_) => return Some(value),
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    match text.trim() {
        "true" | "1" => Some(true.into()),
        "false" | "0" => Some(false.into()),
        _ => None,
    }
}

fn read_text(value: Value) -> Option<Value> {
    match value {
        Value::String(_) => Some(value),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(flag) => Some(flag.to_string().into()),
        _ => None,
    }
}

fn read_array(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(items) => Some(items),
        Value::Object(_) => Some(vec![value]),
        Value::String(text) => from_json(text.as_bytes()).ok(),
        _ => None,
    }
}
