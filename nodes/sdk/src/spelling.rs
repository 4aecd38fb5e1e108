//! Inputs that a user may give in more than one form.
//!
//! Their schema is an `anyOf` whose first member is the canonical form. The others are spellings: the host turns them into
//! the canonical form before it validates, so a node only ever reads that.
//!
//! | type | canonical | spellings |
//! | --- | --- | --- |
//! | [`CommaList`](crate::CommaList) | `["a", "b"]` | `"a, b"` |
//! | [`NumericId`] | `256271667526` | `"256271667526"` |
//! | [`JsonText`] | any JSON value | the value as text: `"[[1, 2]]"` |
//! | [`Switch`] | `0` or `1` | `false` or `true` |
//!
//! A plain number needs nothing: the host reads `"5"` as 5 wherever an integer is declared.

use std::{borrow::Cow, ops::Deref};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An id that is a number above 0 and needs 64 bits, given as a number or as its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NumericId(i64);

impl NumericId {
    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl JsonSchema for NumericId {
    fn schema_name() -> Cow<'static, str> {
        "NumericId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX },
                { "type": "string", "pattern": "^[0-9]{1,19}$", "x-pattern-words": "of 1 to 19 digits" }
            ]
        })
    }
}

/// How many entries a page has at most: 1 to `MAX`, `DEFAULT` unless it is given (with `#[serde(default)]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PageSize<const DEFAULT: u32, const MAX: u32>(u32);

impl<const DEFAULT: u32, const MAX: u32> PageSize<DEFAULT, MAX> {
    /// The number.
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

impl<const DEFAULT: u32, const MAX: u32> Default for PageSize<DEFAULT, MAX> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const DEFAULT: u32, const MAX: u32> JsonSchema for PageSize<DEFAULT, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("PageSize{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "format": "uint32", "minimum": 1, "maximum": MAX })
    }
}

/// A JSON value, given as it is or as its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonText<T>(T);

impl<T> JsonText<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for JsonText<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: JsonSchema> JsonSchema for JsonText<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("JsonText_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut value = generator.subschema_for::<T>();
        // What describes the input stands outside, for both forms.
        value.remove("description");
        json_schema!({ "anyOf": [value.to_value(), { "type": "string", "format": "json" }] })
    }
}

/// One of two settings that a service numbers, 0 or 1. Written as the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bit {
    /// The setting numbered 0.
    Zero,
    /// The setting numbered 1.
    One,
}

/// A setting that the service numbers the other way round than the node: what is given as 0 is sent as 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Flipped<T>(T);

impl Serialize for Flipped<Bit> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sent = match self.0 {
            Bit::Zero => Bit::One,
            Bit::One => Bit::Zero,
        };
        sent.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Flipped<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Flipped_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl Serialize for Bit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match self {
            Self::Zero => 0,
            Self::One => 1,
        })
    }
}

impl<'de> Deserialize<'de> for Bit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            0 => Ok(Self::Zero),
            1 => Ok(Self::One),
            other => Err(de::Error::custom(format_args!("{other} is neither 0 nor 1"))),
        }
    }
}

impl JsonSchema for Bit {
    fn schema_name() -> Cow<'static, str> {
        "Bit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "enum": [0, 1] })
    }
}

/// Yes or no, given as 1 or 0 or as a boolean. Written as the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Switch(Bit);

impl Switch {
    /// Whether it is on.
    pub fn is_on(self) -> bool {
        self.0 == Bit::One
    }
}

impl JsonSchema for Switch {
    fn schema_name() -> Cow<'static, str> {
        "Switch".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let bit = generator.subschema_for::<Bit>().to_value();
        json_schema!({ "anyOf": [bit, { "type": "boolean" }] })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn an_id_keeps_all_its_64_bits() {
        let id: NumericId = from_value(json!(i64::MAX)).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "9223372036854775807");
    }

    #[test]
    fn a_flipped_setting_is_sent_as_the_other_one() {
        let setting: Flipped<Bit> = from_value(json!(0)).unwrap();
        assert_eq!(serde_json::to_value(setting).unwrap(), json!(1));
    }

    #[test]
    fn a_switch_is_written_as_a_number() {
        let switch: Switch = from_value(json!(1)).unwrap();
        assert!(switch.is_on());
        assert_eq!(serde_json::to_value(switch).unwrap(), json!(1));
        assert!(from_value::<Switch>(json!(2)).is_err());
    }
}
