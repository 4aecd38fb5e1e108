//! The differences between nodes and SDK that are meant to be.

use percent_encoding::percent_decode_str;

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

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
