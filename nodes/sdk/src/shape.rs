use serde_json::{Map, Value};

use crate::log;

/// How a member of a service's answer is typed.
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
    /// An object with these members, and maybe others.
    Object(&'static [(&'static str, &'static Shape)]),
    /// JSON of any kind, taken as it is.
    Any,
}

/// A type that says how a member of an answer is typed; [`answer`](macro@crate::answer) implements it.
pub trait Shaped {
    /// The shape.
    const SHAPE: Shape;
}

macro_rules! shaped {
    ($($type:ty => $shape:ident),+ $(,)?) => {
        $(impl Shaped for $type {
            const SHAPE: Shape = Shape::$shape;
        })+
    };
}

shaped! {
    i64 => Integer,
    f64 => Number,
    bool => Boolean,
    String => Text,
    Value => Any,
}

impl Shaped for Map<String, Value> {
    const SHAPE: Shape = Shape::Object(&[]);
}

impl<T: Shaped> Shaped for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);
}

impl Shape {
    /// The members of an object, the declared ones in their types; undeclared ones stay as they are.
    pub(crate) fn read_members(self, members: Map<String, Value>) -> Map<String, Value> {
        let Self::Object(declared) = self else { return members };
        members
            .into_iter()
            .filter_map(|(name, value)| {
                let Some((_, shape)) = declared.iter().find(|(declared, _)| *declared == name) else {
                    return Some((name, value));
                };
                if value.is_null() {
                    return None;
                }
                match shape.read(value) {
                    Some(value) => Some((name, value)),
                    None => {
                        log::warn(format_args!("the service's {name} is left out, it is not of the declared type"));
                        None
                    }
                }
            })
            .collect()
    }

    fn read(self, value: Value) -> Option<Value> {
        match self {
            Self::Integer => read_integer(value),
            Self::Number => read_number(value),
            Self::Boolean => read_boolean(value),
            Self::Text => read_text(value),
            Self::List(item) => Some(read_array(value)?.into_iter().filter_map(|value| item.read(value)).collect()),
            Self::Object(_) => match value {
                Value::Object(members) => Some(self.read_members(members).into()),
                Value::String(text) => match serde_json::from_slice(text.as_bytes()).ok()? {
                    Value::Object(members) => Some(self.read_members(members).into()),
                    _ => None,
                },
                _ => None,
            },
            Self::Any => Some(value),
        }
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
        Value::String(text) => serde_json::from_slice(text.trim().as_bytes()).ok().filter(Value::is_number),
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

pub(crate) fn read_array(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(items) => Some(items),
        Value::Object(_) => Some(vec![value]),
        Value::String(text) => serde_json::from_slice(text.as_bytes()).ok(),
        _ => None,
    }
}
