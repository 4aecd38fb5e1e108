//! The HTTP service: what canvases and agents live with.
//!
//! | module | what |
//! | --- | --- |
//! | `listen` | connections, their time limits, and a stop that loses nothing |
//! | `access` | API keys and when they are needed |
//! | `catalog`, `invoke`, `batch`, `runs`, `credentials`, `health`, `docs` | the endpoints, each with its description |
//! | `idempotency` | calls that are executed once however often they are made |
//! | `load` | how much runs at once |
//! | `metrics` | what is counted |
//! | `openapi` | the document, from the same table as the routes |
//! | `problem` | what is wrong with a call itself |
//! | `record`, `trace` | what is kept of a run, and the trace that it stands in |

mod access;
mod batch;
mod body;
mod catalog;
mod credentials;
mod docs;
mod extract;
mod health;
mod idempotency;
mod invoke;
mod listen;
mod load;
mod metrics;
mod openapi;
mod problem;
mod record;
mod runs;
mod trace;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::from_fn_with_state;
use patchbay_runtime::{Credential, Manifest, Runtime};
use serde_json::Value;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::config::{ByteSize, Config};
use crate::state::State;
use crate::store::{Retention, RunWriter, Store, Timestamp, keep_pruning};
use crate::vault::Vault;
use access::{Door, Guard, guard};
use catalog::{Catalog, Fixed};
use idempotency::Calls;
use load::Load;
use metrics::Metrics;
use openapi::Endpoint;
use problem::Problem;

pub use access::KeyRule;
pub use listen::serve;

/// How often what is past its time is removed.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// What a service is made of.
pub struct Parts {
    pub runtime: Runtime,
    pub manifests: Vec<Manifest>,
    /// Credentials that callers may name besides the stored ones.
    pub own_credentials: Vec<Arc<Credential>>,
    pub config: Config,
    /// What is stored.
    pub state: State,
    pub key_rule: KeyRule,
    /// How many runs the engine has room for.
    pub most_running: usize,
}

/// What the calls share.
pub struct Service {
    runtime: Arc<Runtime>,
    catalog: Catalog,
    own_credentials: Vec<Arc<Credential>>,
    config: Config,
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    writer: Arc<RunWriter>,
    door: Door,
    load: Arc<Load>,
    calls: Arc<Calls>,
    metrics: Metrics,
    document: Fixed,
    began: Timestamp,
}

impl Service {
    /// A service of these parts. It must be made on the runtime that it is served on.
    pub fn new(parts: Parts) -> Result<Self> {
        let Parts { runtime, manifests, own_credentials, config, state, key_rule, most_running } = parts;
        let State { store, vault, keys } = state;
        let limits = &config.limits;
        let most_running = most_running.min(limits.concurrent.get() as usize);
        let load = Arc::new(Load::new(most_running, limits.queue, limits.queue_timeout));
        let writer = Arc::new(RunWriter::start(Arc::clone(&store), config.runs.buffer.get()));
        let runtime = Arc::new(runtime);
        let catalog = Catalog::new(runtime.providers(), manifests)?;
        Ok(Self {
            catalog,
            own_credentials,
            door: Door::new(keys, key_rule),
            calls: Arc::new(Calls::new(Arc::clone(&store), config.idempotency.lifetime)),
            metrics: Metrics::new(&runtime, &load, &writer),
            document: Fixed::new(&document())?,
            began: Timestamp::now(),
            store,
            vault,
            config,
            load,
            writer,
            runtime,
        })
    }

    /// Removes what is past its time, again and again.
    async fn keep_pruning(&self) {
        let runs = &self.config.runs;
        let max_bytes = runs.max_size.map(ByteSize::bytes);
        keep_pruning(Arc::clone(&self.store), Retention { max_age: runs.max_age, max_bytes }, PRUNE_EVERY).await;
    }

    /// Writes what is still to be written and closes the store.
    async fn close(&self) {
        self.writer.stop().await;
        self.store.close().await;
    }
}

/// All endpoints.
fn endpoints() -> Vec<Endpoint<Arc<Service>>> {
    let groups = [
        catalog::endpoints(),
        invoke::endpoints(),
        batch::endpoints(),
        runs::endpoints(),
        credentials::endpoints(),
        health::endpoints(),
        docs::endpoints(),
    ];
    groups.into_iter().flatten().collect()
}

/// The OpenAPI document.
pub fn document() -> Value {
    openapi::document(&endpoints())
}

fn router(service: Arc<Service>) -> Result<Router> {
    let mut router = Router::new();
    for Endpoint { path, needs, handler, .. } in endpoints() {
        let handler = match needs {
            Some(needs) => {
                handler.route_layer(from_fn_with_state(Guard { service: Arc::clone(&service), needs }, guard))
            }
            None => handler,
        };
        router = router.route(path, handler);
    }
    let most = service.config.serve.max_body.length();
    let origins = service.config.serve.cors_origins.clone();
    let router = router
        .fallback(|| async {
            Problem::not_found("there is nothing at this path", "GET /openapi.json describes all paths.")
        })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(DefaultBodyLimit::max(most))
        .with_state(service);
    Ok(if origins.is_empty() { router } else { router.layer(cors(&origins)?) })
}

fn cors(origins: &[String]) -> Result<CorsLayer> {
    let origin = |origin: &String| {
        HeaderValue::from_str(origin).with_context(|| format!("serve.cors_origins: `{origin}` is not an origin"))
    };
    let origins = origins.iter().map(origin).collect::<Result<Vec<_>>>()?;
    let asked: [HeaderName; 5] = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_NONE_MATCH,
        idempotency::KEY,
        HeaderName::from_static(patchbay_runtime::TraceParent::HEADER),
    ];
    let shown: [HeaderName; 4] = [invoke::RUN_ID, idempotency::REPLAYED, header::ETAG, header::RETRY_AFTER];
    Ok(CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(asked)
        .expose_headers(shown)
        .max_age(Duration::from_secs(3600)))
}
