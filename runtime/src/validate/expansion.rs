//! Bounds what a schema asks of whoever applies it, before anything does.
//!
//! Forty schemas of one line, each of which refers twice to the next, are a schema of 2 KB and a validation of 2^40 steps.
//! So a schema is measured when it is read, as large as it is once its references are followed. The measure is taken once
//! for each schema that stands in the text, with sums that can not overflow, and so costs no more than the text is long.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::subschemas::{Applies, foreign, subschemas};

/// Schemas after following references; a reference back to a schema that it stands in counts as one.
const MOST_SCHEMAS: u64 = 20_000;
/// Schemas that apply to one and the same value.
const MOST_IN_PLACE: u64 = 1_000;
/// Schemas within each other, references followed.
const DEEPEST: usize = 128;
/// Schemas within each other that apply to one and the same value: each value within a value may have as many.
const DEEPEST_IN_PLACE: usize = 32;
/// Texts of `pattern` and `patternProperties`.
const MOST_PATTERNS: usize = 256;
/// Choices of an `enum` and names of a `required` that are looked through in the time that a schema takes.
const CHOICES_OF_A_SCHEMA: usize = 8;

/// How large a schema is once its references are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expansion {
    /// The most schemas that apply to one and the same value.
    pub in_place: u64,
    /// The most of them that stand within each other.
    pub depth_in_place: usize,
}

#[derive(Clone, Copy)]
struct Size {
    schemas: u64,
    in_place: u64,
    depth: usize,
    depth_in_place: usize,
}

/// A schema by its place in memory: the text does not move while it is measured.
type Place = *const Map<String, Value>;

struct Measure<'schema> {
    root: &'schema Value,
    /// What was met; none while it is being measured.
    sizes: HashMap<Place, Option<Size>>,
    /// What was followed as far as it applies to one value; false while it is being followed.
    followed: HashMap<Place, bool>,
    patterns: usize,
    most: Expansion,
}

impl Expansion {
    /// Measures a schema; the error says which bound it exceeds, or what it has that a schema of a node may not have.
    pub fn of(schema: &Value) -> Result<Self, String> {
        let mut measure = Measure {
            root: schema,
            sizes: HashMap::new(),
            followed: HashMap::new(),
            patterns: 0,
            most: Expansion { in_place: 1, depth_in_place: 1 },
        };
        if let Some(members) = schema.as_object() {
            measure.size(members, 0)?;
        }
        Ok(measure.most)
    }
}

impl<'schema> Measure<'schema> {
    /// `depth` schemas are around this one.
    fn size(&mut self, schema: &'schema Map<String, Value>, depth: usize) -> Result<Size, String> {
        let place = std::ptr::from_ref(schema);
        match self.sizes.get(&place) {
            Some(Some(size)) => return within(*size, depth).map(|()| *size),
            Some(None) => return Ok(Size { schemas: 1, in_place: 1, depth: 1, depth_in_place: 1 }),
            None => {}
        }
        if depth >= DEEPEST {
            return Err(format!("it is deeper than {DEEPEST} schemas within each other, references followed"));
        }
        if let Some(reason) = foreign(self.root, schema, depth == 0) {
            return Err(reason);
        }
        self.count_patterns(schema)?;
        self.follow_in_place(schema, 0)?;
        self.sizes.insert(place, None);
        let own = 1 + ["enum", "required"].iter().map(|keyword| choices(schema, keyword)).sum::<u64>();
        let mut size = Size { schemas: own, in_place: own, depth: 1, depth_in_place: 1 };
        for (applies, part) in subschemas(self.root, schema) {
            let Some(part) = part.as_object() else { continue };
            let part = self.size(part, depth + 1)?;
            size.schemas = size.schemas.saturating_add(part.schemas);
            size.depth = size.depth.max(part.depth + 1);
            if applies == Applies::InPlace {
                size.in_place = size.in_place.saturating_add(part.in_place);
                size.depth_in_place = size.depth_in_place.max(part.depth_in_place + 1);
            }
        }
        within(size, depth)?;
        self.most.in_place = self.most.in_place.max(size.in_place);
        self.most.depth_in_place = self.most.depth_in_place.max(size.depth_in_place);
        self.sizes.insert(place, Some(size));
        Ok(size)
    }

    /// Refuses a schema that applies to a value because it applies to that value.
    fn follow_in_place(&mut self, schema: &'schema Map<String, Value>, depth: usize) -> Result<(), String> {
        let place = std::ptr::from_ref(schema);
        match self.followed.get(&place) {
            Some(true) => return Ok(()),
            Some(false) => return Err("it refers to itself without going into the value".to_owned()),
            None if depth >= DEEPEST_IN_PLACE => return Err(too_deep_in_place()),
            None => {}
        }
        self.followed.insert(place, false);
        for (applies, part) in subschemas(self.root, schema) {
            if let (Applies::InPlace, Some(part)) = (applies, part.as_object()) {
                self.follow_in_place(part, depth + 1)?;
            }
        }
        self.followed.insert(place, true);
        Ok(())
    }

