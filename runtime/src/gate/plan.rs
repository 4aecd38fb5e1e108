//! What a dry run came to: the writes that it did not send.

use serde_json::Value;

use super::Passage;
use crate::bindings::http::Request;
use crate::envelope::{Plan, PlannedRequest};
use crate::manifest::Effect;
use crate::record::ExchangeOutcome;

/// Ends a dry run where it would write.
#[derive(Debug, Clone, thiserror::Error)]
#[error("a dry run came to a write")]
pub(crate) struct WouldWrite(pub Box<Plan>);

impl Passage {
    /// In a dry run, ends the run when any of these requests, that would be sent side by side, is a write that the gate
    /// would let through. Reads beside it are not sent either: nobody is left who would read their answers.
    pub(super) fn stop_before_writes(&self, requests: &[Request]) -> Result<(), WouldWrite> {
        if !self.dry_run {
            return Ok(());
        }
        let is_write = |request: &&Request| Effect::from(request.effect) == Effect::Write;
        // A write that the gate refuses goes its ordinary way: the node hears the refusal.
        let mut writes = requests.iter().filter(is_write).filter(|request| self.admit(request).is_ok());
        let Some(first) = writes.next() else { return Ok(()) };
        let plan =
            Plan { request: PlannedRequest::of(first), beside: writes.clone().map(PlannedRequest::of).collect() };
        for request in std::iter::once(first).chain(writes) {
            self.journal.begin(self.exchange(request.clone(), ExchangeOutcome::Planned).0);
        }
        Err(WouldWrite(Box::new(plan)))
    }
}

impl PlannedRequest {
    /// A body up to this size is shown whole.
    const MOST_BYTES: usize = 256 << 10;

    fn of(request: &Request) -> Self {
        Self {
            method: request.method.clone(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: request.body.as_deref().map_or(Value::Null, Self::shown),
            slot: request.slot.clone(),
        }
    }

    fn shown(body: &[u8]) -> Value {
        let Some(beginning) = body.get(..Self::MOST_BYTES) else {
            return serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into());
        };
        format!("{}… ({} bytes)", String::from_utf8_lossy(beginning), body.len()).into()
    }
}

impl Plan {
    /// One sentence on what would be sent.
    pub(crate) fn summary(&self) -> String {
        const MOST_LETTERS: usize = 120;
        let PlannedRequest { method, url, body, .. } = &self.request;
        let mut text = match body {
            Value::Null => String::new(),
            Value::String(text) => format!(" with {text}"),
            json => format!(" with {json}"),
        };
        if let Some((end, _)) = text.char_indices().nth(MOST_LETTERS) {
            text.truncate(end);
            text.push('…');
        }
        let beside = match self.beside.len() {
            0 => String::new(),
            1 => ", and one more write beside it".to_owned(),
            more => format!(", and {more} more writes beside it"),
        };
        format!("Would send {method} {url}{text}{beside}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plan(body: Value, beside: usize) -> Plan {
        let request = PlannedRequest {
            method: "POST".into(),
            url: "https://api.example.com/rows".into(),
            headers: vec![],
            body,
            slot: None,
        };
        Plan { beside: vec![request.clone(); beside], request }
    }

    #[test]
    fn the_summary_is_short_whatever_would_be_sent() {
        assert_eq!(plan(Value::Null, 0).summary(), "Would send POST https://api.example.com/rows.");
        assert_eq!(
            plan(json!({ "a": 1 }), 2).summary(),
            "Would send POST https://api.example.com/rows with {\"a\":1}, and 2 more writes beside it."
        );
        assert!(plan(json!("字".repeat(10_000)), 0).summary().len() < 500);
    }

    #[test]
    fn a_body_is_shown_as_json_or_as_text() {
        assert_eq!(PlannedRequest::shown(br#"{"a":[1]}"#), json!({ "a": [1] }));
        assert_eq!(PlannedRequest::shown(b"a=1"), json!("a=1"));
        let long = PlannedRequest::shown(&vec![b'a'; 1 << 20]);
        assert!(long.as_str().unwrap().len() < 300 << 10);
    }
}
