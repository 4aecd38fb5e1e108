//! Inputs that a user may give in more than one form.
//!
//! Their schema is an `anyOf` whose first member is the canonical form. The others are spellings: the host turns them into
//! the canonical form before it validates, so a node only ever reads that.
//!
//! | type | canonical | spellings |
//! | --- | --- | --- |
//! | [`CommaList`] | `["a", "b"]` | `"a, b"` |
//! | [`NumericId`] | `256271667526` | `"256271667526"` |
//! | [`JsonText`] | any JSON value | the value as text: `"[[1, 2]]"` |
//! | [`Switch`] | `0` or `1` | `false` or `true` |
//!
//! A plain number needs nothing: the host reads `"5"` as 5 wherever an integer is declared.

use std::{borrow::Cow, ops::Deref};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One to `MAX` texts, given as an array or as one comma-separated text. Surrounding space, blank entries and repeated
/// entries are dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CommaList<const MAX: usize>(Vec<String>);

impl<const MAX: usize> CommaList<MAX> {
    /// The entries with commas between them, as some services want them.
    pub fn joined(&self) -> String {
        self.0.join(",")
    }

    /// The entries.
    pub fn into_vec(self) -> Vec<String> {
        self.0
    }
}

impl<const MAX: usize> Deref for CommaList<MAX> {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for CommaList<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut entries = Vec::<String>::new();
        for entry in Vec::<String>::deserialize(deserializer)? {
            let entry = entry.trim();
            if !entry.is_empty() && !entries.iter().any(|known| known == entry) {
                entries.push(entry.to_owned());
            }
        }
        match entries.len() {
            0 => Err(de::Error::custom("at least one entry is needed")),
            count if count > MAX => Err(de::Error::custom(format_args!("{count} entries, at most {MAX} are allowed"))),
            _ => Ok(Self(entries)),
        }
    }
}

impl<const MAX: usize> JsonSchema for CommaList<MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("CommaList{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                {
                    "type": "array",
                    "items": { "type": "string", "minLength": 1, "pattern": "\\S" },
                    "minItems": 1,
                    "maxItems": MAX
                },
                { "type": "string", "format": "comma-separated" }
            ]
        })
    }
}

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
                { "type": "string", "pattern": "^[0-9]{1,19}$" }
            ]
        })
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

impl Bit {
    /// The other setting.
    pub fn flipped(self) -> Self {
        match self {
            Self::Zero => Self::One,
            Self::One => Self::Zero,
        }
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
    fn a_list_drops_blanks_and_repeats_and_keeps_the_order() {
        let list: CommaList<3> = from_value(json!(["b", " a ", "", "b", "c"])).unwrap();
        assert_eq!(list.joined(), "b,a,c");
    }

    #[test]
    fn a_list_has_at_least_one_and_at_most_max_entries() {
        assert!(from_value::<CommaList<3>>(json!([" "])).is_err());
        let error = from_value::<CommaList<1>>(json!(["a", "b"])).unwrap_err();
        assert_eq!(error.to_string(), "2 entries, at most 1 are allowed");
    }

    #[test]
    fn an_id_keeps_all_its_64_bits() {
        let id: NumericId = from_value(json!(i64::MAX)).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "9223372036854775807");
    }

    #[test]
    fn a_switch_is_written_as_a_number() {
        let switch: Switch = from_value(json!(1)).unwrap();
        assert!(switch.is_on());
        assert_eq!(serde_json::to_value(switch).unwrap(), json!(1));
        assert!(from_value::<Switch>(json!(2)).is_err());
    }
}
