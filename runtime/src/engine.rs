//! The WebAssembly engine: what is set up once per process and shared by all nodes.

mod cache;
mod ticker;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::component::{Component, HasSelf, InstancePre, Linker};
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::bindings::{http, log};
use crate::error::{Error, Result};
use crate::gate::lanes::{Counted, Traffic};
use crate::sandbox::State;
use cache::CompileCache;
use ticker::Ticker;

pub(crate) use ticker::TICK;

/// How the engine is set up, and what one run may use.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Runs that may be in the sandbox at a time; further ones wait. A run that waits for an answer holds about 50 KB.
    pub max_concurrent_runs: u32,
    /// Memory that one run may have, over all its linear memories, in bytes.
    pub max_memory_bytes: usize,
    /// Table elements that one run may have, over all its tables.
    pub max_table_elements: usize,
    /// Time that one run may compute; waiting for answers does not count.
    pub max_compute: Duration,
    /// Where compiled components are kept; none compiles them in every process.
    pub cache_directory: Option<PathBuf>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            max_concurrent_runs: 10_000,
            max_memory_bytes: 64 << 20,
            max_table_elements: 20_000,
            max_compute: Duration::from_secs(5),
            cache_directory: None,
        }
    }
}

/// A set-up WebAssembly engine. One per process is enough; several runtimes may share it.
pub struct Engine {
    wasmtime: wasmtime::Engine,
    linker: Linker<State>,
    config: EngineConfig,
    cache: Option<CompileCache>,
    /// A place in the pool for each run: the pool itself would refuse what does not fit instead of letting it wait.
    places: Semaphore,
    max_concurrent_runs: u32,
    /// Runs that wait for a place.
    waiting: AtomicUsize,
    _ticker: Ticker,
}

impl Engine {
    /// Sets up the engine. The pool of instances is probed: where the machine can not reserve the address space for all
    /// of it, a smaller pool is taken, and at last none.
    ///
    /// # Errors
    /// [`Error::Engine`] when even an engine without a pool can not be made, [`Error::Cache`] when the cache directory
    /// can not be used safely.
    pub fn new(config: EngineConfig) -> Result<Self> {
        let (wasmtime, max_concurrent_runs) = probe(&config)?;
        let cache = config.cache_directory.as_deref().map(CompileCache::open).transpose()?;
        let mut linker = Linker::new(&wasmtime);
        let engine_error = |error: wasmtime::Error| Error::Engine(format!("{error:#}"));
        http::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state).map_err(engine_error)?;
        log::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state).map_err(engine_error)?;
        let ticker =
            Ticker::start(&wasmtime).map_err(|error| Error::Engine(format!("no thread for interruptions: {error}")))?;
        let places = Semaphore::new(max_concurrent_runs as usize);
        Ok(Self {
            wasmtime,
            linker,
            config,
            cache,
            places,
            max_concurrent_runs,
            waiting: AtomicUsize::new(0),
            _ticker: ticker,
        })
    }

    /// Runs that may be in the sandbox at a time: what was wanted, or less where the machine lacks the address space.
    pub fn max_concurrent_runs(&self) -> u32 {
        self.max_concurrent_runs
    }

    /// Reads and compiles a component, or takes its compiled form from the cache.
    pub(crate) fn component(&self, path: &Path) -> Result<Component> {
        let bytes = std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let compiled = match &self.cache {
            Some(cache) => cache.component(&self.wasmtime, &bytes),
            None => Component::new(&self.wasmtime, &bytes),
        };
        compiled.map_err(|error| Error::Component { path: path.to_owned(), reason: format!("{error:#}") })
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.wasmtime
    }

    pub(crate) fn link(&self, component: &Component) -> wasmtime::Result<InstancePre<State>> {
        self.linker.instantiate_pre(component)
    }

    pub(crate) fn config(&self) -> &EngineConfig {
        &self.config
    }

    /// Waits for a place in the pool; none once the engine is closed, which it never is.
    pub(crate) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(place) = self.places.try_acquire() {
            return Some(place);
        }
        let _waiting = Counted::one(&self.waiting);
        self.places.acquire().await.ok()
    }

    /// Runs in the sandbox, and runs that wait for it.
    pub(crate) fn traffic(&self) -> Traffic {
        let in_flight = (self.max_concurrent_runs as usize).saturating_sub(self.places.available_permits());
        Traffic { in_flight, waiting: self.waiting.load(Relaxed) }
    }
}

/// The largest engine that this machine has room for, and how many runs fit into it.
fn probe(config: &EngineConfig) -> Result<(wasmtime::Engine, u32)> {
    let wanted = config.max_concurrent_runs.max(1);
    for runs in [wanted, wanted / 10, wanted / 100].into_iter().filter(|runs| *runs > 0) {
        match wasmtime::Engine::new(&settings(Some(pool(config, runs)))) {
            Ok(engine) => {
                if runs < wanted {
                    tracing::warn!(wanted, runs, "the machine has address space for a smaller pool only");
                }
                return Ok((engine, runs));
            }
            Err(error) => tracing::debug!(runs, "no pool of this size: {error:#}"),
        }
    }
    tracing::warn!("no address space for a pool of instances; each run allocates its own, which is slower");
    let engine = wasmtime::Engine::new(&settings(None)).map_err(|error| Error::Engine(format!("{error:#}")))?;
    Ok((engine, wanted))
}

fn settings(pool: Option<PoolingAllocationConfig>) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .memory_init_cow(true)
        // Nodes are built without these. A runtime that takes less has less to get wrong, and no run depends on the machine.
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false);
    if let Some(pool) = pool {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}

fn pool(config: &EngineConfig, runs: u32) -> PoolingAllocationConfig {
    /// A component counts as up to three core instances: its own and two adapters that `wit-component` adds.
    const CORE_INSTANCES: u32 = 3;
    const TABLES: u32 = CORE_INSTANCES;
    const MEMORIES: u32 = 1;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(runs)
        .total_core_instances(runs.saturating_mul(CORE_INSTANCES))
        .total_tables(runs.saturating_mul(TABLES))
        .total_memories(runs.saturating_mul(MEMORIES))
        // A component that takes more would take another run's place, which would fail instead of waiting.
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_tables_per_component(TABLES)
        .max_memories_per_component(MEMORIES)
        .total_stacks(runs)
        .max_memory_size(config.max_memory_bytes)
        .table_elements(config.max_table_elements)
        // What a run touched is zeroed in place up to these sizes, which is cheaper than giving pages back (BENCHMARKS.md).
        .linear_memory_keep_resident(256 << 10)
        .async_stack_keep_resident(16 << 10)
        .table_keep_resident(4 << 10)
        .pagemap_scan(Enabled::Auto);
    pool
}
