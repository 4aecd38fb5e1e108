//! The only way out of the sandbox. For every request, in this order:
//!
//! 1. [`policy`]: sizes are bounded, the URL is parsed once; scheme, host, port, API, headers, query and slot are admitted
//!    or refused
//! 2. the exchange is recorded as it stands, with no secret in it; a dry run that came to a write ends here ([`plan`])
//! 3. the host is resolved, and refused unless it is public or an operator's upstream
//! 4. [`sign`]: the slot adds the credential, with a token from [`tokens`]; files are opened
//! 5. [`transport`] sends it, bounded in time and size, at the [`pace`] of its API and in the [`lanes`] of its host and
//!    credential
//! 6. an answer that refuses the token leads to one new token and one more attempt, a read that is refused for its rate is
//!    sent again: nothing was executed
//! 7. the secrets' own bytes are taken out of the answer ([`crate::scrub`]), which is kept as a file if the node wants one
//!    ([`answer`])

mod addresses;
mod answer;
mod form;
mod lanes;
pub(crate) mod message;
mod pace;
mod passage;
mod plan;
mod policy;
mod proxy;
mod sign;
#[cfg(test)]
mod tests;
mod token_request;
mod tokens;
mod transport;
mod upstream;

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::credential::{CredentialFailure, CredentialId, FetchedToken};
use crate::files::FileStore;
use crate::id::Name;
use crate::provider::{Provider, RateLimit};
use crate::traffic::Traffic;
use crate::vocabulary::FailureKind;
use lanes::Lanes;
use message::SendErrorKind;
use pace::Pace;
use tokens::{TokenFailure, Tokens};
use upstream::Upstreams;

pub(crate) use passage::Passage;
pub(crate) use plan::WouldWrite;
pub use proxy::{Proxy, ProxyAddress, ProxyError, ProxyLogin, ProxyUse};
pub use tokens::{MemoryTokens, Token, TokenKey, TokenStore};
pub use transport::{
    BodyStream, HttpLimits, HttpTransport, OpenResponse, RawResponse, RequestBody, ResponseStream, SignedRequest,
    Transport, TransportError,
};
pub use upstream::{Upstream, UpstreamError};

/// Limits of the gate.
#[derive(Debug, Clone)]
pub struct GateLimits {
    /// Requests that one run may send.
    pub max_requests: usize,
    /// Requests that may be under way to one host at a time, those for tokens included; further ones wait.
    pub max_concurrent_per_host: usize,
    /// Requests that may be under way with one credential at a time; further ones wait.
    pub max_concurrent_per_credential: usize,
    /// How long an answer may take.
    pub request_timeout: Duration,
    /// The longest URL of a request, in bytes.
    pub max_url_bytes: usize,
    /// The longest headers of a request, in bytes, names and values together.
    pub max_header_bytes: usize,
    /// The largest body of a request, in bytes; files in it have a limit of their own.
    pub max_request_bytes: usize,
    /// The largest file that is sent, or kept of an answer, in bytes.
    pub max_file_bytes: u64,
    /// How often a read is sent again that the service refuses for its rate.
    pub max_rate_retries: u32,
    /// Whether another process may have sent requests until this one began, as when a service is started anew. What it may
    /// have sent then counts: nothing is sent in the first span of a rate limit.
    pub follows_another: bool,
}

impl GateLimits {
    const MAX_URL_BYTES: usize = 64 << 10;
    const MAX_HEADER_BYTES: usize = 64 << 10;
    const MAX_REQUEST_BYTES: usize = 32 << 20;
    const MAX_FILE_BYTES: u64 = 1 << 30;
    const MAX_RATE_RETRIES: u32 = 20;
}

impl Default for GateLimits {
    fn default() -> Self {
        Self {
            max_requests: 256,
            max_concurrent_per_host: 256,
            max_concurrent_per_credential: 256,
            request_timeout: Duration::from_secs(60),
            max_url_bytes: Self::MAX_URL_BYTES,
            max_header_bytes: Self::MAX_HEADER_BYTES,
            max_request_bytes: Self::MAX_REQUEST_BYTES,
            max_file_bytes: Self::MAX_FILE_BYTES,
            max_rate_retries: Self::MAX_RATE_RETRIES,
            follows_another: false,
        }
    }
}

