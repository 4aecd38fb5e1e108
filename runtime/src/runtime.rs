//! Runs nodes: from an invocation to its envelope and record.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::Instrument;

use crate::clock::{Clock, SystemClock};
use crate::credential::Credential;
use crate::engine::Engine;
use crate::envelope::Envelope;
use crate::error::Result;
use crate::exclusive::Exclusive;
use crate::gate::{Gate, GateLimits, HttpLimits, HttpTransport, Passage, Transport, Upstream};
use crate::id::NodeId;
use crate::manifest::{FailureKind, Manifest};
use crate::provider::Provider;
use crate::record::{Exchange, Journal, LogLine, as_milliseconds};
use crate::registry::{Node, Registry};
use crate::trace::TraceParent;
use crate::{outcome, sandbox};

/// The most of a run's time that is kept for the node to say what it came to after an answer that did not come.
const LONGEST_AFTERTHOUGHT: Duration = Duration::from_millis(200);

/// How a runtime is set up.
#[derive(Clone)]
pub struct RuntimeConfig {
    /// Where the components and their providers' data are.
    pub nodes_directory: PathBuf,
    /// Hosts that are reached at another address.
    pub upstreams: Vec<Upstream>,
    /// Limits of the gate.
    pub gate: GateLimits,
    /// Limits of the HTTP client.
    pub http: HttpLimits,
    /// How long a run may take when its invocation does not say.
    pub timeout: Duration,
    /// The clock of tokens and signatures.
    pub clock: Arc<dyn Clock>,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self {
            nodes_directory: PathBuf::from("target/nodes"),
            upstreams: Vec::new(),
            gate: GateLimits::default(),
            http: HttpLimits::default(),
            timeout: Duration::from_secs(30),
            clock: Arc::new(SystemClock),
        }
    }
}

/// What to run, and with what.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The node.
    pub node: NodeId,
    /// Its inputs: a JSON object.
    pub inputs: Value,
    /// Its options: a JSON object, or null for none.
    pub options: Value,
    /// The credential that the gate signs with.
    pub credential: Option<Arc<Credential>>,
    /// How long the run may take, all its attempts together; the runtime's own limit when none.
    pub timeout: Option<Duration>,
    /// How often the run may be repeated. It is, after a pause, as long as its envelope says Retryable.
    pub retries: u32,
    /// Reads are sent, and the first write is not: the run ends there, and its envelope has the plan.
    pub dry_run: bool,
    /// Where the call stands in a trace. Services that ask for it (`trace_context` in `provider.toml`) are told.
    pub trace: Option<TraceParent>,
}

impl Invocation {
    /// Of a node, without inputs, options and credential.
    pub fn new(node: NodeId) -> Self {
        Self {
            node,
            inputs: Value::Object(Map::new()),
            options: Value::Null,
            credential: None,
            timeout: None,
            retries: 0,
            dry_run: false,
            trace: None,
        }
    }
}

/// What an invocation came to, and how. There is no secret in it: exchanges are recorded before they are signed.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// The answer.
    pub envelope: Envelope,
    /// Why the run failed; none after a success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureKind>,
    /// What the node sent and what came back.
    pub exchanges: Vec<Exchange>,
    /// What the node logged.
    pub log: Vec<LogLine>,
    /// How long it took.
    #[serde(skip)]
    pub took: Duration,
    /// How often the node was run; 0 when its parameters were wrong.
    pub attempts: u32,
    /// Where the time went.
    pub timing: Timing,
}

/// Where the time of a run went, all its attempts together. What is left of the whole is checking and writing JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Timing {
    /// Waiting for a sandbox, or for another run on the same resource to end.
    #[serde(rename = "waiting_ms", serialize_with = "as_milliseconds")]
    pub waiting: Duration,
    /// The node's own computation, and setting its sandbox up.
    #[serde(rename = "sandbox_ms", serialize_with = "as_milliseconds")]
    pub sandbox: Duration,
    /// In the gate: tokens, pace, and the service's own time.
    #[serde(rename = "gate_ms", serialize_with = "as_milliseconds")]
    pub gate: Duration,
    /// Pauses before attempts.
    #[serde(rename = "pausing_ms", serialize_with = "as_milliseconds")]
    pub pausing: Duration,
}

/// Loads nodes and runs them.
pub struct Runtime {
    engine: Arc<Engine>,
    registry: Arc<Registry>,
    gate: Arc<Gate>,
    exclusive: Exclusive,
    timeout: Duration,
}

impl Runtime {
    /// A runtime that reaches services over HTTP.
    ///
    /// # Errors
    /// The nodes' directory has no nodes or a wrong `provider.toml`, or the HTTP client can not start.
    pub fn new(engine: Arc<Engine>, config: RuntimeConfig) -> Result<Self> {
        let transport = Arc::new(HttpTransport::new(&config.http)?);
        Self::with_transport(engine, config, transport)
    }

