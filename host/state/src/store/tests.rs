//! What the store promises.

mod calls;
mod killed;
mod load;
mod places;
mod runs;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use super::{NewRun, RunId, RunSummary, SqliteStore};

/// A store in a folder of its own.
struct Fresh {
    store: Arc<SqliteStore>,
    data: TempDir,
}

impl Fresh {
    async fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(data.path()).await.unwrap());
        Self { store, data }
    }

    /// Another process would open it so.
    async fn another(&self) -> SqliteStore {
        SqliteStore::open(self.data.path()).await.unwrap()
    }
}

/// The record of a run that begins now.
fn new_run(node: &str) -> NewRun {
    sized_run(node, 100)
}

/// The same, with so many bytes of contents.
fn sized_run(node: &str, bytes: usize) -> NewRun {
    let id = RunId::new();
    let summary = RunSummary {
        id,
        node: node.parse().unwrap(),
        credential: Some("main".to_owned()),
        api_key: Some("canvas".to_owned()),
        began: id.began(),
        took_ms: 12.5,
        status_code: 200,
        message: "done".to_owned(),
    };
    let detail = json!({
        "inputs": { "Text": "x".repeat(bytes) }, "options": null, "envelope": { "StatusCode": 200 },
        "exchanges": [], "log": [], "attempts": 1, "timing": {},
    });
    NewRun { summary, detail: detail.to_string().into_bytes() }
}

/// Long enough for the clock's milliseconds to go on.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(3)).await;
}
