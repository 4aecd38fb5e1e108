//! The JSON Schemas of the public contract, made from the types that read and write it. Checked in under `schemas/`.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::{Envelope, Manifest, Provider};

/// File names and schemas, JSON Schema 2020-12.
pub fn contract() -> Vec<(&'static str, Value)> {
    let generate = || SchemaSettings::draft2020_12().into_generator();
    vec![
        ("envelope.json", generate().into_root_schema_for::<Envelope>().to_value()),
        ("manifest.json", generate().into_root_schema_for::<Manifest>().to_value()),
        ("provider.json", generate().into_root_schema_for::<Provider>().to_value()),
    ]
}
