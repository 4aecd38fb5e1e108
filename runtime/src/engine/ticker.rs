//! Advances the engine's epoch, by which running code is interrupted.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often running code is interrupted, to yield to other runs and to be charged for its time. Each thread that serves is
/// held up for as long at a time.
const TICK: Duration = Duration::from_millis(2);

/// The same while nothing runs: so late, once, comes the first interruption of what begins then.
const IDLE_TICK: Duration = Duration::from_millis(20);

/// A thread that ticks until it is dropped.
pub(super) struct Ticker {
    stop: Option<Sender<()>>,
    /// Whether anything ran since the last tick.
    has_run: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Without the thread a node that loops would never be stopped.
    pub fn start(engine: &wasmtime::Engine) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let has_run = Arc::new(AtomicBool::new(false));
        let was_busy = Arc::clone(&has_run);
        let engine = engine.weak();
        let thread = std::thread::Builder::new().name("patchbay-ticker".to_owned()).spawn(move || {
            let mut tick = IDLE_TICK;
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(tick) {
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
                tick = if was_busy.swap(false, Relaxed) { TICK } else { IDLE_TICK };
            }
        })?;
        Ok(Self { stop: Some(stop), has_run, thread: Some(thread) })
    }

    /// Where what runs says that it does.
    pub fn has_run(&self) -> &Arc<AtomicBool> {
        &self.has_run
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread only ticks; it has nothing to report.
            thread.join().ok();
        }
    }
}
