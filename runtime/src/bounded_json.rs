//! Reads JSON into memory that is bounded: a list of zeros takes forty times as much as a value as it does as a text.

use std::cell::Cell;
use std::fmt;

use patchbay_numbers::quote_rounded;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// What one value takes in its list. Lists grow by doubling, so there is room for as many again.
const VALUE_BYTES: usize = 2 * size_of::<Value>();
/// What a member takes besides its value and the text of its name.
const MEMBER_BYTES: usize = 2 * (size_of::<String>() + 2 * size_of::<usize>());

/// Why a text was not read.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// It would take more memory than it may.
    #[error("it takes more than {} MiB of memory once it is read", .0 >> 20)]
    TooLarge(usize),
    /// It is not JSON.
    #[error("it is not JSON: {0}")]
    Syntax(serde_json::Error),
}

/// Reads a JSON text into a value that takes no more than `most_bytes` of memory. A number that it could not keep exactly is
/// the text of its digits.
///
/// # Errors
/// It would take more, or it is not JSON.
pub fn read_json(text: &[u8], most_bytes: usize) -> Result<Value, JsonError> {
    let left = Cell::new(most_bytes);
    let is_spent = Cell::new(false);
    let text = quote_rounded(text);
    let mut deserializer = serde_json::Deserializer::from_slice(&text);
    let seed = Bounded { left: &left, is_spent: &is_spent };
    let read = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    read.map_err(|error| if is_spent.get() { JsonError::TooLarge(most_bytes) } else { JsonError::Syntax(error) })
}

/// The memory that a value takes, by the same measure.
#[cfg(test)]
fn memory_of(value: &Value) -> usize {
    let below: usize = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(memory_of).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| MEMBER_BYTES + name.len() + memory_of(member)).sum()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    VALUE_BYTES + below
}

#[derive(Clone, Copy)]
struct Bounded<'read> {
    left: &'read Cell<usize>,
    is_spent: &'read Cell<bool>,
}

impl Bounded<'_> {
    fn take<E: de::Error>(self, bytes: usize) -> Result<(), E> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                self.is_spent.set(true);
                Err(E::custom("too large"))
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.take(VALUE_BYTES)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        self.take(text.len())?;
        Ok(text.into())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        self.take(text.len())?;
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            self.take(MEMBER_BYTES + name.len())?;
            let member = members.next_value_seed(self)?;
            map.insert(name, member);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_fits_is_read_as_it_stands() {
        let value = json!({ "a": [1, -2, 3.5, "text", null, true, { "b": {} }], "c": "x" });
        assert_eq!(read_json(value.to_string().as_bytes(), memory_of(&value)).unwrap(), value);
        assert!(matches!(read_json(value.to_string().as_bytes(), memory_of(&value) - 1), Err(JsonError::TooLarge(_))));
    }

    #[test]
    fn what_would_take_too_much_is_given_up_while_it_is_read() {
        let zeros = format!("[{}0]", "0,".repeat(1 << 20));
        let error = read_json(zeros.as_bytes(), 16 << 20).unwrap_err();
        assert_eq!(error.to_string(), "it takes more than 16 MiB of memory once it is read");
    }

    #[test]
    fn what_is_not_json_is_said_so() {
        for text in ["{", "[1] 2", "", "{\"a\": \u{1}}"] {
            assert!(matches!(read_json(text.as_bytes(), 1 << 20), Err(JsonError::Syntax(_))), "{text}");
        }
    }
}
