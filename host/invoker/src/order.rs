//! What is asked for, by whom, and on whose occasion.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use patchbay_runtime::{Credential, NodeId};
use patchbay_state::keys::{Access, Denied};
use serde_json::Value;

/// A node to be run once for a caller.
#[derive(Debug, Clone)]
pub struct Order {
    /// The node.
    pub node: NodeId,
    /// Its inputs: a JSON object, or null for none.
    pub inputs: Value,
    /// Its options: a JSON object, or null for none.
    pub options: Value,
    /// The credential that the node's requests are signed with.
    pub credential: Option<CredentialChoice>,
    /// Reads are sent, and the first write is not: the envelope then has the plan.
    pub dry_run: bool,
    /// How long it may take and how often it may be repeated.
    pub limits: RunLimits,
    /// With a key, the same order is executed once, however often it is given.
    pub key: Option<IdempotencyKey>,
    /// Who asks.
    pub caller: Caller,
    /// What made the caller ask.
    pub origin: Origin,
    /// The `traceparent` header of the trace that the order stands in (W3C Trace Context).
    pub traceparent: Option<String>,
}

/// Which credential is meant.
#[derive(Debug, Clone)]
pub enum CredentialChoice {
    /// The one of that name: the stored one, else one of the invoker's own.
    Named(String),
    /// One that the caller brings, such as a command line from its environment.
    Given(Arc<Credential>),
}

/// How long an order may take and how often it may be repeated. The invoker has limits of its own above these.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunLimits {
    /// How long the run may take, all its attempts together; the usual time when none.
    pub timeout: Option<Duration>,
    /// How often the run may be repeated while its envelope says Retryable.
    pub retries: u32,
}

/// Who asks. An idempotency key belongs to its caller: the same text of two callers is two keys.
#[derive(Debug, Clone)]
pub enum Caller {
    /// A program behind the service, with an API key or, where none is needed, without.
    Key(Arc<Access>),
    /// A person or a script at the command line of this machine, who may do everything.
    CommandLine,
    /// Something that listens on behalf of an operator, who said what it may do.
    Subscription {
        /// Its name.
        name: String,
        /// What it may do.
        access: Arc<Access>,
    },
}

/// What made the caller ask; it is told in the run's span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A call of its own.
    Call,
    /// One of many in a call.
    Batch,
    /// A command.
    CommandLine,
    /// Something that happened outside.
    Event,
    /// An agent's tool call.
    Agent,
}

/// The key of a call: 1 to 255 visible ASCII characters, chosen by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// Why a text is not an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the idempotency key can not be used")]
pub struct CallKeyError;

impl IdempotencyKey {
    /// What makes a text a key, as a person is told.
    pub const FORM: &str = "Give 1 to 255 visible ASCII characters: a UUID.";

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = CallKeyError;

    fn from_str(text: &str) -> Result<Self, CallKeyError> {
        let is_key = (1..=255).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if is_key { Ok(Self(text.to_owned())) } else { Err(CallKeyError) }
    }
}

impl Order {
    /// An order without inputs, options and credential, within the usual limits.
    pub fn new(node: NodeId, caller: Caller, origin: Origin) -> Self {
        Self {
            node,
            inputs: Value::Null,
            options: Value::Null,
            credential: None,
            dry_run: false,
            limits: RunLimits::default(),
            key: None,
            caller,
            origin,
            traceparent: None,
        }
    }
}

impl CredentialChoice {
    /// The name that the credential has in records and is told apart by.
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Given(credential) => credential.name(),
        }
    }
}

impl Caller {
    /// Whose idempotency keys are meant. An API key's public id has neither a blank nor a colon, so that nobody gets
    /// another's.
    pub fn scope(&self) -> String {
        match self {
            Self::Key(access) => access.caller().to_owned(),
            Self::CommandLine => "command line".to_owned(),
            Self::Subscription { name, .. } => format!("subscription:{name}"),
        }
    }

    /// The name that stands in records and logs.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Key(access) => access.key_name(),
            Self::CommandLine => None,
            Self::Subscription { name, .. } => Some(name),
        }
    }

    /// Whether the caller may run the node with this credential.
    pub(crate) fn may_invoke(&self, node: &NodeId, credential: Option<&str>) -> Result<(), Denied> {
        match self {
            Self::Key(access) | Self::Subscription { access, .. } => access.may_invoke(node, credential),
            Self::CommandLine => Ok(()),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Call => "call",
            Self::Batch => "batch",
            Self::CommandLine => "command line",
            Self::Event => "event",
            Self::Agent => "agent",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_text_of_a_bounded_length() {
        let is_key = |text: &str| text.parse::<IdempotencyKey>().is_ok();
        assert!(is_key("8e03978e-40d5-43dd-bc93-6894a57f9324") && is_key(&"x".repeat(255)));
        for text in ["", "ключ", "a\tb", &"x".repeat(256)] {
            assert!(!is_key(text), "{text}");
        }
    }

    #[test]
    fn callers_of_different_kinds_have_different_keys() {
        let listener = Caller::Subscription { name: "command line".to_owned(), access: Arc::new(Access::open()) };
        let scopes =
            [Caller::Key(Arc::new(Access::open())), Caller::CommandLine, listener].map(|caller| caller.scope());
        assert!(scopes[0] != scopes[1] && scopes[1] != scopes[2] && scopes[0] != scopes[2], "{scopes:?}");
    }
}
