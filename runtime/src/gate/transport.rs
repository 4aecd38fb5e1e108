//! Carries a signed request to the service.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, redirect};
use url::Url;

use super::addresses::{AddressBook, PublicOnly};
use crate::error::{Error, Result};

/// A boxed future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A request as it is sent: with the credential. It has no `Debug`, so that it can not be logged by accident.
pub struct SignedRequest {
    /// The method.
    pub method: Method,
    /// The address that it is sent to: the operator's upstream, where the host has one.
    pub url: Url,
    /// Headers, the token among them.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Bytes>,
    /// Whether an operator's upstream leads there; such an address may be a loopback or private one.
    pub is_overridden: bool,
    /// How long the answer may take.
    pub timeout: Duration,
}

/// What the service answered.
pub struct RawResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// Why there is no answer. The texts never have a URL in them: a URL may hold a token.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The address is one that nodes may not reach. Nothing was sent.
    #[error("{0}")]
    Refused(String),
    /// No connection was made. Nothing was sent.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The request was sent, and no answer came in time.
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The request was sent, and the connection broke before an answer began.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer broke off.
    #[error("the answer broke off after HTTP {status}: {reason}")]
    BrokeOff {
        /// The HTTP status that it began with.
        status: u16,
        /// What happened.
        reason: String,
    },
    /// The answer is larger than allowed.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The HTTP status that it began with.
        status: u16,
        /// The largest size allowed.
        limit: usize,
    },
}

impl TransportError {
    /// The HTTP status of an answer that began.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::BrokeOff { status, .. } | Self::TooLarge { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// Carries requests; the HTTP client in production, a script in tests.
pub trait Transport: Send + Sync {
    /// Checks, before a request is signed, that its host leads to an address that nodes may reach.
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<(), TransportError>>;

    /// Sends a request and reads the whole answer.
    fn send(&self, request: SignedRequest) -> BoxFuture<'_, Result<RawResponse, TransportError>>;
}

/// Limits of the HTTP client.
#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long the service may pause within an answer.
    pub read_timeout: Duration,
    /// The largest answer, in bytes.
    pub max_response_bytes: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
            max_response_bytes: 16 << 20,
        }
    }
}

/// HTTP/1.1 on long-lived connections. Redirects are not followed and the environment's proxies are ignored: both would
/// lead around the check of the address.
pub struct HttpTransport {
    /// Connects to public addresses only.
    public: Client,
    /// Connects to the operator's upstreams.
    overridden: Client,
    addresses: Arc<AddressBook>,
    max_response_bytes: usize,
}

impl HttpTransport {
    /// Builds the two clients.
    ///
    /// # Errors
    /// [`Error::HttpClient`] when the system's certificates can not be used.
    pub fn new(limits: &HttpLimits) -> Result<Self> {
        // The first to install decides; a process that has its own provider keeps it.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            rustls::crypto::ring::default_provider().install_default().ok();
        }
        let addresses = Arc::new(AddressBook::default());
        let builder = || {
            Client::builder()
                .user_agent(concat!("patchbay/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                .retry(reqwest::retry::never())
                .no_proxy()
                .referer(false)
                .connect_timeout(limits.connect_timeout)
                .read_timeout(limits.read_timeout)
                .pool_idle_timeout(Duration::from_secs(30))
        };
        let client = |builder: reqwest::ClientBuilder| builder.build().map_err(|error| Error::HttpClient(cause(error)));
        Ok(Self {
            public: client(builder().https_only(true).dns_resolver(Arc::new(PublicOnly(Arc::clone(&addresses)))))?,
            overridden: client(builder())?,
            addresses,
            max_response_bytes: limits.max_response_bytes,
        })
    }

    async fn exchange(&self, request: SignedRequest) -> Result<RawResponse, TransportError> {
        let client = if request.is_overridden { &self.overridden } else { &self.public };
        let timeout = request.timeout;
        let mut outgoing = client.request(request.method, request.url).headers(request.headers).timeout(timeout);
        if let Some(body) = request.body {
            outgoing = outgoing.body(body);
        }
        let mut response = outgoing.send().await.map_err(|error| {
            if error.is_connect() {
                TransportError::Unreachable(cause(error))
            } else if error.is_timeout() {
                TransportError::TimedOut(timeout)
            } else {
                TransportError::Broken(cause(error))
            }
        })?;
        let status = response.status().as_u16();
        let too_large = TransportError::TooLarge { status, limit: self.max_response_bytes };
        if response.content_length().is_some_and(|length| length > self.max_response_bytes as u64) {
            return Err(too_large);
        }
        let broke_off = |error: reqwest::Error| {
            if error.is_timeout() {
                TransportError::TimedOut(timeout)
            } else {
                TransportError::BrokeOff { status, reason: cause(error) }
            }
        };
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(broke_off)? {
            if body.len() + chunk.len() > self.max_response_bytes {
                return Err(too_large);
            }
            body.extend_from_slice(&chunk);
        }
        let headers = std::mem::take(response.headers_mut());
        Ok(RawResponse { status, headers, body: body.freeze() })
    }
}

impl Transport for HttpTransport {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            use super::addresses::AddressError;
            match self.addresses.public_addresses(host).await {
                Ok(_) => Ok(()),
                Err(error @ AddressError::Unresolved { .. }) => Err(TransportError::Unreachable(error.to_string())),
                Err(error @ AddressError::NotPublic { .. }) => Err(TransportError::Refused(error.to_string())),
            }
        })
    }

    fn send(&self, request: SignedRequest) -> BoxFuture<'_, Result<RawResponse, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

/// The innermost cause of an error. The outer ones name the URL.
fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
