//! `invoke --idempotency-key`: one run for each key, in this data directory.

use std::time::Duration;

use anyhow::{Result, bail};
use patchbay_runtime::{Effect, Envelope, Manifest};
use serde_json::{Value, json};

use crate::places::Places;
use crate::state::State;
use crate::store::{Begun, BodyDigest, CallKey, NewCall, RunId, Timestamp};

/// Whose keys these are: no API key has this id, so that a service's callers have others.
const CALLER: &str = "command line";

/// How often a call that runs in another process is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A call that runs under a key.
pub struct Once {
    state: State,
    key: CallKey,
    run: RunId,
}

/// What a call under a key is to do.
pub enum Turn {
    /// Run, and then say what it came to.
    Run(Once),
    /// It ran before: this is what it came to.
    Ran(Value),
}

impl Once {
    /// Begins the call; waits while the same call runs in another process.
    ///
    /// # Errors
    /// The key can not be one, something else was asked under it, or the data directory can not be used.
    pub async fn begin(places: &Places, key: &str, manifest: &Manifest, asked: &Asked<'_>) -> Result<Turn> {
        if !(1..=255).contains(&key.len()) || !key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            bail!("--idempotency-key: give 1 to 255 visible ASCII characters, such as a UUID");
        }
        let state = State::open(places).await?;
        let key = CallKey { caller: CALLER.to_owned(), key: key.to_owned() };
        let run = RunId::new();
        let call = NewCall {
            digest: asked.digest(manifest),
            run,
            expires: Timestamp::now().after(places.config.idempotency.lifetime),
            may_repeat: manifest.effect == Effect::Read || asked.dry_run,
        };
        loop {
            match state.store.begin_call(&key, call.clone()).await? {
                Begun::New => return Ok(Turn::Run(Self { state, key, run })),
                Begun::RunningHere { .. } | Begun::RunningElsewhere { .. } => tokio::time::sleep(LOOK_AGAIN).await,
                Begun::Finished { envelope, .. } => {
                    state.close().await;
                    eprintln!("answered again: this key was used before, and the node was not run");
                    return Ok(Turn::Ran(envelope));
                }
                Begun::OtherBody => bail!(
                    "something else was asked under this idempotency key; use a new key for each call that is to be \
                     executed, and repeat a call with its own key, inputs, options and credential"
                ),
                Begun::Unknown { run, began } => {
                    state.close().await;
                    return Ok(Turn::Ran(serde_json::to_value(unknown(manifest, run, began))?));
                }
            }
        }
    }

    /// Stores what the call came to, before it is printed.
    pub async fn finish(self, envelope: &Value) -> Result<()> {
        self.state.store.finish_call(&self.key, self.run, envelope).await?;
        self.state.close().await;
        Ok(())
    }

    /// Takes back that the call began: nothing was executed.
    pub async fn forget(self) -> Result<()> {
        self.state.store.forget_call(&self.key, self.run).await?;
        self.state.close().await;
        Ok(())
    }
}

/// What is asked of a node.
pub struct Asked<'a> {
    pub inputs: &'a Value,
    pub options: &'a Value,
    pub credential: Option<&'a str>,
    pub dry_run: bool,
}

impl Asked<'_> {
    fn digest(&self, manifest: &Manifest) -> BodyDigest {
        let Self { inputs, options, credential, dry_run } = self;
        let body = json!({ "inputs": inputs, "options": options, "credential": credential, "dry_run": dry_run });
        BodyDigest::of(&manifest.id.to_string(), &body)
    }
}

/// The envelope of a call whose outcome nobody knows.
fn unknown(manifest: &Manifest, run: RunId, began: Timestamp) -> Envelope {
    let message = format!(
        "the outcome is unknown: the process that ran this call ({run}, begun at {began}) ended before it could say what \
         it came to; it may have been executed"
    );
    let hint = format!(
        "Look at the service whether what {} does was done. If it was not, invoke it with a new --idempotency-key.",
        manifest.title
    );
    Envelope::failure(manifest, 500, message, hint)
}
