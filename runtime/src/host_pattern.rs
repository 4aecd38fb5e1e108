//! Hosts that a provider may reach.
//!
//! | text | allows |
//! | --- | --- |
//! | `api.dingtalk.com` | that host on port 443 |
//! | `api.dingtalk.com:8443` | that host on port 8443 and no other |
//! | `*.dingtalk.com` | any host below dingtalk.com, on a label boundary, not dingtalk.com itself, on port 443 |
//! | `*`, `*.com`, `api.*.com`, `*dingtalk.com` | refused: the star stands for whole labels before a domain of two or more |
//! | `https://api.dingtalk.com`, `api.dingtalk.com/path` | refused: a host alone |
//! | `10.0.0.1`, `[::1]` | refused: a name, not an address |

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Why a text is not a host pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a host pattern: {reason}")]
pub struct HostPatternError {
    text: String,
    reason: &'static str,
}

/// A host name, or all names below a domain, on one port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern {
    below: bool,
    domain: String,
    port: u16,
}

const HTTPS: u16 = 443;

impl HostPattern {
    /// Whether the pattern allows this host on this port. `host` is lower-case, as the `url` crate gives it.
    pub fn allows(&self, host: &str, port: u16) -> bool {
        if port != self.port {
            return false;
        }
        if self.below {
            host.strip_suffix(&self.domain).is_some_and(|labels| labels.len() > 1 && labels.ends_with('.'))
        } else {
            host == self.domain
        }
    }
}

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<Self, HostPatternError> {
        let refuse = |reason| HostPatternError { text: text.to_owned(), reason };
        let lower = text.to_ascii_lowercase();
        let (host, port) = match lower.split_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| refuse("what follows the colon is not a port"))?),
            None => (lower.as_str(), HTTPS),
        };
        let (below, domain) = match host.strip_prefix("*.") {
            Some(domain) if domain.contains('.') => (true, domain),
            Some(_) => return Err(refuse("a star needs a domain of two or more labels after it")),
            None => (false, host),
        };
        let label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if !domain.split('.').all(label) {
            return Err(refuse("write a host name alone, as in api.dingtalk.com or *.dingtalk.com"));
        }
        if domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(refuse("write a name, not an address"));
        }
        Ok(Self { below, domain: domain.to_owned(), port })
    }
}

impl TryFrom<String> for HostPattern {
    type Error = HostPatternError;

    fn try_from(text: String) -> Result<Self, HostPatternError> {
        text.parse()
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.below { "*." } else { "" };
        write!(f, "{star}{}", self.domain)?;
        if self.port == HTTPS { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl JsonSchema for HostPattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "HostPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A host name (api.dingtalk.com), or every name below a domain (*.dingtalk.com); \
                port 443 unless one follows a colon.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, host: &str, port: u16) -> bool {
        pattern.parse::<HostPattern>().unwrap().allows(host, port)
    }

    #[test]
    fn an_exact_pattern_allows_one_host_on_one_port() {
        assert!(allows("api.dingtalk.com", "api.dingtalk.com", 443));
        assert!(!allows("api.dingtalk.com", "api.dingtalk.com", 8443));
        assert!(!allows("api.dingtalk.com", "api.dingtalk.com.evil.com", 443));
        assert!(allows("api.dingtalk.com:8443", "api.dingtalk.com", 8443));
        assert!(!allows("api.dingtalk.com:8443", "api.dingtalk.com", 443));
    }

    #[test]
    fn a_star_stands_on_a_label_boundary() {
        assert!(allows("*.dingtalk.com", "api.dingtalk.com", 443));
        assert!(allows("*.dingtalk.com", "a.b.dingtalk.com", 443));
        assert!(!allows("*.dingtalk.com", "dingtalk.com", 443));
        assert!(!allows("*.dingtalk.com", "evildingtalk.com", 443));
        assert!(!allows("*.dingtalk.com", ".dingtalk.com", 443));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in
            ["", "*", "*.com", "a.*.com", "*dingtalk.com", "https://a.com", "a.com/b", "10.0.0.1", "[::1]", "a.com:x"]
        {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
    }
}