    fn count_patterns(&mut self, schema: &Map<String, Value>) -> Result<(), String> {
        let named = schema.get("patternProperties").and_then(Value::as_object).map_or(0, Map::len);
        self.patterns += named + usize::from(schema.contains_key("pattern"));
        if self.patterns > MOST_PATTERNS {
            return Err(format!("it has more than {MOST_PATTERNS} patterns"));
        }
        Ok(())
    }
}

fn choices(schema: &Map<String, Value>, keyword: &str) -> u64 {
    let length = schema.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
    u64::try_from(length / CHOICES_OF_A_SCHEMA).unwrap_or(u64::MAX)
}

fn within(size: Size, depth: usize) -> Result<(), String> {
    if size.schemas > MOST_SCHEMAS {
        return Err(format!("it is more than {MOST_SCHEMAS} schemas once its references are followed"));
    }
    if size.in_place > MOST_IN_PLACE {
        return Err(format!("more than {MOST_IN_PLACE} of its schemas apply to one value, references followed"));
    }
    if depth + size.depth > DEEPEST {
        return Err(format!("it is deeper than {DEEPEST} schemas within each other, references followed"));
    }
    if size.depth_in_place > DEEPEST_IN_PLACE {
        return Err(too_deep_in_place());
    }
    Ok(())
}

fn too_deep_in_place() -> String {
    format!("more than {DEEPEST_IN_PLACE} schemas within each other apply to one value")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn doublings(count: usize, keyword: &str) -> Value {
        let next = |number: usize| json!({ "$ref": format!("#/$defs/a{}", number + 1) });
        let mut definitions: Map<String, Value> =
            (0..count).map(|number| (format!("a{number}"), json!({ keyword: [next(number), next(number)] }))).collect();
        definitions.insert(format!("a{count}"), json!({}));
        json!({ "type": "object", "properties": { "X": { "$ref": "#/$defs/a0" } }, "$defs": definitions })
    }

    fn refusal(schema: &Value) -> String {
        Expansion::of(schema).expect_err("refused")
    }

    #[test]
    fn a_schema_that_doubles_forty_times_is_refused_by_the_name_of_the_bound() {
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let reason = refusal(&doublings(40, keyword));
            assert!(reason.contains("more than 20000 schemas") || reason.contains("within each other"), "{reason}");
            assert!(refusal(&doublings(11, keyword)).contains("more than 1000 of its schemas apply to one value"));
            assert!(Expansion::of(&doublings(5, keyword)).is_ok());
        }
        assert!(refusal(&doublings(40, "prefixItems")).contains("more than 20000 schemas"));
    }

    #[test]
    fn a_schema_that_refers_to_itself_is_measured_once() {
        let filter = json!({ "$ref": "#/$defs/Filter" });
        let schema = json!({ "$ref": "#/$defs/Filter", "$defs": { "Filter": { "type": "object", "properties": {
            "And": { "type": "array", "items": filter }, "Or": { "type": "array", "items": filter }, "Not": filter,
        } } } });
        assert_eq!(Expansion::of(&schema), Ok(Expansion { in_place: 2, depth_in_place: 2 }));
    }

    #[test]
    fn a_schema_that_refers_to_itself_in_place_is_refused() {
        let schema = json!({ "$ref": "#/$defs/A", "$defs": { "A": { "anyOf": [{ "$ref": "#/$defs/A" }, {}] } } });
        assert!(refusal(&schema).contains("without going into the value"));
        let (a, b) = (json!({ "$ref": "#/$defs/A" }), json!({ "$ref": "#/$defs/B" }));
        let schema = json!({ "$ref": "#/$defs/A", "$defs": { "B": a, "A": { "allOf": [{ "items": b }, b] } } });
        assert!(refusal(&schema).contains("without going into the value"), "also where another way to it is met first");
    }

    #[test]
    fn a_chain_of_references_is_as_deep_as_it_is_long() {
        let definitions: Map<String, Value> = (0..1_000)
            .map(|number| (format!("a{number}"), json!({ "items": { "$ref": format!("#/$defs/a{}", number + 1) } })))
            .chain([("a1000".to_owned(), json!({}))])
            .collect();
        assert!(refusal(&json!({ "$ref": "#/$defs/a0", "$defs": definitions })).contains("deeper than 128"));
    }

    #[test]
    fn references_that_lead_elsewhere_are_refused() {
        for schema in [
            json!({ "$ref": "https://example.com/schema.json" }),
            json!({ "$ref": "#/$defs/none" }),
            json!({ "$ref": "#name", "$defs": { "x": { "$anchor": "name" } } }),
            json!({ "properties": { "x": { "$id": "https://example.com/" } } }),
            json!({ "items": { "$dynamicRef": "#/x" } }),
        ] {
            assert!(Expansion::of(&schema).is_err(), "{schema}");
        }
    }
}
