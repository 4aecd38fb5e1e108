//! One run's way through the gate: all steps of a request, one after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use tracing::Instrument;

use super::Gate;
use super::answer::{Answer, Refused};
use super::form::{Content, Form, OpenPart, exactly};
use super::message::{AnswerForm, Body, PartContent, Request, Response, SendError, SendErrorKind};
use super::pace::{Road, Turn};
use super::plan::WouldWrite;
use super::policy::{self, Admitted, Refusal, Sender, Signing};
use super::proxy::NAME_PROXY;
use super::sign;
use super::tokens::{Held, Token, TokenFailure, TokenKey};
use super::transport::{BodyStream, RawResponse, RequestBody, SignedRequest, TransportError};
use crate::credential::{Credential, Credentials};
use crate::excerpt::escape_controls;
use crate::exchange::{Exchange, ExchangeOutcome, RecordedBody, TokenFetch};
use crate::files::{FileError, FileInfo, OpenFile};
use crate::journal::{ExchangeIndex, Journal};
use crate::manifest::Manifest;
use crate::memory::{CallMemory, RunMemory};
use crate::provider::signer::Means;
use crate::provider::{Provider, TokenRecipe};
use crate::retry;
use crate::trace::TraceParent;
use crate::vocabulary::{Effect, LogLevel};

/// One run's way through the gate.
pub(crate) struct Passage {
    pub gate: Arc<Gate>,
    pub provider: Arc<Provider>,
    /// What slots sign with: for each the credential of its kind.
    pub credentials: Credentials,
    /// Whose files the run may use.
    pub owner: String,
    /// What the node declares that it does.
    pub effect: Effect,
    /// The node; none where there is no run.
    pub node: Option<Arc<Manifest>>,
    /// Writes are not sent.
    pub dry_run: bool,
    /// Where the call stands in a trace.
    pub trace: Option<TraceParent>,
    pub journal: Arc<Journal>,
    /// The run's part of the memory of all runs; none when there is no run.
    pub memory: Option<Arc<RunMemory>>,
    /// When an answer has to be in at the latest: so long before the run's end that the node can still say what it
    /// came to.
    pub answers_until: Instant,
}

/// A request on its way: all that is sent, less the credential.
pub(super) struct Outgoing<'passage> {
    /// Its place in the record.
    pub index: ExchangeIndex,
    pub admitted: Admitted<'passage>,
    body: Option<Body>,
    pub answer: AnswerForm,
    pub effect: Effect,
    /// The operator's upstream for the host.
    overridden: Option<url::Url>,
    road: Road,
    memory: CallMemory,
}

/// Why a request has no usable answer, and whether it may have been executed.
pub(super) struct Failed {
    error: SendError,
    maybe_executed: bool,
    /// The status of an answer that began.
    status: Option<u16>,
}

/// A request with its credential.
struct Signed {
    request: SignedRequest,
    /// The token that signed it.
    token: Option<Arc<Token>>,
}

impl Passage {
    /// Sends the requests side by side; the answers are in the order of the requests.
    pub async fn send_all(&self, requests: Vec<Request>) -> Result<Vec<Result<Response, SendError>>, WouldWrite> {
        let call = self.journal.next_call();
        self.stop_before_writes(call, &requests)?;
        // Kept until all are answered: what came first is still there when the last comes.
        let memory = self.call_memory();
        // All are begun before the first is sent: the record has them in the node's order.
        let begun: Vec<_> = requests.into_iter().map(|request| self.begin(call, request, &memory)).collect();
        Ok(join_all(begun.into_iter().map(|outgoing| async {
            match outgoing {
                Ok(outgoing) => self.pass(outgoing).await,
                Err(error) => Err(error),
            }
        }))
        .await)
    }

    /// Sends one request.
    pub async fn send(&self, request: Request) -> Result<Result<Response, SendError>, WouldWrite> {
        let call = self.journal.next_call();
        self.stop_before_writes(call, std::slice::from_ref(&request))?;
        Ok(match self.begin(call, request, &self.call_memory()) {
            Ok(outgoing) => self.pass(outgoing).await,
            Err(error) => Err(error),
        })
    }

    fn call_memory(&self) -> CallMemory {
        self.memory.as_ref().map(RunMemory::for_call).unwrap_or_default()
    }

    /// What is known of a file that the run may use.
    pub async fn describe(&self, id: &str) -> Option<FileInfo> {
        let described = self.gate.files.as_ref()?.describe(&self.owner, id).await;
        described.inspect_err(|error| tracing::warn!("a file could not be described: {error}")).ok().flatten()
    }

