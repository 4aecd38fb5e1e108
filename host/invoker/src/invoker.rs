//! From an order to its answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use patchbay_runtime::{Credential, Envelope, FailureKind, Invocation, NodeId, Run, Runtime, Timing};
use patchbay_state::calls::NewCall;
use patchbay_state::runs::{EndedRun, Recordable, RunId, StartedRun, record};
use patchbay_state::{Recorded, Running, State, Turn, Wait};
use tokio::time::timeout_at;
use tracing::{Instrument, Span};

use crate::admission::{Admission, Place};
use crate::answered::{Answered, EnvelopeText};
use crate::catalog::{Catalog, CatalogNode};
use crate::counter::{Counter, Ran, Uncounted};
use crate::credentials::Credentials;
use crate::once::{self, is_kept, unknown};
use crate::order::{Order, RunLimits};
use crate::refused::Refused;
use crate::trace;
use patchbay_runtime::chain;

/// What an invoker allows.
#[derive(Debug, Clone)]
pub struct InvokerConfig {
    /// Runs that may be under way at once.
    pub concurrent: usize,
    /// Orders that may wait for a place.
    pub queue: usize,
    /// How long an order may wait for a place.
    pub queue_timeout: Duration,
    /// How long a run may take when its order does not say.
    pub timeout: Duration,
    /// How long a run may take at most.
    pub max_timeout: Duration,
    /// How often a run may be repeated at most.
    pub max_retries: u32,
    /// How long the outcome of an order with a key is kept.
    pub outcome_lifetime: Duration,
    /// Whether records hold inputs, outputs and bodies.
    pub record_contents: bool,
}

impl Default for InvokerConfig {
    fn default() -> Self {
        Self {
            concurrent: 512,
            queue: 512,
            queue_timeout: Duration::from_secs(20),
            timeout: Duration::from_secs(30),
            max_timeout: Duration::from_secs(300),
            max_retries: 10,
            outcome_lifetime: Duration::from_secs(24 * 60 * 60),
            record_contents: true,
        }
    }
}

/// What an invoker is made of.
pub struct InvokerParts {
    /// Runs nodes.
    pub runtime: Arc<Runtime>,
    /// What is kept: records, outcomes, credentials.
    pub state: State,
    /// Credentials that may be named besides the stored ones.
    pub own_credentials: Vec<Arc<Credential>>,
    /// Is told what ran; nobody when none.
    pub counter: Option<Arc<dyn Counter>>,
    /// What is allowed.
    pub config: InvokerConfig,
}

/// Runs nodes for callers.
pub struct Invoker {
    runtime: Arc<Runtime>,
    catalog: Catalog,
    state: State,
    credentials: Credentials,
    admission: Admission,
    counter: Arc<dyn Counter>,
    config: InvokerConfig,
}

/// An order that can run: all that it names was found.
struct Job {
    run: StartedRun,
    node: Arc<CatalogNode>,
    credential: Option<Arc<Credential>>,
    limits: Allowed,
    order: Order,
}

/// What became of an order with a key.
enum Step {
    /// It is answered.
    Answered(Answered),
    /// The same order runs already: wait for it, and look again.
    Wait(Box<Job>, Wait),
}

/// The limits of an order under the invoker's own.
#[derive(Clone, Copy)]
struct Allowed {
    timeout: Duration,
    retries: u32,
}

impl Invoker {
    /// An invoker of these parts. It must be made on the async runtime that it is used on.
    pub fn new(parts: InvokerParts) -> Self {
        let InvokerParts { runtime, state, own_credentials, counter, config } = parts;
        // There is no use in a place without a sandbox.
        let places = config.concurrent.min(runtime.gauges().sandboxes);
        Self {
            catalog: Catalog::new(Arc::clone(&runtime)),
            credentials: Credentials::new(Arc::clone(&state.vault), own_credentials),
            admission: Admission::new(places, config.queue, config.queue_timeout),
            counter: counter.unwrap_or_else(|| Arc::new(Uncounted)),
            config,
            state,
            runtime,
        }
    }

