//! A key as it is kept.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::Denied;
use super::pattern::NodePattern;
use crate::store::Timestamp;

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// List nodes and invoke them.
    Invoke,
    /// List nodes and read run records.
    Read,
    /// Everything, credentials included.
    Admin,
}

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What it is called.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// The nodes that it may be used for; all when empty.
    pub nodes: Vec<NodePattern>,
    /// The credentials that it may be used with; all when empty.
    pub credentials: Vec<String>,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

/// SHA-256 of a key's secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyDigest(pub [u8; 32]);

/// A key as it is kept: without its secret.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// The public part of its text.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Tells its secret apart from others.
    pub digest: KeyDigest,
    /// What it may be used for.
    pub grants: Grants,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// What a key may be used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    pub scopes: Vec<Scope>,
    pub nodes: Vec<NodePattern>,
    pub credentials: Vec<String>,
}

/// A key in a list.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ApiKeyInfo {
    /// The public part of its text.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// The nodes that it may be used for; all when empty.
    pub nodes: Vec<NodePattern>,
    /// The credentials that it may be used with; all when empty.
    pub credentials: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

impl NewKey {
    pub(super) fn into_stored(self, id: &str, digest: KeyDigest) -> StoredKey {
        StoredKey {
            id: id.to_owned(),
            name: self.name,
            digest,
            grants: Grants { scopes: self.scopes, nodes: self.nodes, credentials: self.credentials },
            created: Timestamp::now(),
            expires: self.expires,
            revoked: None,
        }
    }
}

impl StoredKey {
    /// Why it opens nothing, when it does not.
    pub(super) fn unusable(&self, now: Timestamp) -> Option<Denied> {
        if self.revoked.is_some() {
            return Some(Denied::Revoked(self.name.clone()));
        }
        self.expires.filter(|end| *end <= now).map(|end| Denied::Expired(self.name.clone(), end))
    }

    /// What a list shows of it.
    pub fn info(&self) -> ApiKeyInfo {
        let Grants { scopes, nodes, credentials } = self.grants.clone();
        ApiKeyInfo {
            id: self.id.clone(),
            name: self.name.clone(),
            scopes,
            nodes,
            credentials,
            created: self.created,
            expires: self.expires,
            revoked: self.revoked,
        }
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invoke => "invoke",
            Self::Read => "read",
            Self::Admin => "admin",
        })
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "invoke" => Ok(Self::Invoke),
            "read" => Ok(Self::Read),
            "admin" => Ok(Self::Admin),
            other => Err(format!("`{other}` is not a scope; there are invoke, read and admin")),
        }
    }
}
