//! Texts of which the space around them is no part.

use std::{borrow::Cow, fmt, ops::Deref};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// A name, a title, a word to search for: 1 to `MAX` characters without the space around them, not blank. `Text` alone has
/// no upper limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize = { usize::MAX }>(String);

/// An address that begins with `https://`, without the space around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Link(String);

impl<const MAX: usize> JsonSchema for Text<MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Text{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({ "type": "string", "minLength": 1 });
        if MAX != usize::MAX {
            schema.insert("maxLength".to_owned(), MAX.into());
        }
        not_blank(&mut schema);
        schema
    }
}

/// Adds to the schema of a text that it has more than blanks.
pub(crate) fn not_blank(schema: &mut Schema) {
    schema.insert("pattern".to_owned(), "\\S".into());
    schema.insert("x-pattern-words".to_owned(), "that is not blank".into());
}

impl JsonSchema for Link {
    fn schema_name() -> Cow<'static, str> {
        "Link".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": "^\\s*https://\\S+\\s*$", "x-pattern-words": "that is an https:// address"
        })
    }
}

macro_rules! trimmed {
    ($([$($parameters:tt)*] $kind:ty),+) => {
        $(
            impl<'de, $($parameters)*> Deserialize<'de> for $kind {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    String::deserialize(deserializer).map(|text| Self(text.trim().to_owned()))
                }
            }

            impl<$($parameters)*> Deref for $kind {
                type Target = str;

                fn deref(&self) -> &str {
                    &self.0
                }
            }

            impl<$($parameters)*> fmt::Display for $kind {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }
        )+
    };
}

trimmed!([const MAX: usize] Text<MAX>, [] Link);

#[cfg(test)]
mod tests {
    use schemars::SchemaGenerator;
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn the_space_around_a_text_is_no_part_of_it() {
        assert_eq!(&*from_value::<Text<20>>(json!("  Project Falcon\n")).unwrap(), "Project Falcon");
        assert_eq!(&*from_value::<Link>(json!(" https://example.com/a ")).unwrap(), "https://example.com/a");
    }

    #[test]
    fn the_schema_has_the_limit_where_there_is_one() {
        let mut generator = SchemaGenerator::default();
        let limited = Text::<20>::json_schema(&mut generator).to_value();
        assert_eq!(
            limited,
            json!({ "type": "string", "minLength": 1, "maxLength": 20, "pattern": "\\S", "x-pattern-words": "that is not blank" })
        );
        let unlimited = <Text>::json_schema(&mut generator).to_value();
        assert_eq!(
            unlimited,
            json!({ "type": "string", "minLength": 1, "pattern": "\\S", "x-pattern-words": "that is not blank" })
        );
    }
}
