//! Carries a signed request to the service.

mod body;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, redirect};
use url::Url;

use super::addresses::{AddressBook, AddressError, PublicOnly};
use super::proxy::ProxyUse;
use crate::error::{Error, Result};
use crate::future::BoxFuture;
use crate::memory::{CallMemory, NoMemory};

pub use body::{BodyStream, RequestBody};

/// A request as it is sent: with the credential. It has no `Debug`, so that it can not be logged by accident.
pub struct SignedRequest {
    /// The method.
    pub method: Method,
    /// The address that it is sent to: the operator's upstream, where the host has one.
    pub url: Url,
    /// Headers, the token among them.
    pub headers: HeaderMap,
    /// The body.
    pub body: RequestBody,
    /// Whether an operator's upstream leads there; such an address may be a loopback or private one.
    pub is_overridden: bool,
    /// How long the answer may take.
    pub timeout: Duration,
    /// What the answer's bytes are taken from while they come in.
    pub memory: CallMemory,
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

/// What the service answers, while it does.
pub struct OpenResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, in pieces.
    pub body: ResponseStream,
}

/// The body of an answer in pieces.
pub type ResponseStream = Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>;

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
    /// No connection was made where a proxy is known that is not used. Nothing was sent.
    #[error("no connection: {0}")]
    UnreachableDirectly(String),
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
        limit: u64,
    },
    /// All runs together have as much memory as they may have.
    #[error("there is no memory left for the answer: all runs have what they may have together (limits.memory)")]
    NoMemory {
        /// The HTTP status that it began with.
        status: u16,
    },
    /// The answer is encoded in a way that was not asked for, so that nobody can tell what is in it.
    #[error("the answer has the content-encoding `{encoding}`, which was not asked for")]
    Encoded {
        /// The HTTP status.
        status: u16,
        /// The encoding.
        encoding: String,
    },
}

impl TransportError {
    /// The HTTP status of an answer that began.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::BrokeOff { status, .. }
            | Self::TooLarge { status, .. }
            | Self::NoMemory { status }
            | Self::Encoded { status, .. } => Some(*status),
            Self::Refused(_)
            | Self::Unreachable(_)
            | Self::UnreachableDirectly(_)
            | Self::TimedOut(_)
            | Self::Broken(_) => None,
        }
    }
}

/// Carries requests; the HTTP client in production, a script in tests.
pub trait Transport: Send + Sync {
    /// Checks, before a request is signed, that its host leads to an address that nodes may reach.
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<(), TransportError>>;

    /// Sends a request and reads the whole answer.
    fn send(&self, request: SignedRequest) -> BoxFuture<'_, Result<RawResponse, TransportError>>;

    /// Sends a request and reads the answer up to its body, which may be of any size. A transport that knows whole answers
    /// alone gives them in one piece.
    fn open(&self, request: SignedRequest) -> BoxFuture<'_, Result<OpenResponse, TransportError>> {
        Box::pin(async move {
            let RawResponse { status, headers, body } = self.send(request).await?;
            Ok(OpenResponse { status, headers, body: Box::pin(stream::iter([Ok(body)])) })
        })
    }
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
    /// Whether requests pass a proxy; those to an operator's upstreams never do.
    pub proxy: ProxyUse,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
            max_response_bytes: 16 << 20,
            proxy: ProxyUse::Direct,
        }
    }
}

