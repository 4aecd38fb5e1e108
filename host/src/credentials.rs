//! How a command line names a credential.
//!
//! | name | credential |
//! | --- | --- |
//! | `env:PREFIX` | from variables that begin with the prefix |
//! | `demo` | the simulated tenant's, unless one is stored under this name |
//! | any other | the stored one |

use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use patchbay_invoker::{CredentialChoice, Refused};
use patchbay_runtime::{Credential, Provider};

use crate::demo;

/// A credential's name on a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialName {
    /// Variables that begin with this prefix.
    Environment(String),
    /// A stored one, or the simulated tenant's.
    Named(String),
}

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
        Self::Named(demo::CREDENTIAL.to_owned())
    }

    /// What is meant, for a node of this provider. The environment is this program's to read: an invoker never does.
    ///
    /// # Errors
    /// A variable is missing.
    pub fn choice(&self, provider: &Provider) -> Result<CredentialChoice> {
        Ok(match self {
            Self::Environment(prefix) => {
                let credential = Credential::from_env(provider, prefix, |name| std::env::var(name).ok())?;
                CredentialChoice::Given(Arc::new(credential))
            }
            Self::Named(name) => CredentialChoice::Named(name.clone()),
        })
    }
}

/// What a person at a terminal is told of an order that was refused.
pub fn told(refused: Refused, provider: &Provider) -> anyhow::Error {
    match refused {
        Refused::UnknownCredential { name, known } => anyhow!(
            "there is no credential `{name}`; there are: {} (`{demo}` is the simulated tenant's unless one of yours has \
             that name). `patchbay credential add {name} --provider {}` stores one; env:PREFIX reads variables such as \
             PREFIX_APP_KEY",
            known.join(", "),
            provider.id,
            demo = demo::CREDENTIAL,
        ),
        Refused::OtherOrder => anyhow!(
            "something else was asked under this idempotency key; use a new key for each call that is to be executed, and \
             repeat a call with its own key, inputs, options and credential"
        ),
        Refused::StillRunning { .. } => {
            anyhow::Error::new(refused).context("call again with the same key; what it came to is answered then")
        }
        refused => refused.into(),
    }
}
