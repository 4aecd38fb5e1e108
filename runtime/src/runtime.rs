//! Runs nodes: from an invocation to its envelope and record.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use serde_json::Value;
use tracing::Instrument;

use crate::clock::{Clock, SystemClock};
use crate::credential::{Credential, CredentialFailure, FetchedToken};
use crate::engine::Engine;
use crate::envelope::Envelope;
use crate::error::Result;
use crate::exclusive::Exclusive;
use crate::gate::{Gate, GateLimits, HttpLimits, HttpTransport, Passage, Transport, Upstream};
use crate::gauges::{Gauges, HostGauge};
use crate::id::NodeId;
use crate::invocation::{Invocation, Run, Timing};
use crate::manifest::{Effect, FailureKind, Manifest};
use crate::provider::Provider;
use crate::record::Journal;
use crate::registry::{Node, Registry};
use crate::retry::RetryPauses;
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
    /// The pauses before a run is repeated.
    pub retry_pauses: RetryPauses,
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
            retry_pauses: RetryPauses::default(),
            clock: Arc::new(SystemClock),
        }
    }
}

/// A run that can be repeated.
struct Task<'run> {
    node: &'run Node,
    /// The inputs and options as the node reads them.
    inputs: String,
    options: String,
    /// The inputs, for what they name.
    given: Value,
    credential: Option<Arc<Credential>>,
    dry_run: bool,
    trace: Option<TraceParent>,
    timeout: Duration,
    deadline: Instant,
}

