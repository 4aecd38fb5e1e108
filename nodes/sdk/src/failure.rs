use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

pub use crate::bindings::FailureKind;
use crate::bindings::{self, patchbay::node::http};

/// What a node's functions return.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a run failed and what to do next.
///
/// The message says what went wrong, the hint what the person or agent who reads it can do about it. `retryable` is a
/// promise: the same call may succeed later **and** can not repeat an effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure(Box<Details>);

/// Boxed, so that a `Result` is no larger than what a success needs.
#[derive(Clone, Debug, PartialEq)]
struct Details {
    kind: FailureKind,
    message: String,
    hint: String,
    retryable: bool,
    outputs: Map<String, Value>,
}

impl Failure {
    /// A failure that is not to be retried, without a hint so far.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        let (hint, outputs) = (String::new(), Map::new());
        Self(Box::new(Details { kind, message: message.into(), hint, retryable: false, outputs }))
    }

    /// An input or option that the schema could not rule out; found before anything was sent. The problem continues the
    /// name: `invalid_input("Title", "is required when MsgType is markdown")`.
    pub fn invalid_input(name: &str, problem: impl fmt::Display) -> Self {
        Self::new(FailureKind::InvalidInput, format!("{name} {problem}")).hint(format!("Correct {name} and run again."))
    }

    /// An answer of the service that could not be understood.
    pub fn system(message: impl Into<String>) -> Self {
        Self::new(FailureKind::System, message)
    }

    /// Sets the next step.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = hint.into();
        self
    }

    /// Sets the next step where it is not known whether the effect took place: the service failed, or there was no
    /// answer, after a request that may not be repeated. Any other failure keeps its hint.
    pub fn hint_if_outcome_unknown(self, hint: impl Into<String>) -> Self {
        if self.outcome_unknown() { self.hint(hint) } else { self }
    }

    /// Puts a sentence in front of the hint, such as "Nothing was written."
    pub fn hint_after(mut self, sentence: &str) -> Self {
        self.0.hint = if self.0.hint.is_empty() { sentence.to_owned() } else { format!("{sentence} {}", self.0.hint) };
        self
    }

    /// Says whether the same call may succeed later and can not repeat an effect.
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Adds an output that is true although the run failed: a row that was inserted before writing into it failed.
    pub fn output(mut self, name: &str, value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => {
                self.0.outputs.insert(name.to_owned(), value);
            }
            Err(error) => crate::log::error(format_args!("the output {name} has no JSON form: {error}")),
        }
        self
    }

    /// The kind; the envelope's StatusCode follows from it.
    pub fn kind(&self) -> FailureKind {
        self.0.kind
    }

    /// What went wrong.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The next step; empty when there is none.
    pub fn next_step(&self) -> &str {
        &self.0.hint
    }

    /// Whether the same call may succeed later and can not repeat an effect.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether the effect may have taken place all the same.
    pub fn outcome_unknown(&self) -> bool {
        !self.0.retryable && matches!(self.0.kind, FailureKind::System | FailureKind::Network | FailureKind::Timeout)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

/// There is no response. The host knows best why, and whether the request may have been executed.
impl From<http::SendError> for Failure {
    fn from(error: http::SendError) -> Self {
        let kind = match error.kind {
            http::SendErrorKind::Refused => FailureKind::Refused,
            http::SendErrorKind::Credential => FailureKind::Auth,
            http::SendErrorKind::Unreachable | http::SendErrorKind::Broken => FailureKind::Network,
            http::SendErrorKind::Timeout => FailureKind::Timeout,
        };
        Self::new(kind, error.message).hint(error.hint).retryable(error.retryable)
    }
}

impl From<Failure> for bindings::Failure {
    fn from(failure: Failure) -> Self {
        let Details { kind, message, hint, retryable, outputs } = *failure.0;
        // A map of JSON values always has a text.
        let outputs = serde_json::to_string(&outputs).unwrap_or_default();
        Self { kind, message, hint, retryable, outputs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_outcome_gets_the_hint_and_a_refusal_keeps_its_own() {
        let lost = Failure::new(FailureKind::Timeout, "no answer").hint_if_outcome_unknown("Look first.");
        assert_eq!(lost.next_step(), "Look first.");

        let limited = Failure::new(FailureKind::RateLimit, "too fast").hint("Wait.").retryable(true);
        assert_eq!(limited.hint_if_outcome_unknown("Look first.").next_step(), "Wait.");
    }

    #[test]
    fn a_send_error_keeps_the_hosts_words() {
        let failure = Failure::from(http::SendError {
            kind: http::SendErrorKind::Unreachable,
            message: "no connection".to_owned(),
            hint: "Check the network.".to_owned(),
            retryable: true,
        });
        assert_eq!(failure.kind(), FailureKind::Network);
        assert_eq!((failure.message(), failure.next_step()), ("no connection", "Check the network."));
        assert!(failure.is_retryable() && !failure.outcome_unknown());
    }

    #[test]
    fn outputs_that_are_true_cross_the_boundary_as_an_object() {
        let failure = Failure::system("the write failed").output("InsertedRows", 3);
        assert_eq!(bindings::Failure::from(failure).outputs, r#"{"InsertedRows":3}"#);
    }
}
