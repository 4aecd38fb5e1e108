//! The WebAssembly engine: what is set up once per process and shared by all nodes.

mod cache;
mod compiler;
mod ticker;

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::component::Component;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::aside::Aside;
use crate::error::{Error, Result};
use crate::memory::{MemoryBudget, RunMemory};
use crate::traffic::{Counted, Traffic};
use cache::CompileCache;
pub use compiler::{CompileLimits, CompilerCommand, run_compiler};
use ticker::Ticker;

/// How the engine is set up, and what one run may use.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Runs that may be in the sandbox at a time; further ones wait. A run that waits for an answer holds about 50 KB.
    pub max_concurrent_runs: u32,
    /// Memory that one run may have, over all its linear memories, in bytes.
    pub max_memory_bytes: usize,
    /// Table elements that one run may have, over all its tables.
    pub max_table_elements: usize,
    /// Memory that all runs together may have, in bytes; what the host holds for them counts. A run that there is no room
    /// for waits.
    pub max_total_memory_bytes: usize,
    /// What a node may hand to the host in one call, in bytes: a request, a line of its log, its result.
    pub max_handed_bytes: usize,
    /// Time that one run may compute, and the host for it at a time; waiting for answers does not count.
    pub max_compute: Duration,
    /// Where compiled components are kept; none compiles them in every process.
    pub cache_directory: Option<PathBuf>,
    /// What compiling a component may take.
    pub compile: CompileLimits,
    /// The command that compiles components, within the limits. None compiles them in this process, where nothing bounds
    /// it but the component's size: for components that are one's own.
    pub compiler: Option<CompilerCommand>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            max_concurrent_runs: 10_000,
            max_memory_bytes: 64 << 20,
            max_table_elements: 20_000,
            max_total_memory_bytes: 8 << 30,
            max_handed_bytes: 16 << 20,
            max_compute: Duration::from_secs(5),
            cache_directory: None,
            compile: CompileLimits::default(),
            compiler: None,
        }
    }
}

/// A set-up WebAssembly engine. One per process is enough; several runtimes may share it.
pub struct Engine {
    wasmtime: wasmtime::Engine,
    config: EngineConfig,
    cache: Option<CompileCache>,
    is_pooled: bool,
    /// A place in the pool for each run: the pool itself would refuse what does not fit instead of letting it wait.
    places: Semaphore,
    max_concurrent_runs: u32,
    memory: Arc<MemoryBudget>,
    /// Runs that wait for a place, or for memory.
    waiting: AtomicUsize,
    aside: Aside,
    ticker: Ticker,
}

impl Engine {
    /// Sets up the engine. The pool of instances is probed: where the machine can not reserve the address space for all
    /// of it, a smaller pool is taken, and at last none.
    ///
    /// # Errors
    /// [`Error::Engine`] when even an engine without a pool can not be made, [`Error::Cache`] when the cache directory
    /// can not be used safely.
    pub fn new(config: EngineConfig) -> Result<Self> {
        let Probed { wasmtime, max_concurrent_runs, is_pooled } = probe(&config)?;
        let cache = config.cache_directory.as_deref().map(CompileCache::open).transpose()?;
        let ticker =
            Ticker::start(&wasmtime).map_err(|error| Error::Engine(format!("no thread for interruptions: {error}")))?;
        let places = Semaphore::new(max_concurrent_runs as usize);
        Ok(Self {
            wasmtime,
            memory: MemoryBudget::new(config.max_total_memory_bytes),
            config,
            cache,
            is_pooled,
            places,
            max_concurrent_runs,
            waiting: AtomicUsize::new(0),
            aside: Aside::default(),
            ticker,
        })
    }

    /// Runs that may be in the sandbox at a time: what was wanted, or less where the machine lacks the address space.
    pub fn max_concurrent_runs(&self) -> u32 {
        self.max_concurrent_runs
    }

