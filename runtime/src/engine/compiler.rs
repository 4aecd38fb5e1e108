//! Compiles components in a process of their own.
//!
//! A compiler takes time and memory as its input asks for, and can not be stopped from within. A component comes from
//! anywhere, so it is compiled by a child that the system bounds, and that is given up when its time is over.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wasmtime::Engine;

use super::{EngineConfig, pool, settings};

/// What compiling a component may take.
#[derive(Debug, Clone)]
pub struct CompileLimits {
    /// The largest component, in bytes.
    pub max_component_bytes: u64,
    /// How long compiling one may take.
    pub max_time: Duration,
    /// Memory that compiling one may take, in bytes.
    pub max_memory_bytes: u64,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self { max_component_bytes: 32 << 20, max_time: Duration::from_secs(30), max_memory_bytes: 1 << 30 }
    }
}

/// A command that runs [`run_compiler`] with the argument that it is given last.
#[derive(Debug, Clone)]
pub struct CompilerCommand {
    /// The program.
    pub program: PathBuf,
    /// What comes before the last argument.
    pub arguments: Vec<OsString>,
}

/// The largest compiled form, as a multiple of the component: native code is larger, and not without bound.
const LARGEST_COMPILED: u64 = 64;
/// The same for a component that is hardly larger than what every one has.
const LEAST_COMPILED: u64 = 64 << 20;
/// The most that a child's complaint is read of.
const LONGEST_COMPLAINT: u64 = 4 << 10;

/// What the child is told.
#[derive(Debug, Serialize, Deserialize)]
struct Job {
    /// Whether the engine that will run the component has a pool: its code depends on it.
    is_pooled: bool,
    memory_bytes: usize,
    table_elements: usize,
    most_memory_bytes: u64,
    most_seconds: u64,
    most_output_bytes: u64,
}

/// Compiles a component in a child; the compiled form is what it writes to `output`. The error says why it can not be
/// compiled, or which limit it would exceed.
pub(super) fn compile(
    command: &CompilerCommand,
    config: &EngineConfig,
    is_pooled: bool,
    component: &[u8],
    output: std::fs::File,
) -> Result<(), String> {
    let limits = &config.compile;
    let length = u64::try_from(component.len()).unwrap_or(u64::MAX);
    let job = Job {
        is_pooled,
        memory_bytes: config.max_memory_bytes,
        table_elements: config.max_table_elements,
        most_memory_bytes: limits.max_memory_bytes,
        most_seconds: limits.max_time.as_secs().saturating_add(1),
        most_output_bytes: length.saturating_mul(LARGEST_COMPILED).max(LEAST_COMPILED),
    };
    let job = serde_json::to_string(&job).map_err(|error| error.to_string())?;
    let mut child = Command::new(&command.program)
        .args(&command.arguments)
        .arg(job)
        .stdin(Stdio::piped())
        .stdout(output)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the compiler {} can not be started: {error}", command.program.display()))?;
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let child = Arc::new(Mutex::new(child));
    let (ended, watched) = channel::<()>();
    let watchdog = {
        let (child, time) = (Arc::clone(&child), limits.max_time);
        std::thread::Builder::new().name("patchbay-compiling".to_owned()).spawn(move || {
            let is_over = watched.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
            if is_over {
                kill(&child);
            }
            is_over
        })
    };
    let Ok(watchdog) = watchdog else {
        kill(&child);
        return Err("the system gave no thread to watch its compiler".to_owned());
    };
    // Writing ends when the child has read it all, or is no more.
    let written = stdin.map_or(Ok(()), |mut stdin| stdin.write_all(component));
    let mut complaint = Vec::new();
    if let Some(mut stderr) = stderr {
        // To its end, however much is kept of it: then the child is no more, and is not waited for below.
        let read = stderr.by_ref().take(LONGEST_COMPLAINT).read_to_end(&mut complaint);
        read.and_then(|_| std::io::copy(&mut stderr, &mut std::io::sink())).unwrap_or_default();
    }
    let status = child.lock().unwrap_or_else(PoisonError::into_inner).wait();
    drop(ended);
    let is_over = watchdog.join().unwrap_or_default();
    let status = status.map_err(|error| format!("its compiler can not be waited for: {error}"))?;
    if status.success() {
        return written.map_err(|error| format!("its compiler did not read it: {error}"));
    }
    Err(explain(status, is_over, &String::from_utf8_lossy(&complaint), limits))
}

