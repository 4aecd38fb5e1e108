//! JSON Schemas as a form builder can use them as they are: everything inlined, properties in declared order, a
//! description in one line, and nothing said twice.

use schemars::{
    JsonSchema, Schema,
    generate::{Contract, SchemaGenerator, SchemaSettings},
    transform::transform_subschemas,
};
use serde_json::{Map, Value};

use crate::Given;

/// What a node takes: nothing undeclared is accepted.
pub(crate) fn taken<T: Given>() -> Schema {
    object(tidied(T::schema, Contract::Deserialize), true)
}

/// What a node takes that takes nothing.
pub(crate) fn nothing() -> Schema {
    object(Schema::default(), true)
}

/// What a node gives.
pub(crate) fn given<T: JsonSchema>() -> Schema {
    object(tidied(T::json_schema, Contract::Serialize), false)
}

fn tidied(schema: impl FnOnce(&mut SchemaGenerator) -> Schema, contract: Contract) -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.contract = contract;
    });
    let mut schema = schema(&mut SchemaGenerator::new(settings));
    tidy(&mut schema);
    schema
}

/// A text without the line breaks that it has in the source.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A root schema has always the same members, so that a reader need not ask which are there.
fn object(mut schema: Schema, closed: bool) -> Schema {
    let mut root = Map::new();
    root.insert("type".to_owned(), "object".into());
    root.insert("properties".to_owned(), schema.remove("properties").unwrap_or_else(|| Map::new().into()));
    root.insert("required".to_owned(), schema.remove("required").unwrap_or_else(|| Vec::<Value>::new().into()));
    if closed {
        root.insert("additionalProperties".to_owned(), false.into());
    }
    root.into()
}

fn tidy(schema: &mut Schema) {
    schema.ensure_object().shift_remove("title");
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = one_line(description);
    }
    forbid_null_where_absence_says_it(schema);
    transform_subschemas(&mut tidy, schema);
}

/// `Option` allows null in the generated schema. A member that may be left out needs no second way to say so.
fn forbid_null_where_absence_says_it(schema: &mut Schema) {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (name, property) in properties {
        if let Value::Object(property) = property
            && !required.iter().any(|required| required == name)
        {
            forbid_null(property);
        }
    }
}

fn forbid_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(types) = schema.get_mut("type") {
        let only = match types {
            Value::Array(types) => {
                types.retain(|name| name != "null");
                if types.len() == 1 { types.pop() } else { None }
            }
            _ => None,
        };
        if let Some(only) = only {
            *types = only;
        }
    }
    if let Some(Value::Array(members)) = schema.get_mut("anyOf") {
        members.retain(|member| member.get("type") != Some(&"null".into()));
        if members.len() == 1
            && let Some(Value::Object(mut only)) = members.pop()
        {
            schema.shift_remove("anyOf");
            only.append(schema);
            *schema = only;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{CommaList, inputs, options};

    #[inputs]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Inputs {
        /// Name of the group,
        /// as members see it.
        #[schemars(length(min = 1, max = 20), example = &"Project Falcon")]
        name: String,
        /// Any cell.
        user_ids: CommaList<String, 2>,
    }

    #[options]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Options {
        /// How many.
        #[schemars(range(min = 1, max = 50))]
        page_size: Option<u8>,
        /// Who.
        user_ids: Option<CommaList<String, 2>>,
    }

    #[test]
    fn names_are_pascal_case_in_declared_order_and_limits_are_there() {
        let schema = taken::<Inputs>().to_value();
        let expected = json!({
            "type": "object",
            "properties": {
                "Name": {
                    "description": "Name of the group, as members see it.",
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 20,
                    "examples": ["Project Falcon"]
                },
                "UserIds": {
                    "description": "Any cell.",
                    "anyOf": [
                        {
                            "type": "array",
                            "items": { "type": "string", "minLength": 1, "pattern": "\\S", "x-pattern-words": "that is not blank" },
                            "minItems": 1,
                            "maxItems": 2
                        },
                        { "type": "string", "format": "comma-separated" }
                    ]
                }
            },
            "required": ["Name", "UserIds"],
            "additionalProperties": false
        });
        assert_eq!(schema, expected);
        let names =
            |schema: &Value| schema["properties"].as_object().map(|map| map.keys().cloned().collect::<Vec<_>>());
        assert_eq!(names(&schema), names(&expected));
    }

    #[test]
    fn an_option_is_not_required_and_never_null() {
        let schema = taken::<Options>().to_value();
        assert_eq!(schema["required"], json!([]));
        assert_eq!(schema["properties"]["PageSize"]["type"], "integer");
        assert_eq!(schema["properties"]["UserIds"]["anyOf"][0]["type"], "array");
        assert_eq!(schema["properties"]["UserIds"]["anyOf"].as_array().map(Vec::len), Some(2));
        assert_eq!(schema["properties"]["UserIds"]["description"], "Who.");
    }
}
