//! Spans to an OpenTelemetry collector: OTLP over HTTP, by the HTTP client that is there anyway.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use patchbay_runtime::ProxyUse;
use tokio::runtime::Handle;

use crate::http;

const SERVICE: &str = "patchbay";
/// The variables that name a collector. opentelemetry-otlp reads them, and the others of the standard, by itself.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
/// How long the collector may take at the end.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Sends spans in batches, from a thread of its own.
pub struct Exporter(SdkTracerProvider);

/// The HTTP client, whose requests are made on the runtime: the thread that sends has none.
#[derive(Debug)]
struct Client {
    client: reqwest::Client,
    runtime: Handle,
}

impl Exporter {
    /// When a variable names a collector. A wrong one costs no more than the traces.
    pub fn from_environment(proxy: &ProxyUse) -> Option<anyhow::Result<Self>> {
        let is_named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        ENDPOINTS.into_iter().any(is_named).then(|| Self::start(proxy))
    }

    fn start(proxy: &ProxyUse) -> anyhow::Result<Self> {
        let mut client = http::client();
        if let ProxyUse::Through(proxy) = proxy {
            client = client.proxy(proxy.for_client());
        }
        let client = Client { client: client.build()?, runtime: Handle::try_current()? };
        let exporter = SpanExporter::builder().with_http().with_http_client(client).build()?;
        let mut resource = Resource::builder();
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name(SERVICE);
        }
        Ok(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build()))
    }

    /// Makes spans.
    pub fn tracer(&self) -> SdkTracer {
        self.0.tracer(SERVICE)
    }

    /// Sends what is left.
    pub async fn end(self) {
        // It waits for its thread, which waits for the client on this runtime.
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(END_LIMIT)).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!("the last traces may not have been sent: {error}");
        }
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move {
            let response = client.execute(request.try_into()?).await?;
            let (status, body) = (response.status(), response.bytes().await?);
            Ok::<_, HttpError>(Response::builder().status(status).body(body)?)
        });
        sending.await?
    }
}
