//! Tests of nodes that are data: `patchbay test`.
//!
//! | module | holds |
//! | --- | --- |
//! | [`format`], [`expected`] | what stands in a fixture file |
//! | [`source`], [`secrets`], [`cases`] | from files to cases, or to what is wrong with them |
//! | [`signing`], [`script`], [`compare_records`] | the service's part: answers as declared, and checks what the gate added |
//! | [`runner`], [`problem`] | runs cases, and says why one fails |
//! | [`report`], [`junit`], [`coverage`] | tells how it went, and what no case exercises |
//! | [`recording`], [`placeholders`], [`layout`] | writes what happened against an upstream into a file |

#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]

mod cases;
mod compare_records;
mod expected;
mod format;
mod json_place;
mod layout;
mod placeholders;
mod problem;
mod runner;
mod script;
mod secrets;
mod signing;
mod source;

pub mod coverage;
pub mod junit;
pub mod recording;
pub mod report;

use patchbay_runtime::Name;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

pub use cases::{CaseFile, Found, is_fixture};
use format::Fixture;
pub use problem::Problem;
pub use runner::{Outcome, run_all};
pub use source::Malformed;

/// The JSON Schema of a fixture file.
pub fn schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Fixture>().to_value()
}

/// A request as it stands in a fixture.
fn request_json(
    method: &str,
    url: &str,
    query: &Map<String, Value>,
    body: Option<&Value>,
    slot: Option<&Name>,
) -> Value {
    let mut request = json!({ "method": method, "url": url });
    let mut add = |name: &str, value: Option<Value>| {
        if let (Some(value), Some(members)) = (value, request.as_object_mut()) {
            members.insert(name.to_owned(), value);
        }
    };
    add("query", (!query.is_empty()).then(|| Value::Object(query.clone())));
    match body {
        Some(Value::String(text)) => add("text", Some(text.as_str().into())),
        body => add("body", body.cloned()),
    }
    add("slot", slot.map(|slot| slot.as_str().into()));
    request
}

/// A text that nobody can guess.
fn random() -> String {
    let mut bytes = [0_u8; 16];
    // Without a source of randomness nothing else would run either; what is left then is a constant.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
