//! What an order came to.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use patchbay_runtime::Envelope;
use patchbay_state::runs::RunId;
use serde_json::Value;
use serde_json::value::RawValue;

/// What an order came to: the run and its envelope.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The run.
    pub run: RunId,
    /// What it came to.
    pub envelope: EnvelopeText,
    /// Whether it was answered before, under the order's key, and not run again.
    pub is_replay: bool,
    /// How long the run was allowed to take, where that is less than the order asked for.
    pub shortened_to: Option<Duration>,
}

/// An envelope as its JSON text, written once: what is stored under a key, answered and answered again are these bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeText {
    json: Arc<str>,
    status_code: i32,
}

impl EnvelopeText {
    /// Writes an envelope.
    ///
    /// # Errors
    /// It has no JSON form, which an envelope made of JSON values always has.
    pub fn new(envelope: &Envelope) -> serde_json::Result<Self> {
        Ok(Self { json: serde_json::to_string(envelope)?.into(), status_code: envelope.status_code })
    }

    /// An envelope that was written before.
    ///
    /// # Errors
    /// The text is not an envelope's.
    pub(crate) fn stored(json: Arc<str>) -> serde_json::Result<Self> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Status {
            status_code: i32,
        }
        let Status { status_code } = serde_json::from_str(&json)?;
        Ok(Self { json, status_code })
    }

    /// The JSON text.
    pub fn json(&self) -> &Arc<str> {
        &self.json
    }

    /// The JSON text as the body of an answer, without a copy.
    pub fn body(&self) -> Bytes {
        struct Owner(Arc<str>);
        impl AsRef<[u8]> for Owner {
            fn as_ref(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }
        Bytes::from_owner(Owner(Arc::clone(&self.json)))
    }

    /// The envelope's StatusCode.
    pub fn status_code(&self) -> i32 {
        self.status_code
    }

    /// Whether the node did what it was asked to do.
    pub fn is_success(&self) -> bool {
        self.status_code == 200
    }

    /// The JSON text as a part of another.
    ///
    /// # Errors
    /// The text is not JSON, which it always is.
    pub fn raw(&self) -> serde_json::Result<Box<RawValue>> {
        serde_json::from_str(&self.json)
    }

    /// The envelope as a value, for who wants to look into it.
    ///
    /// # Errors
    /// The text is not JSON, which it always is.
    pub fn value(&self) -> serde_json::Result<Value> {
        serde_json::from_str(&self.json)
    }
}
