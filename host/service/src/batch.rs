//! Many invocations in one call, answered as they finish: one JSON object in each line. Who asks for JSON gets one object
//! with all answers, in the order of the call.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::future;
use futures_util::stream::{self, Stream, StreamExt};
use patchbay_invoker::{Caller as Orderer, InvokeBody, Origin, whole_number};
use patchbay_runtime::Envelope;
use patchbay_state::audit::Actor;
use patchbay_state::keys::Access;
use patchbay_state::runs::RunId;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::Service;
use super::access::{By, Caller, Needs};
use super::catalog::node_id;
use super::extract::{Body, Form, Object};
use super::invoke::{key_of, milliseconds, trace_of};
use super::openapi::Endpoint;
use super::problem::{Problem, ProblemBody};

/// The content type of the answer, unless the caller asks for JSON.
pub const NDJSON: &str = "application/x-ndjson";
const JSON: &str = "application/json";

/// Many invocations.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BatchBody {
    /// The invocations.
    #[schemars(with = "Vec<BatchItem>")]
    invocations: Vec<Object<BatchItem>>,
    /// How many may run at once; the service has a limit of its own.
    #[serde(default, deserialize_with = "some_whole_number")]
    #[schemars(range(min = 1, max = 9_007_199_254_740_992_u64))]
    concurrency: Option<usize>,
}

/// One of many invocations: the body of a single one, and what its path and its headers would say.
#[derive(Debug)]
struct BatchItem {
    about: BatchItemHead,
    body: InvokeBody,
}

/// What one of many invocations has besides its body.
#[derive(Debug, Deserialize, JsonSchema)]
struct BatchItemHead {
    /// The node: `provider/operation`.
    node: String,
    /// Given back in the answer, for the caller to know it by.
    #[serde(default)]
    id: Option<String>,
    /// As the header Idempotency-Key of a single call.
    #[serde(default)]
    #[schemars(length(min = 1, max = 255))]
    idempotency_key: Option<String>,
}

impl Form for BatchBody {
    const FORM: &'static str = "Send {\"invocations\":[{\"node\":\"provider/operation\",\"inputs\":{..},..}],\"concurrency\":N}; each \
                                invocation is like the body of a single one, with its node, and an id and an idempotency_key of its own.";
}

/// Flattening one struct into the other would do the same, but could not refuse a member that neither has.
impl<'de> Deserialize<'de> for BatchItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Map::<String, Value>::deserialize(deserializer)?;
        let head =
            ["node", "id", "idempotency_key"].into_iter().filter_map(|name| members.remove_entry(name)).collect();
        let about = BatchItemHead::deserialize(Value::Object(head)).map_err(D::Error::custom)?;
        let body = InvokeBody::deserialize(Value::Object(members)).map_err(D::Error::custom)?;
        Ok(Self { about, body })
    }
}

impl JsonSchema for BatchItem {
    fn schema_name() -> Cow<'static, str> {
        "BatchItem".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = BatchItemHead::json_schema(generator);
        let body = InvokeBody::json_schema(generator).to_value();
        let properties = body.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        if let Some(all) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            all.extend(properties);
        }
        schema.insert("description".to_owned(), "One of many invocations.".into());
        schema.insert("additionalProperties".to_owned(), false.into());
        schema
    }
}

fn some_whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Whole(#[serde(deserialize_with = "whole_number")] usize);
    Ok(Option::<Whole>::deserialize(deserializer)?.map(|Whole(number)| number))
}

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
    #[schemars(with = "Option<Envelope>")]
    envelope: Option<Box<RawValue>>,
    /// What is wrong with the invocation itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
    /// How long the run was allowed to take, where that is less than was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
}

/// The answers to many invocations, in the order of the call.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is written answer by answer")]
struct BatchAnswers {
    /// The answers.
    answers: Vec<BatchAnswer>,
}

/// The form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AnswerForm {
    /// A line for each, in the order in which they finish.
    Lines,
    /// One JSON object, in the order of the call: each is written as soon as those before it are.
    Object,
}

impl AnswerForm {
    /// The form that the header Accept prefers; lines unless JSON is named before them.
    fn of(headers: &HeaderMap) -> Self {
        let lists = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let accepted: Vec<&str> = lists.flat_map(|list| list.split(',')).collect();
        let quality = |wanted: &[&str]| {
            let named = accepted.iter().filter(|range| {
                let name = range.split(';').next().unwrap_or_default().trim();
                wanted.iter().any(|wanted| name.eq_ignore_ascii_case(wanted))
            });
            named.map(|range| weight(range)).fold(0.0, f64::max)
        };
        let json = quality(&[JSON]);
        if json > 0.0 && json > quality(&[NDJSON, "application/ndjson"]) { Self::Object } else { Self::Lines }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Lines => NDJSON,
            Self::Object => JSON,
        }
    }
}

