//! The HTTP service: what canvases and agents live with. It turns calls into [`Order`](patchbay_invoker::Order)s and what
//! they come to into answers; running a node is the [`Invoker`]'s.
//!
//! | module | what |
//! | --- | --- |
//! | `listen`, `connections` | connections, how many and how long, and a stop that loses nothing |
//! | `access` | API keys and when they are needed |
//! | `catalog`, `invoke`, `batch`, `runs`, `credentials`, `health`, `docs` | the endpoints, each with its description |
//! | `extract`, `body` | what handlers take from a call, and how large and how slow a body may be |
//! | `metrics` | what is counted |
//! | `openapi`, `portable` | the document, from the same table as the routes, in the forms that generators of clients read |
//! | `problem` | what is wrong with a call itself |

#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]

mod access;
mod batch;
mod body;
mod catalog;
mod connections;
mod credentials;
mod docs;
mod extract;
mod health;
mod invoke;
mod listen;
mod metrics;
mod openapi;
mod portable;
mod problem;
mod runs;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::request::Parts as Head;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use patchbay_invoker::{Document, Invoker};
use patchbay_settings::{ByteSize, Config};
use patchbay_state::runs::Retention;
use patchbay_state::{State, Timestamp};
use serde_json::Value;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};

use access::{Door, Guard, Pages, guard};
use metrics::Metrics;
use openapi::Endpoint;
use problem::Problem;

pub use access::KeyRule;
pub use listen::serve;
pub use metrics::Counts;

/// How often what is past its time is removed.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// Why a service can not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting names an origin that no header can hold.
    #[error("serve.cors_origins: `{0}` is not an origin")]
    Origin(String),
}

/// What a service is made of.
pub struct Parts {
    /// Runs what is called.
    pub invoker: Arc<Invoker>,
    /// What the invoker counts.
    pub counts: Arc<Counts>,
    /// The settings.
    pub config: Config,
    /// When a call needs a key.
    pub key_rule: KeyRule,
}

/// What the calls share.
pub struct Service {
    invoker: Arc<Invoker>,
    config: Config,
    door: Door,
    metrics: Metrics,
    document: Document,
    began: Timestamp,
    /// It is asked to stop, and says so before it does.
    is_draining: AtomicBool,
}

impl Service {
    /// A service of these parts.
    pub fn new(parts: Parts) -> Self {
        let Parts { invoker, counts, config, key_rule } = parts;
        Self {
            door: Door::new(Arc::clone(&invoker.state().keys), key_rule, config.serve.cors_origins.clone()),
            metrics: Metrics::new(counts, &invoker),
            document: Document::new(&document()),
            began: invoker.state().now(),
            is_draining: AtomicBool::new(false),
            config,
            invoker,
        }
    }

    fn state(&self) -> &State {
        self.invoker.state()
    }

    /// Removes what is past its time, again and again until the service ends.
    fn keep_pruning(&self) {
        let runs = &self.config.runs;
        let max_bytes = runs.max_size.map(ByteSize::bytes);
        self.state().keep_pruning(Retention { max_age: runs.max_age, max_bytes }, PRUNE_EVERY);
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

fn router(service: Arc<Service>) -> Result<Router, Error> {
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
    let pages = service.door.pages();
    let router = router
        .fallback(nothing_here)
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .with_state(Arc::clone(&service));
    let router = if pages.none() { router } else { router.layer(cors(pages)?) };
    Ok(router.layer(compression()).layer(from_fn_with_state(service, access::log)))
}

/// What a path is answered that nothing is at; a person in a browser is shown what there is.
async fn nothing_here(request: Request) -> Response {
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if request.uri().path() == "/" && accepted.contains("text/html") {
        return Redirect::to("/docs").into_response();
    }
    Problem::not_found("there is nothing at this path", "GET /openapi.json describes all paths.").into_response()
}

/// Long answers are compressed for who takes that. Lines that come one by one are not: they are to come at once.
fn compression() -> CompressionLayer<impl Predicate> {
    let is_worth_it = SizeAbove::new(SHORT).and(NotForContentType::new(batch::NDJSON));
    CompressionLayer::new().gzip(true).compress_when(is_worth_it)
}

/// An answer up to this size in bytes goes as it is.
const SHORT: u16 = 4 << 10;

fn cors(pages: Pages) -> Result<CorsLayer, Error> {
    if let Some(origin) = pages.named.iter().find(|origin| HeaderValue::from_str(origin).is_err()) {
        return Err(Error::Origin(origin.clone()));
    }
    let asked: [HeaderName; 5] = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_NONE_MATCH,
        invoke::IDEMPOTENCY_KEY,
        invoke::TRACEPARENT,
    ];
    let shown: [HeaderName; 5] =
        [invoke::RUN_ID, invoke::REPLAYED, invoke::TIMEOUT_MS, header::ETAG, header::RETRY_AFTER];
    let is_let_in = move |origin: &HeaderValue, _: &Head| origin.to_str().is_ok_and(|origin| pages.let_in(origin));
    Ok(CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(is_let_in))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers(asked)
        .expose_headers(shown)
        .max_age(Duration::from_secs(3600)))
}
