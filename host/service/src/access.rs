//! Who may call: API keys, and when none is needed.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Service;
use super::problem::Problem;
use patchbay_state::StoreError;
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
    origins: Vec<String>,
}

/// The caller of an endpoint that needs a key, and what it may do.
#[derive(Debug, Clone)]
pub struct Caller(pub Arc<Access>);

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
        Self { keys, rule, origins }
    }

    async fn enter(&self, headers: &HeaderMap, needs: Needs) -> Result<Access, Problem> {
        let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
        let access = if authorization.is_none() && !self.needs_key().await? {
            check_host(headers)?;
            check_origin(headers, &self.origins)?;
            Access::open()
        } else {
            self.keys.authenticate(authorization).await?
        };
        match needs {
            // Whether it may invoke, and which nodes with which credentials, the endpoint asks when it knows them.
            Needs::Key | Needs::Invoke => {}
            Needs::Read => access.may_read()?,
            Needs::Admin => access.may_admin()?,
        }
        Ok(access)
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
    let is_own = |origin: &str| {
        let rest = origin.split_once("://").map_or("", |(_, rest)| rest);
        let name = without_port(rest);
        host == Some(rest) || is_localhost(name) || address(name).is_some_and(|address| address.is_loopback())
    };
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
    let response = match guard.service.door.enter(request.headers(), guard.needs).await {
        Ok(access) => {
            request.extensions_mut().insert(Caller(Arc::new(access)));
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        guard.service.metrics.problem(status.as_u16());
    }
    response
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // An endpoint that forgot to say what it needs lets nobody in.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::unauthorised("the call was not let in"))
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
