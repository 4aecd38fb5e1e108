//! Makes the record of a run.

use patchbay_runtime::{Exchange, ExchangeOutcome, Found, RecordedBody, Replacer, Run, Sensitive};
use serde::Serialize;
use serde_json::{Value, json};

use super::record::{EndedRun, StartedRun};

/// The longest message of a list, in characters.
const LONGEST_MESSAGE: usize = 300;
/// The largest detail. What a run may send and receive is bounded for each request; their sum is bounded here, and a record
/// that would be larger is kept without contents.
const MOST_BYTES: usize = 16 << 20;

/// A run, and what it was asked for with.
pub struct Recordable<'run> {
    /// What was told when it began.
    pub started: StartedRun,
    /// What of the node's inputs, options and outputs is never kept.
    pub sensitive: &'run Sensitive,
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

/// What is kept of a run whose contents are not.
#[derive(Serialize)]
struct DetailWithoutContents<'run> {
    inputs: (),
    options: (),
    envelope: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<patchbay_runtime::FailureKind>,
    exchanges: Vec<Exchange>,
    log: [(); 0],
    attempts: u32,
    timing: &'run patchbay_runtime::Timing,
}

/// The record of a run, without what its node's schemas mark as sensitive.
///
/// # Errors
/// The record can not be written as JSON, which is a fault in this program.
pub fn record(recordable: Recordable<'_>) -> serde_json::Result<EndedRun> {
    let Recordable { started, sensitive, inputs, options, run, contents } = recordable;
    let envelope = &run.envelope;
    let mut message = if envelope.is_success() { envelope.summary.clone() } else { envelope.error_message.clone() };
    let detail = Detail { inputs, options, run };
    let detail = if !contents {
        message.clear();
        without_contents(run)?
    } else if sensitive.is_empty() {
        serde_json::to_vec(&detail)?
    } else {
        let (masked, replacer) = masked(sensitive, &detail);
        replacer.replace(&mut message);
        serde_json::to_vec(&masked)?
    };
    let detail = if detail.len() > MOST_BYTES { without_contents(run)? } else { detail };
    Ok(EndedRun {
        started,
        took_ms: run.took.as_secs_f64() * 1e3,
        status_code: envelope.status_code,
        message: message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_MESSAGE).collect(),
        detail,
    })
}

fn masked(sensitive: &Sensitive, detail: &Detail<'_>) -> (Value, Replacer) {
    let mut found = Found::default();
    let mut value = json!(detail);
    for (part, places) in
        [("inputs", &sensitive.inputs), ("options", &sensitive.options), ("envelope", &sensitive.outputs)]
    {
        if let Some(part) = value.get_mut(part) {
            places.mask(part, &mut found);
        }
    }
    let replacer = found.replacer();
    replacer.replace_in(&mut value);
    (value, replacer)
}

/// What tells of the run without telling what it was about.
fn without_contents(run: &Run) -> serde_json::Result<Vec<u8>> {
    let envelope = &run.envelope;
    serde_json::to_vec(&DetailWithoutContents {
        inputs: (),
        options: (),
        envelope: json!({
            "StatusCode": envelope.status_code,
            "Retryable": envelope.retryable,
            "OriginalStatusCode": envelope.original_status_code,
        }),
        failure: run.failure,
        exchanges: run.exchanges.iter().map(exchange_without_contents).collect(),
        log: [],
        attempts: run.attempts,
        timing: &run.timing,
    })
}

