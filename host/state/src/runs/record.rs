//! What is kept of a run.

use patchbay_runtime::{Exchange, LogLine, NodeId, Timing};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::id::RunId;
use crate::time::Timestamp;

/// Where a run stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It is under way.
    Running,
    /// It ended, and its record is whole.
    #[default]
    Ended,
    /// Its process ended before it did: nobody knows what it came to.
    Interrupted,
}

/// What a list shows of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// The run's id.
    pub id: RunId,
    /// The node.
    pub node: NodeId,
    /// Name of the credential it was run with.
    pub credential: Option<String>,
    /// Name of the API key it was asked for with.
    pub api_key: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// Where it stands.
    #[serde(default)]
    pub state: RunState,
    /// How long it took, in milliseconds; null until it ended.
    pub took_ms: Option<f64>,
    /// The envelope's StatusCode; null until it ended.
    pub status_code: Option<i32>,
    /// The envelope's Summary after success, its ErrorMessage after failure; cut to one line.
    pub message: String,
}

/// A run that begins, as it is handed to the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartedRun {
    /// The run's id.
    pub id: RunId,
    /// The node.
    pub node: NodeId,
    /// Name of the credential it is run with.
    pub credential: Option<String>,
    /// Name of the API key it was asked for with.
    pub api_key: Option<String>,
}

/// A run that ended, as it is handed to the store. Made by [`record`](super::record), which masks what is sensitive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndedRun {
    /// What was told when it began.
    pub started: StartedRun,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
    /// The envelope's StatusCode.
    pub status_code: i32,
    /// What [`RunSummary::message`] is to be.
    pub message: String,
    /// [`RunDetail`] as JSON. It is no member of the end's own JSON form, but kept beside it.
    #[serde(skip)]
    pub detail: Vec<u8>,
}

/// A run as the store gives it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// What a list shows.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// All else; none until the run ended.
    #[serde(flatten)]
    pub detail: Option<RunDetail>,
}

/// What went in, what came out, and what happened between. Sensitive values are masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunDetail {
    /// The inputs as they were given.
    pub inputs: Value,
    /// The options as they were given.
    pub options: Value,
    /// The answer.
    pub envelope: Value,
    /// Why it failed: `rate-limit`, `timeout`; none after success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Each request and its answer with their times, as they were before any secret was added. Where contents are not
    /// kept, the URL ends with its host.
    pub exchanges: Vec<Exchange>,
    /// What the node logged.
    pub log: Vec<LogLine>,
    /// How often the node was run.
    #[serde(default)]
    pub attempts: u32,
    /// Where the time went.
    #[serde(default)]
    pub timing: Timing,
}

/// Runs, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunPage {
    /// The runs.
    pub runs: Vec<RunSummary>,
    /// Where the next page begins; none when this is the last.
    pub next_cursor: Option<String>,
}

/// Whole records, newest first.
#[derive(Debug, Clone)]
pub struct RecordPage {
    /// The records.
    pub records: Vec<RunRecord>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<super::RunCursor>,
}

/// How much the run records take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Run records.
    pub runs: u64,
    /// Their size in bytes, as stored.
    pub bytes: u64,
}

impl EndedRun {
    /// Bytes of memory that it holds, about.
    pub(crate) fn size(&self) -> usize {
        self.detail.len() + self.message.len() + 400
    }
}

impl RunDetail {
    /// Reads what was stored, of this version or of an earlier one.
    pub(crate) fn read(stored: &[u8]) -> serde_json::Result<Self> {
        // An earlier version kept of an exchange without contents what is named below, and of the others the same as now.
        serde_json::from_slice(stored).or_else(|error| {
            let mut detail: Value = serde_json::from_slice(stored)?;
            let exchanges = detail.get_mut("exchanges").and_then(Value::as_array_mut).ok_or(error)?;
            exchanges.iter_mut().filter_map(Value::as_object_mut).for_each(|exchange| {
                if let Some(host) = exchange.remove("host") {
                    let status = exchange.remove("status").unwrap_or_default();
                    let answered =
                        json!({ "answered": { "status": status, "headers": [], "body": { "text": "", "bytes": 0 } } });
                    let outcome = if status.is_number() { answered } else { json!("waiting") };
                    let url = format!("https://{}/", host.as_str().unwrap_or_default());
                    exchange.extend([
                        ("url".to_owned(), url.into()),
                        ("headers".to_owned(), json!([])),
                        ("body".to_owned(), Value::Null),
                        ("outcome".to_owned(), outcome),
                    ]);
                }
            });
            serde_json::from_value(detail)
        })
    }
}
