//! Ways to sign a request, as `provider.toml` says them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::rule::AnswerRule;
use crate::host_pattern::HostPattern;
use crate::id::Name;

/// A way to sign a request, and where it may be used.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// What nodes call it.
    pub name: Name,
    /// When it is used.
    pub description: String,
    /// The kind of credential it takes; none for a slot that signs nothing.
    pub credential: Option<Name>,
    /// Hosts that it may be used on.
    pub hosts: Vec<HostPattern>,
    /// Paths that it may be used on, each with all that is below it; any when empty.
    #[serde(default)]
    pub paths: Vec<String>,
    /// What it adds to a request.
    pub sign: Sign,
    /// Answers that say that the token is not valid (any longer), so that nothing was executed.
    #[serde(default)]
    pub token_refused: Vec<AnswerRule>,
    /// Answers that refuse a request for its rate, so that nothing was executed; HTTP 429 always does.
    #[serde(default)]
    pub rate_refused: Vec<AnswerRule>,
}

/// What a slot adds to a request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Sign {
    /// A token in a header.
    TokenHeader {
        /// The token recipe.
        token: Name,
        /// The header's name.
        header: String,
        /// What stands before the token: `Bearer ` with its blank.
        #[serde(default)]
        prefix: String,
    },
    /// A token in the query.
    TokenQuery {
        /// The token recipe.
        token: Name,
        /// The parameter's name.
        query: String,
    },
    /// A field of the credential in a header.
    FieldHeader {
        /// The credential's field.
        field: String,
        /// The header's name.
        header: String,
        /// What stands before the value: `Bearer ` with its blank.
        #[serde(default)]
        prefix: String,
    },
    /// A field of the credential in the query.
    FieldQuery {
        /// The credential's field.
        field: String,
        /// The parameter's name.
        query: String,
        /// What stands before the value.
        #[serde(default)]
        prefix: String,
    },
    /// Two fields of the credential as user and password in the header `authorization`.
    Basic(BasicFields),
    /// A field of the credential, the time and a signature (Base64 of HMAC-SHA256 under the secret) in the query.
    SignedQuery {
        /// The field of the credential that is sent as it is.
        token: SignedToken,
        /// The parameter that takes the time, in milliseconds since 1970.
        timestamp_query: String,
        /// The parameter that takes the signature.
        signature_query: String,
        /// The field of the credential that is the key.
        secret_field: String,
        /// What is signed; `{timestamp}` and `{secret}` stand for their values.
        message: String,
    },
    /// Nothing: the address is its own credential.
    Nothing,
}

/// Fields of the credential that are a user and a password.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicFields {
    /// The field that is the user.
    pub user: String,
    /// The field that is the password; an empty one when there is none.
    pub password: Option<String>,
}

impl BasicFields {
    pub(super) fn fields(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.user).chain(&self.password)
    }
}

/// A field of the credential sent in the query.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedToken {
    /// The parameter's name.
    pub query: String,
    /// The credential's field.
    pub field: String,
}

impl Slot {
    /// Whether the slot may sign a request to this host, port and path.
    pub fn covers(&self, host: &str, port: u16, path: &str) -> bool {
        let below = |prefix: &String| {
            path.strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/'))
        };
        self.hosts.iter().any(|pattern| pattern.allows(host, port))
            && (self.paths.is_empty() || self.paths.iter().any(below))
    }
}

impl Sign {
    /// The header that it sets, which a node may not.
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::TokenHeader { header, .. } | Self::FieldHeader { header, .. } => Some(header),
            Self::Basic(_) => Some("authorization"),
            Self::TokenQuery { .. } | Self::FieldQuery { .. } | Self::SignedQuery { .. } | Self::Nothing => None,
        }
    }

    /// The query parameters that it sets, which a node may not.
    pub fn queries(&self) -> impl Iterator<Item = &str> {
        let (first, more) = match self {
            Self::TokenQuery { query, .. } | Self::FieldQuery { query, .. } => (Some(query), [None, None]),
            Self::SignedQuery { token, timestamp_query, signature_query, .. } => {
                (Some(&token.query), [Some(timestamp_query), Some(signature_query)])
            }
            Self::TokenHeader { .. } | Self::FieldHeader { .. } | Self::Basic(_) | Self::Nothing => {
                (None, [None, None])
            }
        };
        first.into_iter().chain(more.into_iter().flatten()).map(String::as_str)
    }
}