fn kill(child: &Mutex<Child>) {
    // A child that ended just now can not be killed any more.
    child.lock().unwrap_or_else(PoisonError::into_inner).kill().unwrap_or_default();
}

fn explain(status: ExitStatus, is_over: bool, complaint: &str, limits: &CompileLimits) -> String {
    if is_over || was_out_of_time(status) {
        return format!("it takes longer than {} s to compile (limits.compile_time)", limits.max_time.as_secs_f64());
    }
    let lacks_memory =
        ["memory allocation of", "Cannot allocate memory", "out of memory", "Resource temporarily unavailable"];
    if lacks_memory.iter().any(|sign| complaint.contains(sign)) {
        return format!("it takes more than {} MiB to compile (limits.compile_memory)", limits.max_memory_bytes >> 20);
    }
    let complaint = crate::excerpt::cut(complaint.trim(), 1_000).into_owned();
    if status.code().is_some() && !complaint.is_empty() {
        complaint
    } else {
        format!("its compiler failed ({status}) {complaint}").trim_end().to_owned()
    }
}

#[cfg(unix)]
fn was_out_of_time(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    /// What the system sends to a process that has used the processor for as long as it may.
    const SIGXCPU: i32 = 24;
    status.signal() == Some(SIGXCPU)
}

#[cfg(not(unix))]
fn was_out_of_time(_: ExitStatus) -> bool {
    false
}

/// The child's part: compiles the component on standard input, within the limits of `job`, to standard output.
///
/// # Errors
/// Why it can not be compiled.
pub fn run_compiler(job: &str) -> Result<(), String> {
    let job: Job = serde_json::from_str(job).map_err(|error| format!("the job can not be read: {error}"))?;
    let config = EngineConfig {
        max_memory_bytes: job.memory_bytes,
        max_table_elements: job.table_elements,
        ..EngineConfig::default()
    };
    let engine =
        Engine::new(&settings(job.is_pooled.then(|| pool(&config, 1)))).map_err(|error| format!("{error:#}"))?;
    let mut component = Vec::new();
    std::io::stdin().read_to_end(&mut component).map_err(|error| error.to_string())?;
    limit(&job).map_err(|error| format!("the compiler can not be bounded: {error}"))?;
    let compiled = engine.precompile_component(&component).map_err(|error| format!("{error:#}"))?;
    let mut output = std::io::stdout().lock();
    output.write_all(&compiled).and_then(|()| output.flush()).map_err(|error| error.to_string())
}

/// Bounds this process by what it has already and what compiling may take besides.
#[cfg(unix)]
fn limit(job: &Job) -> std::io::Result<()> {
    use rlimit::{Resource, setrlimit};
    let bound = |resource: Resource, most: u64| {
        let (_, hard) = resource.get()?;
        // The signal of the lower limit says what it is for; the higher one ends what does not heed it.
        setrlimit(resource, most.min(hard), most.saturating_add(2).min(hard))
    };
    bound(Resource::CORE, 0)?;
    bound(Resource::FSIZE, job.most_output_bytes)?;
    // Several processors may work on it at once: the clock is watched from without.
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    bound(Resource::CPU, job.most_seconds.saturating_mul(u64::try_from(processors).unwrap_or(1)))?;
    match address_space() {
        Some(used) => bound(Resource::AS, used.saturating_add(job.most_memory_bytes)),
        None => bound(Resource::DATA, job.most_memory_bytes),
    }
}

#[cfg(not(unix))]
fn limit(_: &Job) -> std::io::Result<()> {
    Ok(())
}

/// The address space that this process has, in bytes, where the system tells.
#[cfg(unix)]
fn address_space() -> Option<u64> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
