//! What to run, and what it came to.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::credential::Credentials;
use crate::envelope::Envelope;
use crate::exchange::Exchange;
use crate::id::NodeId;
use crate::journal::LogLine;
use crate::milliseconds;
use crate::trace::TraceParent;
use crate::vocabulary::FailureKind;

/// What to run, and with what.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The node.
    pub node: NodeId,
    /// Its inputs: a JSON object.
    pub inputs: Value,
    /// Its options: a JSON object, or null for none.
    pub options: Value,
    /// The credentials that the gate signs with: for each slot the one of its kind.
    pub credentials: Credentials,
    /// Whose files the run may use, as the store of files understands it; empty for nobody's in particular.
    pub owner: String,
    /// How long the run may take, all its attempts together; the runtime's own limit when none.
    pub timeout: Option<Duration>,
    /// How often the run may be repeated. It is, after a pause, as long as its envelope says Retryable.
    pub retries: u32,
    /// Reads are sent, and the first write is not: the run ends there, and its envelope has the plan.
    pub dry_run: bool,
    /// Where the call stands in a trace. Services that ask for it (`trace_context` in `provider.toml`) are told.
    pub trace: Option<TraceParent>,
}

impl Invocation {
    /// An invocation of a node without inputs, options and credentials.
    pub fn new(node: NodeId) -> Self {
        Self {
            node,
            inputs: Value::Object(Map::new()),
            options: Value::Null,
            credentials: Credentials::none(),
            owner: String::new(),
            timeout: None,
            retries: 0,
            dry_run: false,
            trace: None,
        }
    }
}

/// What an invocation came to, and how. There is no secret in it: exchanges are recorded before they are signed.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// The answer.
    pub envelope: Envelope,
    /// Why the run failed; none after a success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureKind>,
    /// What the node sent and what came back.
    pub exchanges: Vec<Exchange>,
    /// What the node logged.
    pub log: Vec<LogLine>,
    /// How long it took.
    #[serde(skip)]
    pub took: Duration,
    /// How often the node was run; 0 when its parameters were wrong.
    pub attempts: u32,
    /// Where the time went.
    pub timing: Timing,
}

/// Where the time of a run went, all its attempts together. What is left of the whole is checking and writing JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// Waiting for a sandbox, or for another run on the same resource to end.
    #[serde(rename = "waiting_ms", default, with = "milliseconds")]
    #[schemars(with = "f64")]
    pub waiting: Duration,
    /// The node's own computation, and setting its sandbox up.
    #[serde(rename = "sandbox_ms", default, with = "milliseconds")]
    #[schemars(with = "f64")]
    pub sandbox: Duration,
    /// In the gate: tokens, pace, and the service's own time.
    #[serde(rename = "gate_ms", default, with = "milliseconds")]
    #[schemars(with = "f64")]
    pub gate: Duration,
    /// Pauses before attempts.
    #[serde(rename = "pausing_ms", default, with = "milliseconds")]
    #[schemars(with = "f64")]
    pub pausing: Duration,
}
