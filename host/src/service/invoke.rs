//! Running nodes for callers.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use patchbay_runtime::{Credential, Effect, Envelope, Invocation, Manifest, TraceParent};
use schemars::JsonSchema;
use serde_json::json;
use tracing::Instrument;

use super::Service;
use super::access::{Caller, Needs};
use super::body::InvokeBody;
use super::extract::{Body, PathOf};
use super::idempotency::{self, Asked, Running, Turn};
use super::load::Place;
use super::openapi::Endpoint;
use super::problem::Problem;
use super::trace;
use crate::keys::Access;
use crate::store::{BodyDigest, CallKey, RunId};

/// The header of an answer that names its run.
pub const RUN_ID: HeaderName = HeaderName::from_static("patchbay-run-id");

/// A call that wants a node to be run.
pub struct Call {
    pub manifest: Arc<Manifest>,
    pub body: InvokeBody,
    /// Its idempotency key.
    pub key: Option<String>,
    pub trace: Option<TraceParent>,
    pub access: Arc<Access>,
}

/// What a call came to.
pub struct Answer {
    pub run: RunId,
    pub envelope: Envelope,
    /// It was answered before.
    pub is_replay: bool,
}

/// A call that is ready to run.
struct Ready {
    id: RunId,
    invocation: Invocation,
    manifest: Arc<Manifest>,
    access: Arc<Access>,
}

