use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

pub use crate::bindings::patchbay::node::types::FailureKind;
use crate::bindings::{
    self,
    patchbay::node::{http, types::ParameterError},
};

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
    /// It is known that nothing was executed, whatever the kind.
    is_unexecuted: bool,
    /// The service called it a success that did not prove itself.
    is_unproven: bool,
    /// The input or option that is wrong.
    parameter: Option<String>,
    outputs: Map<String, Value>,
}

impl Failure {
    /// A failure that is not to be retried, without a hint so far.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            message: message.into(),
            hint: String::new(),
            retryable: false,
            is_unexecuted: false,
            is_unproven: false,
            parameter: None,
            outputs: Map::new(),
        }))
    }

    /// An input or option that the schema could not rule out; found before anything was sent. The problem continues the
    /// name: `invalid_input("Title", "is required when MsgType is markdown")`.
    pub fn invalid_input(name: &str, problem: impl fmt::Display) -> Self {
        let mut failure = Self::new(FailureKind::InvalidInput, format!("{name} {problem}"));
        failure.0.parameter = Some(name.to_owned());
        failure.hint(format!("Correct {name} and run again."))
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

    /// Says that nothing was executed, where the kind of failure does not tell.
    pub fn unexecuted(mut self) -> Self {
        self.0.is_unexecuted = true;
        self
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

    /// Says that the service has called it a success: it would do so again.
    pub(crate) fn unproven(mut self) -> Self {
        self.0.is_unproven = true;
        self
    }

    /// Whether the service called it a success, but without what that promises.
    pub fn is_unproven(&self) -> bool {
        self.0.is_unproven
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

    /// Whether the effect may have taken place all the same: the service failed, or there was no answer, after a request
    /// that may not be repeated.
    pub fn outcome_unknown(&self) -> bool {
        !self.0.retryable
            && !self.0.is_unexecuted
            && matches!(self.0.kind, FailureKind::System | FailureKind::Network | FailureKind::Timeout)
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
            http::SendErrorKind::File => FailureKind::NotFound,
            http::SendErrorKind::Unreachable | http::SendErrorKind::Broken => FailureKind::Network,
            http::SendErrorKind::Timeout => FailureKind::Timeout,
        };
        Self::new(kind, error.message).hint(error.hint).retryable(error.retryable)
    }
}

impl From<Failure> for bindings::Failure {
    fn from(failure: Failure) -> Self {
        let Details { kind, message, hint, retryable, parameter, outputs, .. } = *failure.0;
        // A map of JSON values always has a text.
        let outputs = serde_json::to_string(&outputs).unwrap_or_default();
        let error = parameter.map(|name| ParameterError {
            path: format!("/{name}"),
            code: "refused".to_owned(),
            expected: hint.clone(),
            message: message.clone(),
        });
        Self { kind, message, hint, retryable, outputs, errors: error.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_unknown_where_something_may_have_been_executed() {
        let lost = Failure::new(FailureKind::Timeout, "no answer");
        assert!(lost.outcome_unknown());
        assert!(!lost.clone().unexecuted().outcome_unknown());
        assert!(!lost.retryable(true).outcome_unknown());
        assert!(!Failure::new(FailureKind::RateLimit, "too fast").outcome_unknown());
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
    fn an_input_that_is_refused_crosses_the_boundary_as_data_too() {
        let failure = bindings::Failure::from(Failure::invalid_input("Title", "is required").hint("Give Title."));
        let [error] = &failure.errors[..] else { panic!("{:?}", failure.errors) };
        assert_eq!((error.path.as_str(), error.expected.as_str()), ("/Title", "Give Title."));
        assert_eq!(error.message, "Title is required");
    }

    #[test]
    fn outputs_that_are_true_cross_the_boundary_as_an_object() {
        let failure = Failure::system("the write failed").output("InsertedRows", 3);
        assert_eq!(bindings::Failure::from(failure).outputs, r#"{"InsertedRows":3}"#);
    }
}
