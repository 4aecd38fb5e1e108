//! Runs nodes: from an invocation to its envelope and record.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use serde_json::Value;
use tracing::Instrument;

use crate::aside::{NotDone, panic_message, within};
use crate::clock::{Clock, SystemClock};
use crate::credential::{Credential, CredentialFailure, Credentials, FetchedToken};
use crate::engine::Engine;
use crate::envelope::Envelope;
use crate::error::{Error, Result};
use crate::exclusive::Exclusive;
use crate::files::FileStore;
use crate::gate::{
    Gate, GateLimits, GateParts, HttpLimits, HttpTransport, MemoryTokens, Passage, TokenStore, Transport, Upstream,
};
use crate::gauges::{Gauges, HostGauge};
use crate::id::NodeId;
use crate::invocation::{Invocation, Run, Timing};
use crate::journal::Journal;
use crate::manifest::Manifest;
use crate::outputs::Outputs;
use crate::provider::Provider;
use crate::registry::{Node, Registry, Snapshot};
use crate::retry::RetryPauses;
use crate::sandbox::{self, End};
use crate::trace::TraceParent;
use crate::validate::{Checks, Effort, Given, GivenUp, Wrong, are_small};
use crate::verdict;
use crate::vocabulary::{Effect, FailureKind};

/// The most of a run's time that is kept for the node to say what it came to after an answer that did not come.
const LONGEST_AFTERTHOUGHT: Duration = Duration::from_millis(200);

/// The longest time that a run may be given.
const LONGEST_RUN: Duration = Duration::from_secs(24 * 60 * 60);

/// How a runtime is set up.
#[derive(Clone)]
pub struct RuntimeConfig {
    /// Where the components and their providers' data are.
    pub nodes_directory: PathBuf,
    /// Nodes that are still being built: a call of one waits until [`Runtime::built`] or [`Runtime::not_built`] tells of it.
    pub coming: Vec<NodeId>,
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
    /// The clock of tokens, signatures and pace.
    pub clock: Arc<dyn Clock>,
    /// Keeps tokens, so that not every run fetches one.
    pub tokens: Arc<dyn TokenStore>,
    /// Keeps files; without it, a request that names one is refused.
    pub files: Option<Arc<dyn FileStore>>,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self {
            nodes_directory: PathBuf::from("target/nodes"),
            coming: Vec::new(),
            upstreams: Vec::new(),
            gate: GateLimits::default(),
            http: HttpLimits::default(),
            timeout: Duration::from_secs(30),
            retry_pauses: RetryPauses::default(),
            clock: Arc::new(SystemClock),
            tokens: Arc::new(MemoryTokens::default()),
            files: None,
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
    credentials: Credentials,
    owner: String,
    dry_run: bool,
    trace: Option<TraceParent>,
    timeout: Duration,
    deadline: Instant,
}

/// Inputs and options that are as the node declares them.
struct Checked {
    /// As the node reads them.
    inputs: String,
    options: String,
    /// The inputs, for what they name.
    given: Value,
}

impl Checked {
    fn of(given: Given) -> Self {
        Self { inputs: given.inputs.to_string(), options: given.options.to_string(), given: given.inputs }
    }
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
        let registry = Registry::open(Arc::clone(&engine), config.nodes_directory, config.coming)?;
        Ok(Self {
            engine,
            registry: Arc::new(registry),
            gate: Arc::new(Gate::new(GateParts {
                transport,
                upstreams: config.upstreams,
                limits: config.gate,
                clock: config.clock,
                tokens: config.tokens,
                files: config.files,
            })),
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
            gate: Arc::new(Gate::new(GateParts {
                transport,
                upstreams: Vec::new(),
                // A script says what is sent and how often.
                limits: GateLimits { max_rate_retries: 0, ..GateLimits::default() },
                clock,
                tokens: Arc::new(MemoryTokens::default()),
                files: None,
            })),
            exclusive: Exclusive::default(),
            timeout: self.timeout,
            pauses: self.pauses.clone(),
            retries: AtomicU64::new(0),
        }
    }

