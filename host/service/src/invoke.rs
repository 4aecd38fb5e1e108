//! Running nodes for callers.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use patchbay_invoker::{Answered, Caller as Orderer, IdempotencyKey, InvokeBody, Origin};
use patchbay_runtime::Envelope;
use schemars::JsonSchema;
use serde_json::json;

use super::Service;
use super::access::{Caller, Needs};
use super::catalog::node_id;
use super::extract::{Body, Form, PathOf};
use super::openapi::Endpoint;
use super::problem::Problem;

/// The header of an answer that names its run.
pub const RUN_ID: HeaderName = HeaderName::from_static("patchbay-run-id");
/// The header of a call that is to be executed once.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The header of an answer that says how long the run was allowed to take, where that is less than was asked for.
pub const TIMEOUT_MS: HeaderName = HeaderName::from_static("patchbay-timeout-ms");
/// The header that says where a call stands in a trace.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

impl Form for InvokeBody {
    const FORM: &'static str = "Send {\"inputs\":{..},\"options\":{..},\"credential\":\"NAME\",\"timeout_ms\":N,\"retries\":N,\
                                \"dry_run\":true}; all but inputs may be left out.";
}

/// The form of an idempotency key, for the document.
#[derive(JsonSchema)]
#[schemars(transparent, inline)]
#[expect(dead_code, reason = "the header is read as it is")]
struct KeyText(
    #[schemars(length(min = 1, max = 255), regex(pattern = r"^[ -~]+$"), extend("x-pattern-words" = "of visible ASCII characters and blanks"))]
     String,
);

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
                .answer_header(
                    200,
                    "Patchbay-Timeout-Ms",
                    "How long the run was allowed to take, where limits.max_timeout is less than timeout_ms asked for.",
                    json!({ "type": "integer" }),
                )
                .problems(&[
                    (400, "Not JSON, a path that is not text, an unknown credential, or an unusable key or value."),
                    (404, "There is no such node."),
                    (409, "Something else was asked under this idempotency key, or the same call still runs under it."),
                    (413, "The body is too large."),
                    (415, "The content type is not JSON."),
                    (422, "The body is JSON of another form."),
                    (500, "The service itself failed."),
                    (503, "There is no room now, the node is still being loaded, or the store can not be used; nothing was executed."),
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
) -> Result<Response, Problem> {
    let node = node_id(&service, &format!("{provider}/{operation}"))?;
    let Body(body) = body?;
    let key = headers.get(IDEMPOTENCY_KEY).map(|value| key_of(value.to_str().unwrap_or_default())).transpose()?;
    let mut order = body.into_order(node, Orderer::Key(access), Origin::Call);
    order.key = key;
    order.traceparent = trace_of(&headers);
    Ok(answer(service.invoker.run(order).await?))
}

/// The trace that a call stands in. What can not be read counts as none: the standard says so.
pub fn trace_of(headers: &HeaderMap) -> Option<String> {
    headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The key of a call, if the text is one.
pub fn key_of(text: &str) -> Result<IdempotencyKey, Problem> {
    text.parse().map_err(|error| Problem::bad_request(format!("{error}"), IdempotencyKey::FORM))
}

fn answer(answered: Answered) -> Response {
    let content_type = HeaderValue::from_static("application/json");
    let mut response = ([(header::CONTENT_TYPE, content_type)], answered.envelope.body()).into_response();
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(answered.run.to_string()) {
        headers.insert(RUN_ID, id);
    }
    if let Some(allowed) = answered.shortened_to {
        headers.insert(TIMEOUT_MS, milliseconds(allowed).into());
    }
    if answered.is_replay {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// A time that was cut, as the caller had written it.
pub fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
