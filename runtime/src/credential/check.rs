//! What a test of a credential comes to.

use std::time::Duration;

use serde::Serialize;

use crate::bindings::http::{SendError, SendErrorKind};
use crate::id::Name;
use crate::manifest::FailureKind;
use crate::record::as_milliseconds;

/// A token that was fetched to test a credential, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FetchedToken {
    /// The provider's name for the token.
    pub name: Name,
    /// How long it may be used.
    #[serde(rename = "lifetime_ms", serialize_with = "as_milliseconds")]
    pub lifetime: Duration,
}

/// Why a credential gave no token. The members are as an envelope has them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CredentialFailure {
    /// The kind of failure.
    pub kind: FailureKind,
    /// What went wrong, with the service's own code.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// Whether the same may succeed later.
    pub retryable: bool,
    /// The last HTTP status of the service; 0 when it was never reached.
    pub original_status_code: u16,
}

impl CredentialFailure {
    pub(crate) fn new(error: SendError, original_status_code: u16) -> Self {
        let kind = match error.kind {
            SendErrorKind::Refused => FailureKind::Refused,
            // The service was busy: the credential is not at fault.
            SendErrorKind::Credential if error.retryable && original_status_code >= 500 => FailureKind::System,
            SendErrorKind::Credential if error.retryable => FailureKind::RateLimit,
            SendErrorKind::Credential => FailureKind::Auth,
            SendErrorKind::Unreachable | SendErrorKind::Broken => FailureKind::Network,
            SendErrorKind::Timeout => FailureKind::Timeout,
        };
        let SendError { message, hint, retryable, .. } = error;
        Self { kind, message, hint, retryable, original_status_code }
    }

    /// The StatusCode of an envelope that fails for the same reason.
    pub fn status_code(&self) -> i32 {
        match self.kind {
            FailureKind::System if self.original_status_code >= 500 => self.original_status_code.into(),
            kind => kind.status_code(),
        }
    }
}