    /// What there is to run now: providers, nodes, and what can not be had.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.registry.snapshot()
    }

    /// Compiles and checks all nodes that are there, side by side, for later runs not to wait. What can not be loaded is
    /// left out and told by the snapshot.
    pub async fn load_all(&self) -> Arc<Snapshot> {
        self.registry.load_all().await
    }

    /// Reads the nodes' directory anew. What did not change stays loaded, and runs that are under way go on with what they
    /// began with.
    ///
    /// # Errors
    /// The directory can not be read; all stays as it was.
    pub async fn reload(&self) -> Result<()> {
        self.registry.reload(|_| {}).await
    }

    /// Says that nodes are being built from now on: whoever calls one waits for it.
    ///
    /// # Errors
    /// The directory can not be read; all stays as it was.
    pub async fn coming(&self, nodes: Vec<NodeId>) -> Result<()> {
        let change = |snapshot: &mut Snapshot| snapshot.expect(nodes);
        self.registry.reload(change).await
    }

    /// Says that a node that was to come is in the directory now.
    ///
    /// # Errors
    /// The directory can not be read; all stays as it was.
    pub async fn built(&self, node: &NodeId) -> Result<()> {
        let node = node.clone();
        self.registry.reload(move |snapshot| snapshot.settle(node, None)).await
    }

    /// Says that a node that was to come will not, and why.
    ///
    /// # Errors
    /// The directory can not be read; all stays as it was.
    pub async fn not_built(&self, node: &NodeId, reason: String) -> Result<()> {
        let node = node.clone();
        self.registry.reload(move |snapshot| snapshot.settle(node, Some(reason))).await
    }

    /// All providers, by name.
    pub fn providers(&self) -> Vec<Arc<Provider>> {
        self.snapshot().providers().cloned().collect()
    }

    /// The provider of that name.
    ///
    /// # Errors
    /// [`Error::UnknownProvider`](crate::Error::UnknownProvider) with the nearest name.
    pub fn provider(&self, name: &str) -> Result<Arc<Provider>> {
        self.snapshot().provider(name).cloned()
    }

    /// The ids of all nodes, in order.
    pub fn node_ids(&self) -> Vec<NodeId> {
        self.snapshot().node_ids().cloned().collect()
    }

    /// The manifests of all nodes, in the order of their ids.
    ///
    /// # Errors
    /// The first provider or component that can not be loaded.
    pub async fn manifests(&self) -> Result<Vec<Arc<Manifest>>> {
        let snapshot = self.load_all().await;
        match snapshot.left_out().into_iter().next() {
            Some(left_out) => Err(Error::Loading(left_out.error)),
            None => Ok(snapshot.loaded().map(|node| Arc::clone(&node.manifest)).collect()),
        }
    }

    /// A node that is ready to run: compiled now when it was not before, and waited for while it is being built.
    ///
    /// # Errors
    /// [`Error::UnknownNode`](crate::Error::UnknownNode) with the nearest id, or the component can not be loaded.
    pub async fn node(&self, id: &NodeId) -> Result<Arc<Node>> {
        self.registry.node(id).await
    }

    /// The manifest of a node.
    ///
    /// # Errors
    /// [`Error::UnknownNode`](crate::Error::UnknownNode) with the nearest id, or the component can not be loaded.
    pub async fn manifest(&self, id: &NodeId) -> Result<Arc<Manifest>> {
        Ok(Arc::clone(&self.node(id).await?.manifest))
    }

    /// Runs a node. Whatever the run comes to, wrong parameters included, is told in the envelope.
    ///
    /// # Errors
    /// There is no such node, or its component can not be loaded.
    pub async fn invoke(&self, invocation: Invocation) -> Result<Run> {
        let node = self.node(&invocation.node).await?;
        let span = tracing::info_span!("invoke", node = %invocation.node);
        Ok(self.run(&node, invocation).instrument(span).await)
    }

