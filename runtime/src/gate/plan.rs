//! What a dry run came to: the writes that it did not send.

use patchbay_numbers::from_json;
use serde_json::{Value, json};

use super::message::{Body, Part, PartContent, Request};
use super::passage::Passage;
use crate::envelope::{Plan, PlannedRequest};
use crate::exchange::ExchangeOutcome;
use crate::vocabulary::Effect;

/// Ends a dry run where it would write.
#[derive(Debug, Clone, thiserror::Error)]
#[error("a dry run came to a write")]
pub(crate) struct WouldWrite(pub Box<Plan>);

impl Passage {
    /// In a dry run, ends the run when any of these requests, that would be sent side by side, is a write that the gate
    /// would let through. Reads beside it are not sent either: nobody is left who would read their answers.
    pub(super) fn stop_before_writes(&self, call: u32, requests: &[Request]) -> Result<(), WouldWrite> {
        if !self.dry_run {
            return Ok(());
        }
        // A write that the gate refuses goes its ordinary way: the node hears the refusal.
        let admitted = |request: &Request| self.admit(request).ok().map(|admitted| admitted.api);
        let mut writes = requests.iter().filter(|request| request.effect == Effect::Write);
        let Some((first, api)) = writes.find_map(|request| Some((request, admitted(request)?))) else { return Ok(()) };
        self.journal.begin(self.exchange(call, first, api, ExchangeOutcome::Planned));
        let mut beside = Vec::new();
        for write in writes {
            let Some(api) = admitted(write) else { continue };
            self.journal.begin(self.exchange(call, write, api, ExchangeOutcome::Planned));
            beside.push(PlannedRequest::of(write));
        }
        let plan = Plan { request: PlannedRequest::of(first), beside };
        Err(WouldWrite(Box::new(plan)))
    }
}

impl PlannedRequest {
    fn of(request: &Request) -> Self {
        Self {
            method: request.method.clone(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: request.body.as_ref().map_or(Value::Null, shown),
            slot: request.slot.clone(),
        }
    }
}

/// A body as a person reads it: JSON as JSON, other bytes as text, the parts of a form one by one, files by their ids.
pub(super) fn shown(body: &Body) -> Value {
    match body {
        Body::Bytes(bytes) => shown_bytes(bytes),
        Body::File(id) => json!({ "file": id }),
        Body::Parts(parts) => parts.iter().map(shown_part).collect(),
    }
}

fn shown_part(part: &Part) -> Value {
    let mut shown = json!({ "name": part.name });
    for (name, value) in [("file_name", &part.file_name), ("content_type", &part.content_type)] {
        if let Some(value) = value {
            shown[name] = value.as_str().into();
        }
    }
    match &part.content {
        PartContent::Bytes(bytes) => shown["content"] = shown_bytes(bytes),
        PartContent::File(id) => shown["file"] = id.as_str().into(),
    }
    shown
}

fn shown_bytes(body: &[u8]) -> Value {
    /// A body up to this size is shown whole.
    const MOST_BYTES: usize = 256 << 10;
    let Some(beginning) = body.get(..MOST_BYTES) else {
        return from_json(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into());
    };
    format!("{}… ({} bytes)", String::from_utf8_lossy(beginning), body.len()).into()
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
        assert_eq!(shown_bytes(br#"{"a":[1]}"#), json!({ "a": [1] }));
        assert_eq!(shown_bytes(b"a=1"), json!("a=1"));
        let long = shown_bytes(&vec![b'a'; 1 << 20]);
        assert!(long.as_str().unwrap().len() < 300 << 10);
    }

    #[test]
    fn a_form_is_shown_part_by_part_and_a_file_by_its_id() {
        let part = |name: &str, content| Part { name: name.into(), file_name: None, content_type: None, content };
        let form = Body::Parts(vec![
            part("type", PartContent::Bytes("image".into())),
            Part { file_name: Some("a.png".into()), ..part("media", PartContent::File("f1".into())) },
        ]);
        let expected =
            json!([{ "name": "type", "content": "image" }, { "name": "media", "file_name": "a.png", "file": "f1" }]);
        assert_eq!(shown(&form), expected);
        assert_eq!(shown(&Body::File("f1".into())), json!({ "file": "f1" }));
    }
}
