//! The document in the forms that generators of clients read. JSON Schema says some things in ways that they take for
//! something else; what is said stays the same.
//!
//! | JSON Schema | what a generator makes of it | written as |
//! | --- | --- | --- |
//! | `oneOf` of constants, each with its description | an empty class | `enum`, the descriptions in its own |
//! | `type: object` alone | an object without members | with `additionalProperties: true` |
//! | `true` as a schema | an error | `{}` |
//! | an object within a choice | the same class twice, and then none | a schema with a name of its own |
//! | `default` of a member that may be left out | a member that must be given | left out: what it is when left out is the service's |

use serde_json::{Map, Value, json};

/// Rewrites all schemas of a document.
pub fn make_portable(value: &mut Value) {
    match value {
        Value::Object(members) => rewrite(members),
        Value::Array(items) => items.iter_mut().for_each(make_portable),
        _ => {}
    }
}

fn rewrite(schema: &mut Map<String, Value>) {
    if schema.get("items") == Some(&Value::Bool(true)) {
        schema.insert("items".to_owned(), json!({}));
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for property in properties.values_mut().filter(|property| **property == Value::Bool(true)) {
            *property = json!({});
        }
    }
    let is_schema = ["type", "oneOf", "anyOf", "allOf", "$ref"].iter().any(|keyword| schema.contains_key(*keyword));
    if is_schema {
        schema.remove("default");
        name_choices(schema);
        open_object(schema);
    }
    schema.values_mut().for_each(make_portable);
}

/// Gives objects that stand within a choice names of their own.
pub fn name_objects_within_choices(schemas: &mut Map<String, Value>) {
    let mut named = Map::new();
    for (name, schema) in schemas.iter_mut() {
        let choices = schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten();
        let members = choices.filter_map(|choice| choice.get_mut("properties")?.as_object_mut()).flatten();
        for (member, schema) in members.filter(|(_, schema)| schema.get("properties").is_some()) {
            let (first, rest) = member.split_at(member.chars().next().map_or(0, char::len_utf8));
            let own = format!("{name}{}{rest}", first.to_uppercase());
            let reference = json!({ "$ref": format!("#/components/schemas/{own}") });
            named.insert(own, std::mem::replace(schema, reference));
        }
    }
    schemas.extend(named);
}

/// Constants, each with what it means, as one list of choices.
fn name_choices(schema: &mut Map<String, Value>) {
    let choices = schema.get("oneOf").and_then(Value::as_array).filter(|choices| !choices.is_empty());
    let choices: Option<Vec<(String, String)>> = choices.and_then(|choices| {
        let choice = |choice: &Value| {
            let about = choice.get("description").and_then(Value::as_str).unwrap_or_default();
            Some((choice.get("const")?.as_str()?.to_owned(), about.to_owned()))
        };
        choices.iter().map(choice).collect()
    });
    let Some(choices) = choices else { return };
    schema.remove("oneOf");
    let about = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let item = |(name, about): &(String, String)| match about.as_str() {
        "" => format!("\n- `{name}`"),
        about => format!("\n- `{name}`: {about}"),
    };
    let list: String = choices.iter().map(item).collect();
    let about = format!("{about}\n{list}");
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), choices.into_iter().map(|(name, _)| Value::from(name)).collect());
    schema.insert("description".to_owned(), about.trim().into());
}

/// An object of any members says so.
fn open_object(schema: &mut Map<String, Value>) {
    let is_object = match schema.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => false,
    };
    if is_object && !schema.contains_key("properties") && !schema.contains_key("additionalProperties") {
        schema.insert("additionalProperties".to_owned(), true.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portable(mut schema: Value) -> Value {
        make_portable(&mut schema);
        schema
    }

    #[test]
    fn what_generators_take_for_something_else_is_written_otherwise() {
        let effect = json!({ "description": "Effect.", "oneOf": [
            { "const": "read", "type": "string", "description": "Reads." }, { "const": "write", "type": "string" },
        ]});
        assert_eq!(
            portable(effect),
            json!({ "description": "Effect.\n\n- `read`: Reads.\n- `write`", "type": "string", "enum": ["read", "write"] })
        );
        assert_eq!(
            portable(json!({ "type": ["object", "null"], "default": null })),
            json!({ "type": ["object", "null"], "additionalProperties": true })
        );
        assert_eq!(
            portable(
                json!({ "type": "object", "properties": { "default": { "type": "array", "items": true }, "any": true } })
            ),
            json!({ "type": "object", "properties": { "default": { "type": "array", "items": {} }, "any": {} } })
        );
    }

    #[test]
    fn what_they_read_as_it_is_stays() {
        for schema in [
            json!({ "oneOf": [{ "type": "string" }, { "const": 1 }] }),
            json!({ "type": "object", "additionalProperties": false }),
            json!({ "default": "a member of that name, in an example" }),
        ] {
            assert_eq!(portable(schema.clone()), schema);
        }
    }
}
