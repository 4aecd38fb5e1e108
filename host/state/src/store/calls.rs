//! Calls with an idempotency key: what was asked under it, and what it came to.

use std::fmt;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::runs::RunId;
use super::timestamp::Timestamp;

/// Whose key it is, and the key. Two callers may use the same key for different things.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallKey {
    /// Id of the caller's API key; empty for a caller without one.
    pub caller: String,
    /// The idempotency key.
    pub key: String,
}

/// Tells what was asked apart from something else, without keeping it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BodyDigest([u8; 32]);

/// A call that wants to begin.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// What is asked.
    pub digest: BodyDigest,
    /// The run that it would be.
    pub run: RunId,
    /// Until when its outcome is kept.
    pub expires: Timestamp,
    /// Whether it may begin again after a process died while it ran: true only for what changes nothing.
    pub may_repeat: bool,
}

/// What a call with an idempotency key meets.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    /// Nothing was asked under the key: it is to run now. That it runs is stored durably.
    New,
    /// It runs in this process.
    RunningHere {
        /// The run.
        run: RunId,
    },
    /// It runs in another process on the same data directory; ask again shortly.
    RunningElsewhere {
        /// The run.
        run: RunId,
    },
    /// It is done.
    Finished {
        /// The run.
        run: RunId,
        /// What was answered.
        envelope: Value,
    },
    /// Something else was asked under the key.
    OtherBody,
    /// The process that ran it died before the outcome was stored: nobody knows whether it was executed.
    Unknown {
        /// The run.
        run: RunId,
        /// When it began.
        began: Timestamp,
    },
}

impl BodyDigest {
    /// The digest of what is asked of a node. The order of members does not matter.
    pub fn of(node: &str, body: &Value) -> Self {
        let mut hash = Sha256::new();
        hash.update((node.len() as u64).to_le_bytes());
        hash.update(node);
        update(&mut hash, body);
        Self(hash.finalize().into())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for BodyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Every value begins with a mark of its type and ends where its length says, so that no two values read the same.
fn update(hash: &mut Sha256, value: &Value) {
    let mut text = |mark: u8, text: &str| {
        hash.update([mark]);
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    match value {
        Value::Null => text(b'z', ""),
        Value::Bool(value) => text(b'b', if *value { "1" } else { "0" }),
        Value::Number(number) => text(b'n', &number.to_string()),
        Value::String(string) => text(b's', string),
        Value::Array(items) => {
            hash.update([b'a']);
            hash.update((items.len() as u64).to_le_bytes());
            items.iter().for_each(|item| update(hash, item));
        }
        Value::Object(members) => {
            hash.update([b'o']);
            hash.update((members.len() as u64).to_le_bytes());
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            for (name, member) in sorted {
                hash.update((name.len() as u64).to_le_bytes());
                hash.update(name);
                update(hash, member);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_members_does_not_matter_and_all_else_does() {
        let digest = |node: &str, body: Value| BodyDigest::of(node, &body);
        let one = digest("a/b", json!({ "x": 1, "y": [true, null] }));
        assert_eq!(one, digest("a/b", json!({ "y": [true, null], "x": 1 })));
        for (node, body) in [
            ("a/c", json!({ "x": 1, "y": [true, null] })),
            ("a/b", json!({ "x": "1", "y": [true, null] })),
            ("a/b", json!({ "x": 1, "y": [null, true] })),
            ("a/b", json!({ "x": 1, "y": [true, null], "z": null })),
        ] {
            assert_ne!(one, digest(node, body));
        }
    }
}