    /// A runtime whose requests a transport of the caller's carries; for tests that need no network.
    ///
    /// # Errors
    /// The nodes' directory has no nodes or a wrong `provider.toml`.
    pub fn with_transport(engine: Arc<Engine>, config: RuntimeConfig, transport: Arc<dyn Transport>) -> Result<Self> {
        Ok(Self {
            engine,
            registry: Arc::new(Registry::open(&config.nodes_directory)?),
            gate: Arc::new(Gate::new(transport, config.upstreams, config.gate, config.clock)),
            exclusive: Exclusive::default(),
            timeout: config.timeout,
        })
    }

    /// A runtime over the same nodes, already loaded, whose requests another transport carries; with tokens, rates and a
    /// clock of its own. Costs microseconds, so that each of many scripted tests can have one.
    pub fn with_other_transport(&self, transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self {
            engine: Arc::clone(&self.engine),
            registry: Arc::clone(&self.registry),
            gate: Arc::new(Gate::new(transport, [], GateLimits::default(), clock)),
            exclusive: Exclusive::default(),
            timeout: self.timeout,
        }
    }

    /// All providers, by name.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.registry.providers().map(|provider| &**provider)
    }

    /// The provider of that name.
    ///
    /// # Errors
    /// [`Error::UnknownProvider`](crate::Error::UnknownProvider) with the nearest name.
    pub fn provider(&self, name: &str) -> Result<&Provider> {
        self.registry.provider(name).map(|provider| &**provider)
    }

    /// The ids of all nodes, in order.
    pub fn node_ids(&self) -> impl Iterator<Item = &NodeId> {
        self.registry.ids()
    }

    /// The manifests of all nodes, in the order of their ids.
    ///
    /// # Errors
    /// A component can not be loaded.
    pub async fn manifests(&self) -> Result<Vec<Manifest>> {
        let nodes = self.registry.all_nodes(&self.engine).await?;
        Ok(nodes.iter().map(|node| node.manifest.clone()).collect())
    }

    /// The manifest of a node.
    ///
    /// # Errors
    /// [`Error::UnknownNode`](crate::Error::UnknownNode) with the nearest id, or the component can not be loaded.
    pub async fn manifest(&self, id: &NodeId) -> Result<Manifest> {
        Ok(self.registry.node(&self.engine, id).await?.manifest.clone())
    }

    /// Runs a node. Whatever the run comes to, wrong parameters included, is told in the envelope.
    ///
    /// # Errors
    /// There is no such node, or its component can not be loaded.
    pub async fn invoke(&self, invocation: Invocation) -> Result<Run> {
        let node = self.registry.node(&self.engine, &invocation.node).await?;
        let span = tracing::info_span!("invoke", node = %invocation.node);
        let journal = Arc::new(Journal::new());
        let (envelope, failure) = self.run(&node, invocation, &journal).instrument(span).await;
        let took = journal.elapsed();
        let (exchanges, log) = journal.take();
        Ok(Run { envelope, failure, exchanges, log, took, attempts: 1, timing: Timing::default() })
    }

    async fn run(
        &self,
        node: &Node,
        invocation: Invocation,
        journal: &Arc<Journal>,
    ) -> (Envelope, Option<FailureKind>) {
        let manifest = &node.manifest;
        let parameters = match node.checks.parameters(invocation.inputs, invocation.options) {
            Ok(parameters) => parameters,
            Err(errors) => {
                return (outcome::parameter_errors(manifest, &errors), Some(FailureKind::InvalidInput));
            }
        };
        let timeout = invocation.timeout.unwrap_or(self.timeout);
        let deadline = Instant::now() + timeout;
        let until_deadline = tokio::time::Instant::from_std(deadline);
        // What is exclusive comes before a place in the pool: runs that wait for each other hold no sandboxes.
        let exclusive = self.exclusive.enter(manifest, &parameters.inputs);
        let Ok(_exclusive) = tokio::time::timeout_at(until_deadline, exclusive).await else {
            return (outcome::busy(manifest, "another run on the same resource"), Some(FailureKind::Timeout));
        };
        let place = self.engine.places().acquire();
        let Ok(Ok(_place)) = tokio::time::timeout_at(until_deadline, place).await else {
            return (outcome::busy(manifest, "a free sandbox"), Some(FailureKind::Timeout));
        };
        let passage = Passage {
            gate: Arc::clone(&self.gate),
            provider: Arc::clone(&node.provider),
            credential: invocation.credential,
            effect: manifest.effect,
            journal: Arc::clone(journal),
            answers_until: deadline - (timeout / 10).min(LONGEST_AFTERTHOUGHT),
        };
        let (inputs, options) = (parameters.inputs.to_string(), parameters.options.to_string());
        let run = sandbox::run(&self.engine, &node.component, passage, &inputs, &options);
        match tokio::time::timeout_at(until_deadline, run).await {
            Ok(end) => {
                let kind = end.failure();
                let envelope = outcome::ended(node, journal, end);
                // Outputs that are not as declared fail a run that the node ended well.
                let failure = (!envelope.is_success()).then(|| kind.unwrap_or(FailureKind::System));
                (envelope, failure)
            }
            Err(_) => (outcome::timed_out(manifest, journal, timeout.as_millis()), Some(FailureKind::Timeout)),
        }
    }
}
