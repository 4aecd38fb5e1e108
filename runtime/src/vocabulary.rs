//! Words that the boundary, manifests, records and envelopes have in common.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a node or a request does to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something.
    Write,
}

/// How a failed node's StatusCode comes about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StatusRule {
    /// The service's HTTP status when it was an error, else the one of the failure's kind.
    #[default]
    Http,
    /// 500 for every failure past validation.
    Operation,
}

/// Why a run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The inputs or options are wrong; nothing was sent.
    InvalidInput,
    /// The service refused the credential.
    Auth,
    /// The application may not do this.
    Permission,
    /// The service refused this machine's address.
    IpWhitelist,
    /// There is no such thing.
    NotFound,
    /// It exists already, or something else is in the way.
    Conflict,
    /// The service refused a parameter.
    InvalidParameter,
    /// Too many calls.
    RateLimit,
    /// The service failed, its answer could not be understood, or the node broke.
    System,
    /// No connection, or a broken one.
    Network,
    /// No answer in time.
    Timeout,
    /// The gate refused a request.
    Refused,
}

impl FailureKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::InvalidInput,
        Self::Auth,
        Self::Permission,
        Self::IpWhitelist,
        Self::NotFound,
        Self::Conflict,
        Self::InvalidParameter,
        Self::RateLimit,
        Self::System,
        Self::Network,
        Self::Timeout,
        Self::Refused,
    ];

    /// The StatusCode of a failure that has none of the service's own.
    pub fn status_code(self) -> i32 {
        match self {
            Self::InvalidInput | Self::InvalidParameter => 400,
            Self::Auth => 401,
            Self::Permission | Self::IpWhitelist | Self::Refused => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::RateLimit => 429,
            Self::System | Self::Network => 500,
            Self::Timeout => 504,
        }
    }
}

/// Whether a request may be repeated after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Retry {
    /// It would fail again.
    Never,
    /// The cause may pass, but the request may have been executed: only if it reads.
    IfRead,
    /// The request was refused before it was executed, and the cause passes.
    Always,
}

/// How grave a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// For the node's author.
    Debug,
    /// Worth knowing.
    Info,
    /// Not as it should be.
    Warn,
    /// The cause of a failure.
    Error,
}
