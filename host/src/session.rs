//! What a command needs that speaks to an outside service: the stored state, the nodes, the credentials that may be named,
//! and for the demo a tenant to speak to.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use patchbay_invoker::{Credentials, Invoker, InvokerConfig, InvokerParts};
use patchbay_runtime::{Credential, Provider, Runtime, Upstream};
use patchbay_settings::Config;
use patchbay_state::State;
use patchbay_tenant::Tenant;

use crate::credentials::{CredentialName, told};
use crate::demo;
use crate::places::Places;

/// The longest run of a command.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What a command has opened. It is closed by [`Session::close`].
pub struct Session {
    /// What is kept.
    pub state: State,
    /// The nodes.
    pub runtime: Arc<Runtime>,
    config: Config,
    tenant: Option<Tenant>,
}

impl Session {
    /// Opens all of it, once. Where the credential is the simulated tenant's and no upstreams lead elsewhere, a tenant is
    /// started for the time of the session.
    ///
    /// # Errors
    /// The data directory can not be used, or there are no nodes.
    pub async fn open(
        places: &Places,
        credential: Option<&CredentialName>,
        mut upstreams: Vec<Upstream>,
    ) -> Result<Self> {
        let state = places.open_state().await?;
        let is_demo = credential.is_some_and(|name| *name == CredentialName::demo());
        let leads_nowhere = upstreams.is_empty() && places.config.process.upstreams.0.is_empty();
        let mut tenant = None;
        if is_demo && leads_nowhere && !state.vault.has(demo::CREDENTIAL).await? {
            let started = demo::start(None).await?;
            eprintln!("against a simulated tenant that ends with this call; keep one with `patchbay up`");
            upstreams = demo::upstreams(&started)?;
            tenant = Some(started);
        }
        let runtime = Arc::new(places.runtime(upstreams)?);
        Ok(Self { state, runtime, config: places.config.clone(), tenant })
    }

    /// The credential that a name means, for this provider.
    ///
    /// # Errors
    /// There is none of that name, or it can not be opened.
    pub async fn credential(&self, name: &CredentialName, provider: &Provider) -> Result<Arc<Credential>> {
        let choice = name.choice(provider)?;
        let credentials = Credentials::new(Arc::clone(&self.state.vault), demo::own_credentials(&self.runtime)?);
        credentials.find(&choice, provider).await.map_err(|refused| told(refused, provider))
    }

    /// An invoker over what is open. The tenant, when there is one, is to be ended after it.
    ///
    /// # Errors
    /// The demo's credential does not fit its provider.
    pub fn into_invoker(self) -> Result<(Arc<Invoker>, Option<Tenant>)> {
        let invoker = Invoker::new(InvokerParts {
            own_credentials: demo::own_credentials(&self.runtime)?,
            runtime: self.runtime,
            state: self.state,
            counter: None,
            // Who runs the command owns the machine: what it says holds.
            config: InvokerConfig { max_timeout: LONGEST, max_retries: u32::MAX, ..invoker_config(&self.config) },
        });
        Ok((Arc::new(invoker), self.tenant))
    }

    /// Ends the tenant, and finishes what is still to be stored.
    pub async fn close(self) {
        if let Some(tenant) = self.tenant {
            demo::end(tenant).await;
        }
        self.state.close().await;
    }
}

/// What the settings allow an invoker.
pub fn invoker_config(config: &Config) -> InvokerConfig {
    let Config { limits, runs, idempotency, .. } = config;
    InvokerConfig {
        concurrent: limits.concurrent.get() as usize,
        queue: limits.queue,
        queue_timeout: limits.queue_timeout,
        timeout: limits.timeout,
        max_timeout: limits.max_timeout,
        max_retries: limits.max_retries,
        outcome_lifetime: idempotency.lifetime,
        record_contents: runs.contents,
    }
}

/// A provider's owner, when the name of a credential tells it.
///
/// # Errors
/// The name does not tell, or the store failed.
pub async fn provider_of(name: &CredentialName, state: &State) -> Result<String> {
    let CredentialName::Named(name) = name else {
        return None.context("name the provider, as in --provider dingtalk");
    };
    let provider = state.vault.provider_of(name).await?;
    // The error about a name that is not there comes when it is looked for; any provider will do for it.
    Ok(provider.map_or_else(|| demo::provider().to_owned(), |provider| provider.to_string()))
}
