//! The only way out of the sandbox. For every request, in this order:
//!
//! 1. [`policy`]: the URL is parsed once; scheme, host, port, headers, query and slot are admitted or refused
//! 2. the exchange is recorded as it stands, with no secret in it; a dry run that came to a write ends here ([`plan`])
//! 3. the host is resolved, and refused unless it is public or an operator's upstream
//! 4. [`sign`]: the slot adds the credential, with a token from [`tokens`]
//! 5. [`transport`] sends it, bounded in time and size, in the [`lanes`] of its host and credential, at the pace of
//!    [`rates`]
//! 6. an answer that refuses the token leads to one new token and one more attempt: nothing was executed
//! 7. [`scrub`] takes the secrets' own bytes out of the answer

mod addresses;
pub(crate) mod lanes;
mod plan;
mod policy;
mod rates;
pub(crate) mod scrub;
mod sign;
mod token_request;
mod tokens;
mod transport;
mod upstream;

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::bindings::http::{Request, Response, SendError, SendErrorKind};
use crate::clock::Clock;
use crate::credential::{Credential, Fingerprint};
use crate::id::Name;
use crate::manifest::Effect;
use crate::provider::{Provider, Sign, Slot};
use crate::record::{Exchange, ExchangeIndex, ExchangeOutcome, Journal, LogLevel, RecordedBody};
use crate::retry;
use crate::trace::TraceParent;
use lanes::{Lanes, Traffic};
use policy::{Admitted, Refusal};
use rates::Rates;
use tokens::{Token, TokenCache, TokenKey};
use upstream::Upstreams;

pub(crate) use plan::WouldWrite;
pub use transport::{BoxFuture, HttpLimits, HttpTransport, RawResponse, SignedRequest, Transport, TransportError};
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
}

impl Default for GateLimits {
    fn default() -> Self {
        Self {
            max_requests: 256,
            max_concurrent_per_host: 256,
            max_concurrent_per_credential: 256,
            request_timeout: Duration::from_secs(60),
        }
    }
}

/// The gate of a runtime: what all runs share.
pub(crate) struct Gate {
    transport: Arc<dyn Transport>,
    upstreams: Upstreams,
    limits: GateLimits,
    clock: Arc<dyn Clock>,
    tokens: TokenCache,
    rates: Mutex<HashMap<Name, Option<Arc<Rates>>>>,
    hosts: Lanes<String>,
    credentials: Lanes<Fingerprint>,
    token_fetches: AtomicU64,
    failed_token_fetches: AtomicU64,
}

/// One run's way through the gate.
pub(crate) struct Passage {
    pub gate: Arc<Gate>,
    pub provider: Arc<Provider>,
    pub credential: Option<Arc<Credential>>,
    /// What the node declares that it does.
    pub effect: Effect,
    /// Writes are not sent.
    pub dry_run: bool,
    /// Where the call stands in a trace.
    pub trace: Option<TraceParent>,
    pub journal: Arc<Journal>,
    /// When an answer has to be in at the latest: so long before the run's end that the node can still say what it
    /// came to.
    pub answers_until: Instant,
}

/// A request on its way: all that is sent, less the credential.
struct Outgoing<'passage> {
    /// Its place in the record.
    index: ExchangeIndex,
    admitted: Admitted<'passage>,
    body: Option<Bytes>,
    /// The operator's upstream for the host.
    overridden: Option<url::Url>,
}

/// Why a request has no usable answer, and whether it may have been executed.
struct Failed {
    error: SendError,
    maybe_executed: bool,
}

impl Gate {
    pub fn new(
        transport: Arc<dyn Transport>,
        upstreams: impl IntoIterator<Item = Upstream>,
        limits: GateLimits,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            transport,
            upstreams: upstreams.into_iter().collect(),
            hosts: Lanes::new(limits.max_concurrent_per_host),
            credentials: Lanes::new(limits.max_concurrent_per_credential),
            limits,
            clock,
            tokens: TokenCache::default(),
            rates: Mutex::default(),
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

    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn rates(&self, provider: &Provider) -> Option<Arc<Rates>> {
        let limit = provider.rate_limit.as_ref()?;
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        rates.entry(provider.id.clone()).or_insert_with(|| Rates::new(limit).map(Arc::new)).clone()
    }
}

impl Passage {
    /// Sends the requests side by side; the answers are in the order of the requests.
    pub async fn send_all(&self, requests: Vec<Request>) -> Result<Vec<Result<Response, SendError>>, WouldWrite> {
        self.stop_before_writes(&requests)?;
        let are_several = requests.len() > 1;
        let answers = join_all(requests.into_iter().map(|request| self.pass(request))).await;
        if are_several {
            self.journal.last_does_not_stand_alone();
        }
        Ok(answers)
    }

