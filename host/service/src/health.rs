//! How the service is.

use patchbay_runtime::chain;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::Service;
use super::access::Needs;
use super::metrics::Form;
use super::openapi::Endpoint;
use super::problem::Problem;

/// How long the store may take to say that it is there.
const STORE_LIMIT: Duration = Duration::from_secs(5);

/// Health.
#[derive(Serialize, JsonSchema)]
struct Health {
    /// `ok`.
    status: &'static str,
}

/// Whether the service can take invocations.
#[derive(Serialize, JsonSchema)]
struct Readiness {
    /// `ready` or `not ready`.
    status: &'static str,
    /// How many nodes are loaded.
    nodes: usize,
    /// How many nodes are still being built or loaded; a call of one waits for it.
    loading: usize,
    /// What can not be run, and why; the rest is served.
    left_out: Vec<LeftOutAnswer>,
    /// Whether the store can be written.
    store: bool,
    /// Whether the service is stopping.
    stopping: bool,
}

/// A node or a provider that can not be run.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LeftOut")]
struct LeftOutAnswer {
    /// The node's id, or the name of the provider's folder.
    name: String,
    /// Why.
    reason: String,
}

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint<Arc<Service>>> {
    vec![
        Endpoint {
            method: Method::GET,
            path: "/healthz",
            needs: None,
            handler: get(|| async { Json(Health { status: "ok" }) }),
            describe: |operation| {
                operation
                    .named("health", "Service", "Health", "Whether the service runs.")
                    .answer::<Health>(200, "It does.")
            },
        },
        Endpoint {
            method: Method::GET,
            path: "/readyz",
            needs: None,
            handler: get(ready),
            describe: |operation| {
                let text = "Whether the service takes invocations: it has nodes, its store can be written, and it is not \
                            stopping. What can not be loaded is named and stops nothing else.";
                operation
                    .named("readiness", "Service", "Readiness", text)
                    .answer::<Readiness>(200, "It does.")
                    .answer::<Readiness>(503, "It does not.")
            },
        },
        Endpoint {
            method: Method::GET,
            path: "/metrics",
            needs: Some(Needs::Read),
            handler: get(metrics_text),
            describe: |operation| {
                operation
                    .named("metrics", "Service", "Metrics", "For Prometheus.")
                    .answer_of(200, "The metrics.", Form::Prometheus.content_type(), json!({ "type": "string" }))
                    .answer_of(200, "The metrics.", Form::OpenMetrics.content_type(), json!({ "type": "string" }))
                    .problems(&[(500, "The metrics can not be written.")])
            },
        },
    ]
}

async fn ready(State(service): State<Arc<Service>>) -> (StatusCode, Json<Readiness>) {
    let store = match tokio::time::timeout(STORE_LIMIT, service.state().ping()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!("not ready: {}", chain(&error));
            false
        }
        Err(_) => {
            tracing::warn!("not ready: the store did not answer within {} s", STORE_LIMIT.as_secs());
            false
        }
    };
    let stopping = service.is_draining.load(Ordering::Relaxed) || service.invoker.admission().is_closed();
    let snapshot = service.invoker.catalog().snapshot();
    let (nodes, loading) = (snapshot.loaded().count(), snapshot.loading());
    let left_out = snapshot
        .left_out()
        .into_iter()
        .map(|left_out| LeftOutAnswer { reason: left_out.error.reason(), name: left_out.name });
    let is_ready = store && !stopping && nodes + loading > 0;
    let (code, status) =
        if is_ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready") };
    (code, Json(Readiness { status, nodes, loading, left_out: left_out.collect(), store, stopping }))
}

async fn metrics_text(State(service): State<Arc<Service>>, headers: HeaderMap) -> Result<Response, Problem> {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let form = Form::of(accepted);
    let text = service.metrics.text(form).map_err(|error| Problem::internal(&error, None))?;
    Ok(([(header::CONTENT_TYPE, form.content_type())], text).into_response())
}
