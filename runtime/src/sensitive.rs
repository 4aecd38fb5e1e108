//! Where the schemas of a node mark values as sensitive, and how such values are taken out of what is kept.
//!
//! A schema marks a value by `"x-sensitive": true` or `"writeOnly": true`. What is marked is replaced in whatever form it
//! was given (a JSON text for an object, a comma-separated list for an array), and its texts are replaced wherever else
//! they stand: a node that is given a password sends it in a body.
//!
//! Schemas refer to themselves, so they are a graph: its places are found once, when a node is loaded, and only those are
//! kept from which a mark can be reached. A value is walked together with the set of places that apply to it. That takes
//! time by the size of the value times that of the graph at most, however many ways lead through it.

use std::collections::{BTreeSet, HashMap};

use patchbay_numbers::from_json;
use serde_json::{Map, Value};

use crate::manifest::Manifest;
use crate::validate::subschemas::{Applies, subschemas};

mod found;

pub use found::{Found, Replacer};

/// What stands in the place of a sensitive value.
pub const MASK: &str = "....";

/// The sensitive places of a node's inputs, options and outputs.
#[derive(Debug, Clone, Default)]
pub struct Sensitive {
    /// Of the inputs.
    pub inputs: SensitivePlaces,
    /// Of the options.
    pub options: SensitivePlaces,
    /// Of the outputs.
    pub outputs: SensitivePlaces,
}

impl Sensitive {
    /// Finds the sensitive places of a node.
    pub fn of(manifest: &Manifest) -> Self {
        Self {
            inputs: SensitivePlaces::of(&manifest.inputs),
            options: SensitivePlaces::of(&manifest.options),
            outputs: SensitivePlaces::of(&manifest.outputs),
        }
    }

    /// Whether nothing of the node is sensitive.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.options.is_empty() && self.outputs.is_empty()
    }
}

/// The places of one schema that are marked, and those through which they are reached.
#[derive(Debug, Clone, Default)]
pub struct SensitivePlaces {
    places: Vec<Place>,
    /// The places that apply to the whole value.
    root: Places,
}

/// Places by their numbers, each once.
type Places = Vec<usize>;

#[derive(Debug, Clone, Default)]
struct Place {
    is_marked: bool,
    /// The place itself, and those that apply to the same value.
    in_place: Places,
    /// By the name of the member.
    members: HashMap<String, Places>,
    /// Names that the schema declares: `others` is not for them.
    declared: BTreeSet<String>,
    others: Places,
    elements: Places,
}

impl SensitivePlaces {
    /// Finds the sensitive places of a schema.
    pub fn of(schema: &Map<String, Value>) -> Self {
        let root = Value::Object(schema.clone());
        Graph::of(&root).map_or_else(Self::default, Graph::sensitive)
    }

    /// Whether nothing is sensitive.
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// Masks what is sensitive in a value, and notes its texts.
    pub fn mask(&self, value: &mut Value, found: &mut Found) {
        if !self.is_empty() {
            self.mask_at(&self.root, value, found);
        }
    }

    fn at<'places>(&'places self, places: &'places [usize]) -> impl Iterator<Item = &'places Place> {
        places.iter().filter_map(|place| self.places.get(*place))
    }

