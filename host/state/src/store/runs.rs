//! Run records: what a canvas shows of a run.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchbay_runtime::NodeId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::timestamp::Timestamp;
use crate::keys::NodePattern;

/// A run's id: a UUID of version 7, so that ids stand in the order in which runs began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(Uuid);

/// Why a text is not a run's id, a status or a cursor.
#[derive(Debug, thiserror::Error)]
pub enum RunTextError {
    /// Not an id.
    #[error("`{0}` is not a run's id; write it as it was answered, such as 0198c5f0-1f2e-7abc-8def-0123456789ab")]
    Id(String),
    /// Not a status.
    #[error("`{0}` is not a status; write success, failure, or a StatusCode such as 429")]
    Status(String),
    /// Not a cursor.
    #[error("the cursor is none that was answered; begin again without one")]
    Cursor,
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
    /// How long it took, in milliseconds.
    pub took_ms: f64,
    /// The envelope's StatusCode.
    pub status_code: i32,
    /// The envelope's Summary after success, its ErrorMessage after failure; cut to one line.
    pub message: String,
}

/// A run as it is handed to the store. Made by [`record`](super::record), which masks what is sensitive.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// What a list shows.
    pub summary: RunSummary,
    /// [`RunDetail`] as JSON.
    pub detail: Vec<u8>,
}

/// A run as the store gives it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// What a list shows.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// All else.
    #[serde(flatten)]
    pub detail: RunDetail,
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
    /// Each request and its answer with their times, as they were before any secret was added.
    pub exchanges: Vec<Value>,
    /// What the node logged.
    pub log: Vec<Value>,
    /// How often the node was run.
    #[serde(default)]
    pub attempts: u32,
    /// Where the time went.
    #[serde(default)]
    pub timing: Value,
}

/// Which runs to list.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Of this node.
    pub node: Option<NodeId>,
    /// Run with this credential.
    pub credential: Option<String>,
    /// With this outcome.
    pub status: Option<RunStatus>,
    /// Begun at this time or later.
    pub from: Option<Timestamp>,
    /// Begun before this time.
    pub to: Option<Timestamp>,
    /// Only runs of these nodes, when the reader may not see all; any when empty.
    pub nodes: Vec<NodePattern>,
    /// Only runs with these credentials or with none, when the reader may not see all; any when empty.
    pub credentials: Vec<String>,
    /// Where an earlier page ended.
    pub cursor: Option<RunCursor>,
    /// How many at most; [`RunFilter::LIMIT`] when none.
    pub limit: Option<u32>,
}

impl RunFilter {
    /// Runs of a page when the caller does not say.
    pub const LIMIT: u32 = 50;
    /// The most runs of a page.
    pub const MOST: u32 = 1_000;
}

/// Runs by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// StatusCode 200.
    Success,
    /// Any other.
    Failure,
    /// This StatusCode.
    Code(i32),
}

/// A place in a list of runs. Opaque to callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunCursor(pub(super) RunId);

/// Runs, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunPage {
    /// The runs.
    pub runs: Vec<RunSummary>,
    /// Where the next page begins; none when this is the last.
    pub next_cursor: Option<String>,
}

/// How much the store holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Run records.
    pub runs: u64,
    /// Their size in bytes, as stored.
    pub bytes: u64,
}

impl RunId {
    /// The id of a run that begins now.
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// When the run began.
    pub fn began(self) -> Timestamp {
        let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |time| time.to_unix());
        let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        Timestamp::from_millis(millis.saturating_add(i64::from(nanos / 1_000_000)))
    }

    /// An id that is not above that of any run that begins at this time or later, and not below that of an earlier one.
    pub(super) fn floor(time: Timestamp) -> Self {
        // 48 bits of milliseconds stand in front.
        const MOST: i64 = (1 << 48) - 1;
        let millis = u128::try_from(time.as_millis().clamp(0, MOST)).unwrap_or_default();
        Self(Uuid::from_u128(millis << 80))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for RunId {
    type Err = RunTextError;

    fn from_str(text: &str) -> Result<Self, RunTextError> {
        let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        id.map(Self).ok_or_else(|| RunTextError::Id(text.to_owned()))
    }
}

impl Serialize for RunId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for RunId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RunId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uuid", "description": "Time-ordered id of a run." })
    }
}

impl FromStr for RunStatus {
    type Err = RunTextError;

    fn from_str(text: &str) -> Result<Self, RunTextError> {
        match text {
            "success" => Ok(Self::Success),
            "failure" => Ok(Self::Failure),
            code => code.parse().map(Self::Code).map_err(|_| RunTextError::Status(code.to_owned())),
        }
    }
}

impl fmt::Display for RunCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0.as_bytes()))
    }
}

impl JsonSchema for RunCursor {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RunCursor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // 16 bytes are 22 letters, of which the last one has two bits only.
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{21}[AQgw]$" })
    }
}

impl FromStr for RunCursor {
    type Err = RunTextError;

    fn from_str(text: &str) -> Result<Self, RunTextError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| RunTextError::Cursor)?;
        RunId::from_slice(&bytes).map(Self).ok_or(RunTextError::Cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_by_the_time_their_runs_began() {
        let before = Timestamp::now();
        let ids: Vec<RunId> = (0..1_000).map(|_| RunId::new()).collect();
        assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(ids[0].began() >= before && RunId::floor(before) <= ids[0]);
        assert!(RunId::floor(Timestamp::now().after(std::time::Duration::from_millis(1))) > ids[999]);
    }

    #[test]
    fn ids_and_cursors_are_read_as_they_are_written() {
        let id = RunId::new();
        assert_eq!(id.to_string().parse::<RunId>().unwrap(), id);
        assert_eq!(RunCursor(id).to_string().parse::<RunCursor>().unwrap(), RunCursor(id));
        for text in ["", "x", "0198c5f01f2e7abc8def0123456789ab"] {
            assert!(text.parse::<RunId>().is_err() && text.parse::<RunCursor>().is_err(), "{text}");
        }
    }
}
