//! A key as it is kept.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::grants::Grants;
use super::pattern::NodePattern;
use crate::time::Timestamp;

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
    /// The nodes that it may be used for.
    pub nodes: Grants<NodePattern>,
    /// The credentials that it may be used with.
    pub credentials: Grants<String>,
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
    pub grants: KeyGrants,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// What a key may be used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyGrants {
    /// What it opens.
    pub scopes: Vec<Scope>,
    /// The nodes that it may be used for.
    pub nodes: Grants<NodePattern>,
    /// The credentials that it may be used with.
    pub credentials: Grants<String>,
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
    /// The nodes that it may be used for; all when null.
    pub nodes: Option<Vec<NodePattern>>,
    /// The credentials that it may be used with; all when null.
    pub credentials: Option<Vec<String>>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

impl NewKey {
    pub(super) fn into_stored(self, id: &str, digest: KeyDigest, now: Timestamp) -> StoredKey {
        StoredKey {
            id: id.to_owned(),
            name: self.name,
            digest,
            grants: KeyGrants { scopes: self.scopes, nodes: self.nodes, credentials: self.credentials },
            created: now,
            expires: self.expires,
            revoked: None,
        }
    }
}

impl StoredKey {
    /// What a list shows of it.
    pub fn info(&self) -> ApiKeyInfo {
        let KeyGrants { scopes, nodes, credentials } = self.grants.clone();
        ApiKeyInfo {
            id: self.id.clone(),
            name: self.name.clone(),
            scopes,
            nodes: nodes.into_listed(),
            credentials: credentials.into_listed(),
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
