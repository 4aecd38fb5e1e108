//! The credential that an order names.
//!
//! | choice | credential |
//! | --- | --- |
//! | named | the stored one of that name, else one of the invoker's own, such as the demo tenant's |
//! | given | the one that the caller brought |

use std::sync::Arc;

use patchbay_runtime::{Credential, Provider};
use patchbay_state::vault::{Vault, VaultError};

use crate::order::CredentialChoice;
use crate::refused::Refused;

/// The credentials that orders may name.
pub struct Credentials {
    vault: Arc<Vault>,
    own: Vec<Arc<Credential>>,
}

impl Credentials {
    /// The stored credentials and, where none is stored under the same name, some of the program's own.
    pub fn new(vault: Arc<Vault>, own: Vec<Arc<Credential>>) -> Self {
        Self { vault, own }
    }

    /// Those that are not stored.
    pub fn own(&self) -> &[Arc<Credential>] {
        &self.own
    }

    /// The credential that is meant, for a node of this provider.
    ///
    /// # Errors
    /// There is none of that name, it is of another provider, or it can not be opened.
    pub async fn find(&self, choice: &CredentialChoice, provider: &Provider) -> Result<Arc<Credential>, Refused> {
        let name = match choice {
            CredentialChoice::Given(credential) => return Ok(Arc::clone(credential)),
            CredentialChoice::Named(name) => name,
        };
        match self.vault.open(name, provider).await {
            Ok(credential) => Ok(credential),
            Err(VaultError::NotFound { known, .. }) => self.own_for(name, provider, known),
            Err(VaultError::Store(error)) => Err(Refused::Store(error)),
            Err(error) => Err(Refused::Credential(error)),
        }
    }

    /// The invoker's own credential of that name.
    pub fn own_named(&self, name: &str) -> Option<&Arc<Credential>> {
        self.own.iter().find(|own| own.name() == name)
    }

    fn own_for(&self, name: &str, provider: &Provider, stored: Vec<String>) -> Result<Arc<Credential>, Refused> {
        match self.own_named(name) {
            Some(own) if *own.provider() == provider.id => Ok(Arc::clone(own)),
            Some(own) => Err(Refused::Credential(VaultError::OtherProvider {
                name: name.to_owned(),
                provider: own.provider().clone(),
                wanted: provider.id.clone(),
            })),
            None => {
                let mut known = stored;
                known.extend(self.own.iter().map(|own| own.name().to_owned()));
                known.sort();
                Err(Refused::UnknownCredential { name: name.to_owned(), known })
            }
        }
    }
}
