//! The way out of a network that has one: a proxy, which passes connections on by CONNECT and sees no more of a request than
//! its host.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use hyper_util::client::proxy::matcher::Matcher;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::transport::TransportError;

/// Whether requests pass a proxy.
#[derive(Debug, Clone, Default)]
pub enum ProxyUse {
    /// They do not, and nothing says that they should.
    #[default]
    Direct,
    /// They do not, and a variable of the environment names a proxy: worth telling where no connection comes about.
    Unused,
    /// They do, but for what it leaves out.
    Through(Proxy),
}

/// A proxy.
#[derive(Clone)]
pub struct Proxy {
    address: ProxyAddress,
    login: Option<Arc<ProxyLogin>>,
    matcher: Arc<Matcher>,
}

/// Where a proxy is: `http://HOST:PORT` or `https://HOST:PORT`, without name and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyAddress(Url);

/// Who asks the proxy.
pub struct ProxyLogin {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// Why a text is no proxy's address. It never repeats the text, which may have a password in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// It can not be read as an address.
    #[error("it is not a proxy's address; write http://HOST:PORT")]
    NotAnAddress,
    /// Its scheme is another's.
    #[error("a proxy is reached by http or https, and passes connections on by CONNECT; write http://HOST:PORT")]
    Scheme,
    /// Name and password are in it.
    #[error("a name or a password does not belong in an address; set PATCHBAY_PROXY_USER and PATCHBAY_PROXY_PASSWORD")]
    HasLogin,
}

impl ProxyAddress {
    /// Reads an address as an environment's variable has it: with name and password, where the proxy asks for them.
    ///
    /// # Errors
    /// [`ProxyError::NotAnAddress`] and [`ProxyError::Scheme`].
    pub fn with_login(text: &str) -> Result<(Self, Option<ProxyLogin>), ProxyError> {
        // What has no scheme is HTTP's, as with curl.
        let text = text.trim();
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut url = Url::parse(&full).map_err(|_| ProxyError::NotAnAddress)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ProxyError::Scheme);
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(ProxyError::NotAnAddress);
        }
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let login = (!url.username().is_empty() || url.password().is_some()).then(|| ProxyLogin {
            user: decoded(url.username()),
            password: decoded(url.password().unwrap_or_default()).into(),
        });
        // A URL of these schemes has a host, and so takes both.
        url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| ProxyError::NotAnAddress)?;
        Ok((Self(url), login))
    }
}

impl FromStr for ProxyAddress {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        match Self::with_login(text)? {
            (address, None) => Ok(address),
            (_, Some(_)) => Err(ProxyError::HasLogin),
        }
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// What to do where no connection came about and a proxy is not used.
pub(super) const NAME_PROXY: &str = "Nothing was sent. The environment names a proxy, which is used only when the settings say \
                                     so: set http.proxy = \"environment\" in patchbay.toml, or \
                                     PATCHBAY_HTTP_PROXY=environment, and run it again.";

impl ProxyUse {
    /// The proxy that the operator named.
    pub(super) fn of_operator(&self) -> Option<&Proxy> {
        match self {
            Self::Through(proxy) => Some(proxy),
            Self::Direct | Self::Unused => None,
        }
    }

    /// That no connection came about without a proxy.
    pub(super) fn unreachable(&self, reason: String) -> TransportError {
        match self {
            Self::Unused => TransportError::UnreachableDirectly(reason),
            Self::Direct | Self::Through(_) => TransportError::Unreachable(reason),
        }
    }
}

/// Without name and password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proxy").field(&self.address.to_string()).finish()
    }
}

impl Proxy {
    /// A proxy for all hosts but those of a list with commas, which has the form of `NO_PROXY`: a name stands for those below
    /// it too, an address or a network for itself, `*` for all.
    pub fn new(address: ProxyAddress, login: Option<ProxyLogin>, except: &str) -> Self {
        let matcher = Matcher::builder().https(address.0.as_str()).no(except).build();
        Self { address, login: login.map(Arc::new), matcher: Arc::new(matcher) }
    }

