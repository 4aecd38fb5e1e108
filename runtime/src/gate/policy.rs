//! The gate's first step: whether a request may be sent at all.

mod headers;
mod query;

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::HeaderMap;
use url::Url;

use super::GateLimits;
use super::message::{Body, Part, PartContent, Request};
use crate::credential::{Credential, Credentials};
use crate::id::Name;
use crate::provider::signer::{Means, Signer};
use crate::provider::{Provider, Slot};
use crate::vocabulary::Effect;

/// Why the gate refuses a request, and what would allow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub message: String,
    pub hint: String,
}

/// A request that may be sent.
pub(crate) struct Admitted<'run> {
    pub method: Method,
    pub url: Url,
    /// The API that it belongs to.
    pub api: String,
    pub headers: HeaderMap,
    pub signing: Signing<'run>,
}

/// How an admitted request is signed.
#[derive(Clone, Copy)]
pub(crate) enum Signing<'run> {
    /// It names no slot.
    Unsigned,
    /// It names one that adds nothing.
    Open(&'run Slot),
    /// It is signed with a credential.
    Signed { slot: &'run Slot, means: &'run Means, credential: &'run Arc<Credential> },
}

impl<'run> Signing<'run> {
    /// The slot that the request names.
    pub fn slot(&self) -> Option<&'run Slot> {
        match self {
            Self::Unsigned => None,
            Self::Open(slot) | Self::Signed { slot, .. } => Some(slot),
        }
    }

    /// The credential that signs.
    pub fn credential(&self) -> Option<&'run Arc<Credential>> {
        match self {
            Self::Unsigned | Self::Open(_) => None,
            Self::Signed { credential, .. } => Some(credential),
        }
    }
}

const METHODS: [Method; 6] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// The longest name of an API, in bytes.
pub(super) const LONGEST_API: usize = 256;

pub(super) fn refuse(message: impl Into<String>, hint: impl Into<String>) -> Refusal {
    Refusal { message: message.into(), hint: hint.into() }
}

pub(super) const AUTHOR: &str = "This is a mistake in the node: report it to the node's author.";

/// Whose request it is and what it may do.
pub(crate) struct Sender<'run> {
    pub provider: &'run Provider,
    /// What the node declares that it does.
    pub effect: Effect,
    /// The slots that it declares; any when none.
    pub slots: &'run [Name],
    pub credentials: &'run Credentials,
    pub limits: &'run GateLimits,
}

/// Checks a request.
pub(crate) fn admit<'run>(request: &Request, sender: &Sender<'run>) -> Result<Admitted<'run>, Refusal> {
    let provider = sender.provider;
    let method = METHODS
        .into_iter()
        .find(|method| method.as_str() == request.method)
        .ok_or_else(|| refuse(format!("the method `{}` is not one that nodes may use", request.method), AUTHOR))?;
    admit_size(request, sender.limits)?;
    let url = admit_url(&request.url, provider)?;
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
    if sender.effect == Effect::Read {
        if request.effect == Effect::Write {
            return Err(refuse("the node declares that it only reads, and asked for a write", AUTHOR));
        }
        if [Method::PUT, Method::PATCH, Method::DELETE].contains(&method) {
            return Err(refuse(
                format!("the node declares that it only reads, and {method} changes something"),
                AUTHOR,
            ));
        }
    }
    let signing = match &request.slot {
        None => Signing::Unsigned,
        Some(name) => admit_slot(name, sender, host, port, url.path())?,
    };
    let api = admit_api(request.api.as_deref(), url.path())?;
    let headers = headers::admit(request, provider)?;
    let covering = provider.slots.iter().filter(|slot| slot.covers(host, port, url.path()));
    query::admit(&url, covering)?;
    Ok(Admitted { method, url, api, headers, signing })
}

/// A URL, headers or a body of any size would be kept, copied and recorded at the host's cost.
fn admit_size(request: &Request, limits: &GateLimits) -> Result<(), Refusal> {
    let bounded = |what: &str, size: usize, limit: usize| {
        let hint = "Give the node less to do in one run, or report it to the node's author.";
        if size <= limit { Ok(()) } else { Err(refuse(format!("{what} has {size} bytes, and may have {limit}"), hint)) }
    };
    let headers = request.headers.iter().map(|(name, value)| name.len().saturating_add(value.len()));
    bounded("the URL", request.url.len(), limits.max_url_bytes)?;
    bounded("the request's head", headers.fold(0, usize::saturating_add), limits.max_header_bytes)?;
    let body = match &request.body {
        None | Some(Body::File(_)) => 0,
        Some(Body::Bytes(bytes)) => bytes.len(),
        Some(Body::Parts(parts)) => parts.iter().map(size_of_part).fold(0, usize::saturating_add),
    };
    bounded("the body", body, limits.max_request_bytes)
}

