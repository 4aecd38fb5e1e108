//! Which runs a list holds.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchbay_runtime::NodeId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::id::RunId;
use crate::keys::{Grants, NodePattern};
use crate::time::Timestamp;

/// Why a text is not a run's id, a status or a cursor.
#[derive(Debug, thiserror::Error)]
pub enum RunTextError {
    /// Not an id.
    #[error("`{0}` is not a run's id; write it as it was answered, such as 0198c5f0-1f2e-7abc-8def-0123456789ab")]
    Id(String),
    /// Not a status.
    #[error("`{0}` is not a status; write success, failure, running, interrupted, or a StatusCode such as 429")]
    Status(String),
    /// Not a cursor.
    #[error("the cursor is none that was answered; begin again without one")]
    Cursor,
}

/// Which runs to list. The default is all of them.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Only runs of this node.
    pub node: Option<NodeId>,
    /// Only runs with this credential.
    pub credential: Option<String>,
    /// Only runs with this outcome.
    pub status: Option<RunStatus>,
    /// Only runs that began at this time or later.
    pub from: Option<Timestamp>,
    /// Only runs that began before this time.
    pub to: Option<Timestamp>,
    /// The nodes whose runs the reader may see.
    pub nodes: Grants<NodePattern>,
    /// The credentials whose runs the reader may see. A run without a credential is seen by every reader.
    pub credentials: Grants<String>,
    /// The place where an earlier page ended.
    pub cursor: Option<RunCursor>,
    /// The most runs of the page; [`RunFilter::LIMIT`] when none.
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
    /// Runs that ended with StatusCode 200.
    Success,
    /// Runs that ended with any other.
    Failure,
    /// Runs that are under way.
    Running,
    /// Runs whose process ended before they did.
    Interrupted,
    /// Runs that ended with this StatusCode.
    Code(i32),
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success => f.write_str("success"),
            Self::Failure => f.write_str("failure"),
            Self::Running => f.write_str("running"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Code(code) => code.fmt(f),
        }
    }
}

impl FromStr for RunStatus {
    type Err = RunTextError;

    fn from_str(text: &str) -> Result<Self, RunTextError> {
        match text {
            "success" => Ok(Self::Success),
            "failure" => Ok(Self::Failure),
            "running" => Ok(Self::Running),
            "interrupted" => Ok(Self::Interrupted),
            code => code.parse().map(Self::Code).map_err(|_| RunTextError::Status(code.to_owned())),
        }
    }
}

/// A place in a list of runs. Opaque to callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunCursor(pub(crate) RunId);

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
        json_schema!({
            "type": "string",
            "pattern": "^[A-Za-z0-9_-]{21}[AQgw]$",
            "x-pattern-words": "that is the next_cursor of an earlier page",
        })
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
    use patchbay_runtime::SystemClock;

    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        let cursor = RunCursor(RunId::begin(&SystemClock));
        assert_eq!(cursor.to_string().parse::<RunCursor>().unwrap(), cursor);
        for text in ["", "x", "0198c5f01f2e7abc8def0123456789ab"] {
            assert!(text.parse::<RunCursor>().is_err(), "{text}");
        }
    }
}