    /// Sends one request.
    pub async fn send(&self, request: Request) -> Result<Result<Response, SendError>, WouldWrite> {
        self.stop_before_writes(std::slice::from_ref(&request))?;
        Ok(self.pass(request).await)
    }

    /// All steps.
    async fn pass(&self, request: Request) -> Result<Response, SendError> {
        let admitted = self.admit(&request).map_err(|refusal| {
            self.journal.last_does_not_stand_alone();
            let Refusal { message, hint } = refusal;
            let message = format!("the gate refused {} {}: {message}", request.method, without_query(&request.url));
            if let Some(line) = self.journal.log(LogLevel::Warn, message.clone()) {
                tracing::warn!(provider = %self.provider.id, "{line}");
            }
            SendError { kind: SendErrorKind::Refused, message, hint, retryable: false }
        })?;
        let effect = Effect::from(request.effect);
        let (exchange, body) = self.exchange(request, ExchangeOutcome::Waiting);
        let index = self.journal.begin(exchange);
        let overridden = self.gate.upstreams.replace(&admitted.url);
        let outgoing = Outgoing { index, admitted, body, overridden };
        match self.forward(&outgoing, effect).await {
            Ok(response) => Ok(self.answered(index, response)),
            Err(Failed { error, maybe_executed }) => {
                tracing::debug!(provider = %self.provider.id, "no answer: {}", error.message);
                let message = error.message.clone();
                self.journal.end(index, ExchangeOutcome::Failed { message, maybe_executed });
                Err(error)
            }
        }
    }

    /// Step 2: the exchange as it is recorded, and the request's body.
    fn exchange(&self, request: Request, outcome: ExchangeOutcome) -> (Exchange, Option<Bytes>) {
        let body = request.body.map(Bytes::from);
        let exchange = Exchange {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: body.as_ref().map(RecordedBody::of),
            slot: request.slot,
            effect: request.effect.into(),
            attempt: self.journal.attempt(),
            started: Duration::ZERO,
            took: Duration::ZERO,
            outcome,
        };
        (exchange, body)
    }

    /// Step 1, and the number of requests.
    fn admit(&self, request: &Request) -> Result<Admitted<'_>, Refusal> {
        let limit = self.gate.limits.max_requests;
        if self.journal.exchanges_begun() >= limit {
            return Err(Refusal {
                message: format!("the run has sent {limit} requests, which is as many as one run may send"),
                hint: "Give the node less to do in one run.".to_owned(),
            });
        }
        policy::admit(request, &self.provider, self.effect, self.credential.as_deref())
    }

    /// Steps 3 to 7.
    async fn forward(&self, outgoing: &Outgoing<'_>, effect: Effect) -> Result<RawResponse, Failed> {
        let host = outgoing.admitted.url.host_str().unwrap_or_default();
        if outgoing.overridden.is_none() {
            let resolved = self.gate.transport.resolve(host).await;
            resolved.map_err(|error| self.failed(error, effect))?;
        }
        let mut refused: Option<Arc<Token>> = None;
        loop {
            let token = self.token(outgoing.admitted.slot, refused.as_ref()).await.map_err(Failed::not_sent)?;
            let signed = self.sign(outgoing, token.as_deref())?;
            let mut response = self.dispatch(signed, outgoing, effect).await?;
            self.scrub(&mut response, token.as_deref());
            match (outgoing.admitted.slot, token) {
                (Some(slot), Some(token)) if refused.is_none() && refuses_token(slot, &response) => {
                    tracing::debug!(provider = %self.provider.id, slot = %slot.name, "the token was refused; fetching anew");
                    refused = Some(token);
                }
                _ => return Ok(response),
            }
        }
    }

