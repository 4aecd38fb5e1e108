//! Credentials by name.
//!
//! | name | credential |
//! | --- | --- |
//! | `env:PREFIX` | from variables that begin with the prefix |
//! | `demo` | the simulated tenant's, unless one is stored under this name |
//! | any other | the stored one |

use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use patchbay_runtime::{Credential, Provider, Runtime, Upstream};
use patchbay_tenant::{Tenant, TenantConfig};

use crate::places::Places;
use crate::state::State;

/// How a command line names a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialName {
    /// Variables that begin with this prefix.
    Environment(String),
    /// A stored one, or the simulated tenant's.
    Named(String),
}

/// The name of the simulated tenant's credential.
const DEMO: &str = "demo";

impl FromStr for CredentialName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("env:") {
            Some("") => Err("write the variables' prefix after `env:`, as in env:DINGTALK".to_owned()),
            Some(prefix) => Ok(Self::Environment(prefix.to_owned())),
            None => Ok(Self::Named(text.to_owned())),
        }
    }
}

impl CredentialName {
    /// The simulated tenant's.
    pub fn demo() -> Self {
        Self::Named(DEMO.to_owned())
    }

    /// Whether it is the simulated tenant's: `demo`, and none is stored under that name.
    pub async fn is_of_tenant(&self, places: &Places) -> Result<bool> {
        if *self != Self::demo() {
            return Ok(false);
        }
        match State::find(places).await? {
            Some(state) => {
                let is_stored = state.vault.has(DEMO).await?;
                state.close().await;
                Ok(!is_stored)
            }
            None => Ok(true),
        }
    }

    /// A runtime that this credential has something to speak to: for the simulated tenant's, when no upstreams are given, a
    /// tenant is started, which the caller ends.
    pub async fn runtime(&self, places: &Places, mut upstreams: Vec<Upstream>) -> Result<(Runtime, Option<Tenant>)> {
        let mut tenant = None;
        if upstreams.is_empty() && places.config.process.upstreams.0.is_empty() && self.is_of_tenant(places).await? {
            let started = Tenant::start(TenantConfig::default()).await.context("the simulated tenant can not start")?;
            eprintln!("against a simulated tenant that ends with this call; keep one with `patchbay up`");
            upstreams = crate::commands::invoke::tenant_upstreams(&started)?;
            tenant = Some(started);
        }
        Ok((places.runtime(upstreams)?, tenant))
    }

    /// The credential of that name for a provider.
    pub async fn find(&self, places: &Places, provider: &Provider) -> Result<Arc<Credential>> {
        let name = match self {
            Self::Environment(prefix) => {
                let credential = Credential::from_env(provider, prefix, |name| std::env::var(name).ok())?;
                return Ok(Arc::new(credential));
            }
            Self::Named(name) => name,
        };
        let state = State::find(places).await?;
        let stored = match &state {
            Some(state) if state.vault.has(name).await? => Some(state.vault.open(name, provider).await?),
            _ => None,
        };
        let mut known = match &state {
            Some(state) => state.vault.names().await?,
            None => Vec::new(),
        };
        if let Some(state) = state {
            state.close().await;
        }
        if let Some(credential) = stored {
            return Ok(credential);
        }
        if name == DEMO {
            return demo(provider).map(Arc::new);
        }
        known.extend((!known.iter().any(|name| name == DEMO)).then(|| DEMO.to_owned()));
        bail!(
            "there is no credential `{name}`; there are: {} (`{DEMO}` is the simulated tenant's unless one of yours has \
             that name). `patchbay credential add {name} --provider {}` stores one; env:PREFIX reads variables such as \
             PREFIX_APP_KEY",
            known.join(", "),
            provider.id
        )
    }

    /// The provider that it belongs to, when its name tells.
    pub async fn provider(&self, places: &Places) -> Result<String> {
        match self {
            Self::Environment(_) => bail!("name the provider, as in --provider dingtalk"),
            Self::Named(name) => {
                if let Some(state) = State::find(places).await? {
                    let stored = state.store.credential(name).await?;
                    state.close().await;
                    if let Some(stored) = stored {
                        return Ok(stored.provider.to_string());
                    }
                }
                // The error about a name that is not there comes when it is looked for; any provider will do for it.
                Ok(patchbay_tenant::demo_credential().0.to_owned())
            }
        }
    }
}

/// The simulated tenant's credential.
pub fn demo(provider: &Provider) -> Result<Credential> {
    let (owner, fields) = patchbay_tenant::demo_credential();
    if provider.id.as_str() != owner {
        bail!("the credential `demo` is of the simulated {owner} tenant; {} has none", provider.title);
    }
    let value =
        |wanted: &str| fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned().into());
    Credential::new(provider, DEMO, value).context("the simulated tenant's credential does not fit its provider")
}