/// HTTP/1.1 on long-lived connections. Redirects are not followed and the environment's proxies are ignored, unless the
/// operator says so: both would lead around the check of the address.
pub struct HttpTransport {
    /// Connects to public addresses only.
    public: Client,
    /// Connects to the operator's upstreams.
    overridden: Client,
    addresses: Arc<AddressBook>,
    proxy: ProxyUse,
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
        let proxy = limits.proxy.clone();
        let through = proxy.of_operator();
        let resolver =
            PublicOnly { addresses: Arc::clone(&addresses), proxy: through.map(|proxy| proxy.host().to_owned()) };
        let mut public = builder().https_only(true).dns_resolver(Arc::new(resolver));
        if let Some(through) = through {
            public = public.proxy(through.for_client());
        }
        Ok(Self {
            public: client(public)?,
            overridden: client(builder())?,
            addresses,
            proxy,
            max_response_bytes: limits.max_response_bytes,
        })
    }

    async fn exchange(&self, request: SignedRequest) -> Result<OpenResponse, TransportError> {
        let client = if request.is_overridden { &self.overridden } else { &self.public };
        let timeout = request.timeout;
        let is_overridden = request.is_overridden;
        let proxy = self
            .proxy
            .of_operator()
            .filter(|proxy| !is_overridden && request.url.host_str().is_some_and(|host| proxy.carries(host)));
        let mut outgoing = client.request(request.method, request.url).headers(request.headers).timeout(timeout);
        if let Some(body) = request.body.into_reqwest() {
            outgoing = outgoing.body(body);
        }
        let mut response = outgoing.send().await.map_err(|error| {
            if error.is_connect() {
                match proxy {
                    Some(proxy) => proxy.unreachable(&cause(error)),
                    None if is_overridden => TransportError::Unreachable(cause(error)),
                    None => self.proxy.unreachable(cause(error)),
                }
            } else if error.is_timeout() {
                TransportError::TimedOut(timeout)
            } else {
                TransportError::Broken(cause(error))
            }
        })?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let broke_off = move |error: reqwest::Error| {
            if error.is_timeout() {
                TransportError::TimedOut(timeout)
            } else {
                TransportError::BrokeOff { status, reason: cause(error) }
            }
        };
        let body = stream::unfold(Some(response), move |response| async move {
            let mut response = response?;
            match response.chunk().await {
                Ok(Some(chunk)) => Some((Ok(chunk), Some(response))),
                Ok(None) => None,
                Err(error) => Some((Err(broke_off(error)), None)),
            }
        });
        Ok(OpenResponse { status, headers, body: Box::pin(body) })
    }
}

impl OpenResponse {
    /// Reads the body to its end, up to `limit` bytes.
    pub(crate) async fn whole(mut self, limit: usize, memory: &CallMemory) -> Result<RawResponse, TransportError> {
        let Self { status, headers, .. } = self;
        let too_large = TransportError::TooLarge { status, limit: limit as u64 };
        let announced =
            headers.get(reqwest::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: u64| length > limit as u64) {
            return Err(too_large);
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = self.body.next().await {
            let chunk = chunk?;
            if chunk.len() > limit.saturating_sub(body.len()) {
                return Err(too_large);
            }
            // The buffer grows by doubling.
            memory.take(chunk.len().saturating_mul(2)).map_err(|NoMemory| TransportError::NoMemory { status })?;
            body.extend_from_slice(&chunk);
        }
        Ok(RawResponse { status, headers, body: body.freeze() })
    }
}

impl Transport for HttpTransport {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let checked = match self.proxy.of_operator().filter(|proxy| proxy.carries(host)) {
                Some(_) => self.addresses.check_for_proxy(host).await,
                None => self.addresses.public_addresses(host).await.map(|_| ()),
            };
            checked.map_err(|error| match error {
                AddressError::Unresolved { .. } => self.proxy.unreachable(error.to_string()),
                AddressError::NotPublic { .. } => TransportError::Refused(error.to_string()),
            })
        })
    }

    fn send(&self, request: SignedRequest) -> BoxFuture<'_, Result<RawResponse, TransportError>> {
        Box::pin(async move {
            let memory = request.memory.clone();
            self.exchange(request).await?.whole(self.max_response_bytes, &memory).await
        })
    }

    fn open(&self, request: SignedRequest) -> BoxFuture<'_, Result<OpenResponse, TransportError>> {
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
