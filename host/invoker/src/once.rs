//! Orders with a key: the first one runs, and what it came to is stored before it is answered; the same order again gets
//! the same answer, waits for it while the first one runs, and is never executed a second time.
//!
//! | what the first one came to | the same order again |
//! | --- | --- |
//! | a success, or a failure of which something may have been executed | is answered the same |
//! | a failure that says Retryable, or a wrong parameter: nothing was executed | runs |
//! | unknown, because the process that ran it died | is told so; a read runs |

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use patchbay_runtime::{Effect, Envelope, Manifest};
use patchbay_state::store::{Begun, BodyDigest, CallKey, NewCall, RunId, Store, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::answered::EnvelopeText;
use crate::order::{IdempotencyKey, Order};
use crate::refused::Refused;

/// How often a call that runs in another process is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The calls with a key.
pub(crate) struct Calls {
    store: Arc<dyn Store>,
    lifetime: Duration,
    running: Mutex<HashMap<CallKey, watch::Receiver<()>>>,
}

/// What is asked under a key.
pub(crate) struct Asked {
    key: CallKey,
    digest: BodyDigest,
    may_repeat: bool,
}

/// What a call with a key is to do.
pub(crate) enum Turn {
    /// Run, and then say what it came to.
    Run(Running),
    /// Wait until the one that runs has ended, and ask again.
    Wait(Wait),
    /// Answer what was answered.
    Replay(RunId, EnvelopeText),
    /// Answer that nobody knows.
    Unknown(RunId, Timestamp),
}

/// A call that runs. Those who wait for it go on when this is dropped.
pub(crate) struct Running {
    calls: Arc<Calls>,
    key: CallKey,
    run: RunId,
    _ended: watch::Sender<()>,
}

/// The end of a call that runs.
pub(crate) struct Wait {
    /// The run that is waited for.
    pub run: RunId,
    ended: Option<watch::Receiver<()>>,
}

impl Asked {
    /// What an order asks: inputs, options, credential, and whether it is a dry run. How long it may take and how often it
    /// may be repeated is not part of it, so that a repeat may be more patient.
    pub fn new(order: &Order, key: &IdempotencyKey, manifest: &Manifest) -> Self {
        let object = |value: &Value| if value.is_null() { json!({}) } else { value.clone() };
        let credential = order.credential.as_ref().map(|credential| credential.name());
        let body = json!({
            "inputs": object(&order.inputs), "options": object(&order.options), "credential": credential,
            "dry_run": order.dry_run,
        });
        Self {
            key: CallKey { caller: order.caller.scope(), key: key.as_str().to_owned() },
            digest: BodyDigest::of(&manifest.id.to_string(), &body),
            may_repeat: manifest.effect == Effect::Read || order.dry_run,
        }
    }
}

impl Calls {
    /// The calls in a store, whose outcomes are kept for so long.
    pub fn new(store: Arc<dyn Store>, lifetime: Duration) -> Self {
        Self { store, lifetime, running: Mutex::default() }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<CallKey, watch::Receiver<()>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the call, or says what is to be done instead.
    ///
    /// # Errors
    /// Something else was asked under the key, or the store failed.
    pub async fn begin(self: &Arc<Self>, asked: &Asked, run: RunId) -> Result<Turn, Refused> {
        let call = NewCall {
            digest: asked.digest,
            run,
            expires: Timestamp::now().after(self.lifetime),
            may_repeat: asked.may_repeat,
        };
        Ok(match self.store.begin_call(&asked.key, call).await.map_err(Refused::Store)? {
            Begun::New => {
                let (ended, wait) = watch::channel(());
                self.running().insert(asked.key.clone(), wait);
                Turn::Run(Running { calls: Arc::clone(self), key: asked.key.clone(), run, _ended: ended })
            }
            Begun::RunningHere { run } => Turn::Wait(Wait { run, ended: self.running().get(&asked.key).cloned() }),
            Begun::RunningElsewhere { run } => Turn::Wait(Wait { run, ended: None }),
            Begun::Finished { run, envelope } => {
                let broken = |error| Refused::Broken { run, source: Box::new(error) };
                Turn::Replay(run, EnvelopeText::stored(envelope.to_string()).map_err(broken)?)
            }
            Begun::OtherBody => return Err(Refused::OtherOrder),
            Begun::Unknown { run, began } => Turn::Unknown(run, began),
        })
    }
}

impl Running {
    /// Stores what the call came to; or takes back that it began, when nothing was executed and the same call may succeed.
    pub async fn end(self, envelope: &Envelope) {
        let stored = if is_kept(envelope) {
            match serde_json::to_value(envelope) {
                Ok(value) => self.calls.store.finish_call(&self.key, self.run, &value).await,
                Err(_) => Ok(()),
            }
        } else {
            self.calls.store.forget_call(&self.key, self.run).await
        };
        if let Err(error) = stored {
            tracing::error!(error = crate::chain(&error), "the outcome of a call with a key could not be stored");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.calls.running().remove(&self.key);
    }
}

impl Wait {
    /// Completes when it has ended, or when it is time to look again.
    pub async fn ended(self) {
        match self.ended {
            // It fails when the sender is dropped, which is the end.
            Some(mut ended) => while ended.changed().await.is_ok() {},
            None => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

/// Whether an outcome is answered again. One of which nothing was executed is not: the same call may succeed.
pub(crate) fn is_kept(envelope: &Envelope) -> bool {
    const PARAMETER_ERROR: i32 = -1;
    !envelope.retryable && envelope.status_code != PARAMETER_ERROR
}

/// The envelope of a call whose outcome nobody knows.
pub(crate) fn unknown(manifest: &Manifest, run: RunId, began: Timestamp) -> Envelope {
    let message = format!(
        "the outcome is unknown: what ran this call ended while run {run}, begun at {began}, was under way, and it may \
         have been executed"
    );
    let hint = format!(
        "Look at the service whether what {} does was done. If it was not, call again with a new idempotency key.",
        manifest.title
    );
    Envelope::failure(&manifest.outputs, 500, message, hint)
}