impl Answer {
    fn new(run: RunId, envelope: Envelope) -> Self {
        Self { run, envelope, is_replay: false }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Json(self.envelope).into_response();
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::try_from(self.run.to_string()) {
            headers.insert(RUN_ID, id);
        }
        if self.is_replay {
            headers.insert(idempotency::REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// The form of an idempotency key, for the document.
#[derive(JsonSchema)]
#[schemars(transparent, inline)]
#[expect(dead_code, reason = "the header is read as it is")]
struct KeyText(#[schemars(length(min = 1, max = 255), regex(pattern = r"^[ -~]+$"))] String);

/// The endpoint.
pub fn endpoints() -> Vec<Endpoint<Arc<Service>>> {
    vec![Endpoint {
        method: Method::POST,
        path: "/v1/nodes/{provider}/{operation}/invoke",
        needs: Some(Needs::Invoke),
        handler: post(invoke),
        describe: |operation| {
            let text = "Runs the node once. Whatever it comes to, a parameter error included, is HTTP 200 with the envelope. \
                        A caller who hangs up does not stop the run.";
            let example = json!({ "options": { "UserId": "manager001" }, "credential": "demo" });
            operation
                .named("invoke", "Invocations", "Invoke a node", text)
                .path::<String>("provider", "The provider: the first part of the node's id.")
                .path::<String>("operation", "The operation: the second part of the node's id.")
                .header::<KeyText>(
                    "Idempotency-Key",
                    "A text of the caller's, 1 to 255 visible ASCII characters: the same call under the same key is \
                     executed once, and answered again with what it came to.",
                )
                .header::<String>("traceparent", "Where the call stands in a trace (W3C Trace Context).")
                .body::<InvokeBody>(example)
                .answer::<Envelope>(200, "What the node came to.")
                .answer_header(200, "Patchbay-Run-Id", "The run's id.", json!({ "type": "string", "format": "uuid" }))
                .answer_header(
                    200,
                    "Idempotency-Replayed",
                    "`true` when this was answered before.",
                    json!({ "type": "string", "const": "true" }),
                )
                .problems(&[
                    (400, "Not JSON, a path that is not text, an unknown credential, or an unusable key or value."),
                    (404, "There is no such node."),
                    (409, "Something else was asked under this idempotency key."),
                    (413, "The body is too large."),
                    (415, "The content type is not JSON."),
                    (422, "The body is JSON of another form."),
                    (500, "The service itself failed."),
                    (503, "There is no room now; nothing was executed."),
                ])
                .answer_header(503, "Retry-After", "Seconds.", json!({ "type": "integer" }))
        },
    }]
}

async fn invoke(
    State(service): State<Arc<Service>>,
    Caller(access): Caller,
    PathOf((provider, operation)): PathOf<(String, String)>,
    headers: HeaderMap,
    body: Result<Body<InvokeBody>, Problem>,
) -> Result<Answer, Problem> {
    let manifest = Arc::clone(service.catalog.manifest(&provider, &operation)?);
    let Body(body) = body?;
    let key = idempotency::key_of(&headers)?;
    // What can not be read counts as none: the standard says so.
    let trace = headers.get(TraceParent::HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
    service.answer(Call { manifest, body, key, trace, access }).await
}

impl Service {
    /// Runs a node for a caller, or says what is wrong with the call.
    ///
    /// # Errors
    /// The call can not become a run.
    pub async fn answer(self: &Arc<Self>, call: Call) -> Result<Answer, Problem> {
        let Call { manifest, body, key, trace, access } = call;
        access.may_invoke(&manifest.id, body.credential.as_deref())?;
        let asked = key.map(|key| Self::asked(&manifest, &body, &access, key)).transpose()?;
        let credential = match &body.credential {
            Some(name) => Some(self.credential(name, &manifest).await?),
            None => None,
        };
        let invocation = self.invocation(&manifest, body, credential, trace)?;
        let ready = Ready { id: RunId::new(), invocation, manifest, access };
        match asked {
            None => {
                let place = self.load.enter().await?;
                let service = Arc::clone(self);
                // In a task of its own: a caller that hangs up does not stop a run in the middle of its writes.
                let running = tokio::spawn(async move { service.run(ready, place).await });
                running.await.map_err(|error| Problem::internal(&error))?
            }
            Some(asked) => self.answer_once(ready, asked).await,
        }
    }

    fn asked(manifest: &Manifest, body: &InvokeBody, access: &Access, key: String) -> Result<Asked, Problem> {
        let digested = serde_json::to_value(body).map_err(|error| Problem::internal(&error))?;
        Ok(Asked {
            key: CallKey { caller: access.caller().to_owned(), key },
            digest: BodyDigest::of(&manifest.id.to_string(), &digested),
            may_repeat: manifest.effect == Effect::Read || body.dry_run,
        })
    }

    fn invocation(
        &self,
        manifest: &Manifest,
        body: InvokeBody,
        credential: Option<Arc<Credential>>,
        trace: Option<TraceParent>,
    ) -> Result<Invocation, Problem> {
        let limits = &self.config.limits;
        let timeout = match body.timeout_ms {
            Some(0) => return Err(Problem::bad_request("timeout_ms is 0", "Give at least one millisecond.")),
            timeout_ms => timeout_ms.map(|ms| Duration::from_millis(ms).min(limits.max_timeout)),
        };
        Ok(Invocation {
            inputs: body.inputs,
            options: body.options,
            credential,
            timeout,
            retries: body.retries.min(limits.max_retries),
            dry_run: body.dry_run,
            trace,
            ..Invocation::new(manifest.id.clone())
        })
    }

    /// The call with a key: runs it, or answers what it came to when it ran.
    async fn answer_once(self: &Arc<Self>, ready: Ready, asked: Asked) -> Result<Answer, Problem> {
        loop {
            let place = self.load.enter().await?;
            match self.calls.begin(&asked, ready.id).await? {
                Turn::Run(running) => {
                    let service = Arc::clone(self);
                    let task = tokio::spawn(async move { service.run_once(ready, place, running).await });
                    return task.await.map_err(|error| Problem::internal(&error))?;
                }
                Turn::Wait(wait) => {
                    drop(place);
                    wait.ended().await;
                }
                Turn::Replay(run, envelope) => {
                    self.metrics.replayed();
                    return Ok(Answer { run, envelope: *envelope, is_replay: true });
                }
                Turn::Unknown(run, began) => {
                    tracing::warn!(%run, node = %ready.manifest.id, "a call whose outcome is unknown was asked for again");
                    let envelope = idempotency::unknown(&ready.manifest, run, began);
                    return Ok(Answer { run, envelope, is_replay: true });
                }
            }
        }
    }

    /// Runs a call with a key and stores what it came to before that is answered.
    async fn run_once(self: Arc<Self>, ready: Ready, place: Place, running: Running) -> Result<Answer, Problem> {
        let (id, manifest) = (ready.id, Arc::clone(&ready.manifest));
        let service = Arc::clone(&self);
        let ended = tokio::spawn(async move { service.run(ready, place).await }).await;
        let answer = match ended {
            Ok(Ok(answer)) => answer,
            Ok(Err(problem)) => {
                running.forget().await?;
                return Err(problem);
            }
            Err(error) => {
                tracing::error!(run = %id, "a run broke: {error}");
                Answer::new(id, idempotency::unknown(&manifest, id, id.began()))
            }
        };
        let envelope = serde_json::to_value(&answer.envelope).map_err(|error| Problem::internal(&error))?;
        running.finish(&envelope).await?;
        Ok(answer)
    }

    /// Runs a node under a span that names the run.
    async fn run(&self, ready: Ready, place: Place) -> Result<Answer, Problem> {
        let Ready { id, mut invocation, manifest, access } = ready;
        let span = trace::span(id, &manifest.id, invocation.trace);
        invocation.trace = trace::passed_on(&span, invocation.trace);
        self.run_recorded(id, invocation, &manifest, &access, place).instrument(span).await
    }
}
