//! People and departments: what the nodes of the product share.

#![deny(missing_docs)]

pub mod prelude;
pub mod user;

use std::{borrow::Cow, fmt, str::FromStr};

use dingtalk::newer;
use patchbay_node::{
    Answer, JsonText, NumericId, PageSize, Result, answer, choice, id, options,
    schemars::{JsonSchema, Schema, SchemaGenerator, json_schema},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

id! {
    /// unionId of a person: the same in all applications of one developer's organisation, different in those of another.
    opaque UnionId, example: "kQm7hRzV2nTfGdXcLpYwBsAiEiE"
}

/// A department, by its id from Get Dept List or Search Departments; 1 is the root, which the others are below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(crate = "patchbay_node::schemars", example = 860_410_002)]
pub struct DeptId(#[schemars(with = "NumericId")] i64);

impl DeptId {
    /// The department that the others are below.
    pub const ROOT: Self = Self(1);

    /// The root, for `#[serde(default = "DeptId::root")]`.
    pub fn root() -> Self {
        Self::ROOT
    }
}

impl fmt::Display for DeptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for DeptId {
    type Err = NotADepartment;

    fn from_str(text: &str) -> Result<Self, NotADepartment> {
        match text.parse() {
            Ok(id @ 1..) => Ok(Self(id)),
            _ => Err(NotADepartment(text.to_owned())),
        }
    }
}

/// A text that is not the id of a department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotADepartment(String);

impl fmt::Display for NotADepartment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` can not be the id of a department, which is a number above 0", self.0)
    }
}

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

/// Custom fields of a person, by their names: an object, or its JSON text. Sent as the text.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Extension(Map<String, Value>);

impl Extension {
    /// The text that DingTalk takes; nothing when there are no fields.
    pub fn text(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| Value::from(self.0.clone()).to_string())
    }
}

impl Serialize for Extension {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text().serialize(serializer)
    }
}

impl JsonSchema for Extension {
    fn schema_name() -> Cow<'static, str> {
        "Extension".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        JsonText::<Map<String, Value>>::json_schema(generator)
    }
}

/// Which part of what a search finds is given.
#[options(sent_as = "camelCase")]
pub struct SearchOptions {
    /// Where the page begins: 0, the default, for the first. It is passed to DingTalk as it is, whose documentation calls it
    /// the number of a page: the second page may be at 1 and not at Size.
    #[serde(default)]
    #[schemars(range(min = 0), example = 0)]
    pub offset: i64,
    /// How many ids a page has at most, 1 to 20; 10 by default.
    #[serde(default)]
    #[schemars(example = 20)]
    pub size: PageSize<10, 20>,
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
pub fn search<Id: Answer + 'static>(path: &str, word: &str, page: &SearchOptions) -> Result<SearchResult<Id>> {
    newer::post(path).reading().json(json!({ "queryWord": word })).json_also(page).send()
}

impl<Id: Answer + 'static> SearchResult<Id> {
    /// Says how many were found, in the singular or plural of what they are.
    pub fn summary(&self, one: &str, several: &str) -> String {
        let here = self.list().unwrap_or_default().len();
        let noun = |number: i64| if number == 1 { one } else { several };
        let page = here as i64;
        match self.total_count() {
            Some(total) if total != page => format!("Found {total} {}, {here} of them on this page.", noun(total)),
            _ => format!("Found {here} {}.", noun(page)),
        }
    }
}

#[cfg(test)]
mod tests {
    use patchbay_node::CommaList;
    use serde_json::from_value;

    use super::*;

    #[test]
    fn departments_are_sent_with_commas_and_without_repeats() {
        let ids: CommaList<DeptId, 100> = from_value(json!([3, "2；3", i64::MAX])).unwrap();
        assert_eq!(ids.joined(), "3,2,9223372036854775807");
        let refused = from_value::<CommaList<DeptId, 100>>(json!([3, "0"])).unwrap_err();
        assert_eq!(refused.to_string(), "`0` can not be the id of a department, which is a number above 0");
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
            let result = SearchResult::<String>::SHAPE.read(answer.clone()).and_then(SearchResult::<String>::take);
            assert_eq!(result.unwrap().summary("person", "people"), expected, "{answer}");
        }
    }
}
