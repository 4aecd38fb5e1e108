//! One run in a fresh store and instance, with its limits.

mod imports;
mod stopwatch;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use wasmtime::component::{Component, Linker};
use wasmtime::{ResourceLimiter, Store, Trap, UpdateDeadline};

use crate::bindings::{Failure, NodePre, Outcome};
use crate::engine::{Engine, EngineConfig};
use crate::envelope::Plan;
use crate::gate::{Passage, WouldWrite};
use crate::memory::{Expectation, NoMemory, RunMemory};
use crate::vocabulary::FailureKind;
use stopwatch::Stopwatch;

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
    /// The run's part of the memory of all runs.
    memory: Arc<RunMemory>,
    /// Bytes of the inputs and options.
    given: usize,
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
    /// The node was stopped because it needed more memory than a run may have.
    OutOfMemory {
        /// What a run may have, in bytes.
        most: usize,
        /// Bytes of its inputs and options.
        given: usize,
    },
    /// The node was stopped because other runs have what it needed: what that is, in a sentence without its subject.
    Crowded(String),
}

impl End {
    /// Why the node says that it failed.
    pub fn failure(&self) -> Option<FailureKind> {
        match self {
            Self::Answered(Err(failure)) => Some(failure.kind),
            Self::Answered(Ok(_))
            | Self::Planned(_)
            | Self::Stopped(_)
            | Self::OutOfMemory { .. }
            | Self::Crowded(_) => None,
        }
    }

    /// The text of the outputs, of a failure too; the end is without it then.
    pub fn take_outputs(&mut self) -> String {
        match self {
            Self::Answered(Ok(outcome)) => std::mem::take(&mut outcome.outputs),
            Self::Answered(Err(failure)) => std::mem::take(&mut failure.outputs),
            Self::Planned(_) | Self::Stopped(_) | Self::OutOfMemory { .. } | Self::Crowded(_) => String::new(),
        }
    }
}

/// Raised when a run has computed for as long as it may.
#[derive(Debug, thiserror::Error)]
#[error("computed for longer than {} ms (limits.compute_per_run)", .0.as_millis())]
struct ComputedTooLong(Duration);

/// Puts a component's imports in place; what it needs besides is told.
pub(crate) fn link(engine: &Engine, component: &Component) -> wasmtime::Result<NodePre<State>> {
    let mut linker = Linker::new(engine.wasmtime());
    imports::add_to_linker(&mut linker)?;
    NodePre::new(linker.instantiate_pre(component)?)
}

/// Runs the node once, in the memory that it was admitted with.
pub(crate) async fn run(
    engine: &Engine,
    node: &NodePre<State>,
    passage: Passage,
    memory: Arc<RunMemory>,
    inputs: &str,
    options: &str,
) -> End {
    if let Err(no_memory) = memory.take(inputs.len() + options.len()) {
        return End::Crowded(crowded(no_memory));
    }
    let stopwatch = Arc::new(Stopwatch::default());
    let mut store = store(engine, Some(passage), memory, &stopwatch);
    store.data_mut().budget.given = inputs.len() + options.len();
    match stopwatch.time(node.run(&mut store, inputs, options)).await {
        Ok(answer) => End::Answered(answer),
        Err(error) => match error.downcast_ref::<WouldWrite>() {
            Some(WouldWrite(plan)) => End::Planned(plan.clone()),
            None => store.data().budget.explain(&error, engine.config()),
        },
    }
}

/// That a run needed more memory than it may have, in a sentence without its subject.
pub(crate) fn too_much_memory(most: usize) -> String {
    format!("needed more memory than {} MiB (limits.memory_per_run)", most >> 20)
}

fn crowded(no_memory: NoMemory) -> String {
    format!("had no memory left: {no_memory}")
}

/// Reads the manifest that the node exports; the error says how it failed.
pub(crate) async fn manifest(engine: &Engine, node: &NodePre<State>) -> Result<String, String> {
    let memory = engine.admit(Expectation::default().bytes()).await;
    let stopwatch = Arc::new(Stopwatch::default());
    let mut store = store(engine, None, memory, &stopwatch);
    let answer = stopwatch.time(node.manifest(&mut store)).await;
    answer.map_err(|error| match store.data().budget.explain(&error, engine.config()) {
        End::Stopped(reason) | End::Crowded(reason) => reason,
        End::OutOfMemory { most, .. } => too_much_memory(most),
        End::Answered(_) | End::Planned(_) => error.to_string(),
    })
}

fn store(
    engine: &Engine,
    passage: Option<Passage>,
    memory: Arc<RunMemory>,
    stopwatch: &Arc<Stopwatch>,
) -> Store<State> {
    let config = engine.config();
    let max_compute = config.max_compute;
    let mut store = Store::new(engine.wasmtime(), State { passage, budget: Budget::new(config, memory) });
    store.limiter(|state| &mut state.budget);
    store.set_hostcall_fuel(config.max_handed_bytes);
    // Both deadlines are set before instantiation, because start functions run there.
    store.set_epoch_deadline(1);
    let (stopwatch, has_run) = (Arc::clone(stopwatch), Arc::clone(engine.has_run()));
    has_run.store(true, Relaxed);
    store.epoch_deadline_callback(move |_| {
        has_run.store(true, Relaxed);
        if stopwatch.computed() < max_compute {
            Ok(UpdateDeadline::Yield(1))
        } else {
            Err(ComputedTooLong(max_compute).into())
        }
    });
    store
}

impl Budget {
    fn new(config: &EngineConfig, memory: Arc<RunMemory>) -> Self {
        Self {
            memory_bytes: Allowance::of(config.max_memory_bytes),
            table_elements: Allowance::of(config.max_table_elements),
            memory,
            given: 0,
        }
    }

    fn explain(&self, error: &wasmtime::Error, config: &EngineConfig) -> End {
        if let Some(too_long) = error.downcast_ref::<ComputedTooLong>() {
            return End::Stopped(too_long.to_string());
        }
        if self.memory_bytes.is_exhausted {
            return End::OutOfMemory { most: config.max_memory_bytes, given: self.given };
        }
        if self.memory.was_refused() {
            return End::Crowded(crowded(NoMemory));
        }
        if self.table_elements.is_exhausted {
            return End::Stopped(format!("needed more than {} table elements", config.max_table_elements));
        }
        End::Stopped(match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => "ran out of stack: it recurses too deeply".to_owned(),
            Some(Trap::UnreachableCodeReached) => "panicked".to_owned(),
            Some(trap) => format!("trapped: {trap}"),
            None => {
                let reason = format!("{error:#}");
                // Wasmtime's error for it is no type that could be asked for.
                if reason.contains("fuel allocated for hostcalls has been exhausted") {
                    let most = config.max_handed_bytes >> 20;
                    format!("handed the host more than {most} MiB in one call (limits.handed_at_once)")
                } else {
                    format!("could not be run: {reason}")
                }
            }
        })
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
        let is_within = self.memory_bytes.take(current, desired);
        Ok(is_within && self.memory.take(desired.saturating_sub(current)).is_ok())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.table_elements.take(current, desired))
    }
}