    /// Step 4: the slot's token, when it has one.
    async fn token(&self, slot: Option<&Slot>, refused: Option<&Arc<Token>>) -> Result<Option<Arc<Token>>, SendError> {
        let (Some(slot), Some(credential)) = (slot, &self.credential) else { return Ok(None) };
        let (Sign::TokenHeader { token, .. } | Sign::TokenQuery { token, .. }) = &slot.sign else { return Ok(None) };
        // A checked provider has every recipe that its slots name.
        let Some(recipe) = self.provider.token(token) else { return Ok(None) };
        let key = TokenKey { credential: credential.fingerprint(), recipe: recipe.name.clone() };
        let clock = &*self.gate.clock;
        self.gate.tokens.get(key, refused, clock, || self.fetch_token(recipe, credential)).await.map(Some)
    }

    /// Step 4: the request with the credential.
    fn sign(&self, outgoing: &Outgoing<'_>, token: Option<&Token>) -> Result<SignedRequest, Failed> {
        let mut url = outgoing.overridden.as_ref().unwrap_or(&outgoing.admitted.url).clone();
        let mut headers = outgoing.admitted.headers.clone();
        let applied = match (outgoing.admitted.slot.map(|slot| &slot.sign), token, &self.credential) {
            (Some(Sign::TokenHeader { header, .. }), Some(token), _) => {
                sign::add_header(&mut headers, header, &token.value)
            }
            (Some(Sign::TokenQuery { query, .. }), Some(token), _) => {
                sign::add_query(&mut url, query, token.value.expose_secret());
                Ok(())
            }
            (Some(sign @ Sign::SignedQuery { .. }), _, Some(credential)) => {
                sign::sign_query(sign, credential, self.gate.clock.since_epoch(), &mut url);
                Ok(())
            }
            _ => Ok(()),
        };
        applied.map_err(|reason| {
            Failed::not_sent(SendError {
                kind: SendErrorKind::Credential,
                message: format!("the request could not be signed: {reason}"),
                hint: "Check the credential's values.".to_owned(),
                retryable: false,
            })
        })?;
        if let Some(trace) = self.trace.filter(|_| self.provider.trace_context)
            && let Ok(value) = HeaderValue::from_str(&trace.to_string())
        {
            headers.insert(TraceParent::HEADER, value);
        }
        Ok(SignedRequest {
            method: outgoing.admitted.method.clone(),
            url,
            headers,
            body: outgoing.body.clone(),
            is_overridden: outgoing.overridden.is_some(),
            timeout: self.time_left(),
        })
    }

    /// Step 5.
    async fn dispatch(
        &self,
        mut signed: SignedRequest,
        outgoing: &Outgoing<'_>,
        effect: Effect,
    ) -> Result<RawResponse, Failed> {
        // The last lock: whatever went before, a dry run does not write.
        if self.dry_run && effect == Effect::Write {
            return Err(Failed::not_sent(SendError {
                kind: SendErrorKind::Refused,
                message: "a dry run sends no writes".to_owned(),
                hint: "Run it without dry_run.".to_owned(),
                retryable: false,
            }));
        }
        let url = &outgoing.admitted.url;
        let credential = self.credential.as_ref().map(|credential| credential.fingerprint());
        let turn = async {
            if let Some(rates) = self.gate.rates(&self.provider) {
                rates.turn(credential, signed.method.as_str(), url.path()).await;
            }
            // Always in this order, so that no two requests wait for each other.
            let of_credential = match &credential {
                Some(credential) => Some(self.gate.credentials.enter(credential).await),
                None => None,
            };
            (of_credential, self.gate.hosts.enter(url.host_str().unwrap_or_default()).await)
        };
        let waited_too_long = || {
            Failed::not_sent(SendError {
                kind: SendErrorKind::Timeout,
                message: "the request's turn had not come when the run's time was up; it was not sent".to_owned(),
                hint: "Run it again later, send less at once, or raise the timeout.".to_owned(),
                retryable: true,
            })
        };
        let Ok(_places) = tokio::time::timeout(self.time_left(), turn).await else { return Err(waited_too_long()) };
        signed.timeout = self.time_left();
        if signed.timeout.is_zero() {
            return Err(waited_too_long());
        }
        self.journal.sending(outgoing.index);
        let answer = self.gate.transport.send(signed).await;
        if let Ok(response) = &answer {
            self.note_retry_after(response);
        }
        if let Some(status) = answer.as_ref().map_or_else(TransportError::status, |response| Some(response.status)) {
            self.journal.note_status(status);
        }
        answer.map_err(|error| self.failed(error, effect))
    }

