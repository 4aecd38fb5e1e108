//! What tells one call from another.

use std::fmt;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Tells what was asked apart from something else, without holding it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BodyDigest([u8; 32]);

impl BodyDigest {
    /// The digest of what is asked of a node, given by its members. Their order, and that of the members of any object in
    /// them, does not matter; a member that is given twice makes another digest than one that is given once.
    pub fn of(node: &str, members: &[(&str, &Value)]) -> Self {
        let mut hash = Sha256::new();
        hash.update((node.len() as u64).to_le_bytes());
        hash.update(node);
        update_members(&mut hash, members.to_vec());
        Self(hash.finalize().into())
    }

    /// The digest as it is stored.
    pub(crate) fn as_bytes(&self) -> &[u8] {
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
            update_members(hash, members.iter().map(|(name, member)| (name.as_str(), member)).collect())
        }
    }
}

fn update_members(hash: &mut Sha256, mut members: Vec<(&str, &Value)>) {
    hash.update([b'o']);
    hash.update((members.len() as u64).to_le_bytes());
    members.sort_by_key(|(name, _)| *name);
    for (name, member) in members {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        update(hash, member);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_members_does_not_matter_and_all_else_does() {
        let digest = |node: &str, body: Value| {
            let members: Vec<(&str, &Value)> =
                body.as_object().unwrap().iter().map(|(name, v)| (name.as_str(), v)).collect();
            BodyDigest::of(node, &members)
        };
        let one = digest("a/b", json!({ "x": 1, "y": [true, { "a": null, "b": 2 }] }));
        assert_eq!(one, digest("a/b", json!({ "y": [true, { "b": 2, "a": null }], "x": 1 })));
        for (node, body) in [
            ("a/c", json!({ "x": 1, "y": [true, { "a": null, "b": 2 }] })),
            ("a/b", json!({ "x": "1", "y": [true, { "a": null, "b": 2 }] })),
            ("a/b", json!({ "x": 1, "y": [{ "a": null, "b": 2 }, true] })),
            ("a/b", json!({ "x": 1, "y": [true, { "a": null, "b": 2 }], "z": null })),
        ] {
            assert_ne!(one, digest(node, body));
        }
    }
}
