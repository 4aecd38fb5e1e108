//! Credentials by name.

use std::str::FromStr;

use anyhow::{Context, Result, bail};
use patchbay_runtime::{Credential, Provider};

/// How a command line names a credential: `demo`, or `env:PREFIX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialName {
    /// The simulated tenant's.
    Demo,
    /// Variables that begin with this prefix.
    Environment(String),
    /// Anything else.
    Other(String),
}

impl FromStr for CredentialName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("env:") {
            Some("") => Err("write the variables' prefix after `env:`, as in env:DINGTALK".to_owned()),
            Some(prefix) => Ok(Self::Environment(prefix.to_owned())),
            None if text == "demo" => Ok(Self::Demo),
            None => Ok(Self::Other(text.to_owned())),
        }
    }
}

impl CredentialName {
    /// The credential of that name for a provider.
    pub fn find(&self, provider: &Provider) -> Result<Credential> {
        match self {
            Self::Demo => demo(provider),
            Self::Environment(prefix) => Ok(Credential::from_env(provider, prefix, |name| std::env::var(name).ok())?),
            Self::Other(name) => bail!(
                "there is no credential `{name}`; use env:PREFIX for variables such as PREFIX_APP_KEY, \
                 or `demo` for the simulated tenant"
            ),
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
    Credential::new(provider, "demo", value).context("the simulated tenant's credential does not fit its provider")
}
