//! Orders with a key: the first one runs, and what it came to is stored before it is answered; the same order again gets
//! the same answer, waits for it while the first one runs, and is never executed a second time.
//!
//! | what the first one came to | the same order again |
//! | --- | --- |
//! | a success, or a failure of which something may have been executed | is answered the same |
//! | a failure that says Retryable, or a wrong parameter: nothing was executed | runs |
//! | unknown, because the process that ran it died | is told so; a read runs |

use std::time::Duration;

use patchbay_runtime::{Effect, Envelope, Manifest};
use patchbay_state::calls::{BodyDigest, CallKey, NewCall};
use patchbay_state::runs::{RunId, StartedRun};
use patchbay_state::{State, Timestamp};
use serde_json::{Value, json};

use crate::order::{IdempotencyKey, Order};

/// What is asked by an order under its key: inputs, options, credential, and whether it is a dry run. How long it may take
/// and how often it may be repeated is not part of it, so that a repeat may be more patient.
pub(crate) fn call(
    order: &Order,
    key: &IdempotencyKey,
    manifest: &Manifest,
    run: StartedRun,
    state: &State,
    lifetime: Duration,
) -> NewCall {
    let nothing = json!({});
    let inputs = given(&order.inputs).unwrap_or(&nothing);
    let options = given(&order.options).unwrap_or(&nothing);
    let credential = json!(order.credential.as_ref().map(|credential| credential.name()));
    let dry_run = json!(order.dry_run);
    let members = [("inputs", inputs), ("options", options), ("credential", &credential), ("dry_run", &dry_run)];
    NewCall {
        key: CallKey { caller: order.caller.scope(), key: key.as_str().to_owned() },
        digest: BodyDigest::of(&manifest.id.to_string(), &members),
        run,
        expires: state.now().after(lifetime),
        may_repeat: manifest.effect == Effect::Read || order.dry_run,
    }
}

/// What was given; null stands for nothing, as an empty object does.
fn given(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
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
