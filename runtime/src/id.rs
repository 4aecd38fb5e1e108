//! Names of providers and nodes.
//!
//! | text | outcome |
//! | --- | --- |
//! | `dingtalk` | a provider |
//! | `dingtalk/create-chat` | a node: provider and operation |
//! | `create-chat` as a node | refused: the provider is missing |
//! | `DingTalk`, `create_chat`, `-chat`, `chat-`, the empty text | refused: lower-case words joined by single hyphens |

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// A name has characters or hyphens that a name can not have.
    #[error("`{0}` is not a name: use lower-case letters and digits, words joined by single hyphens")]
    Name(String),
    /// A node id lacks its provider, or has too many parts.
    #[error("`{0}` is not a node id: write provider/operation, as in dingtalk/create-chat")]
    Node(String),
}

/// A provider's or an operation's name: lower-case words joined by hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if text.split('-').all(word) { Ok(Self(text.to_owned())) } else { Err(IdError::Name(text.to_owned())) }
    }
}

impl TryFrom<String> for Name {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Name {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
            "x-pattern-words": "of lower-case words joined by hyphens",
            "description": "Lower-case words joined by hyphens.",
        })
    }
}

/// A node's id: `provider/operation`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeId {
    /// The provider, `dingtalk`.
    pub provider: Name,
    /// The operation, `create-chat`.
    pub operation: Name,
}

impl FromStr for NodeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (provider, operation) = text.split_once('/').ok_or_else(|| IdError::Node(text.to_owned()))?;
        if operation.contains('/') {
            return Err(IdError::Node(text.to_owned()));
        }
        Ok(Self { provider: provider.parse()?, operation: operation.parse()? })
    }
}

impl TryFrom<String> for NodeId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<NodeId> for String {
    fn from(id: NodeId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.operation)
    }
}

impl JsonSchema for NodeId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NodeId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$",
            "x-pattern-words": "of the form provider/operation",
            "description": "`provider/operation`.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_id_is_a_provider_and_an_operation() {
        let id: NodeId = "dingtalk/create-chat".parse().unwrap();
        assert_eq!((id.provider.as_str(), id.operation.as_str()), ("dingtalk", "create-chat"));
        assert_eq!(id.to_string(), "dingtalk/create-chat");
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["", "create-chat", "/x", "a/", "a/b/c", "A/b", "a/b_c", "a/-b", "a/b-", "a/b--c", "../b"] {
            assert!(text.parse::<NodeId>().is_err(), "{text}");
        }
    }
}