    /// Step 7.
    fn scrub(&self, response: &mut RawResponse, token: Option<&Token>) {
        let of_credential = self.credential.as_ref().map(|credential| credential.scrubber());
        for scrubber in of_credential.into_iter().chain(token.map(|token| &token.scrubber)) {
            response.body = scrubber.body(std::mem::take(&mut response.body));
            for value in response.headers.values_mut() {
                scrubber.header(value);
            }
        }
    }

    fn answered(&self, index: ExchangeIndex, response: RawResponse) -> Response {
        let headers = header_texts(&response.headers);
        let outcome = ExchangeOutcome::Answered {
            status: response.status,
            headers: headers.clone(),
            body: RecordedBody::of(&response.body),
        };
        self.journal.end(index, outcome);
        Response { status: response.status, headers, body: response.body.into() }
    }

    /// Notes how long the service wants to be left alone.
    fn note_retry_after(&self, response: &RawResponse) {
        let asks = response.status >= 400;
        let value = asks.then(|| response.headers.get(RETRY_AFTER)?.to_str().ok()).flatten();
        self.journal.note_retry_after(value.and_then(|value| retry::after(value, self.gate.clock.since_epoch())));
    }

    /// How long an answer may still take.
    fn time_left(&self) -> Duration {
        self.answers_until.saturating_duration_since(Instant::now()).min(self.gate.limits.request_timeout)
    }

    fn failed(&self, error: TransportError, effect: Effect) -> Failed {
        const LOOK: &str = "The service may have executed the request: look before trying again.";
        const AGAIN: &str = "Nothing was changed: run it again.";
        let message = error.to_string();
        let kind = kind_of(&error);
        let sent = matches!(kind, SendErrorKind::Timeout | SendErrorKind::Broken);
        let maybe_executed = sent && effect == Effect::Write;
        let passes = !matches!(error, TransportError::Refused(_) | TransportError::TooLarge { .. });
        let hint = match error {
            TransportError::Refused(_) => "An operator can allow the address with --upstream HOST=URL.",
            TransportError::Unreachable(_) => {
                "Nothing was sent: check that this machine reaches the service, then run it again."
            }
            _ if maybe_executed => LOOK,
            TransportError::TooLarge { .. } => "Ask for less at once.",
            _ => AGAIN,
        };
        let error = SendError { kind, message, hint: hint.to_owned(), retryable: passes && !maybe_executed };
        Failed { error, maybe_executed }
    }
}

impl Failed {
    fn not_sent(error: SendError) -> Self {
        Self { error, maybe_executed: false }
    }
}

fn kind_of(error: &TransportError) -> SendErrorKind {
    match error {
        TransportError::Refused(_) => SendErrorKind::Refused,
        TransportError::Unreachable(_) => SendErrorKind::Unreachable,
        TransportError::TimedOut(_) => SendErrorKind::Timeout,
        TransportError::Broken(_) | TransportError::BrokeOff { .. } | TransportError::TooLarge { .. } => {
            SendErrorKind::Broken
        }
    }
}

/// Step 6: whether the answer is one that the slot declares as a refusal of its token.
fn refuses_token(slot: &Slot, response: &RawResponse) -> bool {
    if slot.token_refused.is_empty() {
        return false;
    }
    // A long body is data, and a refusal is short: large answers are not parsed a second time.
    const LONGEST_REFUSAL: usize = 16 << 10;
    let json: Option<Value> =
        (response.body.len() <= LONGEST_REFUSAL).then(|| serde_json::from_slice(&response.body).ok()).flatten();
    slot.token_refused.iter().any(|rule| rule.matches(response.status, json.as_ref()))
}

fn header_texts(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}
