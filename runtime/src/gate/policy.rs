//! The gate's first step: whether a request may be sent at all.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::bindings::http::Request;
use crate::credential::Credential;
use crate::manifest::Effect;
use crate::provider::{Provider, Slot};

/// Why the gate refuses a request, and what would allow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub message: String,
    pub hint: String,
}

/// A request that may be sent.
pub(crate) struct Admitted<'provider> {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub slot: Option<&'provider Slot>,
}

/// Headers that the host sets, that would let a node speak past its one request, or that would have the service encode
/// or cut its answer so that a secret in it is not recognised.
const HOST_HEADERS: [&str; 17] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "if-range",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

const METHODS: [Method; 6] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

fn refuse(message: impl Into<String>, hint: impl Into<String>) -> Refusal {
    Refusal { message: message.into(), hint: hint.into() }
}

const AUTHOR: &str = "This is a mistake in the node: report it to the node's author.";

/// Checks a request of a node that declared `effect`, for a run with `credential`.
pub(crate) fn admit<'provider>(
    request: &Request,
    provider: &'provider Provider,
    effect: Effect,
    credential: Option<&Credential>,
) -> Result<Admitted<'provider>, Refusal> {
    let method = METHODS
        .into_iter()
        .find(|method| method.as_str() == request.method)
        .ok_or_else(|| refuse(format!("the method `{}` is not one that nodes may use", request.method), AUTHOR))?;
    let url = admit_url(&request.url, provider)?;
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
    if effect == Effect::Read && Effect::from(request.effect) == Effect::Write {
        return Err(refuse("the node declares that it only reads, and asked for a write", AUTHOR));
    }
    let slot = match &request.slot {
        None => None,
        Some(name) => Some(admit_slot(name, provider, host, port, url.path(), credential)?),
    };
    let headers = admit_headers(request, provider)?;
    let covering = provider.slots.iter().filter(|slot| slot.covers(host, port, url.path()));
    let signed: Vec<&str> = covering.flat_map(|slot| slot.sign.queries()).collect();
    if let Some((name, _)) = url.query_pairs().find(|(name, _)| signed.iter().any(|query| name == *query)) {
        return Err(refuse(format!("the query parameter `{name}` is the host's to add"), AUTHOR));
    }
    Ok(Admitted { method, url, headers, slot })
}

fn admit_url(text: &str, provider: &Provider) -> Result<Url, Refusal> {
    let mut url = Url::parse(text).map_err(|error| refuse(format!("`{text}` is not a URL: {error}"), AUTHOR))?;
    if url.scheme() != "https" {
        return Err(refuse(format!("the scheme of {url} is not https"), AUTHOR));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("the URL has user information", AUTHOR));
    }
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
    if !provider.allows(host, port) {
        let allowed: Vec<String> = provider.hosts.iter().map(ToString::to_string).collect();
        let asked = if port == 443 { host.to_owned() } else { format!("{host}:{port}") };
        return Err(refuse(
            format!("the host {asked} is not one of {} ({})", provider.title, allowed.join(", ")),
            format!("If nodes of {} are to reach it, add \"{asked}\" to `hosts` in its provider.toml.", provider.title),
        ));
    }
    url.set_fragment(None);
    Ok(url)
}

fn admit_slot<'provider>(
    name: &str,
    provider: &'provider Provider,
    host: &str,
    port: u16,
    path: &str,
    credential: Option<&Credential>,
) -> Result<&'provider Slot, Refusal> {
    let Some(slot) = provider.slot(name) else {
        let known: Vec<&str> = provider.slots.iter().map(|slot| slot.name.as_str()).collect();
        return Err(refuse(format!("there is no signing slot `{name}`; there are {}", known.join(", ")), AUTHOR));
    };
    if !slot.covers(host, port, path) {
        return Err(refuse(format!("the signing slot `{name}` may not be used on {host}{path}"), AUTHOR));
    }
    let Some(kind) = &slot.credential else { return Ok(slot) };
    let title = provider.credentials.iter().find(|known| known.kind == *kind).map_or(kind.as_str(), |kind| &kind.title);
    match credential {
        None => Err(refuse(
            format!("the node needs a credential ({title}) and the invocation names none"),
            format!("Choose a credential of {} for the node.", provider.title),
        )),
        Some(credential) if *credential.provider() != provider.id => Err(refuse(
            format!("the credential `{}` is of {}, not of {}", credential.name(), credential.provider(), provider.id),
            format!("Choose a credential of {} for the node.", provider.title),
        )),
        Some(credential) if credential.kind() != kind => Err(refuse(
            format!(
                "the node needs a credential of kind `{kind}`; `{}` is of `{}`",
                credential.name(),
                credential.kind()
            ),
            format!("Choose a credential of kind {title}."),
        )),
        Some(_) => Ok(slot),
    }
}

