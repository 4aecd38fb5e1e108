//! A case in full: everything that a run of it needs and is compared with.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::path::PathBuf;

use patchbay_runtime::{Effect, Name, NodeId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::draft::Draft;
use crate::expected::{Expected, members_value};
use crate::form::{Named, Says, Sends};

/// A case, ready to run.
#[derive(Debug, Clone)]
pub struct Case {
    /// The node that it tests.
    pub node: NodeId,
    /// The case in words.
    pub name: String,
    /// The file that it stands in.
    pub file: PathBuf,
    /// The line of its name there.
    pub line: usize,
    pub(crate) content: Content,
}

/// What a case says.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    /// The node's inputs.
    pub inputs: Value,
    /// The node's options.
    pub options: Value,
    /// The kind of credential that the run is given, or `none`. The provider's first kind when absent.
    pub credential: Option<String>,
    /// How long the run may take.
    pub timeout_ms: Option<NonZeroU64>,
    /// What the node is expected to send, in order, and what it is answered.
    pub steps: Vec<Step>,
    /// The expected envelope. What is not here may not be there.
    pub envelope: Vec<(String, Expected)>,
}

/// One expected exchange, several whose order does not matter, or an answer of a token endpoint.
#[derive(Debug, Clone)]
pub enum Step {
    /// A request of the node.
    Exchange(Box<Exchange>),
    /// Requests of the node that may come in any order.
    AnyOrder(Vec<Exchange>),
    /// What the endpoint of a token answers, instead of a token.
    Token(TokenAnswer),
}

/// A request of the node and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The request.
    pub request: ExpectedRequest,
    /// Its answer.
    pub answer: Reply,
}

/// What a token endpoint answers instead of a token.
#[derive(Debug, Clone)]
pub struct TokenAnswer {
    /// The provider's token recipe.
    pub token: Name,
    /// The answer.
    pub answer: Reply,
}

/// What comes back.
#[derive(Debug, Clone)]
pub enum Reply {
    /// An answer of the service.
    Answer(Answer),
    /// None, for this reason.
    Fault(Fault),
}

/// A request as the node sends it: what the gate adds (tokens, signatures) is checked and taken away before the
/// comparison.
#[derive(Debug, Clone)]
pub struct ExpectedRequest {
    /// Method and address: `POST https://api.example.com/orders`.
    pub request: Expected,
    /// The query, compared whole.
    pub query: Expected,
    /// Headers that matter.
    pub headers: BTreeMap<String, Expected>,
    /// The body, as JSON or as text.
    pub body: Option<Expected>,
    /// The signing slot that the node names.
    pub slot: Option<Name>,
    /// Whether the node calls the request a read or a write.
    pub effect: Option<Effect>,
}

/// An answer of the service.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The HTTP status.
    #[serde(default = "ok")]
    #[schemars(range(min = 100, max = 599))]
    pub status: u16,
    /// Headers; `content-type: application/json` comes by itself with `body`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub body: Option<Value>,
    /// The body, as text: for what is not JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

fn ok() -> u16 {
    200
}

/// A member that is there, whatever its value: `null` is a body too.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Why no answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The request was sent and no answer came within the case's `timeout_ms`. The case itself does not wait.
    Timeout,
    /// No connection was made: nothing was sent.
    ConnectionRefused,
    /// The request was sent, and the connection was reset.
    ConnectionReset,
    /// The request was sent, and the answer broke off in its body.
    TruncatedBody,
}

impl Answer {
    /// What is wrong with it, when something is.
    pub fn problem(&self) -> Option<String> {
        if self.body.is_some() && self.text.is_some() {
            Some("an answer has a `body` or a `text`, not both".to_owned())
        } else if !(100..600).contains(&self.status) {
            Some(format!("{} is not an HTTP status", self.status))
        } else {
            None
        }
    }
}

impl Reply {
    /// The HTTP status, when there is one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Answer(answer) => Some(answer.status),
            Self::Fault(_) => None,
        }
    }

    fn write(&self, members: &mut Map<String, Value>) {
        let (name, value) = match self {
            Self::Answer(answer) => ("answer", json!(answer)),
            Self::Fault(fault) => ("fault", json!(fault)),
        };
        members.insert(name.to_owned(), value);
    }
}

