//! Where the subschemas of a JSON Schema stand and how they apply: the one place that knows the keywords.

use serde_json::{Map, Value};

/// How a subschema applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applies<'schema> {
    /// To the value that its parent applies to.
    InPlace,
    /// To the member of that name.
    Member(&'schema str),
    /// To members that the parent's `properties` do not name.
    OtherMembers,
    /// To elements.
    Elements,
    /// To the names of members, which are texts.
    Names,
}

/// The keywords that no schema of a node may have: they make what applies depend on more than the schema's own text.
const FOREIGN: [&str; 5] = ["$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$anchor"];

/// The schemas that stand directly in this one, and the one that it refers to.
pub(crate) fn subschemas<'schema>(
    root: &'schema Value,
    schema: &'schema Map<String, Value>,
) -> impl Iterator<Item = (Applies<'schema>, &'schema Value)> {
    let of = |keywords: &'static [&'static str], applies: Applies<'schema>| {
        keywords.iter().filter_map(move |keyword| Some((applies, schema.get(*keyword)?)))
    };
    let each_of = |keywords: &'static [&'static str], applies: Applies<'schema>| {
        let lists = keywords.iter().filter_map(|keyword| schema.get(*keyword)?.as_array());
        lists.flatten().map(move |schema| (applies, schema))
    };
    let members_of = |keywords: &'static [&'static str], applies: Applies<'schema>| {
        let maps = keywords.iter().filter_map(|keyword| schema.get(*keyword)?.as_object());
        maps.flat_map(Map::values).map(move |schema| (applies, schema))
    };
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let referred = schema.get("$ref").and_then(Value::as_str).and_then(|reference| referred(root, reference));
    referred
        .map(|schema| (Applies::InPlace, schema))
        .into_iter()
        .chain(each_of(&["allOf", "anyOf", "oneOf"], Applies::InPlace))
        .chain(of(&["not", "if", "then", "else"], Applies::InPlace))
        .chain(members_of(&["dependentSchemas", "dependencies"], Applies::InPlace))
        .chain(properties.map(|(name, schema)| (Applies::Member(name), schema)))
        .chain(members_of(&["patternProperties"], Applies::OtherMembers))
        .chain(of(&["additionalProperties", "unevaluatedProperties"], Applies::OtherMembers))
        .chain(each_of(&["prefixItems", "items"], Applies::Elements))
        .chain(of(&["items", "additionalItems", "unevaluatedItems", "contains"], Applies::Elements))
        .chain(of(&["propertyNames"], Applies::Names))
        .filter(|(_, schema)| schema.is_object())
}

/// The schema at `#` or `#/..`; none where there is none.
pub(crate) fn referred<'schema>(root: &'schema Value, reference: &str) -> Option<&'schema Value> {
    let fragment = reference.strip_prefix('#')?;
    let pointer = percent_encoding::percent_decode_str(fragment).decode_utf8().ok()?;
    root.pointer(&pointer)
}

/// What a schema has that the schema of a node may not have.
pub(crate) fn foreign<'schema>(
    root: &'schema Value,
    schema: &'schema Map<String, Value>,
    is_root: bool,
) -> Option<String> {
    if let Some(keyword) = FOREIGN.iter().find(|keyword| schema.contains_key(**keyword)) {
        return Some(format!("it has `{keyword}`; a schema of a node refers by `$ref` only, to `#/..`"));
    }
    if !is_root && schema.contains_key("$id") {
        return Some("a schema within it has an `$id`; references of a schema of a node go to `#/..`".to_owned());
    }
    let reference = schema.get("$ref")?.as_str()?;
    referred(root, reference).is_none().then(|| {
        let reference = crate::excerpt::excerpt(reference, 100);
        format!("it refers to {reference}, where there is no schema; references go to `#/..`")
    })
}
