//! What a manifest must say in words, because people and agents read its schemas: what each input and option is, and what
//! a text has that fits a pattern.

use serde_json::{Map, Value};

/// The keyword with what a text has that fits the schema's `pattern`, in words that go on from "a text".
const PATTERN_WORDS: &str = "x-pattern-words";
/// Keywords whose values are no schemas.
const DATA: [&str; 4] = ["const", "default", "enum", "examples"];

/// What is missing, each with the way to it: `inputs/properties/Name: ..`. Nothing when all is there.
pub(crate) fn missing(manifest: &Value) -> Vec<String> {
    let mut missing = Vec::new();
    for part in ["inputs", "options", "outputs"] {
        let Some(schema) = manifest.get(part) else { continue };
        if part != "outputs" {
            let properties = schema.get("properties").and_then(Value::as_object);
            for (name, property) in properties.into_iter().flatten() {
                if !has_words(property.as_object(), "description") {
                    missing.push(format!("{part}/properties/{name}: no description; write one as its `///` comment"));
                }
            }
        }
        patterns(schema, part, &mut missing);
    }
    missing
}

fn patterns(value: &Value, at: &str, missing: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if members.get("pattern").is_some_and(Value::is_string) && !has_words(Some(members), PATTERN_WORDS) {
                let example = "#[schemars(extend(\"x-pattern-words\" = \"of 1 to 19 digits\"))]";
                missing.push(format!("{at}: a pattern without words for people; say what a text has, as in {example}"));
            }
            for (name, value) in members.iter().filter(|(name, _)| !DATA.contains(&name.as_str())) {
                patterns(value, &format!("{at}/{name}"), missing);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                patterns(item, &format!("{at}/{index}"), missing);
            }
        }
        _ => {}
    }
}

fn has_words(members: Option<&Map<String, Value>>, keyword: &str) -> bool {
    let text = members.and_then(|members| members.get(keyword)).and_then(Value::as_str);
    text.is_some_and(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_manifest_with_all_its_words_misses_none() {
        let name =
            json!({ "type": "string", "description": "A name.", "pattern": "\\S", PATTERN_WORDS: "that is not blank" });
        let manifest =
            json!({ "inputs": { "properties": { "Name": name, "pattern": { "description": "Of cells." } } } });
        assert!(missing(&manifest).is_empty());
    }

    #[test]
    fn a_pattern_without_words_is_found_wherever_it_stands() {
        let item = json!({ "type": "string", "pattern": "^[a-z]+$" });
        let list =
            json!({ "anyOf": [{ "type": "array", "items": item }, { "type": "string" }], "description": "Some." });
        let manifest = json!({
            "inputs": { "properties": { "Names": list } },
            "outputs": { "properties": { "Id": { "pattern": "x", PATTERN_WORDS: " " } }, "examples": [{ "pattern": "x" }] },
        });
        let missing = missing(&manifest);
        assert_eq!(missing.len(), 2, "{missing:?}");
        assert!(missing[0].starts_with("inputs/properties/Names/anyOf/0/items: a pattern"), "{missing:?}");
        assert!(missing[1].starts_with("outputs/properties/Id: a pattern"), "{missing:?}");
    }

    #[test]
    fn an_input_or_option_without_a_description_is_found() {
        let manifest = json!({
            "inputs": { "properties": { "Name": { "type": "string" } } },
            "options": { "properties": { "Size": { "type": "integer", "description": "" } } },
            "outputs": { "properties": { "Id": { "type": "string" } } },
        });
        assert_eq!(missing(&manifest).len(), 2);
    }
}
