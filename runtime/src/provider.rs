//! `provider.toml`: what the host knows of a service. Data only; nothing of a service is coded in the runtime.

mod rule;
pub(crate) mod signer;
mod slot;
mod token;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::encoding::utf8;
use crate::error::{Error, Result};
use crate::host_pattern::HostPattern;
use crate::id::Name;
use rule::check_rules;
use signer::Signer;

pub use rule::AnswerRule;
pub use slot::{BasicFields, Sign, SignedToken, Slot};
pub use token::{TokenMethod, TokenRecipe};

/// Why a text is not a `provider.toml`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// It is not TOML, or not of the form that a provider has.
    #[error(transparent)]
    Form(#[from] toml::de::Error),
    /// It names what nothing declares, or says what can not be.
    #[error("{0}")]
    Meaning(String),
}

/// An outside service: its credentials, the hosts its nodes may reach, and how their requests are signed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The provider's part of its nodes' ids.
    pub id: Name,
    /// The service's name as a person reads it.
    pub title: String,
    /// What its nodes work on, in a sentence.
    pub description: String,
    /// Hosts that its nodes may reach.
    pub hosts: Vec<HostPattern>,
    /// Kinds of credential.
    #[serde(default)]
    pub credentials: Vec<CredentialKind>,
    /// Ways to obtain a token with a credential.
    #[serde(default)]
    pub tokens: Vec<Arc<TokenRecipe>>,
    /// Ways to sign a request; a node names the one it needs.
    #[serde(default)]
    pub slots: Vec<Slot>,
    /// Requests that one credential may send to one API in a time. Requests past it wait.
    pub rate_limit: Option<RateLimit>,
    /// Whether the service takes part in the caller's distributed traces: requests then carry the W3C header
    /// `traceparent` of their invocation. Off for a service of somebody else, whom one's traces do not concern.
    #[serde(default)]
    pub trace_context: bool,
    /// How the slots sign, by their names. Only a provider that was checked has any, and no other can sign.
    #[serde(skip)]
    signers: BTreeMap<Name, Signer>,
}

/// A kind of credential and its fields.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialKind {
    /// What slots and tokens call it.
    pub kind: Name,
    /// Its name as a person reads it.
    pub title: String,
    /// Where a person finds its values.
    pub description: String,
    /// Its fields.
    pub fields: Vec<CredentialField>,
}

/// A field of a credential.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialField {
    /// PascalCase name.
    pub name: String,
    /// Other names that the service has for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it is.
    pub description: String,
    /// Whether its value must never be shown.
    #[serde(default)]
    pub secret: bool,
}

/// So many requests in so much time, for one credential and one API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests that may be sent in any span of that length, wherever it begins.
    #[schemars(range(min = 1))]
    pub requests: u32,
    /// The span of time in milliseconds.
    #[schemars(range(min = 1))]
    pub per_ms: u32,
}

impl Provider {
    /// Reads and checks a `provider.toml`.
    ///
    /// # Errors
    /// [`Error::Provider`] names the file and what is wrong with it: syntax with its line, a name that nothing
    /// declares, or an address outside the provider's hosts.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let wrong = |reason: String| Error::Provider { path: path.to_owned(), reason };
        let text = utf8(&bytes).map_err(|error| wrong(error.to_string()))?;
        Self::from_toml(text).map_err(|error| wrong(error.to_string()))
    }

    /// Reads and checks the text of a `provider.toml`.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence that names the place.
    pub fn from_toml(text: &str) -> Result<Self, ProviderError> {
        let mut provider: Self = toml::from_str(text)?;
        provider.check().map_err(ProviderError::Meaning)?;
        Ok(provider)
    }

    /// The slot of that name, and how it signs.
    pub(crate) fn slot(&self, name: &str) -> Option<(&Slot, &Signer)> {
        let slot = self.slots.iter().find(|slot| slot.name.as_str() == name)?;
        Some((slot, self.signers.get(&slot.name)?))
    }

    /// How the slots sign.
    pub(crate) fn signers(&self) -> impl Iterator<Item = &Signer> {
        self.signers.values()
    }

    /// Whether nodes may reach the host on the port.
    pub(crate) fn allows(&self, host: &str, port: u16) -> bool {
        self.hosts.iter().any(|pattern| pattern.allows(host, port))
    }

    /// The kind of credential of that name.
    pub(crate) fn kind(&self, name: &Name) -> Option<&CredentialKind> {
        self.credentials.iter().find(|kind| kind.kind == *name)
    }

    /// Checks that all that is named is declared, and finds it.
    fn check(&mut self) -> Result<(), String> {
        for recipe in &self.tokens {
            recipe.check(self)?;
        }
        let mut signers = BTreeMap::new();
        for slot in &self.slots {
            let place = format!("slot `{}`", slot.name);
            if slot.hosts.is_empty() {
                return Err(format!("{place}: `hosts` is empty, so it could not be used anywhere"));
            }
            if let Some(path) = slot.paths.iter().find(|path| !path.starts_with('/')) {
                return Err(format!("{place}: path `{path}` does not begin with a slash"));
            }
            check_rules(&slot.token_refused, &place)?;
            check_rules(&slot.rate_refused, &place)?;
            if signers.insert(slot.name.clone(), Signer::parse(self, slot)?).is_some() {
                return Err(format!("{place}: there are two of this name"));
            }
        }
        self.signers = signers;
        match &self.rate_limit {
            Some(limit) if limit.requests == 0 || limit.per_ms == 0 => {
                Err("rate_limit: `requests` and `per_ms` are at least 1".into())
            }
            _ => Ok(()),
        }
    }
}

impl CredentialKind {
    fn require(&self, field: &str, place: &str) -> Result<(), String> {
        if self.fields.iter().any(|known| known.name == field) {
            Ok(())
        } else {
            Err(format!("{place}: credential `{}` has no field `{field}`", self.kind))
        }
    }
}
