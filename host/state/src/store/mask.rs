//! Takes sensitive values out of what is recorded.
//!
//! A schema marks a value by `"x-sensitive": true` or `"writeOnly": true`. What is marked is replaced in inputs, options
//! and outputs, in whatever form it was given (a JSON text for an object, a comma-separated list for an array), and its
//! texts are replaced wherever else they stand: a node that is given a password sends it in a body.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What stands in the place of a sensitive value.
pub const MASK: &str = "....";
/// Shorter texts stand anywhere by chance.
const SHORTEST: usize = 4;
/// Schemas may refer to themselves.
const DEEPEST: usize = 32;

/// The sensitive texts that were found.
#[derive(Default)]
pub struct Found(BTreeSet<String>);

/// Whether a schema marks anything.
pub fn marks(schema: &Map<String, Value>) -> bool {
    let root = Schema { root: schema, here: schema, depth: 0 };
    root.marks_below()
}

/// Masks what a schema marks in a value.
pub fn mask(schema: &Map<String, Value>, value: &mut Value, found: &mut Found) {
    Schema { root: schema, here: schema, depth: 0 }.mask(value, found);
}

impl Found {
    /// Replaces the texts everywhere in a value.
    pub fn replace_in(&self, value: &mut Value) {
        if self.0.is_empty() {
            return;
        }
        match value {
            Value::String(text) => self.replace(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace_in(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.replace_in(member)),
            Value::Number(number) => {
                if self.0.contains(&number.to_string()) {
                    *value = Value::String(MASK.to_owned());
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Replaces the texts in a text.
    pub fn replace(&self, text: &mut String) {
        // The longest first: one may be the beginning of another.
        let mut forms: Vec<&String> = self.0.iter().collect();
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        for form in forms {
            if text.contains(form.as_str()) {
                *text = text.replace(form.as_str(), MASK);
            }
        }
    }

    fn add_all(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text),
            Value::Number(number) => self.add(&number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.add_all(item)),
            Value::Object(members) => members.values().for_each(|member| self.add_all(member)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Notes a text as it may stand in a body, in JSON in a body, and in a URL.
    fn add(&mut self, text: &str) {
        for text in [text, text.trim()] {
            if text.len() < SHORTEST {
                continue;
            }
            let json = Value::from(text).to_string();
            let in_json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
            let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            self.0.extend([encoded.replace('+', "%20"), encoded, in_json, text.to_owned()]);
        }
    }
}

#[derive(Clone, Copy)]
struct Schema<'schema> {
    root: &'schema Map<String, Value>,
    here: &'schema Map<String, Value>,
    depth: usize,
}

impl<'schema> Schema<'schema> {
    fn at(self, schema: &'schema Value) -> Option<Self> {
        let here = schema.as_object().filter(|_| self.depth < DEEPEST)?;
        Some(Self { here, depth: self.depth + 1, ..self })
    }

    fn is_marked(self) -> bool {
        ["x-sensitive", "writeOnly"].iter().any(|mark| self.here.get(*mark) == Some(&Value::Bool(true)))
    }

    /// Schemas that hold for the same value.
    fn alternatives(self) -> impl Iterator<Item = Self> {
        let referred = self.here.get("$ref").and_then(Value::as_str).and_then(|reference| {
            let mut path = reference.strip_prefix("#/")?.split('/');
            let first = self.root.get(path.next()?)?;
            path.try_fold(first, |schema, name| schema.get(name))
        });
        let combined = ["anyOf", "oneOf", "allOf"].iter().filter_map(|keyword| self.here.get(*keyword));
        let combined = combined.filter_map(Value::as_array).flatten();
        let conditional = ["if", "then", "else"].iter().filter_map(|keyword| self.here.get(*keyword));
        referred.into_iter().chain(combined).chain(conditional).filter_map(move |schema| self.at(schema))
    }

    fn members(self) -> impl Iterator<Item = (&'schema String, Self)> {
        let properties = self.here.get("properties").and_then(Value::as_object).into_iter().flatten();
        properties.filter_map(move |(name, schema)| Some((name, self.at(schema)?)))
    }

    /// Schemas of members that have none by name.
    fn other_members(self) -> impl Iterator<Item = Self> {
        let patterns = self.here.get("patternProperties").and_then(Value::as_object);
        let patterns = patterns.into_iter().flat_map(Map::values);
        let additional = self.here.get("additionalProperties").into_iter();
        patterns.chain(additional).filter_map(move |schema| self.at(schema))
    }

    fn items(self) -> impl Iterator<Item = Self> {
        let first = self.here.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        first.chain(self.here.get("items")).filter_map(move |schema| self.at(schema))
    }

    fn marks_below(self) -> bool {
        self.is_marked()
            || self.alternatives().any(Self::marks_below)
            || self.members().any(|(_, member)| member.marks_below())
            || self.other_members().any(Self::marks_below)
            || self.items().any(Self::marks_below)
    }

    fn mask(self, value: &mut Value, found: &mut Found) {
        if self.is_marked() {
            if !value.is_null() {
                found.add_all(value);
                *value = Value::String(MASK.to_owned());
            }
            return;
        }
        for alternative in self.alternatives() {
            alternative.mask(value, found);
        }
        match value {
            Value::Object(members) => self.mask_members(members, found),
            Value::Array(items) => {
                for schema in self.items() {
                    items.iter_mut().for_each(|item| schema.mask(item, found));
                }
            }
            Value::String(text) => self.mask_text(text, found),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn mask_members(self, members: &mut Map<String, Value>, found: &mut Found) {
        let mut named = BTreeSet::new();
        for (name, schema) in self.members() {
            named.insert(name.clone());
            if let Some(member) = members.get_mut(name) {
                schema.mask(member, found);
            }
        }
        for schema in self.other_members() {
            for (name, member) in members.iter_mut() {
                if !named.contains(name) {
                    schema.mask(member, found);
                }
            }
        }
    }

    /// A text where an object or an array is declared: JSON, or something that only its parts' schema could take apart.
    fn mask_text(self, text: &mut String, found: &mut Found) {
        let parts_are_marked = self.members().any(|(_, member)| member.marks_below())
            || self.other_members().chain(self.items()).any(Self::marks_below);
        if !parts_are_marked {
            return;
        }
        match serde_json::from_str::<Value>(text) {
            Ok(mut parsed) if parsed.is_object() || parsed.is_array() => {
                self.mask(&mut parsed, found);
                *text = parsed.to_string();
            }
            _ => {
                found.add(text);
                text.split(',').for_each(|part| found.add(part));
                *text = MASK.to_owned();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Map<String, Value> {
        let schema = json!({
            "type": "object",
            "properties": {
                "Name": { "type": "string" },
                "Password": { "type": "string", "x-sensitive": true },
                "Pin": { "type": "integer", "writeOnly": true },
                "Nested": { "$ref": "#/$defs/Nested" },
                "Either": { "anyOf": [{ "type": "array", "items": { "type": "string", "x-sensitive": true } }, { "type": "string" }] },
                "More": { "type": "object", "additionalProperties": { "type": "string", "writeOnly": true } },
            },
            "$defs": { "Nested": { "type": "object", "properties": {
                "Token": { "type": "string", "x-sensitive": true }, "Open": { "type": "string" },
                "Again": { "$ref": "#/$defs/Nested" },
            } } },
        });
        schema.as_object().unwrap().clone()
    }

    fn masked(mut value: Value) -> Value {
        mask(&schema(), &mut value, &mut Found::default());
        value
    }

    #[test]
    fn what_a_schema_marks_is_masked_wherever_it_stands() {
        assert_eq!(
            masked(json!({ "Name": "n", "Password": "canary", "Pin": 1234 })),
            json!({ "Name": "n", "Password": MASK, "Pin": MASK })
        );
        assert_eq!(
            masked(json!({ "Nested": { "Open": "o", "Token": "canary", "Again": { "Token": "canary" } } })),
            json!({ "Nested": { "Open": "o", "Token": MASK, "Again": { "Token": MASK } } })
        );
        assert_eq!(masked(json!({ "Either": ["canary", "x"] })), json!({ "Either": [MASK, MASK] }));
        assert_eq!(masked(json!({ "More": { "any": "canary" } })), json!({ "More": { "any": MASK } }));
        assert_eq!(masked(json!({ "Password": { "not": ["a", "text"] } })), json!({ "Password": MASK }));
    }

    #[test]
    fn other_forms_of_a_value_are_masked_too() {
        assert_eq!(masked(json!({ "Either": "canary-a,canary-b" })), json!({ "Either": MASK }));
        assert_eq!(
            masked(json!({ "Nested": r#"{"Open":"o","Token":"canary"}"# })),
            json!({ "Nested": r#"{"Open":"o","Token":"...."}"# })
        );
        assert_eq!(masked(json!({ "Nested": "{canary" })), json!({ "Nested": MASK }));
        assert_eq!(masked(json!(r#"{"Password":"canary"}"#)), json!(r#"{"Password":"...."}"#));
    }

    #[test]
    fn the_texts_are_replaced_wherever_else_they_stand() {
        let mut found = Found::default();
        let mut inputs = json!({ "Password": "käse \"& brot\"", "Pin": 987654 });
        mask(&schema(), &mut inputs, &mut found);
        let body = json!({ "p": "käse \"& brot\"" }).to_string();
        let query: String = url::form_urlencoded::byte_serialize("käse \"& brot\"".as_bytes()).collect();
        let mut rest = json!({ "text": body, "url": format!("https://x/?p={query}"), "n": 987654, "l": "pin 987654" });
        found.replace_in(&mut rest);
        assert_eq!(rest, json!({ "text": r#"{"p":"...."}"#, "url": "https://x/?p=....", "n": MASK, "l": "pin ...." }));
    }

    #[test]
    fn a_schema_that_marks_nothing_is_known_to() {
        assert!(marks(&schema()));
        assert!(!marks(
            json!({ "properties": { "x": { "type": "string", "writeOnly": false } } }).as_object().unwrap()
        ));
    }
}