    /// Whether requests to this host pass it.
    pub(crate) fn carries(&self, host: &str) -> bool {
        let uri = format!("https://{host}").parse();
        uri.is_ok_and(|uri| self.matcher.intercept(&uri).is_some())
    }

    /// The host that connections are made to, whatever its address: an operator named it.
    pub(crate) fn host(&self) -> &str {
        self.address.0.host_str().unwrap_or_default()
    }

    /// That it made no connection.
    pub(super) fn unreachable(&self, reason: &str) -> TransportError {
        // The HTTP client's word for 407; a reason for anything else names no variable.
        let advice = match &self.login {
            _ if !reason.ends_with("proxy authorization required") => "",
            None => ": set PATCHBAY_PROXY_USER and PATCHBAY_PROXY_PASSWORD",
            Some(_) => ": it refused PATCHBAY_PROXY_USER or PATCHBAY_PROXY_PASSWORD",
        };
        TransportError::Unreachable(format!("the proxy {} (http.proxy): {reason}{advice}", self.address))
    }

    /// The same for an HTTP client.
    pub fn for_client(&self) -> reqwest::Proxy {
        let Self { address, login, matcher } = self.clone();
        let proxy = reqwest::Proxy::custom(move |url| {
            let is_carried = url.as_str().parse().is_ok_and(|uri| matcher.intercept(&uri).is_some());
            is_carried.then(|| address.0.clone())
        });
        match login {
            Some(login) => proxy.basic_auth(&login.user, login.password.expose_secret()),
            None => proxy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_people_write_it_and_never_repeated_when_it_is_wrong() {
        for (text, read) in [
            ("http://proxy.example.com:3128", "http://proxy.example.com:3128"),
            (" proxy.example.com:3128/ ", "http://proxy.example.com:3128"),
            ("https://10.1.2.3:8443", "https://10.1.2.3:8443"),
            ("http://[fd00::1]:3128", "http://[fd00::1]:3128"),
        ] {
            assert_eq!(text.parse::<ProxyAddress>().unwrap().to_string(), read);
        }
        for (text, error) in [
            ("socks5://proxy.example.com:1080", ProxyError::Scheme),
            ("http://user:canary@proxy.example.com:3128", ProxyError::HasLogin),
            ("user:canary@proxy.example.com:3128", ProxyError::HasLogin),
            ("http://proxy.example.com:3128/canary", ProxyError::NotAnAddress),
            ("http://proxy.example.com:canary", ProxyError::NotAnAddress),
            ("", ProxyError::NotAnAddress),
        ] {
            let found = text.parse::<ProxyAddress>().unwrap_err();
            assert_eq!(found, error, "{text}");
            assert!(!found.to_string().contains("canary"), "{found}");
        }
    }

    #[test]
    fn name_and_password_of_a_variable_are_taken_out_and_not_shown() {
        let (address, login) =
            ProxyAddress::with_login("http://user%40corp:p%3Acanary@proxy.example.com:3128").unwrap();
        let login = login.unwrap();
        assert_eq!((login.user.as_str(), login.password.expose_secret()), ("user@corp", "p:canary"));
        let proxy = Proxy::new(address, Some(login), "");
        assert!(!format!("{proxy:?}{:?}", proxy.for_client()).contains("canary"), "{proxy:?}");
    }

    #[test]
    fn what_is_left_out_is_reached_without_it() {
        let proxy = |except: &str| Proxy::new("proxy.example.com:3128".parse().unwrap(), None, except);
        let except = proxy("corp.example, .inside.example,10.0.0.0/8,192.0.2.7");
        for host in ["corp.example", "git.corp.example", "a.inside.example", "10.20.30.40", "192.0.2.7"] {
            assert!(!except.carries(host), "{host}");
        }
        for host in ["oapi.dingtalk.com", "notcorp.example", "192.0.2.8", "[2001:db8::1]"] {
            assert!(except.carries(host), "{host}");
        }
        assert!(!proxy("*").carries("oapi.dingtalk.com"));
    }
}