    /// Steps 1 and 2: what is refused leaves a line and no exchange.
    fn begin(&self, call: u32, request: Request, memory: &CallMemory) -> Result<Outgoing<'_>, SendError> {
        let admitted = self.admit(&request).map_err(|refusal| {
            let Refusal { message, hint } = refusal;
            let message = format!("the gate refused {} {}: {message}", request.method, without_query(&request.url));
            if let Some(line) = self.journal.log(LogLevel::Warn, message.clone()) {
                // The envelope says it too: to a person at a terminal once is enough.
                tracing::info!(provider = %self.provider.id, "{}", escape_controls(&line));
            }
            SendError::new(SendErrorKind::Refused, message, hint)
        })?;
        let overridden = self.gate.upstreams.replace(&admitted.url);
        // What is not signed counts for whom the run is: so no run is held up by another's requests.
        let counts_for = admitted.signing.credential().or_else(|| self.credentials.only());
        let road = Road {
            credential: counts_for.map(|credential| credential.id()),
            api: format!("{} {}", admitted.method, admitted.api),
        };
        let exchange = self.exchange(call, &request, admitted.api.clone(), ExchangeOutcome::Waiting);
        let index = self.journal.begin(exchange);
        let Request { body, answer, effect, .. } = request;
        Ok(Outgoing { index, admitted, body, answer, effect, overridden, road, memory: memory.clone() })
    }

    /// The exchange as it is recorded.
    pub(super) fn exchange(&self, call: u32, request: &Request, api: String, outcome: ExchangeOutcome) -> Exchange {
        Exchange {
            call,
            method: request.method.clone(),
            url: request.url.clone(),
            api,
            headers: request.headers.clone(),
            body: request.body.as_ref().map(recorded),
            slot: request.slot.clone(),
            effect: request.effect,
            attempt: self.journal.attempt(),
            started: Duration::ZERO,
            took: Duration::ZERO,
            token: None,
            resent: 0,
            retry_after: None,
            outcome,
        }
    }

    /// Step 1, and the number of requests.
    pub(super) fn admit(&self, request: &Request) -> Result<Admitted<'_>, Refusal> {
        let limits = &self.gate.limits;
        let limit = limits.max_requests;
        if self.journal.exchanges_begun() >= limit {
            return Err(Refusal {
                message: format!(
                    "the run has sent {limit} requests, which is as many as one run may send (limits.requests_per_run)"
                ),
                hint: "Give the node less to do in one run.".to_owned(),
            });
        }
        let (provider, credentials) = (&*self.provider, &self.credentials);
        let slots = self.node.as_ref().map_or(&[][..], |node| &node.slots);
        policy::admit(request, &Sender { provider, effect: self.effect, slots, credentials, limits })
    }

    /// The steps from 3 on, and the end of the record.
    async fn pass(&self, outgoing: Outgoing<'_>) -> Result<Response, SendError> {
        let Admitted { method, url, api, .. } = &outgoing.admitted;
        let host = url.host_str().unwrap_or_default();
        let span =
            tracing::debug_span!("request", otel.kind = "client", %method, host, api, status = tracing::field::Empty);
        match self.forward(&outgoing).instrument(span.clone()).await {
            Ok(response) => {
                let Response { status, headers, body } = &response;
                span.record("status", status);
                let outcome =
                    ExchangeOutcome::Answered { status: *status, headers: headers.clone(), body: body.recorded() };
                self.journal.end(outgoing.index, outcome);
                Ok(response)
            }
            Err(Failed { error, maybe_executed, status }) => {
                tracing::debug!(provider = %self.provider.id, "no answer: {}", error.message);
                let message = error.message.clone();
                self.journal.end(outgoing.index, ExchangeOutcome::Failed { message, maybe_executed, status });
                Err(error)
            }
        }
    }

    /// Steps 3 to 7.
    async fn forward(&self, outgoing: &Outgoing<'_>) -> Result<Response, Failed> {
        let host = outgoing.admitted.url.host_str().unwrap_or_default();
        if outgoing.overridden.is_none() {
            let resolved = self.gate.transport.resolve(host).await;
            resolved.map_err(|error| Failed::of(error, outgoing.effect))?;
        }
        let mut refused_token: Option<Arc<Token>> = None;
        let (mut rate_refusals, mut refused_with) = (0, None);
        loop {
            let signed =
                self.sign(outgoing, refused_token.as_deref()).await.map_err(|failed| failed.after(refused_with))?;
            let token = signed.token.clone();
            let answer = self.dispatch(signed.request, outgoing, token.as_deref()).await;
            let answer = answer.map_err(|failed| failed.after(refused_with))?;
            let Answer::Whole(raw) = &answer else { return Ok(answer.into_response()) };
            refused_with = Some(raw.status);
            let refusal = Refused::of(outgoing.admitted.signing.slot(), raw);
            let asked = self.asks_for_pause(raw);
            self.journal.note(outgoing.index, |exchange| exchange.retry_after = asked);
            match (refusal, token) {
                (Some(Refused::Token), Some(token)) if refused_token.is_none() => {
                    tracing::debug!(provider = %self.provider.id, "the token was refused; fetching anew");
                    refused_token = Some(token);
                }
                (Some(Refused::Rate), _) => {
                    let Some(pause) = self.pause_for_rate(outgoing, rate_refusals, asked) else {
                        return Ok(answer.into_response());
                    };
                    tracing::debug!(provider = %self.provider.id, ?pause, "a read was refused for its rate");
                    self.gate.clock.sleep(pause).await;
                    rate_refusals += 1;
                }
                _ => return Ok(answer.into_response()),
            }
            self.journal.note(outgoing.index, |exchange| exchange.resent += 1);
        }
    }

    /// How long to wait before a request is sent again that was refused for its rate; none when it is not to be: it is a
    /// write, which the node answers for, or there is no time left. Others on the same road wait in any case.
    fn pause_for_rate(&self, outgoing: &Outgoing<'_>, refusals: u32, asked: Option<Duration>) -> Option<Duration> {
        /// Without a limit of the provider's own.
        const SPAN: Duration = Duration::from_secs(1);
        /// Nobody else is held up for longer, whatever the service asks for.
        const LONGEST_CLOSURE: Duration = Duration::from_secs(10);
        let pace = self.gate.pace(&self.provider);
        let span = pace.as_ref().map_or(SPAN, |pace| pace.span());
        let own = span.saturating_mul(1 << refusals.min(3)).mul_f64(1.0 + fastrand::f64() / 4.0);
        let pause = asked.unwrap_or_default().max(own);
        if let Some(pace) = pace {
            pace.close(&outgoing.road, pause.min(LONGEST_CLOSURE), self.gate.clock.now());
        }
        let may_repeat = outgoing.effect == Effect::Read && refusals < self.gate.limits.max_rate_retries;
        let left = self.answers_until.saturating_duration_since(Instant::now());
        (may_repeat && pause < left).then_some(pause)
    }

    /// Step 4.
    async fn sign(&self, outgoing: &Outgoing<'_>, refused: Option<&Token>) -> Result<Signed, Failed> {
        let mut url = outgoing.overridden.as_ref().unwrap_or(&outgoing.admitted.url).clone();
        let mut headers = outgoing.admitted.headers.clone();
        let body = self.body(outgoing.body.as_ref(), &mut headers).await.map_err(Failed::not_sent)?;
        let mut token = None;
        if let Signing::Signed { means, credential, .. } = outgoing.admitted.signing {
            let added = match means {
                Means::Token { recipe, at } => {
                    let held = self.token(outgoing.index, recipe, credential, refused).await?;
                    sign::add(at, token.insert(held).value(), &mut url, &mut headers)
                }
                Means::Field { field, at } => {
                    sign::field(credential, field).and_then(|secret| sign::add(at, secret, &mut url, &mut headers))
                }
                Means::Basic(fields) => sign::add_basic(fields, credential, &mut headers),
                Means::Signature(signature) => {
                    sign::add_signature(signature, credential, self.gate.clock.since_epoch(), &mut url)
                }
            };
            added.map_err(|error| {
                let message = format!("the request could not be signed: {error}");
                let hint = "Check the credential's values.";
                Failed::not_sent(SendError::new(SendErrorKind::Credential, message, hint))
            })?;
        }
        if let Some(trace) = self.trace.filter(|_| self.provider.trace_context)
            && let Ok(value) = HeaderValue::from_str(&trace.to_string())
        {
            headers.insert(TraceParent::HEADER, value);
        }
        let request = SignedRequest {
            method: outgoing.admitted.method.clone(),
            url,
            headers,
            body,
            is_overridden: outgoing.overridden.is_some(),
            timeout: self.time_left(),
            memory: outgoing.memory.clone(),
        };
        Ok(Signed { request, token })
    }

    /// A token, and in the record what it cost.
    async fn token(
        &self,
        index: ExchangeIndex,
        recipe: &TokenRecipe,
        credential: &Arc<Credential>,
        refused: Option<&Token>,
    ) -> Result<Arc<Token>, Failed> {
        let key =
            TokenKey { credential: credential.id(), values: credential.fingerprint(), recipe: recipe.name.clone() };
        let clock = &*self.gate.clock;
        match self.gate.tokens.get(&key, refused, clock, || self.fetch_token(recipe, credential)).await {
            Ok(Held { token, fetched }) => {
                if let Some(status) = fetched {
                    self.journal.note(index, |exchange| exchange.token = Some(TokenFetch { status, succeeded: true }));
                }
                Ok(token)
            }
            Err(TokenFailure { error, status, retry_after }) => {
                self.journal.note(index, |exchange| {
                    exchange.token = Some(TokenFetch { status, succeeded: false });
                    exchange.retry_after = retry_after;
                });
                Err(Failed::not_sent(error))
            }
        }
    }

    /// The body as it is sent, with its files opened, and the header that says what it is.
    async fn body(&self, body: Option<&Body>, headers: &mut HeaderMap) -> Result<RequestBody, SendError> {
        let (body, content_type) = match body {
            None => return Ok(RequestBody::Empty),
            Some(Body::Bytes(bytes)) => return Ok(RequestBody::Bytes(bytes.clone())),
            Some(Body::File(id)) => {
                let file = self.open(id).await?;
                let (length, content_type) = (file.info.size, file.info.media_type.clone());
                (RequestBody::Stream(BodyStream { length, content: exactly(file) }), content_type)
            }
            Some(Body::Parts(parts)) => {
                let mut open = Vec::with_capacity(parts.len());
                for part in parts {
                    open.push(OpenPart {
                        name: part.name.clone(),
                        file_name: part.file_name.clone(),
                        content_type: part.content_type.clone(),
                        content: match &part.content {
                            PartContent::Bytes(bytes) => Content::Bytes(bytes.clone()),
                            PartContent::File(id) => Content::File(self.open(id).await?),
                        },
                    });
                }
                let form = Form::of(open);
                let content_type = form.content_type();
                (form.into_body(), content_type)
            }
        };
        if !headers.contains_key(CONTENT_TYPE)
            && let Ok(value) = HeaderValue::from_str(&content_type)
        {
            headers.insert(CONTENT_TYPE, value);
        }
        Ok(body)
    }

    async fn open(&self, id: &str) -> Result<OpenFile, SendError> {
        const NOT_SENT: &str = "The request was not sent.";
        let failed = |message: String, hint: String| SendError::new(SendErrorKind::File, message, hint);
        let Some(files) = &self.gate.files else {
            return Err(failed(
                format!("the node names the file `{id}`, and this host keeps no files"),
                format!("{NOT_SENT} Run the node where files are kept."),
            ));
        };
        let file = files.open(&self.owner, id).await.map_err(|error| match error {
            FileError::NotFound(_) => failed(error.to_string(), format!("{NOT_SENT} Give a file that is there.")),
            other => {
                tracing::warn!(cause = other.source_text(), "a file could not be opened: {other}");
                failed(other.to_string(), format!("{NOT_SENT} Run it again later.")).retryable(true)
            }
        })?;
        let (size, limit) = (file.info.size, self.gate.limits.max_file_bytes);
        if size > limit {
            let hint = format!("{NOT_SENT} Give a smaller file, or raise the limit of a file's size.");
            return Err(failed(format!("the file `{id}` has {size} bytes, and may have {limit}"), hint));
        }
        Ok(file)
    }

    /// Step 5 and 7.
    async fn dispatch(
        &self,
        mut request: SignedRequest,
        outgoing: &Outgoing<'_>,
        token: Option<&Token>,
    ) -> Result<Answer, Failed> {
        // The last lock: whatever went before, a dry run does not write.
        if self.dry_run && outgoing.effect == Effect::Write {
            let hint = "Run it without dry_run.";
            return Err(Failed::not_sent(SendError::new(SendErrorKind::Refused, "a dry run sends no writes", hint)));
        }
        let waited_too_long = || {
            let message = "the request's turn had not come when the run's time was up; it was not sent";
            let hint = "Run it again later, send less at once, or raise the timeout.";
            Failed::not_sent(SendError::new(SendErrorKind::Timeout, message, hint).retryable(true))
        };
        let turn = tokio::time::timeout(self.time_left(), self.turn(outgoing)).await;
        let Ok((turn, _places)) = turn else { return Err(waited_too_long()) };
        request.timeout = self.time_left();
        if request.timeout.is_zero() {
            return Err(waited_too_long());
        }
        if let Some(turn) = turn {
            turn.take(self.gate.clock.now());
        }
        self.journal.note(outgoing.index, |exchange| exchange.outcome = ExchangeOutcome::Sent);
        self.receive(request, outgoing, token).await
    }

    /// Waits until a request may go out. Whose turn it is waits for its places with those behind it waiting: so the moment
    /// at which it goes out is the one that counts, and one request of an API at a time waits for a place.
    async fn turn(&self, outgoing: &Outgoing<'_>) -> (Option<Turn>, impl Sized + use<>) {
        let turn = match self.gate.pace(&self.provider) {
            Some(pace) => Some(pace.turn(&outgoing.road, &*self.gate.clock).await),
            None => None,
        };
        // Always in this order, so that no two requests wait for each other.
        let of_credential = match &outgoing.road.credential {
            Some(credential) => Some(self.gate.credentials.enter(credential).await),
            None => None,
        };
        let of_host = self.gate.hosts.enter(outgoing.admitted.url.host_str().unwrap_or_default()).await;
        (turn, (of_credential, of_host))
    }

    /// How long the service wants to be left alone.
    pub(super) fn asks_for_pause(&self, response: &RawResponse) -> Option<Duration> {
        if response.status < 400 {
            return None;
        }
        let value = response.headers.get(RETRY_AFTER)?.to_str().ok()?;
        retry::after(value, self.gate.clock.since_epoch())
    }

    /// How long an answer may still take.
    pub(super) fn time_left(&self) -> Duration {
        self.answers_until.saturating_duration_since(Instant::now()).min(self.gate.limits.request_timeout)
    }
}