/// What a gate stands on.
pub(crate) struct GateParts {
    pub transport: Arc<dyn Transport>,
    pub upstreams: Vec<Upstream>,
    pub limits: GateLimits,
    pub clock: Arc<dyn Clock>,
    pub tokens: Arc<dyn TokenStore>,
    pub files: Option<Arc<dyn FileStore>>,
}

/// The gate of a runtime: what all runs share.
pub(crate) struct Gate {
    transport: Arc<dyn Transport>,
    upstreams: Upstreams,
    limits: GateLimits,
    clock: Arc<dyn Clock>,
    tokens: Tokens,
    files: Option<Arc<dyn FileStore>>,
    /// The pace of each provider, with the limit that it was made for.
    paces: Mutex<HashMap<Name, (RateLimit, Arc<Pace>)>>,
    hosts: Lanes<String>,
    credentials: Lanes<CredentialId>,
    token_fetches: AtomicU64,
    failed_token_fetches: AtomicU64,
    /// When this process began, if another may have sent requests until then.
    follows: Option<Instant>,
}

impl Gate {
    pub fn new(parts: GateParts) -> Self {
        let GateParts { transport, upstreams, limits, clock, tokens, files } = parts;
        Self {
            transport,
            upstreams: upstreams.into_iter().collect(),
            hosts: Lanes::new(limits.max_concurrent_per_host),
            credentials: Lanes::new(limits.max_concurrent_per_credential),
            follows: limits.follows_another.then(|| clock.now()),
            limits,
            clock,
            tokens: Tokens::new(tokens),
            files,
            paces: Mutex::default(),
            token_fetches: AtomicU64::new(0),
            failed_token_fetches: AtomicU64::new(0),
        }
    }

    /// How full the way to each host is.
    pub fn hosts(&self) -> Vec<(String, Traffic)> {
        self.hosts.traffic()
    }

    /// Requests for tokens since the start: those that gave one, and those that did not.
    pub fn token_fetches(&self) -> (u64, u64) {
        (self.token_fetches.load(Relaxed), self.failed_token_fetches.load(Relaxed))
    }

    /// The pace that the provider's limit sets; none when it has no limit.
    fn pace(&self, provider: &Provider) -> Option<Arc<Pace>> {
        let limit = provider.rate_limit.as_ref()?;
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, pace)) = paces.get(&provider.id)
            && known == limit
        {
            return Some(Arc::clone(pace));
        }
        let pace = Arc::new(Pace::new(limit, self.follows));
        paces.insert(provider.id.clone(), (limit.clone(), Arc::clone(&pace)));
        Some(pace)
    }
}

impl Passage {
    /// Fetches each token that the credentials are good for, anew.
    pub async fn test_credentials(&self) -> Result<Vec<FetchedToken>, CredentialFailure> {
        let mut tokens = Vec::new();
        for recipe in &self.provider.tokens {
            let Some(credential) = self.credentials.of_kind(&self.provider.id, &recipe.credential) else { continue };
            let (token, _) = self.fetch_token(recipe, credential).await.map_err(CredentialFailure::from)?;
            let lifetime = token.lives_for(self.gate.clock.since_epoch());
            tokens.push(FetchedToken { name: recipe.name.clone(), lifetime });
        }
        Ok(tokens)
    }
}

impl From<TokenFailure> for CredentialFailure {
    fn from(TokenFailure { error, status, .. }: TokenFailure) -> Self {
        let kind = match error.kind {
            SendErrorKind::Refused | SendErrorKind::File => FailureKind::Refused,
            // The service was busy: the credential is not at fault.
            SendErrorKind::Credential if error.retryable && status >= 500 => FailureKind::System,
            SendErrorKind::Credential if error.retryable => FailureKind::RateLimit,
            SendErrorKind::Credential => FailureKind::Auth,
            SendErrorKind::Unreachable | SendErrorKind::Broken => FailureKind::Network,
            SendErrorKind::Timeout => FailureKind::Timeout,
        };
        let (message, hint, retryable) = (error.message, error.hint, error.retryable);
        Self { kind, message, hint, retryable, original_status_code: status }
    }
}
