//! The HTTP service.
//!
//! | call | answer |
//! | --- | --- |
//! | `POST /v1/nodes/{provider}/{operation}/invoke` | the envelope, whatever the run comes to, with HTTP 200 |
//! | `GET /v1/nodes` | the nodes |
//! | `GET /v1/nodes/{provider}/{operation}` | a node's manifest |
//! | `GET /healthz` | `{"status":"ok"}` |
//!
//! What is wrong with the call itself is its HTTP status with a [`problem`].

mod problem;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use patchbay_runtime::{Credential, Envelope, Invocation, Manifest, NodeId, Runtime, nearest};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::render;
use problem::Problem;

/// How long running invocations may take to finish once the service is asked to stop.
const GRACE: Duration = Duration::from_secs(10);

/// What the calls share.
pub struct Service {
    runtime: Runtime,
    manifests: Vec<Manifest>,
    credentials: Vec<Arc<Credential>>,
}

/// The body of an invocation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvokeBody {
    #[serde(default)]
    inputs: Value,
    #[serde(default)]
    options: Value,
    credential: Option<String>,
    timeout_ms: Option<u64>,
}

impl Service {
    /// A service over a runtime, with the credentials that callers may name.
    pub fn new(runtime: Runtime, manifests: Vec<Manifest>, credentials: Vec<Arc<Credential>>) -> Self {
        Self { runtime, manifests, credentials }
    }

    fn manifest(&self, provider: &str, operation: &str) -> Result<&Manifest, Problem> {
        let wanted = format!("{provider}/{operation}");
        let found = self.manifests.iter().find(|manifest| manifest.id.to_string() == wanted);
        found.ok_or_else(|| {
            let known: Vec<String> = self.manifests.iter().map(|manifest| manifest.id.to_string()).collect();
            let hint = match nearest(&wanted, known.iter().map(String::as_str)) {
                Some(near) => format!("Did you mean {near}?"),
                None => "GET /v1/nodes lists the nodes.".to_owned(),
            };
            Problem::not_found(format!("there is no node `{wanted}`"), hint)
        })
    }

    fn credential(&self, name: &str) -> Result<Arc<Credential>, Problem> {
        self.credentials.iter().find(|credential| credential.name() == name).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.credentials.iter().map(|credential| credential.name()).collect();
            Problem::bad_request(
                format!("there is no credential `{name}`"),
                format!("The credentials are: {}.", known.join(", ")),
            )
        })
    }
}

/// Answers calls until `stop` completes; then takes no new ones and lets running ones finish within a limit.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new()
        .route("/healthz", get(|| async { Json(json!({ "status": "ok" })) }))
        .route("/v1/nodes", get(list))
        .route("/v1/nodes/{provider}/{operation}", get(describe))
        .route("/v1/nodes/{provider}/{operation}/invoke", post(invoke))
        .fallback(|| async { Problem::not_found("there is nothing at this path", "GET /v1/nodes lists the nodes.") })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .with_state(Arc::new(service));
    let (stopping, stopped) = oneshot::channel();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        stop.await;
        // The receiver lives as long as the service.
        let _ = stopping.send(());
    });
    let grace = async {
        match stopped.await {
            Ok(()) => tokio::time::sleep(GRACE).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        served = serving => served,
        () = grace => {
            tracing::warn!("stopped with invocations still running after {} s", GRACE.as_secs());
            Ok(())
        }
    }
}

async fn list(State(service): State<Arc<Service>>) -> Json<Value> {
    Json(json!({ "nodes": service.manifests.iter().map(render::summary).collect::<Vec<_>>() }))
}

async fn describe(
    State(service): State<Arc<Service>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<Manifest>, Problem> {
    let Path((provider, operation)) = path.map_err(|rejection| Problem::unusable_path(&rejection))?;
    service.manifest(&provider, &operation).map(|manifest| Json(manifest.clone()))
}

async fn invoke(
    State(service): State<Arc<Service>>,
    path: Result<Path<(String, String)>, PathRejection>,
    body: Result<Json<InvokeBody>, JsonRejection>,
) -> Result<Json<Envelope>, Problem> {
    let Path((provider, operation)) = path.map_err(|rejection| Problem::unusable_path(&rejection))?;
    let node: NodeId = service.manifest(&provider, &operation)?.id.clone();
    let Json(body) = body.map_err(|rejection| Problem::unusable_body(&rejection))?;
    let credential = body.credential.map(|name| service.credential(&name)).transpose()?;
    let timeout = match body.timeout_ms {
        Some(0) => return Err(Problem::bad_request("timeout_ms is 0", "Give at least one millisecond.")),
        timeout_ms => timeout_ms.map(Duration::from_millis),
    };
    let invocation =
        Invocation { inputs: body.inputs, options: body.options, credential, timeout, ..Invocation::new(node) };
    // In a task of its own: a caller that hangs up does not stop a run in the middle of its writes.
    let running = tokio::spawn(async move { service.runtime.invoke(invocation).await });
    let run = running.await.map_err(|error| Problem::internal(&error))?.map_err(|error| Problem::internal(&error))?;
    tracing::info!(
        node = %format!("{provider}/{operation}"),
        status = run.envelope.status_code,
        exchanges = run.exchanges.len(),
        took_ms = run.took.as_millis() as u64,
        "invoked"
    );
    Ok(Json(run.envelope))
}
