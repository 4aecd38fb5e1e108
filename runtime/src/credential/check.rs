//! What a test of a credential comes to.

use std::time::Duration;

use serde::Serialize;

use crate::id::Name;
use crate::milliseconds;
use crate::vocabulary::FailureKind;

/// A token that was fetched to test a credential, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FetchedToken {
    /// The provider's name for the token.
    pub name: Name,
    /// How long it may be used.
    #[serde(rename = "lifetime_ms", with = "milliseconds")]
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
    /// The HTTP status of the token endpoint; 0 when it was never reached.
    pub original_status_code: u16,
}

impl CredentialFailure {
    /// The StatusCode of an envelope that fails for the same reason.
    pub fn status_code(&self) -> i32 {
        match self.kind {
            FailureKind::System if self.original_status_code >= 500 => self.original_status_code.into(),
            kind => kind.status_code(),
        }
    }
}
