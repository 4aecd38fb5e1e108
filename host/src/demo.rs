//! The simulated tenant that ships with Patchbay, and all that the rest of the program knows of it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use patchbay_runtime::{Credential, Provider, Runtime, Upstream};
use patchbay_tenant::{Tenant, TenantConfig};

/// The name of the tenant's credential. One that is stored under this name comes before it.
pub const CREDENTIAL: &str = "demo";
/// How long a tenant may take to end: what is left of a keep-alive connection must not hold up the end of the program.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Starts a tenant in this process, which takes so many calls in a second of each API; any number when none.
pub async fn start(calls_per_second: Option<u32>) -> Result<Tenant> {
    let config = TenantConfig { calls_per_second, ..TenantConfig::default() };
    Tenant::start(config).await.context("the simulated tenant can not start")
}

/// Ends a tenant.
pub async fn end(tenant: Tenant) {
    if tokio::time::timeout(END_LIMIT, tenant.shutdown()).await.is_err() {
        tracing::debug!("the tenant did not end within {} s", END_LIMIT.as_secs());
    }
}

/// The upstreams that lead to a tenant.
pub fn upstreams(tenant: &Tenant) -> Result<Vec<Upstream>> {
    let upstream = |host: &&str| Ok(format!("{host}={}", tenant.base_url()).parse()?);
    patchbay_tenant::HOSTS.iter().map(upstream).collect()
}

/// The name of the provider whose service is simulated.
pub fn provider() -> &'static str {
    patchbay_tenant::demo_credential().0
}

/// The tenant's credential.
pub fn credential(provider: &Provider) -> Result<Credential> {
    let (owner, fields) = patchbay_tenant::demo_credential();
    if provider.id.as_str() != owner {
        bail!("the credential `{CREDENTIAL}` is of the simulated {owner} tenant; {} has none", provider.title);
    }
    let value =
        |wanted: &str| fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned().into());
    Credential::new(provider, CREDENTIAL, value).context("the simulated tenant's credential does not fit its provider")
}

/// The credentials that may be named although they are not stored: the tenant's, where its provider is there.
pub fn own_credentials(runtime: &Runtime) -> Result<Vec<Arc<Credential>>> {
    match runtime.provider(provider()) {
        Ok(provider) => Ok(vec![Arc::new(credential(&provider)?)]),
        Err(_) => Ok(Vec::new()),
    }
}