fn size_of_part(part: &Part) -> usize {
    let texts = [Some(&part.name), part.file_name.as_ref(), part.content_type.as_ref()];
    let texts = texts.into_iter().flatten().map(String::len).fold(0, usize::saturating_add);
    match &part.content {
        PartContent::Bytes(bytes) => texts.saturating_add(bytes.len()),
        PartContent::File(_) => texts,
    }
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

/// The API of a request: the template that the node names, when it fits the path. A node that could name any would have as
/// many rates as it liked. A node built against 0.1 names none, and its path is its API.
fn admit_api(template: Option<&str>, path: &str) -> Result<String, Refusal> {
    let Some(template) = template else {
        return Ok(path.get(..path.floor_char_boundary(LONGEST_API)).unwrap_or_default().to_owned());
    };
    if template.len() > LONGEST_API {
        return Err(refuse(
            format!("the name of its API has {} bytes, and may have {LONGEST_API}", template.len()),
            AUTHOR,
        ));
    }
    let mut segments = path.split('/');
    let fits = template.split('/').all(|wanted| segments.next().is_some_and(|found| wanted == "{}" || wanted == found));
    if fits && segments.next().is_none() {
        Ok(template.to_owned())
    } else {
        Err(refuse(format!("its API `{template}` does not fit the path {path} segment by segment"), AUTHOR))
    }
}

fn admit_slot<'run>(
    name: &str,
    sender: &Sender<'run>,
    host: &str,
    port: u16,
    path: &str,
) -> Result<Signing<'run>, Refusal> {
    let provider = sender.provider;
    let Some((slot, signer)) = provider.slot(name) else {
        let known: Vec<&str> = provider.slots.iter().map(|slot| slot.name.as_str()).collect();
        return Err(refuse(format!("there is no signing slot `{name}`; there are {}", known.join(", ")), AUTHOR));
    };
    if !sender.slots.is_empty() && !sender.slots.contains(&slot.name) {
        let message = format!("the node does not declare that it uses the signing slot `{name}`");
        return Err(refuse(message, format!("Add \"{name}\" to `slots` of the node.")));
    }
    if !slot.paths.is_empty() && is_ambiguous(path) {
        let message = format!("the signing slot `{name}` is for certain paths, and {path} can be read in two ways");
        return Err(refuse(message, AUTHOR));
    }
    if !slot.covers(host, port, path) {
        return Err(refuse(format!("the signing slot `{name}` may not be used on {host}{path}"), AUTHOR));
    }
    let (kind, means) = match signer {
        Signer::Nothing => return Ok(Signing::Open(slot)),
        Signer::With { kind, means } => (kind, means),
    };
    if let Some(credential) = sender.credentials.of_kind(&provider.id, kind) {
        return Ok(Signing::Signed { slot, means, credential });
    }
    let title = provider.kind(kind).map_or(kind.as_str(), |kind| &kind.title);
    Err(match sender.credentials.iter().next() {
        None => refuse(
            format!("the node needs a credential ({title}) and the invocation names none"),
            format!("Choose a credential of {} for the node.", provider.title),
        ),
        Some(other) if *other.provider() != provider.id => refuse(
            format!("the credential `{}` is of {}, not of {}", other.name(), other.provider(), provider.id),
            format!("Choose a credential of {} for the node.", provider.title),
        ),
        Some(other) => refuse(
            format!("the node needs a credential of kind `{kind}`; `{}` is of `{}`", other.name(), other.kind()),
            format!("Choose a credential of kind {title}."),
        ),
    })
}

