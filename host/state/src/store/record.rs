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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use patchbay_runtime::{Effect, Envelope, Exchange, ExchangeOutcome, LogLevel, LogLine, RecordedBody, Timing};

    use super::*;
    use crate::store::mask::MASK;

    const CANARY: &str = "canary \"7f3a9c51\"";

    fn manifest() -> Manifest {
        let sensitive = json!({ "type": "object", "properties": {
            "Password": { "type": "string", "x-sensitive": true }, "Name": { "type": "string" },
        } });
        let manifest = json!({
            "id": "sample/set-password", "title": "Set", "resource": "User", "description": "Sets it.", "effect": "write",
            "idempotent": true, "inputs": sensitive, "options": { "type": "object" }, "outputs": sensitive,
        });
        serde_json::from_value(manifest).unwrap()
    }

    fn body() -> Option<RecordedBody> {
        let text = json!({ "password": CANARY }).to_string();
        Some(RecordedBody { bytes: text.len(), text: text.into() })
    }

    fn run() -> Run {
        let exchange = Exchange {
            call: 1,
            attempt: 1,
            api: "/users".into(),
            token: None,
            resent: 0,
            retry_after: None,
            method: "POST".into(),
            url: "https://api.example.com/users?password=canary+%227f3a9c51%22".into(),
            headers: vec![("x-password".into(), CANARY.into())],
            body: body(),
            slot: None,
            effect: Effect::Write,
            started: Duration::ZERO,
            took: Duration::from_millis(3),
            outcome: ExchangeOutcome::Answered { status: 400, headers: Vec::new(), body: body().unwrap() },
        };
        Run {
            envelope: Envelope {
                outputs: json!({ "Password": CANARY, "Name": "n" }).as_object().unwrap().clone(),
                status_code: 400,
                error_message: format!("`{CANARY}` is too short"),
                hint: String::new(),
                retryable: false,
                summary: String::new(),
                original_status_code: 400,
                errors: Vec::new(),
                plan: None,
            },
            failure: None,
            exchanges: vec![exchange],
            log: vec![LogLine {
                attempt: 1,
                at: Duration::ZERO,
                level: LogLevel::Info,
                message: format!("got {CANARY}"),
            }],
            took: Duration::from_millis(5),
            attempts: 1,
            timing: Timing::default(),
        }
    }

    fn recorded(contents: bool) -> (NewRun, Value) {
        let (inputs, manifest, run) = (json!({ "Password": CANARY, "Name": "n" }), manifest(), run());
        let new = record(&Recordable {
            id: RunId::new(),
            manifest: &manifest,
            credential: Some("main"),
            api_key: None,
            inputs: &inputs,
            options: &Value::Null,
            run: &run,
            contents,
        });
        let detail = serde_json::from_slice(&new.detail).unwrap();
        (new, detail)
    }

    #[test]
    fn a_sensitive_value_is_masked_in_every_part_of_a_record() {
        let (new, detail) = recorded(true);
        let text = format!("{:?} {detail}", new.summary);
        assert!(!text.contains("7f3a9c51"), "{text}");
        assert_eq!(detail["inputs"], json!({ "Password": MASK, "Name": "n" }));
        assert_eq!(detail["exchanges"][0]["url"], "https://api.example.com/users?password=....");
        assert_eq!(detail["exchanges"][0]["body"]["text"], r#"{"password":"...."}"#);
        assert_eq!(new.summary.message, "`....` is too short");
    }

    #[test]
    fn without_contents_a_record_still_tells_what_happened_and_when() {
        let (new, detail) = recorded(false);
        let text = format!("{:?} {detail}", new.summary);
        assert!(!text.contains("7f3a9c51") && !text.contains("/users"), "{text}");
        assert_eq!(detail["envelope"], json!({ "StatusCode": 400, "Retryable": false, "OriginalStatusCode": 400 }));
        let exchange = &detail["exchanges"][0];
        assert_eq!((&exchange["host"], &exchange["status"]), (&json!("api.example.com"), &json!(400)));
        assert_eq!(exchange["took_ms"], json!(3.0));
        assert!(serde_json::from_value::<crate::store::runs::RunDetail>(detail).is_ok());
    }
}
