//! Nodes that a key may invoke.
//!
//! | text | nodes |
//! | --- | --- |
//! | `*` | all |
//! | `dingtalk/*` | all of a provider |
//! | `dingtalk/create-chat` | one |
//! | `dingtalk/create-*`, `*/create-chat`, `dingtalk` | refused |

use std::fmt;
use std::str::FromStr;

use patchbay_runtime::{Name, NodeId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// One node, all of a provider, or all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NodePattern {
    /// `*`
    All,
    /// `dingtalk/*`
    Provider(Name),
    /// `dingtalk/create-chat`
    Node(NodeId),
}

/// Why a text is not a pattern of nodes.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` names no nodes; write dingtalk/* for all of a provider, or a node such as dingtalk/create-chat")]
pub struct NodePatternError(String);

impl NodePattern {
    /// Whether the node is meant.
    pub fn allows(&self, node: &NodeId) -> bool {
        match self {
            Self::All => true,
            Self::Provider(provider) => *provider == node.provider,
            Self::Node(one) => one == node,
        }
    }
}

impl FromStr for NodePattern {
    type Err = NodePatternError;

    fn from_str(text: &str) -> Result<Self, NodePatternError> {
        let parsed = match text.strip_suffix("/*") {
            _ if text == "*" => Some(Self::All),
            Some(provider) => provider.parse().ok().map(Self::Provider),
            None => text.parse().ok().map(Self::Node),
        };
        parsed.ok_or_else(|| NodePatternError(text.to_owned()))
    }
}

impl fmt::Display for NodePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Provider(provider) => write!(f, "{provider}/*"),
            Self::Node(node) => node.fmt(f),
        }
    }
}

impl TryFrom<String> for NodePattern {
    type Error = NodePatternError;

    fn try_from(text: String) -> Result<Self, NodePatternError> {
        text.parse()
    }
}

impl From<NodePattern> for String {
    fn from(pattern: NodePattern) -> Self {
        pattern.to_string()
    }
}

impl JsonSchema for NodePattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NodePattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "`*`, `provider/*` or `provider/operation`." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_what_its_text_says() {
        let allows = |pattern: &str, node: &str| pattern.parse::<NodePattern>().unwrap().allows(&node.parse().unwrap());
        assert!(allows("*", "a/b") && allows("a/*", "a/b") && allows("a/b", "a/b"));
        assert!(!allows("a/*", "ab/c") && !allows("a/b", "a/bc"));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "a", "a/b*", "*/b", "/*", "a/*/*", "A/*", "**"] {
            assert!(text.parse::<NodePattern>().is_err(), "{text}");
        }
    }
}
