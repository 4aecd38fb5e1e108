//! Makes the record of a run.

use patchbay_runtime::{Manifest, Run};
use serde::Serialize;
use serde_json::{Value, json};

use super::mask::{self, Found};
use super::runs::{NewRun, RunId, RunSummary};

/// The longest message of a list, in characters.
const LONGEST_MESSAGE: usize = 300;

/// A run, and what it was asked for with.
pub struct Recordable<'run> {
    /// The run's id, made when it began.
    pub id: RunId,
    /// The node's manifest: its schemas say what is sensitive.
    pub manifest: &'run Manifest,
    /// Name of the credential.
    pub credential: Option<&'run str>,
    /// Name of the caller's API key.
    pub api_key: Option<&'run str>,
    /// The inputs as they were given.
    pub inputs: &'run Value,
    /// The options as they were given.
    pub options: &'run Value,
    /// What it came to.
    pub run: &'run Run,
    /// Whether inputs, outputs and bodies are kept.
    pub contents: bool,
}

#[derive(Serialize)]
struct Detail<'run> {
    inputs: &'run Value,
    options: &'run Value,
    #[serde(flatten)]
    run: &'run Run,
}

/// The record of a run, without what its node's schemas mark as sensitive.
pub fn record(recordable: &Recordable<'_>) -> NewRun {
    let Recordable { id, manifest, credential, api_key, inputs, options, run, contents } = *recordable;
    let envelope = &run.envelope;
    let mut message = if envelope.is_success() { envelope.summary.clone() } else { envelope.error_message.clone() };
    let detail = Detail { inputs, options, run };
    let marks = [&manifest.inputs, &manifest.options, &manifest.outputs].into_iter().any(mask::marks);
    let detail = if !contents {
        message.clear();
        serde_json::to_vec(&without_contents(&detail))
    } else if marks {
        let (masked, found) = masked(manifest, &detail);
        found.replace(&mut message);
        serde_json::to_vec(&masked)
    } else {
        serde_json::to_vec(&detail)
    };
    let summary = RunSummary {
        id,
        node: manifest.id.clone(),
        credential: credential.map(str::to_owned),
        api_key: api_key.map(str::to_owned),
        began: id.began(),
        took_ms: run.took.as_secs_f64() * 1e3,
        status_code: envelope.status_code,
        message: message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_MESSAGE).collect(),
    };
    // Values and texts always become JSON.
    NewRun { summary, detail: detail.unwrap_or_default() }
}

fn masked(manifest: &Manifest, detail: &Detail<'_>) -> (Value, Found) {
    let mut found = Found::default();
    let mut value = json!(detail);
    for (part, schema) in
        [("inputs", &manifest.inputs), ("options", &manifest.options), ("envelope", &manifest.outputs)]
    {
        if let Some(part) = value.get_mut(part) {
            mask::mask(schema, part, &mut found);
        }
    }
    found.replace_in(&mut value);
    (value, found)
}

/// What tells of the run without telling what it was about.
fn without_contents(detail: &Detail<'_>) -> Value {
    let whole = json!(detail);
    let keep = |from: &Value, names: &[&str]| -> Value {
        names.iter().filter_map(|name| Some(((*name).to_owned(), from.get(name)?.clone()))).collect()
    };
    let exchange = |exchange: &Value| {
        let mut kept = keep(exchange, &["method", "slot", "effect", "attempt", "started_ms", "took_ms"]);
        let host = exchange.get("url").and_then(Value::as_str).and_then(|url| url::Url::parse(url).ok());
        kept["host"] = json!(host.as_ref().and_then(url::Url::host_str));
        kept["status"] = json!(exchange.pointer("/outcome/answered/status"));
        kept
    };
    let exchanges = whole.get("exchanges").and_then(Value::as_array).into_iter().flatten();
    let mut kept = keep(&whole, &["failure", "attempts", "timing"]);
    kept["inputs"] = Value::Null;
    kept["options"] = Value::Null;
    kept["envelope"] =
        keep(whole.get("envelope").unwrap_or(&Value::Null), &["StatusCode", "Retryable", "OriginalStatusCode"]);
    kept["exchanges"] = exchanges.map(exchange).collect();
    kept["log"] = json!([]);
    kept
}