/// An exchange with its host, its status and its times.
fn exchange_without_contents(exchange: &Exchange) -> Exchange {
    let host = url::Url::parse(&exchange.url).ok().map(|url| url.origin().ascii_serialization());
    let empty = |body: &RecordedBody| RecordedBody { text: Default::default(), bytes: body.bytes };
    Exchange {
        url: host.unwrap_or_default(),
        api: String::new(),
        headers: Vec::new(),
        body: exchange.body.as_ref().map(empty),
        outcome: match &exchange.outcome {
            ExchangeOutcome::Answered { status, body, .. } => {
                ExchangeOutcome::Answered { status: *status, headers: Vec::new(), body: empty(body) }
            }
            ExchangeOutcome::Failed { maybe_executed, status, .. } => {
                ExchangeOutcome::Failed { message: String::new(), maybe_executed: *maybe_executed, status: *status }
            }
            unanswered => unanswered.clone(),
        },
        ..exchange.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use patchbay_runtime::{Effect, Envelope, LogLevel, LogLine, MASK, Manifest, SystemClock, Timing};

    use super::*;
    use crate::runs::{RunDetail, RunId};

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
                confirm_with: None,
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

    fn recorded(contents: bool) -> (EndedRun, Value) {
        let (inputs, manifest, run) = (json!({ "Password": CANARY, "Name": "n" }), manifest(), run());
        let started = StartedRun {
            id: RunId::begin(&SystemClock),
            node: manifest.id.clone(),
            credential: Some("main".to_owned()),
            api_key: None,
        };
        let options = Value::Null;
        let (sensitive, inputs, options, run) = (&Sensitive::of(&manifest), &inputs, &options, &run);
        let new = record(Recordable { started, sensitive, inputs, options, run, contents }).unwrap();
        let detail = serde_json::from_slice(&new.detail).unwrap();
        (new, detail)
    }

    #[test]
    fn a_sensitive_value_is_masked_in_every_part_of_a_record() {
        let (new, detail) = recorded(true);
        let text = format!("{} {detail}", new.message);
        assert!(!text.contains("7f3a9c51"), "{text}");
        assert_eq!(detail["inputs"], json!({ "Password": MASK, "Name": "n" }));
        assert_eq!(detail["exchanges"][0]["url"], "https://api.example.com/users?password=....");
        assert_eq!(detail["exchanges"][0]["body"]["text"], r#"{"password":"...."}"#);
        assert_eq!(new.message, "`....` is too short");
    }

    #[test]
    fn without_contents_a_record_still_tells_what_happened_and_when() {
        let (new, detail) = recorded(false);
        let text = format!("{} {detail}", new.message);
        assert!(!text.contains("7f3a9c51") && !text.contains("/users"), "{text}");
        assert_eq!(detail["envelope"], json!({ "StatusCode": 400, "Retryable": false, "OriginalStatusCode": 400 }));
        let detail = RunDetail::read(&new.detail).unwrap();
        let exchange = &detail.exchanges[0];
        assert_eq!((exchange.url.as_str(), exchange.took), ("https://api.example.com", Duration::from_millis(3)));
        assert!(matches!(exchange.outcome, ExchangeOutcome::Answered { status: 400, .. }), "{exchange:?}");
    }

    #[test]
    fn a_record_comes_back_as_the_runtime_s_own_types() {
        let (new, _) = recorded(true);
        let detail = RunDetail::read(&new.detail).unwrap();
        let run = run();
        assert_eq!((detail.exchanges[0].effect, detail.log[0].level), (Effect::Write, LogLevel::Info));
        assert_eq!((detail.attempts, detail.timing), (run.attempts, run.timing));
    }

    #[test]
    fn a_record_without_contents_of_an_earlier_version_is_read() {
        let exchange = |outcome: Value| {
            let mut exchange = json!({ "method": "POST", "slot": null, "effect": "write", "attempt": 1,
                "started_ms": 0.0, "took_ms": 3.5, "host": "api.example.com" });
            exchange["status"] = outcome;
            exchange
        };
        let detail = json!({ "inputs": null, "options": null, "envelope": { "StatusCode": 400 }, "attempts": 1, "log": [],
            "timing": { "waiting_ms": 1.5 }, "exchanges": [exchange(json!(400)), exchange(Value::Null)] });
        let detail = RunDetail::read(detail.to_string().as_bytes()).unwrap();
        assert_eq!(detail.exchanges[0].url, "https://api.example.com/");
        assert!(matches!(detail.exchanges[0].outcome, ExchangeOutcome::Answered { status: 400, .. }));
        assert!(matches!(detail.exchanges[1].outcome, ExchangeOutcome::Waiting));
        assert_eq!(detail.timing.waiting, Duration::from_micros(1_500));
    }

    #[test]
    fn a_record_that_would_be_too_large_is_kept_without_contents() {
        let (manifest, run, options) = (manifest(), run(), Value::Null);
        let inputs = json!({ "Name": "n".repeat(MOST_BYTES) });
        let started =
            StartedRun { id: RunId::begin(&SystemClock), node: manifest.id.clone(), credential: None, api_key: None };
        let (sensitive, inputs, options, run) = (&Sensitive::of(&manifest), &inputs, &options, &run);
        let new = record(Recordable { started, sensitive, inputs, options, run, contents: true }).unwrap();
        assert!(new.detail.len() < 4_096);
        assert_eq!(RunDetail::read(&new.detail).unwrap().inputs, Value::Null);
    }
}
