//! Where requests go in truth: the operator's `HOST=URL` for tests, the tenant or a proxy.
//!
//! | text | outcome |
//! | --- | --- |
//! | `api.dingtalk.com=http://127.0.0.1:8788` | what is meant for that host goes to that base address |
//! | `api.dingtalk.com=https://proxy.example.com/dingtalk` | the base's path comes before the request's |
//! | `api.dingtalk.com=127.0.0.1:8788` | refused: the base address needs http:// or https:// |
//! | `http://127.0.0.1:8788` | refused: the host is missing |

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use url::Url;

/// Why a text is not an upstream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an upstream: {reason}; write HOST=URL, as in api.dingtalk.com=http://127.0.0.1:8788")]
pub struct UpstreamError {
    text: String,
    reason: &'static str,
}

/// Sends what is meant for a host to another base address. Naming it is the operator's leave to reach a loopback or
/// private address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The host as nodes name it.
    pub host: String,
    /// The base address that takes its place.
    pub base: Url,
}

impl FromStr for Upstream {
    type Err = UpstreamError;

    fn from_str(text: &str) -> Result<Self, UpstreamError> {
        let refuse = |reason| UpstreamError { text: text.to_owned(), reason };
        let (host, base) = text.split_once('=').ok_or_else(|| refuse("there is no `=`"))?;
        if host.is_empty() || host.contains(['/', ':', '@']) {
            return Err(refuse("what stands before `=` is not a host name"));
        }
        let base = Url::parse(base).map_err(|_| refuse("what stands after `=` is not a URL"))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(refuse("the URL does not begin with http:// or https://"));
        }
        if base.query().is_some() || base.fragment().is_some() || !base.username().is_empty() {
            return Err(refuse("the URL is more than scheme, host, port and path"));
        }
        Ok(Self { host: host.to_ascii_lowercase(), base })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.host, self.base)
    }
}

/// All upstreams of a runtime, by host.
#[derive(Debug, Default)]
pub(crate) struct Upstreams(HashMap<String, Url>);

impl Upstreams {
    /// The address that takes the place of `url`, when its host has one.
    pub fn replace(&self, url: &Url) -> Option<Url> {
        let base = self.0.get(url.host_str()?)?;
        let mut replaced = base.clone();
        replaced.set_path(&format!("{}{}", base.path().trim_end_matches('/'), url.path()));
        replaced.set_query(url.query());
        Some(replaced)
    }
}

impl FromIterator<Upstream> for Upstreams {
    fn from_iter<I: IntoIterator<Item = Upstream>>(upstreams: I) -> Self {
        Self(upstreams.into_iter().map(|upstream| (upstream.host, upstream.base)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(upstream: &str, url: &str) -> Option<String> {
        let upstreams: Upstreams = [upstream.parse().unwrap()].into_iter().collect();
        upstreams.replace(&url.parse().unwrap()).map(String::from)
    }

    #[test]
    fn path_and_query_are_kept_byte_for_byte() {
        assert_eq!(
            replaced("api.example.com=http://127.0.0.1:1", "https://api.example.com/a%2Fb/A6:C7?q=%E4%B8%AD+x")
                .unwrap(),
            "http://127.0.0.1:1/a%2Fb/A6:C7?q=%E4%B8%AD+x"
        );
        assert_eq!(replaced("api.example.com=http://h/base/", "https://api.example.com/a").unwrap(), "http://h/base/a");
        assert_eq!(replaced("api.example.com=http://h", "https://other.example.com/a"), None);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in
            ["", "http://127.0.0.1:1", "h=127.0.0.1:1", "h=ftp://x", "=http://x", "h=http://u@x", "h=http://x?q"]
        {
            assert!(text.parse::<Upstream>().is_err(), "{text}");
        }
    }
}
