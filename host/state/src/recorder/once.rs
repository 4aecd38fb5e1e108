//! A call under its idempotency key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::backlog::Unstored;
use super::{Inner, Recorded, Recorder};
use crate::calls::{Begun, BodyDigest, CallKey, EndedCall, NewCall};
use crate::error::{Result, StoreError};
use crate::runs::{EndedRun, RunId};
use crate::time::Timestamp;

/// How often a call that runs in another process is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What a call under a key is to do.
#[derive(Debug)]
pub enum Turn {
    /// Run, and then say what it came to.
    Run(Running),
    /// Wait until the one that runs has ended, and begin again. Wait no longer than the caller would.
    Wait(Wait),
    /// Answer what was answered.
    Replay {
        /// The run.
        run: RunId,
        /// The envelope as JSON, as it was answered.
        outcome: Arc<str>,
    },
    /// Refuse: something else was asked under the key.
    OtherCall,
    /// Answer that nobody knows whether it was executed.
    Unknown {
        /// The run.
        run: RunId,
        /// When it began.
        began: Timestamp,
    },
}

/// A call that runs. Those who wait for it go on when it is finished or dropped. One that is dropped has an outcome that
/// nobody knows.
pub struct Running {
    inner: Arc<Inner>,
    key: CallKey,
    run: RunId,
    digest: BodyDigest,
    ended: Option<watch::Sender<()>>,
}

/// The end of a call that runs.
#[derive(Debug)]
pub struct Wait {
    /// Of one that runs in this process.
    run: RunId,
    here: Option<watch::Receiver<()>>,
}

/// The calls with a key of which this process knows more than the store.
#[derive(Default)]
pub struct Here(Mutex<HashMap<CallKey, Known>>);

enum Known {
    /// It begins or runs here.
    Running { digest: BodyDigest, run: RunId, ended: watch::Receiver<()> },
    /// It ended, and that is not stored yet.
    Ended(Arc<EndedCall>),
}

impl Here {
    fn known(&self) -> MutexGuard<'_, HashMap<CallKey, Known>> {
        // Members are put in and taken out whole, so they are sound even if a holder panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets an outcome that is stored now.
    pub(super) fn stored(&self, call: &Arc<EndedCall>) {
        let mut known = self.known();
        if matches!(known.get(&call.key), Some(Known::Ended(ended)) if Arc::ptr_eq(ended, call)) {
            known.remove(&call.key);
        }
    }
}

impl Recorder {
    /// Begins a call under its key, or says what is to be done instead. That it began withstands the loss of power.
    ///
    /// Call it in a task that ends by itself: when it is given up half-way, the call may have begun.
    ///
    /// # Errors
    /// The store failed; nothing is to be executed.
    pub async fn begin_call(&self, call: NewCall) -> Result<Turn> {
        let running = match Running::reserve(&self.0, &call) {
            Ok(running) => running,
            Err(turn) => return Ok(turn),
        };
        // From here on the second of twins waits for what becomes of the first, and does not ask the store.
        let (key, run) = (call.key.clone(), call.run.id);
        let begun = self.0.calls.begin(call).await.inspect_err(|error| {
            // It may have been written all the same; a call that is not executed leaves no trace.
            if matches!(error, StoreError::Failed(_)) {
                self.0.backlog.hold(Unstored::Forgotten(key, run));
            }
        });
        Ok(match begun? {
            Begun::New => Turn::Run(running),
            Begun::Running { run, .. } => Turn::Wait(Wait { run, here: None }),
            Begun::Finished { run, outcome } => Turn::Replay { run, outcome },
            Begun::OtherCall => Turn::OtherCall,
            Begun::Unknown { run, began } => Turn::Unknown { run, began },
        })
    }
}

impl Running {
    /// Takes the key for a call, unless this process knows what becomes of it.
    fn reserve(inner: &Arc<Inner>, call: &NewCall) -> Result<Self, Turn> {
        let mut known = inner.here.known();
        match known.get(&call.key) {
            Some(Known::Running { digest, .. }) if *digest != call.digest => return Err(Turn::OtherCall),
            Some(Known::Running { run, ended, .. }) => {
                return Err(Turn::Wait(Wait { run: *run, here: Some(ended.clone()) }));
            }
            Some(Known::Ended(ended)) if ended.digest != call.digest => return Err(Turn::OtherCall),
            Some(Known::Ended(ended)) => {
                return Err(Turn::Replay { run: ended.run.started.id, outcome: Arc::clone(&ended.outcome) });
            }
            None => {}
        }
        let (sender, ended) = watch::channel(());
        known.insert(call.key.clone(), Known::Running { digest: call.digest, run: call.run.id, ended });
        drop(known);
        let (key, run, digest) = (call.key.clone(), call.run.id, call.digest);
        Ok(Self { inner: Arc::clone(inner), key, run, digest, ended: Some(sender) })
    }

    /// Stores what the call came to and the record of its run, both or neither. `outcome` is the envelope as JSON.
    ///
    /// It does not fail: what can not be stored now is held in memory, where a repeat of the call finds it, and stored as
    /// soon as that is possible.
    pub async fn finish(mut self, outcome: Arc<str>, run: EndedRun) -> Recorded {
        let ended = Arc::new(EndedCall { key: self.key.clone(), digest: self.digest, outcome, run });
        let unstored = Unstored::Call(Arc::clone(&ended));
        if self.inner.is_stored(&unstored).await {
            return Recorded::Stored;
        }
        // Before it is held, so that it is taken out again when it is stored. Whoever waits finds it.
        self.inner.here.known().insert(self.key.clone(), Known::Ended(ended));
        self.ended = None;
        self.inner.backlog.hold(unstored)
    }

    /// Stores the record of a run that came to nothing which a repeat of the call should be answered with, and frees the key.
    pub async fn release(self, run: EndedRun) -> Recorded {
        let unstored = Unstored::Released(self.key.clone(), Arc::new(run));
        if self.inner.is_stored(&unstored).await { Recorded::Stored } else { self.inner.backlog.hold(unstored) }
    }

    /// Takes back that the call began: nothing was executed. It may begin again.
    pub async fn forget(self) {
        let unstored = Unstored::Forgotten(self.key.clone(), self.run);
        if !self.inner.is_stored(&unstored).await {
            self.inner.backlog.hold(unstored);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Finished when it has no sender any more; the map then has its outcome, or needs none.
        if self.ended.is_some() {
            self.inner.here.known().remove(&self.key);
        }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Wait {
    /// The run that is waited for.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Completes when the call has ended, or when it is time to look again.
    pub async fn ended(self) {
        match self.here {
            // It fails when the sender is dropped, which is the end.
            Some(mut ended) => while ended.changed().await.is_ok() {},
            None => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}