impl ExpectedRequest {
    /// Method and address, for a person.
    pub fn title(&self) -> String {
        let request = self.request.to_value();
        request.as_str().map_or_else(|| request.to_string(), str::to_owned)
    }
}

impl Step {
    /// The exchanges in it.
    pub fn exchanges(&self) -> &[Exchange] {
        match self {
            Self::Exchange(exchange) => std::slice::from_ref(exchange),
            Self::AnyOrder(exchanges) => exchanges,
            Self::Token(_) => &[],
        }
    }

    /// The HTTP status of the last answer to a request of the node; a token's request is the gate's.
    pub fn last_status(&self) -> Option<u16> {
        self.exchanges().iter().rev().find_map(|exchange| exchange.answer.status())
    }

    /// As it stands in the list `sends`.
    pub fn to_value(&self) -> Value {
        let mut members = Map::new();
        match self {
            Self::Exchange(exchange) => return exchange.to_value(),
            Self::AnyOrder(exchanges) => {
                members.insert("any_order".to_owned(), exchanges.iter().map(Exchange::to_value).collect());
            }
            Self::Token(token) => {
                members.insert("token".to_owned(), token.token.as_str().into());
                token.answer.write(&mut members);
            }
        }
        Value::Object(members)
    }
}

impl Exchange {
    fn to_value(&self) -> Value {
        let ExpectedRequest { request, query, headers, body, slot, effect } = &self.request;
        let mut members = Map::new();
        let mut add = |name: &str, value: Option<Value>| {
            value.map(|value| members.insert(name.to_owned(), value));
        };
        add("request", Some(request.to_value()));
        add("slot", slot.as_ref().map(|slot| slot.as_str().into()));
        add("effect", effect.map(|effect| json!(effect)));
        add("query", (!query.is_empty()).then(|| query.to_value()));
        let headers: Map<String, Value> =
            headers.iter().map(|(name, value)| (name.clone(), value.to_value())).collect();
        add("headers", (!headers.is_empty()).then_some(Value::Object(headers)));
        add("body", body.as_ref().map(Expected::to_value));
        self.answer.write(&mut members);
        Value::Object(members)
    }
}

impl Case {
    /// `provider/operation: the case in words`.
    pub fn title(&self) -> String {
        format!("{}: {}", self.node, self.name)
    }

    /// The case in full: nothing is left to its base, to what holds of every operation, or to a default.
    pub fn in_full(&self) -> Value {
        self.content.to_value()
    }

    /// The same case with other expectations: `full` is as [`in_full`](Self::in_full) gives it, changed in `sends` and
    /// `envelope`.
    ///
    /// # Errors
    /// It can not stand in a fixture.
    pub fn with_expectations(&self, full: &Value) -> Result<Self, String> {
        let mut content = self.content.clone();
        content.steps = Content::steps(full.get("sends").unwrap_or(&Value::Null))?;
        let envelope = full.get("envelope").unwrap_or(&Value::Null);
        content.envelope = Named::deserialize(envelope).map_err(|error| error.to_string())?.0;
        Ok(Self { content, ..self.clone() })
    }
}

impl Content {
    /// All of it, as it would stand in a file.
    pub fn to_value(&self) -> Value {
        let mut members = Map::new();
        members.insert("inputs".to_owned(), self.inputs.clone());
        members.insert("options".to_owned(), self.options.clone());
        self.credential.as_ref().map(|kind| members.insert("credential".to_owned(), kind.as_str().into()));
        self.timeout_ms.map(|limit| members.insert("timeout_ms".to_owned(), limit.get().into()));
        members.insert("sends".to_owned(), self.steps.iter().map(Step::to_value).collect());
        members.insert("envelope".to_owned(), members_value(&self.envelope));
        Value::Object(members)
    }

    /// The steps of a list `sends` in which nothing is left out.
    pub fn steps(sends: &Value) -> Result<Vec<Step>, String> {
        let sends = Sends::deserialize(sends).map_err(|error| error.to_string())?;
        let says = Says { sends: Some(sends), ..Says::default() };
        Draft::base(&says).and_then(Draft::into_steps).map_err(|wrong| wrong.message)
    }
}