    /// Reads and compiles a component, or takes its compiled form from the cache.
    pub(crate) fn component(&self, path: &Path) -> Result<Component> {
        let unusable = |reason: String| Error::Component { path: path.to_owned(), reason };
        let bytes = self.read(path)?;
        let kept = self.cache.as_ref().and_then(|cache| cache.kept(&self.wasmtime, &bytes));
        if let Some(component) = kept {
            return Ok(component);
        }
        let compiled = self.compile(&bytes).map_err(unusable)?;
        if let Some(cache) = &self.cache {
            cache.keep(&self.wasmtime, &bytes, &compiled);
        }
        // SAFETY: these bytes come straight from wasmtime's compiler, by way of memory or of a file that nobody else had.
        unsafe { Component::deserialize(&self.wasmtime, &compiled) }.map_err(|error| unusable(format!("{error:#}")))
    }

    /// Reads a component whole. What is no file, such as a pipe, would be waited for, and a device has no end.
    fn read(&self, path: &Path) -> Result<Vec<u8>> {
        let unreadable = |source| Error::Read { path: path.to_owned(), source };
        let refuse = |reason: String| Error::Component { path: path.to_owned(), reason };
        let most = self.config.compile.max_component_bytes;
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(refuse("it is not a regular file".to_owned()));
        }
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
        if u64::try_from(read).is_ok_and(|read| read <= most) {
            Ok(bytes)
        } else {
            Err(refuse(format!("it is larger than {} MiB (limits.component_size)", most >> 20)))
        }
    }

    fn compile(&self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let Some(compiler) = &self.config.compiler else {
            return self.wasmtime.precompile_component(bytes).map_err(|error| format!("{error:#}"));
        };
        let unkept = |error: std::io::Error| format!("its compiled form can not be written: {error}");
        let directory = self.cache.as_ref().map(CompileCache::directory);
        let mut output = match directory {
            Some(directory) => tempfile::tempfile_in(directory),
            None => tempfile::tempfile(),
        }
        .map_err(unkept)?;
        let of_child = output.try_clone().map_err(unkept)?;
        compiler::compile(compiler, &self.config, self.is_pooled, bytes, of_child)?;
        let mut compiled = Vec::new();
        output.rewind().and_then(|()| output.read_to_end(&mut compiled)).map_err(unkept)?;
        Ok(compiled)
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.wasmtime
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

    /// Waits until all runs together leave room for one that needs so much.
    pub(crate) async fn admit(&self, bytes: usize) -> Arc<RunMemory> {
        if let Some(memory) = self.memory.try_admit(bytes) {
            return memory;
        }
        let _waiting = Counted::one(&self.waiting);
        self.memory.admit(bytes).await
    }

    /// Memory that all runs together have, in bytes.
    pub(crate) fn memory_taken(&self) -> usize {
        self.memory.taken()
    }

    /// Where a run says that it computes, so that it is interrupted often enough.
    pub(crate) fn has_run(&self) -> &Arc<AtomicBool> {
        self.ticker.has_run()
    }

    /// Where work is done that would hold up others.
    pub(crate) fn aside(&self) -> &Aside {
        &self.aside
    }

    /// Runs in the sandbox, and runs that wait for it.
    pub(crate) fn traffic(&self) -> Traffic {
        let in_flight = (self.max_concurrent_runs as usize).saturating_sub(self.places.available_permits());
        Traffic { in_flight, waiting: self.waiting.load(Relaxed) }
    }
}

/// An engine that this machine has room for.
struct Probed {
    wasmtime: wasmtime::Engine,
    max_concurrent_runs: u32,
    is_pooled: bool,
}

/// The largest engine that this machine has room for, and how many runs fit into it.
fn probe(config: &EngineConfig) -> Result<Probed> {
    let wanted = config.max_concurrent_runs.max(1);
    for runs in [wanted, wanted / 10, wanted / 100].into_iter().filter(|runs| *runs > 0) {
        match wasmtime::Engine::new(&settings(Some(pool(config, runs)))) {
            Ok(wasmtime) => {
                if runs < wanted {
                    tracing::warn!(wanted, runs, "the machine has address space for a smaller pool only");
                }
                return Ok(Probed { wasmtime, max_concurrent_runs: runs, is_pooled: true });
            }
            Err(error) => tracing::debug!(runs, "no pool of this size: {error:#}"),
        }
    }
    tracing::warn!("no address space for a pool of instances; each run allocates its own, which is slower");
    let wasmtime = wasmtime::Engine::new(&settings(None)).map_err(|error| Error::Engine(format!("{error:#}")))?;
    Ok(Probed { wasmtime, max_concurrent_runs: wanted, is_pooled: false })
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
