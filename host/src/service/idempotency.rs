//! Calls with an `Idempotency-Key`: the first one runs, and what it came to is stored before it is answered; the same
//! call again gets the same answer, waits for it while the first one runs, and is never executed a second time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};
use patchbay_runtime::{Envelope, Manifest};
use serde_json::Value;
use tokio::sync::watch;

use super::problem::Problem;
use crate::store::{Begun, BodyDigest, CallKey, NewCall, RunId, Store, StoreError, Timestamp};

/// The header of the call.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// How often a call that runs in another process is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The calls with a key.
pub struct Calls {
    store: Arc<dyn Store>,
    lifetime: Duration,
    running: Mutex<HashMap<CallKey, watch::Receiver<()>>>,
}

/// What is asked under a key.
pub struct Asked {
    pub key: CallKey,
    pub digest: BodyDigest,
    pub may_repeat: bool,
}

/// What a call with a key is to do.
pub enum Turn {
    /// Run, and then say what it came to.
    Run(Running),
    /// Wait until the one that runs has ended, and ask again.
    Wait(Wait),
    /// Answer what was answered.
    Replay(RunId, Box<Envelope>),
    /// Answer that nobody knows.
    Unknown(RunId, Timestamp),
}

/// A call that runs. Those who wait for it go on when this is dropped.
pub struct Running {
    calls: Arc<Calls>,
    key: CallKey,
    pub run: RunId,
    _ended: watch::Sender<()>,
}

/// The end of a call that runs.
pub struct Wait(Option<watch::Receiver<()>>);

/// The key of a call.
///
/// # Errors
/// The header is not a key.
pub fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    headers.get(KEY).map(|value| checked(value.to_str().unwrap_or_default())).transpose()
}

/// The key, if it is one.
///
/// # Errors
/// It is not.
pub fn checked(key: &str) -> Result<String, Problem> {
    let is_key = (1..=255).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_key {
        return Ok(key.to_owned());
    }
    Err(Problem::bad_request("the idempotency key can not be used", "Give 1 to 255 visible ASCII characters: a UUID."))
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
    pub async fn begin(self: &Arc<Self>, asked: &Asked, run: RunId) -> Result<Turn, Problem> {
        let call = NewCall {
            digest: asked.digest,
            run,
            expires: Timestamp::now().after(self.lifetime),
            may_repeat: asked.may_repeat,
        };
        Ok(match self.store.begin_call(&asked.key, call).await? {
            Begun::New => {
                let (ended, wait) = watch::channel(());
                self.running().insert(asked.key.clone(), wait);
                Turn::Run(Running { calls: Arc::clone(self), key: asked.key.clone(), run, _ended: ended })
            }
            Begun::RunningHere { .. } => Turn::Wait(Wait(self.running().get(&asked.key).cloned())),
            Begun::RunningElsewhere { .. } => Turn::Wait(Wait(None)),
            Begun::Finished { run, envelope } => {
                let envelope = serde_json::from_value(envelope).map_err(|error| Problem::internal(&error))?;
                Turn::Replay(run, Box::new(envelope))
            }
            Begun::OtherBody => {
                return Err(Problem::conflict(
                    "something else was asked under this idempotency key",
                    "Use a new key for each call that is to be executed; repeat a call with its own key and body.",
                ));
            }
            Begun::Unknown { run, began } => Turn::Unknown(run, began),
        })
    }
}

impl Running {
    /// Stores what the call came to.
    ///
    /// # Errors
    /// The store failed.
    pub async fn finish(self, envelope: &Value) -> Result<(), StoreError> {
        self.calls.store.finish_call(&self.key, self.run, envelope).await
    }

    /// Takes back that the call began: nothing was executed.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget(self) -> Result<(), StoreError> {
        self.calls.store.forget_call(&self.key, self.run).await
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
        match self.0 {
            // It fails when the sender is dropped, which is the end.
            Some(mut ended) => while ended.changed().await.is_ok() {},
            None => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

/// The envelope of a call whose outcome nobody knows.
pub fn unknown(manifest: &Manifest, run: RunId, began: Timestamp) -> Envelope {
    let message = format!(
        "the outcome is unknown: the service ended while run {run}, begun at {began}, was under way, and it may have been executed"
    );
    let hint = format!(
        "Look at the service whether what {} does was done. If it was not, call again with a new Idempotency-Key.",
        manifest.title
    );
    Envelope::failure(manifest, 500, message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_text_of_a_bounded_length() {
        assert!(checked("8e03978e-40d5-43dd-bc93-6894a57f9324").is_ok() && checked(&"x".repeat(255)).is_ok());
        for key in ["", "ключ", "a\tb", &"x".repeat(256)] {
            assert!(checked(key).is_err(), "{key}");
        }
    }
}