    /// Fetches each token that a credential is good for, anew, and nothing more: so its values are known to be right.
    /// A credential that signs by itself, such as a robot's, has none to fetch.
    ///
    /// # Errors
    /// The first token that could not be had, or that there is no such provider.
    pub async fn test_credential(&self, credential: &Arc<Credential>) -> Result<Vec<FetchedToken>, CredentialFailure> {
        let provider = self.provider(credential.provider().as_str()).map_err(|error| CredentialFailure {
            kind: FailureKind::NotFound,
            message: error.to_string(),
            hint: "Remove the credential, or install the provider's nodes.".to_owned(),
            retryable: false,
            original_status_code: 0,
        })?;
        let passage = Passage {
            gate: Arc::clone(&self.gate),
            provider: Arc::clone(&provider),
            credentials: Arc::clone(credential).into(),
            owner: String::new(),
            effect: Effect::Read,
            node: None,
            dry_run: false,
            trace: None,
            journal: Arc::new(Journal::of_attempt(1, Instant::now())),
            memory: None,
            answers_until: Instant::now() + self.timeout.min(LONGEST_RUN),
        };
        passage.test_credentials().await
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
            memory_bytes: self.engine.memory_taken(),
            token_fetches,
            failed_token_fetches,
            retries: self.retries.load(Relaxed),
            hosts: hosts
                .map(|(host, traffic)| HostGauge { host, in_flight: traffic.in_flight, waiting: traffic.waiting })
                .collect(),
        }
    }

    /// Runs a node that is ready, as often as its invocation allows and its envelopes ask for. Whatever the run comes to,
    /// wrong parameters included, is told in the envelope. Its log lines stand in the caller's span.
    pub async fn run(&self, node: &Node, invocation: Invocation) -> Run {
        let began = Instant::now();
        // Whatever its caller says: an instant has an end.
        let timeout = invocation.timeout.unwrap_or(self.timeout).min(LONGEST_RUN);
        let given = Given { inputs: invocation.inputs, options: invocation.options };
        let not_begun = |envelope, failure| Run {
            envelope,
            failure: Some(failure),
            exchanges: Vec::new(),
            log: Vec::new(),
            took: began.elapsed(),
            attempts: 0,
            timing: Timing::default(),
        };
        let checked = match self.check(&node.checks, given, began + timeout).await {
            Ok(Ok(checked)) => checked,
            Ok(Err(wrong)) => {
                return not_begun(verdict::parameter_errors(&node.manifest, &wrong), FailureKind::InvalidInput);
            }
            Err(not_done) => {
                let failure = if not_done == NotDone::InTime { FailureKind::Timeout } else { FailureKind::System };
                return not_begun(verdict::unchecked(&node.manifest, &not_done), failure);
            }
        };
        let task = Task {
            node,
            inputs: checked.inputs,
            options: checked.options,
            given: checked.given,
            credentials: invocation.credentials,
            owner: invocation.owner,
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
            let asked = journal.retry_after();
            let (mut new_exchanges, mut new_lines) = journal.take();
            exchanges.append(&mut new_exchanges);
            log.append(&mut new_lines);
            let pause = (envelope.retryable && attempt <= invocation.retries)
                .then(|| self.pauses.after(attempt, asked))
                .filter(|pause| *pause < task.deadline.saturating_duration_since(Instant::now()));
            let Some(pause) = pause else {
                return Run { envelope, failure, exchanges, log, took: began.elapsed(), attempts: attempt, timing };
            };
            tracing::debug!(attempt, pause_ms = pause.as_millis() as u64, "again: {}", envelope.error_message);
            self.retries.fetch_add(1, Relaxed);
            timing.pausing += pause;
            tokio::time::sleep(pause).await;
        }
    }

    /// Checks inputs and options: what is small at once, and what is not aside of the threads that serve.
    async fn check(
        &self,
        checks: &Arc<Checks>,
        mut given: Given,
        deadline: Instant,
    ) -> Result<Result<Checked, Wrong>, NotDone> {
        if are_small(&[&given.inputs, &given.options])
            && let Ok(checked) = checks.parameters(&mut given, Effort::LITTLE)
        {
            return Ok(checked.map(|()| Checked::of(given)));
        }
        let until = within(self.engine.config().max_compute, deadline);
        let checks = Arc::clone(checks);
        let check = move || {
            let checked = checks.parameters(&mut given, Effort::Until(until))?;
            Ok(checked.map(|()| Checked::of(given)))
        };
        self.engine.aside().run(until, check).await?.map_err(|GivenUp| NotDone::InTime)
    }

    /// Runs a node once. A mistake of the host in it is told as one.
    async fn attempt(
        &self,
        task: &Task<'_>,
        journal: &Arc<Journal>,
        timing: &mut Timing,
    ) -> (Envelope, Option<FailureKind>) {
        let attempt = AssertUnwindSafe(self.attempt_or_panic(task, journal, timing)).catch_unwind().await;
        attempt.unwrap_or_else(|panic| {
            let envelope = verdict::host_failed(&task.node.manifest, journal, &panic_message(&*panic));
            (envelope, Some(FailureKind::System))
        })
    }

    async fn attempt_or_panic(
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
            return (verdict::busy(manifest, "another run on the same resource"), Some(FailureKind::Timeout));
        };
        let Ok(Some(_place)) = tokio::time::timeout_at(until_deadline, self.engine.place()).await else {
            timing.waiting += began.elapsed();
            return (verdict::busy(manifest, "a free sandbox"), Some(FailureKind::Timeout));
        };
        let admitted = self.engine.admit(node.memory.bytes());
        let Ok(memory) = tokio::time::timeout_at(until_deadline, admitted).await else {
            timing.waiting += began.elapsed();
            return (verdict::busy(manifest, "memory (limits.memory)"), Some(FailureKind::Timeout));
        };
        let entered = Instant::now();
        timing.waiting += entered - began;
        let passage = Passage {
            gate: Arc::clone(&self.gate),
            provider: Arc::clone(&node.provider),
            credentials: task.credentials.clone(),
            owner: task.owner.clone(),
            effect: manifest.effect,
            node: Some(Arc::clone(node.manifest())),
            dry_run: task.dry_run,
            trace: task.trace,
            journal: Arc::clone(journal),
            memory: Some(Arc::clone(&memory)),
            answers_until: deadline - (timeout / 10).min(LONGEST_AFTERTHOUGHT),
        };
        let run =
            sandbox::run(&self.engine, &node.component, passage, Arc::clone(&memory), &task.inputs, &task.options);
        let ended = tokio::time::timeout_at(until_deadline, run).await;
        node.memory.learn(memory.most_used());
        let in_gate = journal.time_in_gate();
        timing.gate += in_gate;
        timing.sandbox += entered.elapsed().saturating_sub(in_gate);
        match ended {
            Ok(mut end) => {
                let kind = end.failure();
                let are_complete = matches!(&end, End::Answered(Ok(_)));
                let outputs = end.take_outputs();
                let outputs = Outputs::read(&self.engine, &node.checks, outputs, are_complete, deadline).await;
                let envelope = verdict::ended(node, journal, end, outputs);
                // Outputs that are not as declared fail a run that the node ended well.
                let failure = (!envelope.is_success()).then(|| kind.unwrap_or(FailureKind::System));
                (envelope, failure)
            }
            Err(_) => (verdict::timed_out(manifest, journal, timeout.as_millis()), Some(FailureKind::Timeout)),
        }
    }
}
