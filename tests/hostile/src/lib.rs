//! What the hostile nodes share: requests as the boundary takes them, without the SDK's care for what the gate admits.
#![deny(missing_docs)]

use std::collections::BTreeMap;

use patchbay_node::bindings::patchbay::node::http as wire;
use patchbay_node::{choice, inputs, outputs};

/// A request as it is given, sensible or not.
#[inputs]
pub struct Request {
    /// The method, `GET` when absent.
    method: Option<String>,
    /// The address, whatever it is.
    url: String,
    /// Headers, whatever they are.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The body as text.
    body: Option<String>,
    /// The signing slot to ask for.
    slot: Option<String>,
    /// What to say that it does, `read` when absent.
    effect: Option<Effect>,
}

/// What a request claims to do.
#[choice]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something.
    Write,
}

/// The outputs of a node that has none.
#[outputs]
pub struct Nothing {}

/// What came of a request: an answer or a reason.
#[outputs]
pub struct Reply {
    /// The HTTP status; 0 without an answer.
    status: u16,
    /// The answer's headers.
    headers: BTreeMap<String, String>,
    /// The answer's body as text.
    body: String,
    /// Why there is no answer: `refused`, `credential`, `file`, `unreachable`, `timeout` or `broken`; empty with one.
    problem: String,
    /// The gate's own words for it.
    message: String,
    /// What the gate advises.
    hint: String,
    /// Whether the gate says that the request may be sent again.
    retryable: bool,
}

impl Request {
    /// A write to this address.
    pub fn write(url: &str) -> Self {
        Self {
            method: Some("POST".to_owned()),
            url: url.to_owned(),
            headers: BTreeMap::new(),
            body: None,
            slot: None,
            effect: Some(Effect::Write),
        }
    }

    /// A read of this address.
    pub fn read(url: &str) -> Self {
        Self { method: None, effect: None, ..Self::write(url) }
    }

    /// Sends it.
    pub fn send(self) -> Result<wire::Response, wire::SendError> {
        wire::send(&self.into())
    }
}

/// Sends all side by side.
pub fn send_all(requests: Vec<Request>) -> Vec<Result<wire::Response, wire::SendError>> {
    wire::send_all(&requests.into_iter().map(Into::into).collect::<Vec<_>>())
}

impl From<Request> for wire::Request {
    fn from(request: Request) -> Self {
        // The path as it stands: what the gate makes of an odd address is for the gate to say.
        let path =
            request.url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        Self {
            api: format!("/{path}"),
            method: request.method.unwrap_or_else(|| "GET".to_owned()),
            url: request.url,
            headers: request.headers.into_iter().collect(),
            body: request.body.map(|body| wire::Body::Bytes(body.into_bytes())),
            slot: request.slot,
            effect: match request.effect {
                Some(Effect::Write) => wire::Effect::Write,
                Some(Effect::Read) | None => wire::Effect::Read,
            },
            answer: wire::AnswerForm::Bytes,
        }
    }
}

impl From<Result<wire::Response, wire::SendError>> for Reply {
    fn from(result: Result<wire::Response, wire::SendError>) -> Self {
        let mut reply = Self {
            status: 0,
            headers: BTreeMap::new(),
            body: String::new(),
            problem: String::new(),
            message: String::new(),
            hint: String::new(),
            retryable: false,
        };
        match result {
            Ok(response) => {
                reply.status = response.status;
                reply.headers = response.headers.into_iter().collect();
                if let wire::ResponseBody::Bytes(body) = response.body {
                    reply.body = String::from_utf8_lossy(&body).into_owned();
                }
            }
            Err(error) => {
                reply.problem = match error.kind {
                    wire::SendErrorKind::Refused => "refused",
                    wire::SendErrorKind::Credential => "credential",
                    wire::SendErrorKind::File => "file",
                    wire::SendErrorKind::Unreachable => "unreachable",
                    wire::SendErrorKind::Timeout => "timeout",
                    wire::SendErrorKind::Broken => "broken",
                }
                .to_owned();
                reply.message = error.message;
                reply.hint = error.hint;
                reply.retryable = error.retryable;
            }
        }
        reply
    }
}