impl Failed {
    pub fn not_sent(error: SendError) -> Self {
        Self { error, maybe_executed: false, status: None }
    }

    /// The failure of a request that was to be sent once more, after an answer of this status.
    fn after(self, status: Option<u16>) -> Self {
        Self { status: self.status.or(status), ..self }
    }

    /// The failure of a request of that effect for want of an answer.
    pub fn of(error: TransportError, effect: Effect) -> Self {
        const LOOK: &str = "The service may have executed the request: look before trying again.";
        const AGAIN: &str = "Nothing was changed: run it again.";
        let (kind, status) = (kind_of(&error), error.status());
        let sent = matches!(kind, SendErrorKind::Timeout | SendErrorKind::Broken);
        let maybe_executed = sent && effect == Effect::Write;
        let passes = !matches!(
            error,
            TransportError::Refused(_) | TransportError::TooLarge { .. } | TransportError::Encoded { .. }
        );
        let hint = match error {
            TransportError::Refused(_) => "An operator can allow the address with --upstream HOST=URL.",
            TransportError::UnreachableDirectly(_) => NAME_PROXY,
            TransportError::Unreachable(_) => {
                "Nothing was sent: check that this machine reaches the service, then run it again."
            }
            _ if maybe_executed => LOOK,
            TransportError::TooLarge { .. } => "Ask for less at once, or raise limits.max_response.",
            TransportError::NoMemory { .. } => "Run it again later, or raise limits.memory.",
            TransportError::Encoded { .. } => "Report it to who runs the service, or what stands before it.",
            TransportError::TimedOut(_) | TransportError::Broken(_) | TransportError::BrokeOff { .. } => AGAIN,
        };
        let error = SendError::new(kind, error.to_string(), hint).retryable(passes && !maybe_executed);
        Self { error, maybe_executed, status }
    }

    /// The failure of a request that was answered, and whose answer can not be used.
    pub fn unusable(status: u16, effect: Effect, message: String, hint: &str) -> Self {
        let error = SendError::new(SendErrorKind::Broken, message, hint);
        Self { error, maybe_executed: effect == Effect::Write, status: Some(status) }
    }
}

pub(super) fn kind_of(error: &TransportError) -> SendErrorKind {
    match error {
        TransportError::Refused(_) => SendErrorKind::Refused,
        TransportError::Unreachable(_) | TransportError::UnreachableDirectly(_) => SendErrorKind::Unreachable,
        TransportError::TimedOut(_) => SendErrorKind::Timeout,
        TransportError::Broken(_)
        | TransportError::BrokeOff { .. }
        | TransportError::TooLarge { .. }
        | TransportError::NoMemory { .. }
        | TransportError::Encoded { .. } => SendErrorKind::Broken,
    }
}

/// A body as the record has it: bytes as they are, files by their names.
fn recorded(body: &Body) -> RecordedBody {
    match body {
        Body::Bytes(bytes) => RecordedBody::of(bytes),
        named => RecordedBody::of(&Bytes::from(super::plan::shown(named).to_string())),
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}
