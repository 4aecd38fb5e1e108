//! People and departments: what their operations take and give alike.

use std::{borrow::Cow, fmt};

use patchbay_node::{
    Answer, NumericId, Result, Shaped, answer, choice, options,
    schemars::{JsonSchema, Schema, SchemaGenerator, json_schema},
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::{ids::DeptId, newer};

/// The language in which DingTalk gives names.
#[choice]
#[derive(Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Language {
    #[default]
    #[serde(rename = "zh_CN")]
    Chinese,
    #[serde(rename = "en_US")]
    English,
}

/// One to 100 departments, given as an array or as text with commas between them. Repeats are dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeptIds(Vec<DeptId>);

impl DeptIds {
    /// The ids with commas between them, as the older API wants them.
    pub fn joined(&self) -> String {
        self.0.iter().map(DeptId::to_string).collect::<Vec<_>>().join(",")
    }
}

impl<'de> Deserialize<'de> for DeptIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut ids = Vec::new();
        for id in Vec::<DeptId>::deserialize(deserializer)? {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(Self(ids))
    }
}

impl JsonSchema for DeptIds {
    fn schema_name() -> Cow<'static, str> {
        "DeptIds".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<NumericId>().to_value();
        json_schema!({
            "anyOf": [
                { "type": "array", "items": id, "minItems": 1, "maxItems": 100 },
                { "type": "string", "format": "comma-separated" }
            ]
        })
    }
}

/// A mobile number: text, because it may begin with `+86-`, or a plain number. A number is taken so that it need not be
/// refused, for the refusal would quote it in a message that ends up in logs.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Mobile(String);

impl Mobile {
    /// Whether nothing was given.
    pub fn is_blank(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mobile(..)")
    }
}

impl<'de> Deserialize<'de> for Mobile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text.trim().to_owned())),
            Value::Number(number) if number.is_u64() => Ok(Self(number.to_string())),
            _ => Err(serde::de::Error::custom("a mobile number must be text or a number of digits only")),
        }
    }
}

impl JsonSchema for Mobile {
    fn schema_name() -> Cow<'static, str> {
        "Mobile".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}

/// Which part of what a search finds is given.
#[options]
pub struct SearchOptions {
    /// Where the page begins: 0, the default, for the first. It is passed to DingTalk as it is, whose documentation calls it
    /// the number of a page: the second page may be at 1 and not at Size.
    #[serde(default)]
    #[schemars(range(min = 0), example = 0)]
    pub offset: i64,
    /// How many ids a page has at most, 1 to 20; 10 by default.
    #[serde(default = "default_size")]
    #[schemars(range(min = 1, max = 20), example = 20)]
    pub size: i64,
}

fn default_size() -> i64 {
    10
}

/// What a search finds.
#[answer]
#[serde(rename_all = "camelCase")]
pub struct SearchResult<Id> {
    /// Whether there are further pages.
    has_more: bool,
    /// How many there are on all pages.
    total_count: i64,
    /// The ids on this page; nothing but the ids.
    list: Vec<Id>,
}

/// Searches the directory.
pub fn search<Id: Shaped>(path: &str, word: &str, page: &SearchOptions) -> Result<Answer<SearchResult<Id>>> {
    let body = json!({ "queryWord": word, "offset": page.offset, "size": page.size });
    Ok(newer::post(path).reading().json(body).send()?.into())
}

impl<Id> SearchResult<Id> {
    /// Says how many were found, in the singular or plural of what they are.
    pub fn summary(result: &Answer<Self>, one: &str, several: &str) -> String {
        let here = result.get("list").and_then(Value::as_array).map_or(0, Vec::len);
        let noun = |number: i64| if number == 1 { one } else { several };
        let page = here as i64;
        match result.integer("totalCount") {
            Some(total) if total != page => format!("Found {total} {}, {here} of them on this page.", noun(total)),
            _ => format!("Found {here} {}.", noun(page)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, from_value};

    use super::*;

    #[test]
    fn departments_are_sent_with_commas_and_without_repeats() {
        let ids: DeptIds = from_value(json!([3, 2, 3, i64::MAX])).unwrap();
        assert_eq!(ids.joined(), "3,2,9223372036854775807");
    }

    #[test]
    fn a_mobile_number_may_be_a_number_and_is_never_shown() {
        for (given, sent) in [
            (json!(18_500_000_001_u64), "18500000001"),
            (json!(" 18500000001 "), "18500000001"),
            (json!("+65-80000000"), "+65-80000000"),
        ] {
            let mobile: Mobile = from_value(given).unwrap();
            assert_eq!(json!(mobile), json!(sent));
            assert_eq!(format!("{mobile:?}"), "Mobile(..)");
        }
        let refused = from_value::<Mobile>(json!(-18_500_000_001_i64)).unwrap_err();
        assert_eq!(refused.to_string(), "a mobile number must be text or a number of digits only");
    }

    #[test]
    fn the_summary_of_a_search_has_the_total_where_the_page_is_not_all() {
        for (answer, expected) in [
            (json!({ "totalCount": 12, "list": ["a", "b"] }), "Found 12 people, 2 of them on this page."),
            (json!({ "totalCount": "2", "list": ["a", "b"] }), "Found 2 people."),
            (json!({ "totalCount": 1, "list": ["a"] }), "Found 1 person."),
            (json!({ "totalCount": 1, "list": [] }), "Found 1 person, 0 of them on this page."),
            (json!({ "list": ["a"] }), "Found 1 person."),
            (json!({ "list": null }), "Found 0 people."),
            (json!({}), "Found 0 people."),
        ] {
            let members: Map<String, Value> = from_value(answer.clone()).unwrap();
            let result = Answer::<SearchResult<String>>::new(members);
            assert_eq!(SearchResult::summary(&result, "person", "people"), expected, "{answer}");
        }
    }
}