fn admit_headers(request: &Request, provider: &Provider) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 1);
    for (name, value) in &request.headers {
        let unusable = || refuse(format!("the header `{name}` can not be sent as it is"), AUTHOR);
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let token = |slot: &Slot| slot.sign.header().is_some_and(|header| parsed.as_str().eq_ignore_ascii_case(header));
        if HOST_HEADERS.contains(&parsed.as_str()) || provider.slots.iter().any(token) {
            return Err(refuse(format!("the header `{name}` is the host's to set"), AUTHOR));
        }
        headers.append(parsed, HeaderValue::from_str(value).map_err(|_| unusable())?);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::http;

    const PROVIDER: &str = r#"
        id = "sample"
        title = "Sample"
        description = "A service."
        hosts = ["api.example.com", "*.files.example.com"]
        credentials = [{ kind = "robot", title = "Robot", description = "", fields = [{ name = "Key", description = "" }] }]

        [[slots]]
        name = "robot"
        description = ""
        credential = "robot"
        hosts = ["api.example.com"]
        paths = ["/robot"]
        sign = { by = "signed-query", token = { query = "token", field = "Key" }, timestamp_query = "at", signature_query = "sign", secret_field = "Key", message = "{timestamp}" }
    "#;

    fn request(url: &str) -> Request {
        Request {
            method: "POST".into(),
            url: url.into(),
            headers: vec![],
            body: None,
            slot: None,
            effect: http::Effect::Write,
        }
    }

    fn refusal(request: &Request) -> Option<String> {
        let provider = Provider::from_toml(PROVIDER).unwrap();
        let credential = Credential::new(&provider, "demo", |_| Some("value".to_owned().into())).unwrap();
        admit(request, &provider, Effect::Write, Some(&credential)).err().map(|refusal| refusal.message)
    }

    #[test]
    fn listed_hosts_are_admitted() {
        for url in ["https://api.example.com/x?q=1", "https://API.example.com/", "https://a.files.example.com/"] {
            assert_eq!(refusal(&request(url)), None, "{url}");
        }
    }

    #[test]
    fn addresses_around_the_list_are_refused() {
        for url in [
            "http://api.example.com/",
            "https://api.example.com:8443/",
            "https://api.example.com@evil.com/",
            "https://user@api.example.com/",
            "https://evil.com/api.example.com",
            "https://evilfiles.example.com/",
            "https://api.example.com.evil.com/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "file:///etc/passwd",
            "api.example.com",
        ] {
            assert!(refusal(&request(url)).is_some(), "{url}");
        }
    }

    #[test]
    fn the_refusal_of_a_host_says_what_would_allow_it() {
        let provider = Provider::from_toml(PROVIDER).unwrap();
        let refusal = admit(&request("https://evil.com/"), &provider, Effect::Write, None).err().unwrap();
        assert_eq!(refusal.message, "the host evil.com is not one of Sample (api.example.com, *.files.example.com)");
        assert!(refusal.hint.contains("add \"evil.com\" to `hosts`"), "{}", refusal.hint);
    }

    #[test]
    fn headers_of_the_host_are_refused_in_any_case() {
        for name in [
            "Authorization",
            "HOST",
            "content-length",
            "Cookie",
            "Transfer-Encoding",
            "Accept-Encoding",
            "Range",
            "bad name",
            "x\r\ny",
        ] {
            let request = Request { headers: vec![(name.into(), "x".into())], ..request("https://api.example.com/") };
            assert!(refusal(&request).is_some(), "{name}");
        }
        let request =
            Request { headers: vec![("X-A".into(), "a\r\nb: c".into())], ..request("https://api.example.com/") };
        assert!(refusal(&request).is_some());
    }

    #[test]
    fn a_slot_is_refused_outside_its_hosts_and_paths() {
        let slot = |url: &str| refusal(&Request { slot: Some("robot".into()), ..request(url) });
        assert_eq!(slot("https://api.example.com/robot"), None);
        assert_eq!(slot("https://api.example.com/robot/send"), None);
        assert!(slot("https://api.example.com/robots").is_some());
        assert!(slot("https://api.example.com/x/../other").is_some());
        assert!(slot("https://a.files.example.com/robot").is_some());
    }

    #[test]
    fn a_token_query_is_refused_where_a_slot_adds_it() {
        assert!(refusal(&request("https://api.example.com/robot?token=x")).is_some());
        assert!(refusal(&request("https://api.example.com/robot?%74oken=x")).is_some());
        assert_eq!(refusal(&request("https://api.example.com/other?at=x")), None);
    }

    #[test]
    fn a_slot_needs_a_credential_of_its_kind() {
        let provider = Provider::from_toml(PROVIDER).unwrap();
        let request = Request { slot: Some("robot".into()), ..request("https://api.example.com/robot") };
        let refusal = admit(&request, &provider, Effect::Write, None).err().unwrap();
        assert!(refusal.message.contains("needs a credential (Robot)"), "{}", refusal.message);
    }

    #[test]
    fn a_node_that_only_reads_may_not_write() {
        let provider = Provider::from_toml(PROVIDER).unwrap();
        let write = request("https://api.example.com/");
        assert!(admit(&write, &provider, Effect::Read, None).is_err());
        let read = Request { effect: http::Effect::Read, ..write };
        assert!(admit(&read, &provider, Effect::Read, None).is_ok());
    }
}
