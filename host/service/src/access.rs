//! Who may call: API keys, and when none is needed.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Service;
use super::problem::Problem;
use patchbay_state::StoreError;
use patchbay_state::audit::Actor;
use patchbay_state::keys::{Access, Denied, Keys};

/// What an endpoint asks of the caller's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Any key.
    Key,
    /// The scope `invoke`.
    Invoke,
    /// The scope `read`.
    Read,
    /// The scope `admin`.
    Admin,
}

/// When a call needs a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRule {
    /// Always: the service listens beyond loopback, or its operator wants it so.
    Always,
    /// From the first key on that was made.
    OnceMade,
    /// Never: `patchbay up` on loopback. A key that is shown is checked all the same.
    Never,
}

/// Lets calls in.
pub struct Door {
    keys: Arc<Keys>,
    rule: KeyRule,
    /// Whose pages may call from a browser.
    pages: Pages,
}

/// Which web pages may call from a browser.
#[derive(Debug, Clone)]
pub struct Pages {
    /// Origins that the operator named.
    pub named: Vec<String>,
    /// Whether all pages of this machine may: `patchbay up`, where whoever builds a canvas serves it from another port.
    this_machine: bool,
}

impl Pages {
    /// Whether there are none.
    pub fn none(&self) -> bool {
        self.named.is_empty() && !self.this_machine
    }

    /// Whether a page of this origin is one.
    pub fn let_in(&self, origin: &str) -> bool {
        self.named.iter().any(|named| named == origin) || self.this_machine && is_this_machine(origin)
    }
}

/// A call that is not let in.
struct NotLetIn {
    problem: Problem,
    /// Whose it is, as far as that is known.
    name: String,
}

/// The caller of an endpoint that needs a key, and what it may do.
#[derive(Debug, Clone)]
pub struct Caller(pub Arc<Access>);

/// The address that a call came from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The caller as the audit log names it.
pub struct By(pub Actor);

/// What every endpoint that needs a key goes through first.
#[derive(Clone)]
pub struct Guard {
    pub service: Arc<Service>,
    pub needs: Needs,
}

impl Needs {
    /// The name in the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Key => "any",
            Self::Invoke => "invoke",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

impl Door {
    /// A door for these keys, and for pages of these origins.
    pub fn new(keys: Arc<Keys>, rule: KeyRule, origins: Vec<String>) -> Self {
        Self { keys, rule, pages: Pages { named: origins, this_machine: rule == KeyRule::Never } }
    }

    /// Which web pages may call from a browser.
    pub fn pages(&self) -> Pages {
        self.pages.clone()
    }

    /// Who calls, and whether that caller may.
    async fn enter(&self, headers: &HeaderMap, needs: Needs) -> Result<Access, NotLetIn> {
        let access = self.caller(headers).await.map_err(|problem| NotLetIn { problem, name: claimed(headers) })?;
        let allowed = match needs {
            // Whether it may invoke, and which nodes with which credentials, the endpoint asks when it knows them.
            Needs::Key | Needs::Invoke => Ok(()),
            Needs::Read => access.may_read(),
            Needs::Admin => access.may_admin(),
        };
        match allowed {
            Ok(()) => Ok(access),
            Err(denied) => Err(NotLetIn { problem: denied.into(), name: name_of(&access) }),
        }
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<Access, Problem> {
        let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
        if authorization.is_none() && !self.needs_key().await? {
            check_host(headers)?;
            check_origin(headers, &self.pages.named)?;
            return Ok(Access::open());
        }
        Ok(self.keys.authenticate(authorization).await?)
    }

    async fn needs_key(&self) -> Result<bool, StoreError> {
        match self.rule {
            KeyRule::Always => Ok(true),
            KeyRule::Never => Ok(false),
            // Revoked ones count: taking the last key away must not open the door to everybody.
            KeyRule::OnceMade => self.keys.any_made().await,
        }
    }
}

/// Refuses what a web page of somebody else's could send by giving its own name this machine's address. A service that
/// asks for no key has nothing else to tell such a page by.
fn check_host(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return Ok(()) };
    let name = without_port(host);
    if address(name).is_some() || is_localhost(name) {
        return Ok(());
    }
    Err(Problem::forbidden(
        "the call names a host that is not this machine, and shows no API key",
        "Call 127.0.0.1 or localhost, or send `authorization: Bearer KEY`; `patchbay key create NAME` makes a key.",
    ))
}

/// Refuses what a browser sends for a page of somebody else's: what takes no body needs nobody's leave to be sent, and
/// without a key nothing else tells it from a call of this machine's. Pages of this machine's own are let in.
fn check_origin(headers: &HeaderMap, allowed: &[String]) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let (origin, host) = (text("origin"), text("host"));
    let is_own = |origin: &str| host == Some(after_scheme(origin)) || is_this_machine(origin);
    let is_let_in = match origin {
        Some(origin) => allowed.iter().any(|allowed| allowed == origin) || is_own(origin),
        None => text("sec-fetch-site") != Some("cross-site"),
    };
    if is_let_in {
        return Ok(());
    }
    Err(Problem::forbidden(
        "the call comes from a page of another origin, and shows no API key",
        "Name the page's origin in serve.cors_origins, or send `authorization: Bearer KEY`; `patchbay key create NAME` makes a key.",
    ))
}

fn after_scheme(origin: &str) -> &str {
    origin.split_once("://").map_or("", |(_, rest)| rest)
}

