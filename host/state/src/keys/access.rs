//! What a caller may do.

use patchbay_runtime::NodeId;

use super::grants::Grants;
use super::pattern::NodePattern;
use super::stored::{Scope, StoredKey};
use crate::time::Timestamp;

/// Why a call is not let in. Nothing of a key's secret stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is no `Authorization` header.
    #[error("the call has no API key; send the header `Authorization: Bearer pbk_..`")]
    Missing,
    /// The header holds no API key.
    #[error("the Authorization header holds no API key; write `Authorization: Bearer pbk_..`")]
    Malformed,
    /// There is no such key.
    #[error("the API key is not known; make one with `patchbay key create NAME`")]
    Unknown,
    /// The key was revoked.
    #[error("the API key `{0}` was revoked; make another with `patchbay key create NAME`")]
    Revoked(String),
    /// The key's time is over.
    #[error("the API key `{0}` expired at {1}; make another with `patchbay key create NAME`")]
    Expired(String, Timestamp),
    /// The key may not be used for this.
    #[error("{0}")]
    Forbidden(String),
    /// Keys can not be read.
    #[error("API keys can not be checked now: {0}")]
    Store(String),
}

/// What a caller may do.
#[derive(Debug, Clone)]
pub struct Access {
    /// Id and name of the caller's key; none for a caller without one.
    key: Option<(String, String)>,
    scopes: Vec<Scope>,
    nodes: Grants<NodePattern>,
    credentials: Grants<String>,
}

impl Access {
    /// What a caller may do that needs no key: everything.
    pub fn open() -> Self {
        Self { key: None, scopes: vec![Scope::Admin], nodes: Grants::All, credentials: Grants::All }
    }

    /// What the holder of a key may do now.
    ///
    /// # Errors
    /// The key was revoked or its time is over.
    pub(super) fn admit(key: &StoredKey, now: Timestamp) -> Result<Self, Denied> {
        if key.revoked.is_some() {
            return Err(Denied::Revoked(key.name.clone()));
        }
        if let Some(end) = key.expires.filter(|end| *end <= now) {
            return Err(Denied::Expired(key.name.clone(), end));
        }
        Ok(Self {
            key: Some((key.id.clone(), key.name.clone())),
            scopes: key.grants.scopes.clone(),
            nodes: key.grants.nodes.clone(),
            credentials: key.grants.credentials.clone(),
        })
    }

    /// Name of the caller's key, for records and logs.
    pub fn key_name(&self) -> Option<&str> {
        self.key.as_ref().map(|(_, name)| name.as_str())
    }

    /// Public id of the caller's key, empty without one: whose idempotency keys these are.
    pub fn caller(&self) -> &str {
        self.key.as_ref().map_or("", |(id, _)| id)
    }

    /// The nodes that the caller may see and invoke.
    pub fn nodes(&self) -> &Grants<NodePattern> {
        &self.nodes
    }

    /// The credentials that the caller may use.
    pub fn credentials(&self) -> &Grants<String> {
        &self.credentials
    }

    /// Whether a list of nodes shows this one.
    pub fn sees(&self, node: &NodeId) -> bool {
        self.nodes.allow(|pattern| pattern.allows(node))
    }

    /// Whether a run with this credential may be shown, or a run without one.
    pub fn sees_credential(&self, credential: Option<&str>) -> bool {
        credential.is_none_or(|name| self.credentials.allow(|allowed| allowed == name))
    }

    /// Whether the caller may invoke the node with this credential.
    ///
    /// # Errors
    /// [`Denied::Forbidden`] says what the key may be used for instead.
    pub fn may_invoke(&self, node: &NodeId, credential: Option<&str>) -> Result<(), Denied> {
        self.require(Scope::Invoke)?;
        let name = self.key_name().unwrap_or_default();
        if !self.sees(node) {
            let nodes = self.nodes.listed().unwrap_or_default();
            let nodes = nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(Denied::Forbidden(format!("the API key `{name}` is for the nodes {nodes}, not for {node}")));
        }
        if !self.sees_credential(credential) {
            let credentials = self.credentials.listed().unwrap_or_default().join(", ");
            let asked = credential.unwrap_or_default();
            return Err(Denied::Forbidden(format!(
                "the API key `{name}` is for the credentials {credentials}, not for {asked}"
            )));
        }
        Ok(())
    }

    /// Whether the caller may read run records.
    ///
    /// # Errors
    /// [`Denied::Forbidden`] names the scope that is missing.
    pub fn may_read(&self) -> Result<(), Denied> {
        self.require(Scope::Read)
    }

    /// Whether the caller may change credentials, and all else.
    ///
    /// # Errors
    /// [`Denied::Forbidden`] names the scope that is missing.
    pub fn may_admin(&self) -> Result<(), Denied> {
        self.require(Scope::Admin)
    }

    fn require(&self, scope: Scope) -> Result<(), Denied> {
        if self.scopes.iter().any(|has| *has == scope || *has == Scope::Admin) {
            return Ok(());
        }
        let name = self.key_name().unwrap_or_default();
        let has = self.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Err(Denied::Forbidden(format!("the API key `{name}` has the scope {has}; this needs {scope}")))
    }
}
