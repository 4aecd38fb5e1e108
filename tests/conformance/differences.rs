//! The differences between nodes and SDK that are meant to be.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::capture::Sent;
use super::comparison::{Difference, Part};

/// A difference that is meant to be.
pub struct Declared {
    pub what: &'static str,
    reason: &'static str,
    pub is: fn(&Difference) -> bool,
}

/// All of them. The test fails when one does not occur any more.
pub const DECLARED: &[Declared] = &[
    Declared {
        what: "The SDK puts ids into the path as they are, the nodes encode them.",
        reason: "The fault is the SDK's: with an id or a sheet's title that has `/`, `?`, `#` or `%` in it, it asks for \
                 another path, and loses the query with it. Encoded, such an id stays one segment.",
        is: |difference| {
            matches!(difference.part, Part::Path | Part::Query)
                && difference.requests.is_some_and(|(node, sdk)| is_unencoded(node, sdk))
        },
    },
    Declared {
        what: "The nodes write a range of cells in one form: capitals, without `$` and space, a single cell as `B2:B2`.",
        reason: "A user may write ` $a$1 : c3 ` or `B2`. The form with both corners is the one that every operation's \
                 documentation has.",
        is: |difference| {
            difference.part == Part::Path
                && difference.requests.is_some_and(|(node, sdk)| with_range_in_one_form(sdk) == decoded(&node.path))
        },
    },
    Declared {
        what: "The nodes trim ids and links, and split lists of ids at every sign that people put between them.",
        reason: "The SDK sends what it is given: `a，b` as one id that nobody has. Cleaned up, both are the same.",
        is: |difference| {
            difference.part == Part::Body
                && difference.requests.is_some_and(|(node, sdk)| cleaned_up(&node.body) == cleaned_up(&sdk.body))
        },
    },
];

/// The table in the README.
pub fn listed() -> String {
    let rows = DECLARED.iter().map(|declared| format!("| {} | {} |\n", declared.what, declared.reason));
    format!("| difference | reason |\n| --- | --- |\n{}", rows.collect::<String>())
}

/// Whether the SDK's path is the node's without encoding, up to where a URL's path ends then.
fn is_unencoded(node: &Sent, sdk: &Sent) -> bool {
    let plain = decoded(&node.path);
    node.path.contains('%') && (plain.starts_with(&decoded(&sdk.path)) || plain.starts_with(&sdk.path))
}

fn with_range_in_one_form(sdk: &Sent) -> String {
    let mut segments: Vec<String> = sdk.path.split('/').map(decoded).collect();
    if let Some(ranges) = segments.iter().position(|segment| segment == "ranges")
        && let Some(range) = segments.get_mut(ranges + 1)
    {
        let form = range.replace([' ', '$'], "").to_uppercase();
        *range = if form.contains(':') { form } else { format!("{form}:{form}") };
    }
    segments.join("/")
}

/// A body whose texts and lists of texts are split at the signs between entries, trimmed, and without repeats.
fn cleaned_up(body: &Value) -> Value {
    fn entries(text: &str) -> impl Iterator<Item = String> {
        text.split([',', '，', '、', ';', '；', '\n', '\r'])
            .map(|entry| entry.trim().to_owned())
            .filter(|entry| !entry.is_empty())
    }
    match body {
        Value::String(text) => json!(entries(text).collect::<BTreeSet<String>>()),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            json!(items.iter().filter_map(Value::as_str).flat_map(entries).collect::<BTreeSet<String>>())
        }
        Value::Array(items) => items.iter().map(cleaned_up).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, member)| (name.clone(), cleaned_up(member))).collect())
        }
        other => other.clone(),
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