    /// Runs a node for a caller. Once this answers, a killed process does not lose the run's record.
    ///
    /// # Errors
    /// The order can not become a run; nothing was executed by it.
    pub async fn run(self: &Arc<Self>, order: Order) -> Result<Answered, Refused> {
        let limits = self.limits(order.limits)?;
        let deadline = tokio::time::Instant::now() + limits.timeout;
        self.catalog.snapshot().check(&order.node).map_err(Refused::UnknownNode)?;
        let credential_name = order.credential.as_ref().map(|credential| credential.name());
        order.caller.may_invoke(&order.node, credential_name)?;
        let node = self.ready(&order.node, deadline).await?;
        let credential = match &order.credential {
            Some(choice) => Some(self.credentials.find(choice, node.node().provider()).await?),
            None => None,
        };
        // Nobody is promised a record that can not be kept.
        self.state.recorder.available().map_err(Refused::Unavailable)?;
        let run = StartedRun {
            id: RunId::begin(&*self.state.clock),
            node: order.node.clone(),
            credential: order.credential.as_ref().map(|credential| credential.name().to_owned()),
            api_key: order.caller.name().map(str::to_owned),
        };
        let call = order.key.as_ref().map(|key| {
            once::call(&order, key, node.manifest(), run.clone(), &self.state, self.config.outcome_lifetime)
        });
        let job = Box::new(Job { run, node, credential, limits, order });
        match call {
            None => {
                let place = self.admission.enter().await?;
                let (id, invoker, span) = (job.run.id, Arc::clone(self), trace::span(job.run.id, &job.order));
                self.state.recorder.start(job.run.clone());
                in_its_own_task(id, span, async move { invoker.execute(job, place, None).await }).await
            }
            Some(call) => self.run_once(job, call, deadline).await,
        }
    }

    fn limits(&self, asked: RunLimits) -> Result<Allowed, Refused> {
        let timeout = asked.timeout.unwrap_or(self.config.timeout).min(self.config.max_timeout);
        if timeout.is_zero() {
            return Err(Refused::NoTime);
        }
        Ok(Allowed { timeout, retries: asked.retries.min(self.config.max_retries) })
    }

    /// A node, waited for while it is being built or loaded; as long as a run may take when its caller does not say.
    ///
    /// # Errors
    /// There is none of that id, it can not be loaded, or that takes too long.
    pub async fn node(&self, id: &NodeId) -> Result<Arc<CatalogNode>, Refused> {
        self.ready(id, tokio::time::Instant::now() + self.config.timeout).await
    }

    async fn ready(&self, id: &NodeId, deadline: tokio::time::Instant) -> Result<Arc<CatalogNode>, Refused> {
        match timeout_at(deadline, self.catalog.node(id)).await {
            Ok(Ok(node)) => Ok(node),
            Ok(Err(error @ patchbay_runtime::Error::UnknownNode { .. })) => Err(Refused::UnknownNode(error)),
            Ok(Err(source)) => Err(Refused::Unusable { node: id.clone(), source }),
            Err(_) => Err(Refused::NotReady { node: id.clone() }),
        }
    }

    /// An order with a key: runs it, or answers what it came to when it ran.
    async fn run_once(
        self: &Arc<Self>,
        mut job: Box<Job>,
        call: NewCall,
        deadline: tokio::time::Instant,
    ) -> Result<Answered, Refused> {
        loop {
            // Before the key is looked at: so looking, which is a write, is not done for more orders than may run.
            let place = self.admission.enter().await?;
            let (invoker, call, span) = (Arc::clone(self), call.clone(), trace::span(job.run.id, &job.order));
            let step = in_its_own_task(job.run.id, span, async move { invoker.begin_once(job, call, place).await });
            let wait = match step.await? {
                Step::Answered(answered) => return Ok(answered),
                Step::Wait(again, wait) => {
                    job = again;
                    wait
                }
            };
            let run = wait.run();
            if timeout_at(deadline, wait.ended()).await.is_err() {
                return Err(Refused::StillRunning { run });
            }
        }
    }

    /// Begins a call under its key, and does what that asks for.
    async fn begin_once(&self, job: Box<Job>, call: NewCall, place: Place) -> Result<Step, Refused> {
        Ok(Step::Answered(match self.state.recorder.begin_call(call).await.map_err(Refused::Store)? {
            Turn::Run(running) => self.execute(job, place, Some(running)).await?,
            Turn::Wait(wait) => return Ok(Step::Wait(job, wait)),
            Turn::Replay { run, outcome } => {
                self.counter.replayed();
                let envelope = EnvelopeText::stored(outcome);
                let envelope = envelope.map_err(|error| Refused::Broken { run, source: Box::new(error) })?;
                Answered { run, envelope, is_replay: true, shortened_to: None }
            }
            Turn::OtherCall => return Err(Refused::OtherOrder),
            Turn::Unknown { run, began } => {
                tracing::warn!(%run, node = %job.order.node, "a call whose outcome is unknown was asked for again");
                let envelope = written(&unknown(job.node.manifest(), run, began), run)?;
                Answered { run, envelope, is_replay: true, shortened_to: None }
            }
        }))
    }

