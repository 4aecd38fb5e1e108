//! Many invocations in one call, answered as they finish: one JSON object in each line.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::stream::{self, StreamExt};
use patchbay_runtime::{Envelope, TraceParent};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::Service;
use super::access::{Caller, Needs};
use super::body::{BatchBody, BatchItem};
use super::extract::{Body, Object};
use super::idempotency;
use super::invoke::Call;
use super::openapi::Endpoint;
use super::problem::{Problem, ProblemBody};
use crate::keys::Access;
use crate::store::RunId;

/// The content type of the answer.
const NDJSON: &str = "application/x-ndjson";

/// The answer to one of many invocations; one line. It has either an envelope or a problem.
#[derive(Debug, Serialize, JsonSchema)]
struct BatchAnswer {
    /// The invocation's place in the call, from 0.
    index: usize,
    /// The invocation's own id, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The run's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<RunId>,
    /// Whether this was answered before, under its idempotency key.
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<bool>,
    /// What the node came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    envelope: Option<Envelope>,
    /// What is wrong with the invocation itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// The endpoint.
pub fn endpoints() -> Vec<Endpoint<Arc<Service>>> {
    vec![Endpoint {
        method: Method::POST,
        path: "/v1/invoke-batch",
        needs: Some(Needs::Invoke),
        handler: post(invoke_batch),
        describe: |operation| {
            let text = "Runs many invocations, so many at once as the caller and the service allow, and answers each as it \
                        finishes: one JSON object in each line. What is wrong with one of them is told in its line. When the \
                        caller hangs up, running ones end and no further ones begin.";
            let example = json!({ "concurrency": 4, "invocations": [
                { "id": "first", "node": "dingtalk/get-user", "options": { "UserId": "manager001" }, "credential": "demo" },
            ]});
            let operation = operation
                .named("invokeBatch", "Invocations", "Invoke many nodes", text)
                .header::<String>("traceparent", "Where the call stands in a trace (W3C Trace Context).")
                .body::<BatchBody>(example);
            operation
                .answer_as::<BatchAnswer>(
                    200,
                    "The answers, one in each line, in the order in which they finish.",
                    NDJSON,
                )
                .problems(&[
                    (400, "Not JSON, or a limit of nothing."),
                    (413, "The body is too large."),
                    (415, "The content type is not JSON."),
                    (422, "The body is JSON of another form, or has too many invocations."),
                    (503, "The service is stopping; nothing was executed."),
                ])
                .answer_header(503, "Retry-After", "Seconds.", json!({ "type": "integer" }))
        },
    }]
}

async fn invoke_batch(
    State(service): State<Arc<Service>>,
    Caller(access): Caller,
    headers: HeaderMap,
    body: Result<Body<BatchBody>, Problem>,
) -> Result<Response, Problem> {
    let Body(BatchBody { invocations, concurrency }) = body?;
    let limits = &service.config.limits;
    if invocations.len() > limits.max_batch.get() {
        let detail =
            format!("there are {} invocations, and {} is the most of one call", invocations.len(), limits.max_batch);
        return Err(Problem::unprocessable(
            detail,
            "Send several calls, or raise limits.max_batch in the service's configuration.",
        ));
    }
    if concurrency == Some(0) {
        return Err(Problem::bad_request("concurrency is 0", "Let at least one run at a time."));
    }
    service.load.check_open()?;
    let most = limits.batch_concurrent.get();
    let at_once = concurrency.unwrap_or(most).min(most);
    let trace = headers.get(TraceParent::HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
    let (sender, receiver) = mpsc::channel(at_once);
    tokio::spawn(run_all(service, access, trace, invocations, at_once, sender));
    let lines = stream::unfold(receiver, async |mut receiver: mpsc::Receiver<Bytes>| {
        receiver.recv().await.map(|line| (Ok::<_, Infallible>(line), receiver))
    });
    Ok(([(header::CONTENT_TYPE, NDJSON)], HttpBody::from_stream(lines)).into_response())
}

/// Runs them until nobody listens any more.
async fn run_all(
    service: Arc<Service>,
    access: Arc<Access>,
    trace: Option<TraceParent>,
    items: Vec<Object<BatchItem>>,
    at_once: usize,
    sender: mpsc::Sender<Bytes>,
) {
    let answers = items.into_iter().enumerate().map(|(index, Object(item))| {
        let (service, access) = (Arc::clone(&service), Arc::clone(&access));
        async move { answer(&service, access, trace, index, item).await }
    });
    let mut answers = stream::iter(answers).buffer_unordered(at_once);
    while let Some(answer) = answers.next().await {
        let mut line = match serde_json::to_vec(&answer) {
            Ok(line) => line,
            Err(error) => {
                tracing::error!("an answer of a batch can not be written: {error}");
                continue;
            }
        };
        line.push(b'\n');
        if sender.send(line.into()).await.is_err() {
            return;
        }
    }
}

async fn answer(
    service: &Arc<Service>,
    access: Arc<Access>,
    trace: Option<TraceParent>,
    index: usize,
    mut item: BatchItem,
) -> BatchAnswer {
    let id = item.id.take();
    let answer = async {
        let (provider, operation) = item.node.split_once('/').unwrap_or((&item.node, ""));
        let manifest = Arc::clone(service.catalog.manifest(provider, operation)?);
        let key = item.idempotency_key.as_deref().map(idempotency::checked).transpose()?;
        service.answer(Call { manifest, body: item.into_body(), key, trace, access }).await
    };
    match answer.await {
        Ok(answer) => BatchAnswer {
            index,
            id,
            run_id: Some(answer.run),
            replayed: answer.is_replay.then_some(true),
            envelope: Some(answer.envelope),
            problem: None,
        },
        Err(problem) => {
            service.metrics.problem(problem.status().as_u16());
            let problem = Some(problem.body());
            BatchAnswer { index, id, run_id: None, replayed: None, envelope: None, problem }
        }
    }
}
