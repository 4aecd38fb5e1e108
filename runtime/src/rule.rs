//! What holds between the parameters of a node, for forms and for people. A node checks its rules itself.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule between inputs and options, by their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Rule {
    /// Exactly one of these is given.
    OneOf {
        /// Two or more inputs, or options.
        members: Vec<String>,
    },
    /// The member is given when another one has this value.
    RequiredWhen {
        /// An input or option.
        member: String,
        /// Another one.
        when: String,
        /// Its value.
        is: String,
    },
    /// The member is true.
    MustBeTrue {
        /// An input or option.
        member: String,
    },
}

impl Rule {
    /// The inputs and options that it names.
    pub fn members(&self) -> Vec<&str> {
        match self {
            Self::OneOf { members } => members.iter().map(String::as_str).collect(),
            Self::RequiredWhen { member, when, .. } => vec![member, when],
            Self::MustBeTrue { member } => vec![member],
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneOf { members } => write!(f, "exactly one of {} is given", members.join(", ")),
            Self::RequiredWhen { member, when, is } => write!(f, "{member} is given when {when} is {is}"),
            Self::MustBeTrue { member } => write!(f, "{member} is true"),
        }
    }
}