    fn mask_at(&self, places: &[usize], value: &mut Value, found: &mut Found) {
        if self.at(places).any(|place| place.is_marked) {
            if !value.is_null() {
                found.add_all(value);
                *value = Value::String(MASK.to_owned());
            }
            return;
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    let below = self.all_in_place(self.at(places).flat_map(|place| place.below(name)));
                    if !below.is_empty() {
                        self.mask_at(&below, member, found);
                    }
                }
            }
            Value::Array(elements) => {
                let below = self.all_in_place(self.at(places).flat_map(|place| &place.elements));
                if !below.is_empty() {
                    elements.iter_mut().for_each(|element| self.mask_at(&below, element, found));
                }
            }
            Value::String(text) => {
                if self.at(places).any(Place::has_parts) {
                    self.mask_text(places, text, found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The places and those that apply to the same value.
    fn all_in_place<'places>(&self, places: impl Iterator<Item = &'places usize>) -> Places {
        let in_place = places.filter_map(|place| self.places.get(*place)).flat_map(|place| &place.in_place);
        in_place.copied().collect::<BTreeSet<usize>>().into_iter().collect()
    }

    /// A text where an object or an array is declared: JSON, or something that only its parts' schema could take apart.
    fn mask_text(&self, places: &[usize], text: &mut String, found: &mut Found) {
        match from_json::<Value>(text.as_bytes()) {
            Ok(mut parsed) if parsed.is_object() || parsed.is_array() => {
                self.mask_at(places, &mut parsed, found);
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

impl Place {
    fn has_parts(&self) -> bool {
        !(self.members.is_empty() && self.others.is_empty() && self.elements.is_empty())
    }

    fn below(&self, name: &str) -> impl Iterator<Item = &usize> {
        let others = if self.declared.contains(name) { &[][..] } else { &self.others };
        self.members.get(name).into_iter().flatten().chain(others)
    }
}

/// All schemas of a schema's text, and how they lead to each other.
struct Graph<'schema> {
    nodes: Vec<Node<'schema>>,
}

struct Node<'schema> {
    schema: &'schema Map<String, Value>,
    edges: Vec<(Applies<'schema>, usize)>,
}

impl<'schema> Graph<'schema> {
    /// Goes over the schemas breadth first, each once however many refer to it.
    fn of(root: &'schema Value) -> Option<Self> {
        let mut nodes = vec![Node { schema: root.as_object()?, edges: Vec::new() }];
        let mut met: HashMap<*const Map<String, Value>, usize> = HashMap::new();
        met.insert(std::ptr::from_ref(nodes.first()?.schema), 0);
        let mut next = 0;
        while let Some(node) = nodes.get(next) {
            let mut edges = Vec::new();
            let schema = node.schema;
            for (applies, part) in subschemas(root, schema) {
                let Some(part) = part.as_object() else { continue };
                let number = *met.entry(std::ptr::from_ref(part)).or_insert_with(|| {
                    nodes.push(Node { schema: part, edges: Vec::new() });
                    nodes.len() - 1
                });
                edges.push((applies, number));
            }
            if let Some(node) = nodes.get_mut(next) {
                node.edges = edges;
            }
            next += 1;
        }
        Some(Self { nodes })
    }

    fn sensitive(self) -> SensitivePlaces {
        let leads_to_mark = self.lead_to_marks();
        let leads = |number: &usize| leads_to_mark.get(*number).copied().unwrap_or_default();
        let places = self.nodes.iter().enumerate().map(|(number, node)| {
            let mut place = Place { is_marked: is_marked(node.schema), ..Place::default() };
            if leads(&number) {
                place.in_place = self.in_place(number, &leads);
            }
            for (applies, number) in node.edges.iter().filter(|(_, number)| leads(number)) {
                match applies {
                    Applies::Member(name) => place.members.entry((*name).to_owned()).or_default().push(*number),
                    Applies::OtherMembers => place.others.push(*number),
                    Applies::Elements => place.elements.push(*number),
                    Applies::InPlace | Applies::Names => {}
                }
            }
            if !place.others.is_empty() {
                let declared = node.schema.get("properties").and_then(Value::as_object);
                place.declared = declared.into_iter().flat_map(Map::keys).cloned().collect();
            }
            place
        });
        SensitivePlaces {
            places: places.collect(),
            root: if leads(&0) { self.in_place(0, &leads) } else { Vec::new() },
        }
    }

    /// The schema and those that apply in place of it, as far as they lead to a mark.
    fn in_place(&self, number: usize, leads: &impl Fn(&usize) -> bool) -> Places {
        let mut met = BTreeSet::from([number]);
        let mut open = vec![number];
        while let Some(node) = open.pop().and_then(|number| self.nodes.get(number)) {
            for (applies, number) in &node.edges {
                if *applies == Applies::InPlace && leads(number) && met.insert(*number) {
                    open.push(*number);
                }
            }
        }
        met.into_iter().collect()
    }

    /// For each schema, whether a marked one is reached from it.
    fn lead_to_marks(&self) -> Vec<bool> {
        let mut above = vec![Vec::new(); self.nodes.len()];
        for (number, node) in self.nodes.iter().enumerate() {
            for (_, below) in &node.edges {
                if let Some(above) = above.get_mut(*below) {
                    above.push(number);
                }
            }
        }
        let mut leads: Vec<bool> = self.nodes.iter().map(|node| is_marked(node.schema)).collect();
        let mut open: Vec<usize> =
            (0..).zip(&leads).filter(|(_, is_marked)| **is_marked).map(|(number, _)| number).collect();
        while let Some(above) = open.pop().and_then(|number| above.get(number)) {
            for number in above {
                if let Some(leads) = leads.get_mut(*number).filter(|leads| !**leads) {
                    *leads = true;
                    open.push(*number);
                }
            }
        }
        leads
    }
}

fn is_marked(schema: &Map<String, Value>) -> bool {
    ["x-sensitive", "writeOnly"].iter().any(|mark| schema.get(*mark) == Some(&Value::Bool(true)))
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

    fn masked_by(schema: &Map<String, Value>, mut value: Value) -> Value {
        SensitivePlaces::of(schema).mask(&mut value, &mut Found::default());
        value
    }

    fn masked(value: Value) -> Value {
        masked_by(&schema(), value)
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
        assert_eq!(masked(json!({ "Password": null })), json!({ "Password": null }));
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

    /// As schemars writes a filter: three members, each of which refers to the whole.
    fn filter(mark: bool) -> Map<String, Value> {
        let filter = json!({ "$ref": "#/$defs/Filter" });
        let schema = json!({
            "type": "object",
            "properties": { "Filter": filter },
            "$defs": { "Filter": { "type": "object", "properties": {
                "And": { "type": "array", "items": filter }, "Or": { "type": "array", "items": filter },
                "Not": { "anyOf": [filter, { "type": "null" }] }, "Value": { "type": "string", "x-sensitive": mark },
            } } },
        });
        schema.as_object().unwrap().clone()
    }

    #[test]
    fn a_schema_that_refers_to_itself_in_three_ways_is_walked_with_the_value() {
        assert!(SensitivePlaces::of(&filter(false)).is_empty());
        let value =
            json!({ "Filter": { "And": [{ "Or": [{ "Not": { "Value": "canary" } }, { "Value": "canary" }] }] } });
        assert_eq!(
            masked_by(&filter(true), value),
            json!({ "Filter": { "And": [{ "Or": [{ "Not": { "Value": MASK } }, { "Value": MASK }] }] } })
        );
        // Sixty levels: along every path of the schema these were 3^60 steps.
        let deep = (0..60).fold(json!({ "Value": "canary" }), |inner, level| match level % 3 {
            0 => json!({ "And": [inner] }),
            1 => json!({ "Or": [inner] }),
            _ => json!({ "Not": inner }),
        });
        let masked = masked_by(&filter(true), json!({ "Filter": deep })).to_string();
        assert!(masked.contains(MASK) && !masked.contains("canary"));
    }

    #[test]
    fn doublings_that_mark_in_the_end_are_walked_once() {
        let next = |number: usize| json!({ "$ref": format!("#/$defs/a{}", number + 1) });
        let mut definitions: Map<String, Value> = (0..100)
            .map(|number| {
                (format!("a{number}"), json!({ "allOf": [next(number), next(number)], "items": next(number) }))
            })
            .collect();
        definitions.insert("a100".to_owned(), json!({ "properties": { "Key": { "writeOnly": true } } }));
        let schema = json!({ "properties": { "X": { "$ref": "#/$defs/a0" } }, "$defs": definitions });
        let value = json!({ "X": { "Key": "canary" } });
        assert_eq!(masked_by(schema.as_object().unwrap(), value), json!({ "X": { "Key": MASK } }));
    }
}
