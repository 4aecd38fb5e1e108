//! What the stores promise.

mod calls;
mod disk;
mod journals;
mod killed;
mod leases;
mod load;
mod older;
mod places;
mod runs;

use std::sync::Arc;

use patchbay_runtime::{Clock, SystemClock};
use serde_json::json;
use tempfile::TempDir;

use super::SqliteStore;
use crate::runs::{EndedRun, RunId, StartedRun};
use crate::time::Timestamp;

/// A store in a folder of its own.
struct Fresh {
    store: Arc<SqliteStore>,
    data: TempDir,
}

impl Fresh {
    async fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(data.path(), clock()).await.unwrap());
        Self { store, data }
    }

    /// Another process would open it so.
    async fn another(&self) -> SqliteStore {
        SqliteStore::open(self.data.path(), clock()).await.unwrap()
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn now() -> Timestamp {
    Timestamp::now(&SystemClock)
}

/// A run that begins now.
fn started(node: &str) -> StartedRun {
    StartedRun {
        id: RunId::begin(&SystemClock),
        node: node.parse().unwrap(),
        credential: Some("main".to_owned()),
        api_key: Some("canvas".to_owned()),
    }
}

/// The record of a run that begins now.
fn ended(node: &str) -> Arc<EndedRun> {
    sized(node, 100)
}

/// The same, with this many bytes of contents.
fn sized(node: &str, bytes: usize) -> Arc<EndedRun> {
    Arc::new(end_of(started(node), bytes))
}

fn end_of(started: StartedRun, bytes: usize) -> EndedRun {
    let detail = json!({
        "inputs": { "Text": "x".repeat(bytes) }, "options": null, "envelope": { "StatusCode": 200 },
        "exchanges": [], "log": [], "attempts": 1, "timing": {},
    });
    let (took_ms, status_code, message) = (12.5, 200, "done".to_owned());
    EndedRun { started, took_ms, status_code, message, detail: detail.to_string().into_bytes() }
}

/// Long enough for the clock's milliseconds to go on.
async fn a_moment() {
    tokio::time::sleep(std::time::Duration::from_millis(3)).await;
}
