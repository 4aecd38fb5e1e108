//! Failures that a test orders in advance.

mod strike;

use std::sync::Mutex;
use std::time::Duration;

use axum::http::Method;
use serde::{Deserialize, Serialize};

use crate::service::locked;
use crate::state::{Generator, Purpose};

pub(crate) use strike::inject;

/// How a request fails.
///
/// In JSON and TOML by its name in `snake_case`: `"throttle"`, `{ "delay_ms": 500 }`,
/// `{ "status": { "status": 503, "body": "{}" } }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// Answers with this status and this JSON text in place of executing the call; a number that is no HTTP status counts
    /// as 500.
    Status {
        /// The HTTP status.
        status: u16,
        /// The body, sent as `application/json`.
        body: String,
    },
    /// Refuses the call because of too many of them, as the call's API does. Nothing is executed.
    Throttle,
    /// Says that the service is busy, as the call's API does: HTTP 503 `serviceBusy`, or errcode -1. Nothing is executed.
    Busy,
    /// Waits, then executes the call as if nothing had happened, unless the caller has gone away by then. In milliseconds.
    #[serde(rename = "delay_ms", with = "milliseconds")]
    Delay(Duration),
    /// Executes the call and sends the answer's body in pieces of eight bytes with this pause between them. In milliseconds.
    #[serde(rename = "drip_ms", with = "milliseconds")]
    Drip(Duration),
    /// Closes the connection without an answer. Nothing is executed.
    Close,
    /// Executes the call, then closes the connection without an answer: the caller can not know what happened.
    CloseAfter,
    /// Answers 200, announces a JSON body, sends half of it and closes the connection. Nothing is executed.
    Truncate,
    /// Answers 200 with text that only begins as JSON does. Nothing is executed.
    BrokenJson,
    /// Answers 200 with the HTML page of a proxy or a firewall in place of JSON. Nothing is executed.
    Html,
    /// Answers as the service does to an address that it has banned for five minutes. Nothing is executed.
    Ban,
}

mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

/// Which requests fail, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// What the path begins with; `/` for all.
    pub path: String,
    /// The HTTP method; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How many requests fail; without an end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<usize>,
    /// The share of these requests that fail, from 0 to 1; all of them when absent. Which ones is drawn by lot, the same
    /// ones for the same seed and order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// How they fail.
    pub fault: Fault,
}

impl FaultRule {
    fn concerns(&self, method: &Method, path: &str) -> bool {
        let is_method = |wanted: &String| wanted.eq_ignore_ascii_case(method.as_str());
        path.starts_with(&self.path) && self.method.as_ref().is_none_or(is_method)
    }
}

/// The rules that still hold.
pub(crate) struct Faults {
    rules: Mutex<Rules>,
}

struct Rules {
    rules: Vec<FaultRule>,
    lots: Generator,
}

impl Faults {
    pub(crate) fn new(seed: u64, rules: Vec<FaultRule>) -> Self {
        Self { rules: Mutex::new(Rules { rules, lots: Generator::new(seed, Purpose::Fault) }) }
    }

    pub(crate) fn add(&self, rule: FaultRule) {
        if rule.times != Some(0) {
            locked(&self.rules).rules.push(rule);
        }
    }

    pub(crate) fn all(&self) -> Vec<FaultRule> {
        locked(&self.rules).rules.clone()
    }

    pub(crate) fn clear(&self) {
        locked(&self.rules).rules.clear();
    }

    /// The fault that this request meets, counted off: that of the first rule that concerns it and strikes.
    fn take(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut guard = locked(&self.rules);
        let Rules { rules, lots } = &mut *guard;
        let strikes = |rule: &FaultRule, lots: &mut Generator| rule.share.is_none_or(|share| lots.fraction() < share);
        let position = rules.iter().position(|rule| rule.concerns(method, path) && strikes(rule, lots))?;
        let rule = rules.get_mut(position)?;
        let fault = rule.fault.clone();
        if let Some(times) = &mut rule.times {
            *times -= 1;
            if *times == 0 {
                rules.remove(position);
            }
        }
        Some(fault)
    }
}
