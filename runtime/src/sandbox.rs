//! One run in a fresh store and instance, with its limits.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use wasmtime::{ResourceLimiter, Store, Trap, UpdateDeadline};

use crate::bindings::http::{self, Request, Response, SendError, SendErrorKind};
use crate::bindings::{Failure, NodePre, Outcome, log};
use crate::engine::{Engine, EngineConfig, TICK};
use crate::envelope::Plan;
use crate::gate::{Passage, WouldWrite};
use crate::manifest::FailureKind;
use crate::record::LogLevel;

/// The target of nodes' own lines in the host's log.
const NODE: &str = "patchbay_runtime::node";

/// What the host keeps of one run.
pub(crate) struct State {
    /// The way out; none while a manifest is read.
    passage: Option<Passage>,
    budget: Budget,
}

/// What one run may still use.
struct Budget {
    /// Memory over all linear memories of the store.
    memory_bytes: Allowance,
    /// Elements over all tables of the store.
    table_elements: Allowance,
    /// Ticks of computation.
    ticks: u64,
    /// The run has waited for the host since it was last interrupted, so the next interruption is not its own doing.
    has_waited: bool,
}

/// An amount that is given out until it is used up.
struct Allowance {
    left: usize,
    /// A request was turned down; a node that fails after it, fails for it.
    is_exhausted: bool,
}

/// How a run ended.
pub(crate) enum End {
    /// The node answered.
    Answered(Result<Outcome, Failure>),
    /// The run was dry and came to a write: the node was stopped there, and has no say in what follows.
    Planned(Box<Plan>),
    /// The node was stopped or stopped itself: what happened, in a sentence without its subject.
    Stopped(String),
}

impl End {
    /// Why the node says that it failed.
    pub fn failure(&self) -> Option<FailureKind> {
        match self {
            Self::Answered(Err(failure)) => Some(failure.kind.into()),
            Self::Answered(Ok(_)) | Self::Planned(_) | Self::Stopped(_) => None,
        }
    }
}

/// Raised when a run has computed for as long as it may.
#[derive(Debug, thiserror::Error)]
#[error("computed for longer than {} ms", .0.as_millis())]
struct ComputedTooLong(Duration);

/// Runs the node once.
pub(crate) async fn run(engine: &Engine, node: &NodePre<State>, passage: Passage, inputs: &str, options: &str) -> End {
    let mut store = store(engine, Some(passage));
    let answer = async {
        let instance = node.instantiate_async(&mut store).await?;
        instance.call_run(&mut store, inputs, options).await
    }
    .await;
    match answer {
        Ok(answer) => End::Answered(answer),
        Err(error) => match error.downcast_ref::<WouldWrite>() {
            Some(WouldWrite(plan)) => End::Planned(plan.clone()),
            None => End::Stopped(store.data().budget.explain(&error, engine.config())),
        },
    }
}

/// Reads the manifest that the node exports; the error says how it failed.
pub(crate) async fn manifest(engine: &Engine, node: &NodePre<State>) -> Result<String, String> {
    let mut store = store(engine, None);
    let answer = async {
        let instance = node.instantiate_async(&mut store).await?;
        instance.call_manifest(&mut store).await
    }
    .await;
    answer.map_err(|error| store.data().budget.explain(&error, engine.config()))
}

fn store(engine: &Engine, passage: Option<Passage>) -> Store<State> {
    let config = engine.config();
    let max_compute = config.max_compute;
    let mut store = Store::new(engine.wasmtime(), State { passage, budget: Budget::new(config) });
    store.limiter(|state| &mut state.budget);
    // Both deadlines are set before instantiation, because start functions run there.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |mut store| {
        if store.data_mut().budget.charge_tick() {
            Ok(UpdateDeadline::Yield(1))
        } else {
            Err(ComputedTooLong(max_compute).into())
        }
    });
    store
}

impl Budget {
    fn new(config: &EngineConfig) -> Self {
        let ticks = config.max_compute.as_nanos().div_ceil(TICK.as_nanos());
        Self {
            memory_bytes: Allowance::of(config.max_memory_bytes),
            table_elements: Allowance::of(config.max_table_elements),
            ticks: u64::try_from(ticks).unwrap_or(u64::MAX),
            has_waited: false,
        }
    }

    /// Waits for the host. What the host answers at once was no wait: a node that asks for what is refused, again and
    /// again, computes.
    async fn wait<T>(&mut self, answer: impl Future<Output = T>) -> T {
        let mut answer = pin!(answer);
        poll_fn(|context| {
            let polled = answer.as_mut().poll(context);
            self.has_waited |= polled.is_pending();
            polled
        })
        .await
    }

    /// Charges the computation since the last interruption; false when there is none left.
    fn charge_tick(&mut self) -> bool {
        if std::mem::take(&mut self.has_waited) {
            return true;
        }
        self.ticks = self.ticks.saturating_sub(1);
        self.ticks > 0
    }

    fn explain(&self, error: &wasmtime::Error, config: &EngineConfig) -> String {
        if let Some(too_long) = error.downcast_ref::<ComputedTooLong>() {
            return too_long.to_string();
        }
        if self.memory_bytes.is_exhausted {
            return format!("needed more memory than {} MiB", config.max_memory_bytes >> 20);
        }
        if self.table_elements.is_exhausted {
            return format!("needed more than {} table elements", config.max_table_elements);
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => "ran out of stack: it recurses too deeply".to_owned(),
            Some(Trap::UnreachableCodeReached) => "panicked".to_owned(),
            Some(trap) => format!("trapped: {trap}"),
            None => format!("could not be run: {error:#}"),
        }
    }
}

impl Allowance {
    fn of(amount: usize) -> Self {
        Self { left: amount, is_exhausted: false }
    }

    fn take(&mut self, current: usize, desired: usize) -> bool {
        match self.left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.is_exhausted = true;
                false
            }
        }
    }
}

impl ResourceLimiter for Budget {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.memory_bytes.take(current, desired))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.table_elements.take(current, desired))
    }
}

impl http::Host for State {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Response, SendError>> {
        let Some(passage) = &self.passage else { return Ok(Err(while_reading_the_manifest())) };
        let _in_gate = passage.journal.in_gate();
        Ok(self.budget.wait(passage.send(request)).await?)
    }

    async fn send_all(&mut self, requests: Vec<Request>) -> wasmtime::Result<Vec<Result<Response, SendError>>> {
        let Some(passage) = &self.passage else {
            return Ok(requests.iter().map(|_| Err(while_reading_the_manifest())).collect());
        };
        let _in_gate = passage.journal.in_gate();
        Ok(self.budget.wait(passage.send_all(requests)).await?)
    }
}

impl log::Host for State {
    fn log(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        if let Some(passage) = &self.passage {
            let level = LogLevel::from(level);
            // The host's log gets what the record keeps, so that a node can flood neither.
            let Some(message) = passage.journal.log(level, message) else { return Ok(()) };
            match level {
                LogLevel::Debug => tracing::debug!(target: NODE, "{message}"),
                LogLevel::Info => tracing::info!(target: NODE, "{message}"),
                LogLevel::Warn => tracing::warn!(target: NODE, "{message}"),
                LogLevel::Error => tracing::error!(target: NODE, "{message}"),
            }
        }
        Ok(())
    }
}

fn while_reading_the_manifest() -> SendError {
    SendError {
        kind: SendErrorKind::Refused,
        message: "a node sends nothing while its manifest is read".to_owned(),
        hint: "This is a mistake in the node: report it to the node's author.".to_owned(),
        retryable: false,
    }
}