    /// Runs a job and stores what it came to before that is answered.
    async fn execute(&self, job: Box<Job>, place: Place, key: Option<Running>) -> Result<Answered, Refused> {
        let Job { run: started, node, credential, limits, order } = *job;
        let (id, began) = (started.id, Instant::now());
        let invocation = Invocation {
            // The runtime turns them into the node's form; the record has them as they were given.
            inputs: order.inputs.clone(),
            options: order.options.clone(),
            credentials: credential.clone().into(),
            owner: order.caller.scope(),
            timeout: Some(limits.timeout),
            retries: limits.retries,
            dry_run: order.dry_run,
            trace: trace::passed_on(&Span::current(), &order),
            ..Invocation::new(order.node.clone())
        };
        let ended = AssertUnwindSafe(self.runtime.run(node.node(), invocation)).catch_unwind().await;
        let run = ended.unwrap_or_else(|_| broken(&node, id, began));
        self.tell(&node, &order, credential.as_deref(), &run, place.waited);
        let envelope = written(&run.envelope, id)?;
        let record = record(Recordable {
            started,
            sensitive: node.node().sensitive(),
            inputs: &order.inputs,
            options: &order.options,
            run: &run,
            contents: self.config.record_contents,
        });
        match record {
            // Its place is held until then: so records come no faster than they can be stored.
            Ok(record) => self.store(record, key, &run.envelope, &envelope).await,
            Err(error) => tracing::error!("the run has no record: {}", chain(&error)),
        }
        drop(place);
        let shortened_to = order.limits.timeout.filter(|asked| *asked > limits.timeout).map(|_| limits.timeout);
        Ok(Answered { run: id, envelope, is_replay: false, shortened_to })
    }

    /// Stores the record of a run, and with it what its key is answered with from now on.
    async fn store(&self, record: EndedRun, key: Option<Running>, envelope: &Envelope, text: &EnvelopeText) {
        let recorded = match key {
            None => self.state.recorder.end(record).await,
            Some(key) if is_kept(envelope) => key.finish(Arc::clone(text.json()), record).await,
            Some(key) => key.release(record).await,
        };
        match recorded {
            Recorded::Stored => {}
            Recorded::Kept => tracing::warn!("the run's record is held in memory until the store takes it"),
            Recorded::Dropped => tracing::error!("the run has no record: the store takes nothing"),
        }
    }

    /// Counts a run and tells of it in the log.
    fn tell(&self, node: &CatalogNode, order: &Order, credential: Option<&Credential>, run: &Run, waited: Duration) {
        Span::current().record("status", run.envelope.status_code);
        self.counter.ran(&Ran { node: node.node(), run, waited });
        tracing::info!(
            credential = credential.map(Credential::name),
            key = order.caller.name(),
            status = run.envelope.status_code,
            attempts = run.attempts,
            exchanges = run.exchanges.len(),
            took_ms = run.took.as_millis() as u64,
            "invoked"
        );
    }

    /// What can be run.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The credentials that orders may name.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The queue before the runs.
    pub fn admission(&self) -> &Admission {
        &self.admission
    }

    /// What runs the nodes.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// What is kept.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Writes what is still to be written and closes the store. Orders after this are refused.
    pub async fn close(&self) {
        self.admission.close();
        self.state.close().await;
    }
}

/// Does something in a task of its own: a caller that hangs up does not stop a run in the middle of its writes, nor a call
/// in the middle of its beginning.
async fn in_its_own_task<T: Send + 'static>(
    run: RunId,
    span: Span,
    work: impl Future<Output = Result<T, Refused>> + Send + 'static,
) -> Result<T, Refused> {
    tokio::spawn(work.instrument(span)).await.map_err(|error| Refused::Broken { run, source: Box::new(error) })?
}

fn written(envelope: &Envelope, run: RunId) -> Result<EnvelopeText, Refused> {
    EnvelopeText::new(envelope).map_err(|error| Refused::Broken { run, source: Box::new(error) })
}

/// What a run came to that broke outside of its node: nobody knows what was sent.
fn broken(node: &CatalogNode, id: RunId, began: Instant) -> Run {
    tracing::error!("the run broke");
    Run {
        envelope: unknown(node.manifest(), id, id.began()),
        failure: Some(FailureKind::System),
        exchanges: Vec::new(),
        log: Vec::new(),
        took: began.elapsed(),
        attempts: 1,
        timing: Timing::default(),
    }
}
