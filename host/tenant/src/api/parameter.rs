//! Parameters that a call refuses in different manners when they are missing and when they are malformed.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::answer::OlderError;

/// A field of a body. With `#[serde(default)]`, reading it never fails; `null` counts as missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Parameter<T> {
    #[default]
    Missing,
    Malformed,
    Given(T),
}

/// What is wrong with a parameter, and which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParameterFault {
    #[error("{0} is required")]
    Missing(&'static str),
    #[error("{0} is not of its type or out of its range")]
    Malformed(&'static str),
}

impl<T> Parameter<T> {
    pub(super) fn required(self, name: &'static str) -> Result<T, ParameterFault> {
        match self {
            Self::Missing => Err(ParameterFault::Missing(name)),
            Self::Malformed => Err(ParameterFault::Malformed(name)),
            Self::Given(value) => Ok(value),
        }
    }

    pub(super) fn optional(self, name: &'static str) -> Result<Option<T>, ParameterFault> {
        match self {
            Self::Missing => Ok(None),
            Self::Malformed => Err(ParameterFault::Malformed(name)),
            Self::Given(value) => Ok(Some(value)),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Parameter<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null => Self::Missing,
            value => T::deserialize(value).map_or(Self::Malformed, Self::Given),
        })
    }
}

/// The older API has a code for each.
impl From<ParameterFault> for OlderError {
    fn from(fault: ParameterFault) -> Self {
        match fault {
            ParameterFault::Missing(_) => Self::parameter(fault),
            ParameterFault::Malformed(_) => Self::malformed(fault),
        }
    }
}