/// The quality of a media range (RFC 9110, 12.4.2): 1 unless it says less.
fn weight(range: &str) -> f64 {
    let parameters = range.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut given = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    given.next().map_or(1.0, |(_, value)| value.trim().parse().unwrap_or(0.0))
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
                        finishes: one JSON object in each line. To `Accept: application/json` it answers one object with \
                        all answers in the order of the call. What is wrong with one of them is told in its answer. When \
                        the caller hangs up, running ones end and no further ones begin.";
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
                .answer_as::<BatchAnswers>(
                    200,
                    "The answers: one in each line, in the order in which they finish; as JSON in the order of the call.",
                    JSON,
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
    By(actor): By,
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
    service.invoker.admission().check_open()?;
    let most = limits.batch_concurrent.get();
    let at_once = concurrency.unwrap_or(most).min(most);
    let trace = trace_of(&headers);
    let form = AnswerForm::of(&headers);
    let (sender, receiver) = mpsc::channel(at_once);
    let batch = Batch { service, access, actor: Arc::new(actor), trace, form, at_once };
    tokio::spawn(batch.run(invocations, sender));
    let lines = stream::unfold(receiver, async |mut receiver: mpsc::Receiver<Bytes>| {
        receiver.recv().await.map(|line| (Ok::<_, Infallible>(line), receiver))
    });
    Ok(([(header::CONTENT_TYPE, form.content_type())], HttpBody::from_stream(lines)).into_response())
}

/// Many invocations on their way.
struct Batch {
    service: Arc<Service>,
    access: Arc<Access>,
    actor: Arc<Actor>,
    trace: Option<String>,
    form: AnswerForm,
    at_once: usize,
}

impl Batch {
    /// Runs them until nobody listens any more.
    async fn run(self, items: Vec<Object<BatchItem>>, sender: mpsc::Sender<Bytes>) {
        let answers = items.into_iter().enumerate().map(|(index, Object(item))| {
            let (service, access, trace) = (Arc::clone(&self.service), Arc::clone(&self.access), self.trace.clone());
            let actor = Arc::clone(&self.actor);
            async move {
                let node = item.about.node.clone();
                let answer = answer(&service, access, trace, index, item).await;
                // The call was let in; this part of it was not.
                if let Some(problem) = answer.problem.as_ref().filter(|problem| problem.status() == 403) {
                    let call = format!("POST /v1/invoke-batch: {node}");
                    service.state().audit.refused(&actor, &call, problem.detail()).await;
                }
                answer
            }
        });
        let answers = stream::iter(answers);
        match self.form {
            AnswerForm::Lines => {
                let line = |answer| [answer, b"\n".to_vec()].concat();
                write(answers.buffer_unordered(self.at_once).filter_map(json_of).map(line), &sender).await;
            }
            AnswerForm::Object => {
                let mut is_first = true;
                let item = |answer| {
                    [if std::mem::take(&mut is_first) { b"".to_vec() } else { b",".to_vec() }, answer].concat()
                };
                let items = answers.buffered(self.at_once).filter_map(json_of).map(item);
                let around = |text: &'static [u8]| stream::iter([text.to_vec()]);
                write(around(b"{\"answers\":[").chain(items).chain(around(b"]}\n")), &sender).await;
            }
        }
    }
}

/// Sends what comes until nobody listens any more.
async fn write(parts: impl Stream<Item = Vec<u8>>, sender: &mpsc::Sender<Bytes>) {
    let mut parts = std::pin::pin!(parts);
    while let Some(part) = parts.next().await {
        if sender.send(part.into()).await.is_err() {
            return;
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form that filter_map takes")]
fn json_of(answer: BatchAnswer) -> future::Ready<Option<Vec<u8>>> {
    let json = serde_json::to_vec(&answer);
    future::ready(json.map_err(|error| tracing::error!("an answer of a batch can not be written: {error}")).ok())
}

async fn answer(
    service: &Arc<Service>,
    access: Arc<Access>,
    trace: Option<String>,
    index: usize,
    item: BatchItem,
) -> BatchAnswer {
    let BatchItem { about: BatchItemHead { node, id, idempotency_key }, body } = item;
    let answer = async {
        let node = node_id(service, &node)?;
        let mut order = body.into_order(node, Orderer::Key(access), Origin::Batch);
        order.key = idempotency_key.as_deref().map(key_of).transpose()?;
        order.traceparent = trace;
        let answered = service.invoker.run(order).await?;
        let envelope = answered.envelope.raw().map_err(|error| Problem::internal(&error, Some(answered.run)))?;
        Ok::<_, Problem>((answered, envelope))
    };
    match answer.await {
        Ok((answered, envelope)) => BatchAnswer {
            index,
            id,
            run_id: Some(answered.run),
            replayed: answered.is_replay.then_some(true),
            envelope: Some(envelope),
            problem: None,
            timeout_ms: answered.shortened_to.map(milliseconds),
        },
        Err(problem) => {
            service.metrics.problem(problem.status().as_u16());
            let problem = Some(problem.body());
            BatchAnswer { index, id, run_id: None, replayed: None, envelope: None, problem, timeout_ms: None }
        }
    }
}