/// Whether a service may read a path otherwise than the slot does: escaped separators, parameters of segments, empty
/// segments. Dot segments are gone when the URL was parsed.
fn is_ambiguous(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["%2f", "%5c", "%25", "%2e", ";", "//"].iter().any(|doubtful| path.contains(doubtful))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::message::AnswerForm;

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
            api: None,
            headers: vec![],
            body: None,
            slot: None,
            effect: Effect::Write,
            answer: AnswerForm::Bytes,
        }
    }

    /// What is refused of a request, for a run with the credentials that a slot may take and without.
    fn refused(request: &Request, effect: Effect, credentials: &Credentials) -> Option<Refusal> {
        let provider = Provider::from_toml(PROVIDER).unwrap();
        let limits = GateLimits::default();
        admit(request, &Sender { provider: &provider, effect, slots: &[], credentials, limits: &limits }).err()
    }

    fn refusal(request: &Request) -> Option<String> {
        let provider = Provider::from_toml(PROVIDER).unwrap();
        let credential = Credential::new(&provider, "demo", |_| Some("value".to_owned().into())).unwrap();
        refused(request, Effect::Write, &Arc::new(credential).into()).map(|refusal| refusal.message)
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
        let refusal = refused(&request("https://evil.com/"), Effect::Write, &Credentials::none()).unwrap();
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
    fn a_slot_that_the_node_does_not_declare_is_refused() {
        let (provider, limits) = (Provider::from_toml(PROVIDER).unwrap(), GateLimits::default());
        let request = Request { slot: Some("robot".into()), ..request("https://api.example.com/robot") };
        let refusal = |slots: &[&str]| {
            let slots: Vec<Name> = slots.iter().map(|slot| slot.parse().unwrap()).collect();
            let sender = Sender {
                provider: &provider,
                effect: Effect::Write,
                slots: &slots,
                credentials: &Credentials::default(),
                limits: &limits,
            };
            admit(&request, &sender).err().unwrap().message
        };
        assert!(refusal(&["other"]).contains("does not declare that it uses the signing slot `robot`"));
        // It is let on as far as the credential that is missing.
        for slots in [&[][..], &["robot", "other"]] {
            assert!(refusal(slots).contains("needs a credential"), "{slots:?}");
        }
    }

    #[test]
    fn a_slot_needs_a_credential_of_its_kind() {
        let request = Request { slot: Some("robot".into()), ..request("https://api.example.com/robot") };
        let refusal = refused(&request, Effect::Write, &Credentials::none()).unwrap();
        assert!(refusal.message.contains("needs a credential (Robot)"), "{}", refusal.message);
    }

    #[test]
    fn a_node_that_only_reads_may_not_write() {
        let reads = |request: &Request| refused(request, Effect::Read, &Credentials::none()).is_none();
        let write = request("https://api.example.com/");
        assert!(!reads(&write));
        let read = Request { effect: Effect::Read, ..write };
        assert!(reads(&read));
        for method in ["PUT", "PATCH", "DELETE"] {
            assert!(!reads(&Request { method: method.into(), ..read.clone() }), "{method}");
        }
    }

    #[test]
    fn a_path_that_can_be_read_in_two_ways_is_refused_where_a_slot_has_paths() {
        for path in [
            "/robot%2f..%2fother",
            "/robot/%2F",
            "/robot/%5c..",
            "/robot/%252e",
            "/robot;x=/other",
            "/robot//other",
            "//robot",
            "/robot/%2e%2e%2fother",
        ] {
            let request = Request { slot: Some("robot".into()), ..request(&format!("https://api.example.com{path}")) };
            assert!(refusal(&request).is_some(), "{path}");
            assert_eq!(refusal(&Request { slot: None, ..request }), None, "{path} without the slot");
        }
    }

    #[test]
    fn other_spellings_of_what_the_host_sets_are_refused() {
        for query in
            ["Token=x", "TOKEN=x", "token[]=x", "token[a]=x", "a=1;token=x", "to%6ben=x", "si_gn=x", "_token=x"]
        {
            assert!(refusal(&request(&format!("https://api.example.com/robot?{query}"))).is_some(), "{query}");
        }
        for query in ["tokens=x", "a=token", "q=token=x"] {
            assert_eq!(refusal(&request(&format!("https://api.example.com/robot?{query}"))), None, "{query}");
        }
        for name in
            ["proxy_authorization", "Content_Length", "X-HTTP-Method-Override", "x_http_method", "X-Method-Override"]
        {
            let request = Request { headers: vec![(name.into(), "x".into())], ..request("https://api.example.com/") };
            assert!(refusal(&request).is_some(), "{name}");
        }
    }

    #[test]
    fn an_api_fits_the_path_segment_by_segment() {
        let api = |template: &str| {
            let template = Some(template.to_owned());
            refusal(&Request { api: template, ..request("https://api.example.com/books/7/rows?q=1") })
        };
        for fitting in ["/books/{}/rows", "/books/7/rows", "/{}/{}/{}"] {
            assert_eq!(api(fitting), None, "{fitting}");
        }
        for other in [
            "",
            "/",
            "/books/{}",
            "/books/{}/rows/{}",
            "/books/{}/columns",
            "books/{}/rows",
            "/books/{id}/rows",
            "/books/{}/{}{}",
        ] {
            assert!(api(other).is_some(), "{other}");
        }
        let long = format!("/{}", "a".repeat(LONGEST_API));
        let request = Request { api: Some(long.clone()), ..request(&format!("https://api.example.com{long}")) };
        assert!(refusal(&request).is_some_and(|message| message.contains("256")), "the length of an API is bounded");
    }

    #[test]
    fn what_a_node_sends_is_bounded() {
        let url = request(&format!("https://api.example.com/?q={}", "a".repeat(64 << 10)));
        assert!(refusal(&url).is_some_and(|message| message.contains("the URL has")));
        let headers = vec![("x-a".into(), "a".repeat(40 << 10)), ("x-b".into(), "b".repeat(40 << 10))];
        let head = Request { headers, ..request("https://api.example.com/") };
        assert!(refusal(&head).is_some_and(|message| message.contains("head")));
        let body = Some(Body::Bytes(vec![0; GateLimits::default().max_request_bytes + 1].into()));
        let body = Request { body, ..request("https://api.example.com/") };
        assert!(refusal(&body).is_some_and(|message| message.contains("the body has")));
    }
}
