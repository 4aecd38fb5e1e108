//! Runs that may not overlap: those of nodes that declare `exclusive` and name the same thing by it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde_json::Value;
use tokio::sync::OwnedMutexGuard;

use crate::manifest::Manifest;

/// What runs have for themselves, by name. Runs that wait for the same take turns in the order in which they came.
#[derive(Default)]
pub(crate) struct Exclusive {
    held: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

impl Exclusive {
    /// Names of things nobody holds any longer are forgotten when there are more than this.
    const KEPT_NAMES: usize = 1_024;

    /// Waits until no other run has what `inputs` name, and keeps it until the guard is dropped; nothing for a node that
    /// needs nothing for itself.
    pub async fn enter(&self, manifest: &Manifest, inputs: &Value) -> Option<OwnedMutexGuard<()>> {
        if manifest.exclusive.is_empty() {
            return None;
        }
        let named: Vec<(&String, &Value)> =
            manifest.exclusive.iter().map(|name| (name, inputs.get(name).unwrap_or(&Value::Null))).collect();
        // Unambiguous: a name holds no slash, and what follows it is JSON.
        let name = format!("{}/{}", manifest.id.provider, serde_json::json!(named));
        Some(self.lock(name).lock_owned().await)
    }

    fn lock(&self, name: String) -> Arc<tokio::sync::Mutex<()>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() > Self::KEPT_NAMES {
            held.retain(|_, lock| lock.strong_count() > 0);
        }
        if let Some(lock) = held.get(&name).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::default();
        held.insert(name, Arc::downgrade(&lock));
        lock
    }
}