/// Whether an origin is of this machine, by its name or by its address.
fn is_this_machine(origin: &str) -> bool {
    let name = without_port(after_scheme(origin));
    is_localhost(name) || address(name).is_some_and(|address| address.is_loopback())
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn address(name: &str) -> Option<IpAddr> {
    name.trim_matches(['[', ']']).parse().ok()
}

fn is_localhost(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// Lets the call in, or answers why not.
pub async fn guard(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let Guard { service, needs } = guard;
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let peer = request.extensions().get::<Peer>().copied();
    let call = || format!("{method} {}", uri.path());
    let (mut response, name) = match service.door.enter(request.headers(), needs).await {
        Ok(access) => {
            let caller = Caller(Arc::new(access));
            request.extensions_mut().insert(caller.clone());
            let response = next.run(request).await;
            // What the key is for, the endpoint knows: a node, a credential.
            if response.status() == StatusCode::FORBIDDEN {
                let actor = actor(caller.name(), peer);
                service.state().audit.refused(&actor, &call(), "the API key is not for this").await;
            }
            (response, caller.name())
        }
        Err(NotLetIn { problem, name }) => {
            if matches!(problem.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
                service.state().audit.refused(&actor(name.clone(), peer), &call(), problem.detail()).await;
            }
            (problem.into_response(), name)
        }
    };
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        service.metrics.problem(status.as_u16());
    }
    response.extensions_mut().insert(KeyName(name));
    response
}

/// The name of the key that a call showed, beside its answer: an endpoint that needs no key has none.
#[derive(Clone)]
struct KeyName(String);

/// Tells of calls in the log, as far as the settings want it: of all of them, also those that nothing is at.
pub async fn log(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let peer = request.extensions().get::<Peer>().copied();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    if service.config.serve.access_log.tells(status) {
        let took_ms = began.elapsed().as_secs_f64() * 1e3;
        let name = response.extensions().get::<KeyName>().map_or(NO_KEY, |KeyName(name)| name).to_owned();
        let Actor { name: key, origin } = actor(name, peer);
        let call = format!("{method} {}", uri.path());
        tracing::info!(target: "patchbay_access", call, status, key, origin, took_ms, "answered");
    }
    response
}

impl Caller {
    /// The name of its key.
    fn name(&self) -> String {
        name_of(&self.0)
    }
}

fn name_of(access: &Access) -> String {
    access.key_name().unwrap_or(NO_KEY).to_owned()
}

fn actor(name: String, peer: Option<Peer>) -> Actor {
    Actor { name, origin: peer.map_or_else(String::new, |Peer(address)| address.to_string()) }
}

/// Who calls without a key.
const NO_KEY: &str = "no key";

/// Whose key a call that was not let in claims to show: its public id, which is no secret.
fn claimed(headers: &HeaderMap) -> String {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let id = authorization.and_then(|text| Keys::public_id(text.split_once(' ')?.1));
    id.map_or_else(|| NO_KEY.to_owned(), |id| format!("key {id}"))
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // An endpoint that forgot to say what it needs lets nobody in.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::unauthorised("the call was not let in"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for By {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        Ok(Self(actor(caller.name(), parts.extensions.get::<Peer>().copied())))
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Missing | Denied::Malformed | Denied::Unknown | Denied::Revoked(_) | Denied::Expired(..) => {
                Self::unauthorised(denied.to_string())
            }
            Denied::Forbidden(why) => {
                Self::forbidden(why, "Use another key; `patchbay key create NAME --scope ..` makes one that allows it.")
            }
            Denied::Store(_) => Self::internal(&denied, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_is_let_in(host: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        check_host(&headers).is_ok()
    }

    #[test]
    fn without_a_key_no_page_of_another_origin_is_let_in() {
        let is_let_in = |sent: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                headers.insert(*name, value.parse().unwrap());
            }
            check_origin(&headers, &["https://canvas.example".to_owned()]).is_ok()
        };
        for sent in [
            &[("host", "127.0.0.1:8787")][..],
            &[("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-site")],
            &[("origin", "http://localhost:3000"), ("sec-fetch-site", "cross-site"), ("host", "127.0.0.1:8787")],
            &[("origin", "http://10.0.0.7:8787"), ("host", "10.0.0.7:8787")],
            &[("origin", "https://canvas.example"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "none")],
        ] {
            assert!(is_let_in(sent), "{sent:?}");
        }
        for sent in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "null"), ("host", "127.0.0.1:8787")],
            &[("origin", "https://canvas.example.evil.example")],
            &[("origin", "http://10.0.0.8:8787"), ("host", "10.0.0.7:8787")],
            &[("sec-fetch-site", "cross-site"), ("host", "127.0.0.1:8787")],
        ] {
            assert!(!is_let_in(sent), "{sent:?}");
        }
    }

    #[test]
    fn without_a_key_only_this_machine_s_own_names_are_let_in() {
        for host in ["localhost", "LOCALHOST:8787", "127.0.0.1:1", "[::1]:8787", "patchbay.localhost:80", "10.0.0.7"] {
            assert!(host_is_let_in(host), "{host}");
        }
        for host in ["evil.example", "evil.example:8787", "localhost.evil.example", "127.0.0.1.evil.example", ""] {
            assert!(!host_is_let_in(host), "{host}");
        }
        assert!(check_host(&HeaderMap::new()).is_ok());
    }
}
