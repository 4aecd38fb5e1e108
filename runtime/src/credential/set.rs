//! The credentials of one run: at most one of each kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Credential, CredentialError};
use crate::id::Name;

/// The credentials that a run may sign with. A slot takes the one of its kind.
#[derive(Debug, Clone, Default)]
pub struct Credentials(BTreeMap<(Name, Name), Arc<Credential>>);

impl Credentials {
    /// The credentials of a run that has none.
    pub fn none() -> Self {
        Self::default()
    }

    /// Several credentials together.
    ///
    /// # Errors
    /// [`CredentialError::TwoOfAKind`] when a slot could not tell which of two to take.
    pub fn of(credentials: impl IntoIterator<Item = Arc<Credential>>) -> Result<Self, CredentialError> {
        let mut all = BTreeMap::new();
        for credential in credentials {
            let key = (credential.provider().clone(), credential.kind().clone());
            if let Some(first) = all.insert(key, Arc::clone(&credential)) {
                return Err(CredentialError::TwoOfAKind {
                    first: first.name().to_owned(),
                    second: credential.name().to_owned(),
                    kind: credential.kind().clone(),
                });
            }
        }
        Ok(Self(all))
    }

    /// The credential of this kind of a provider.
    pub fn of_kind(&self, provider: &Name, kind: &Name) -> Option<&Arc<Credential>> {
        self.0.get(&(provider.clone(), kind.clone()))
    }

    /// The one that there is, when there is one alone.
    pub(crate) fn only(&self) -> Option<&Arc<Credential>> {
        self.0.values().next().filter(|_| self.0.len() == 1)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Credential>> {
        self.0.values()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Arc<Credential>> for Credentials {
    fn from(credential: Arc<Credential>) -> Self {
        Self(BTreeMap::from([((credential.provider().clone(), credential.kind().clone()), credential)]))
    }
}

impl From<Option<Arc<Credential>>> for Credentials {
    fn from(credential: Option<Arc<Credential>>) -> Self {
        credential.map(Self::from).unwrap_or_default()
    }
}