/// Loads nodes and runs them.
pub struct Runtime {
    engine: Arc<Engine>,
    registry: Arc<Registry>,
    gate: Arc<Gate>,
    exclusive: Exclusive,
    timeout: Duration,
    pauses: RetryPauses,
    retries: AtomicU64,
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
            pauses: config.retry_pauses,
            retries: AtomicU64::new(0),
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
            pauses: self.pauses.clone(),
            retries: AtomicU64::new(0),
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
        Ok(self.run(&node, invocation).instrument(span).await)
    }

    /// Fetches each token that a credential is good for, anew, and nothing more: so its values are known to be right.
    /// A credential that signs by itself, such as a robot's, has none to fetch.
    ///
    /// # Errors
    /// The first token that could not be had, or that there is no such provider.
    pub async fn test_credential(&self, credential: &Arc<Credential>) -> Result<Vec<FetchedToken>, CredentialFailure> {
        let provider = self.registry.provider(credential.provider().as_str()).map_err(|error| CredentialFailure {
            kind: FailureKind::NotFound,
            message: error.to_string(),
            hint: "Remove the credential, or install the provider's nodes.".to_owned(),
            retryable: false,
            original_status_code: 0,
        })?;
        let journal = Arc::new(Journal::of_attempt(1, Instant::now()));
        let passage = Passage {
            gate: Arc::clone(&self.gate),
            provider: Arc::clone(provider),
            credential: Some(Arc::clone(credential)),
            effect: Effect::Read,
            dry_run: false,
            trace: None,
            journal: Arc::clone(&journal),
            answers_until: Instant::now() + self.timeout,
        };
        let mut tokens = Vec::new();
        for recipe in provider.tokens.iter().filter(|recipe| recipe.credential == *credential.kind()) {
            let token = passage
                .fetch_token(recipe, credential)
                .await
                .map_err(|error| CredentialFailure::new(error, journal.last_status()))?;
            tokens.push(FetchedToken { name: recipe.name.clone(), lifetime: token.lives_for(self.gate.clock().now()) });
        }
        Ok(tokens)
    }

    /// How busy the runtime is.
    pub fn gauges(&self) -> Gauges {
        let sandboxes = self.engine.traffic();
        let (token_fetches, failed_token_fetches) = self.gate.token_fetches();
        let hosts = self.gate.hosts().into_iter();
        Gauges {
            sandboxes: self.engine.max_concurrent_runs() as usize,
            sandboxes_in_use: sandboxes.in_flight,
            waiting_for_sandbox: sandboxes.waiting,
            token_fetches,
            failed_token_fetches,
            retries: self.retries.load(Relaxed),
            hosts: hosts
                .map(|(host, traffic)| HostGauge { host, in_flight: traffic.in_flight, waiting: traffic.waiting })
                .collect(),
        }
    }

    /// Runs a node as often as its invocation allows and its envelopes ask for.
    async fn run(&self, node: &Node, invocation: Invocation) -> Run {
        let began = Instant::now();
        let parameters = match node.checks.parameters(invocation.inputs, invocation.options) {
            Ok(parameters) => parameters,
            Err(errors) => {
                return Run {
                    envelope: outcome::parameter_errors(&node.manifest, &errors),
                    failure: Some(FailureKind::InvalidInput),
                    exchanges: Vec::new(),
                    log: Vec::new(),
                    took: began.elapsed(),
                    attempts: 0,
                    timing: Timing::default(),
                };
            }
        };
        let timeout = invocation.timeout.unwrap_or(self.timeout);
        let task = Task {
            node,
            inputs: parameters.inputs.to_string(),
            options: parameters.options.to_string(),
            given: parameters.inputs,
            credential: invocation.credential,
            dry_run: invocation.dry_run,
            trace: invocation.trace,
            timeout,
            deadline: began + timeout,
        };
        let (mut exchanges, mut log, mut timing) = (Vec::new(), Vec::new(), Timing::default());
        let mut attempt = 0;
        loop {
            attempt += 1;
            let journal = Arc::new(Journal::of_attempt(attempt, began));
            let (envelope, failure) = self.attempt(&task, &journal, &mut timing).await;
            let (mut new_exchanges, mut new_lines) = journal.take();
            exchanges.append(&mut new_exchanges);
            log.append(&mut new_lines);
            let pause = (envelope.retryable && attempt <= invocation.retries)
                .then(|| self.pauses.after(attempt, journal.retry_after()))
                .filter(|pause| Instant::now() + *pause < task.deadline);
            let Some(pause) = pause else {
                return Run { envelope, failure, exchanges, log, took: began.elapsed(), attempts: attempt, timing };
            };
            tracing::debug!(attempt, pause_ms = pause.as_millis() as u64, "again: {}", envelope.error_message);
            self.retries.fetch_add(1, Relaxed);
            timing.pausing += pause;
            tokio::time::sleep(pause).await;
        }
    }

    /// Runs a node once.
    async fn attempt(
        &self,
        task: &Task<'_>,
        journal: &Arc<Journal>,
        timing: &mut Timing,
    ) -> (Envelope, Option<FailureKind>) {
        let Task { node, timeout, deadline, .. } = *task;
        let manifest = &node.manifest;
        let until_deadline = tokio::time::Instant::from_std(deadline);
        let began = Instant::now();
        // What is exclusive comes before a place in the pool: runs that wait for each other hold no sandboxes.
        let exclusive = self.exclusive.enter(manifest, &task.given);
        let Ok(_exclusive) = tokio::time::timeout_at(until_deadline, exclusive).await else {
            timing.waiting += began.elapsed();
            return (outcome::busy(manifest, "another run on the same resource"), Some(FailureKind::Timeout));
        };
        let Ok(Some(_place)) = tokio::time::timeout_at(until_deadline, self.engine.place()).await else {
            timing.waiting += began.elapsed();
            return (outcome::busy(manifest, "a free sandbox"), Some(FailureKind::Timeout));
        };
        let entered = Instant::now();
        timing.waiting += entered - began;
        let passage = Passage {
            gate: Arc::clone(&self.gate),
            provider: Arc::clone(&node.provider),
            credential: task.credential.clone(),
            effect: manifest.effect,
            dry_run: task.dry_run,
            trace: task.trace,
            journal: Arc::clone(journal),
            answers_until: deadline - (timeout / 10).min(LONGEST_AFTERTHOUGHT),
        };
        let run = sandbox::run(&self.engine, &node.component, passage, &task.inputs, &task.options);
        let ended = tokio::time::timeout_at(until_deadline, run).await;
        let in_gate = journal.time_in_gate();
        timing.gate += in_gate;
        timing.sandbox += entered.elapsed().saturating_sub(in_gate);
        match ended {
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
