//! What holds between parameters, for forms: the schema of an invocation says it too. The node checks it itself.

use serde::Serialize;

/// A rule between inputs and options, by their names in the schema.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[doc(hidden)]
pub enum Rule {
    /// Exactly one of these is given.
    OneOf { members: &'static [&'static str] },
    /// The member is given when another one has this value.
    RequiredWhen { member: &'static str, when: &'static str, is: &'static str },
    /// The member is true.
    MustBeTrue { member: &'static str },
}

impl Rule {
    /// Exactly one of these inputs, or options, is given.
    pub const fn one_of(members: &'static [&'static str]) -> Self {
        Self::OneOf { members }
    }

    /// The input or option is given when another one has this value.
    pub const fn required_when(member: &'static str, when: &'static str, is: &'static str) -> Self {
        Self::RequiredWhen { member, when, is }
    }

    /// The input or option is true.
    pub const fn must_be_true(member: &'static str) -> Self {
        Self::MustBeTrue { member }
    }
}
