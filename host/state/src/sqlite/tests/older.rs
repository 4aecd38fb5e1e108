//! Databases that earlier versions made are brought to today's tables with all that is in them.

use std::sync::Arc;

use rusqlite::Connection;
use serde_json::json;

use super::super::migrations::MIGRATIONS;
use super::{SqliteStore, clock, now};
use crate::calls::{Begun, BodyDigest, CallKey, CallStore, NewCall};
use crate::health::StoreHealth;
use crate::keys::{Grants, KeyStore, Scope};
use crate::runs::{RunFilter, RunId, RunState, RunStore, StartedRun, Usage};
use crate::time::Timestamp;
use crate::vault::{CredentialStore, KeyId};

const SUCCEEDED: &str = "0198c5f0-1f2e-7abc-8def-0123456789ab";
const FAILED: &str = "0198c5f0-1f2e-7abc-8def-0123456789ac";
const INTERRUPTED: &str = "0198c5f0-1f2e-7abc-8def-0123456789ad";

fn id(text: &str) -> RunId {
    text.parse().unwrap()
}

fn digest() -> BodyDigest {
    BodyDigest::of("sample/one", &[("inputs", &json!({ "a": 1 }))])
}

/// What the first version wrote, by its own statements.
fn fill(connection: &Connection) {
    let put_run = "INSERT INTO runs (id, node, credential, api_key, took_ms, status_code, message, bytes) \
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let put_detail = "INSERT INTO run_details (id, detail) VALUES (?, ?)";
    let exchange = json!({
        "method": "POST", "url": "https://api.example.com/x", "headers": [["a", "b"]], "body": { "text": "{}", "bytes": 2 },
        "slot": "newer", "effect": "write", "attempt": 1, "started_ms": 1.5, "took_ms": 20.25,
        "outcome": { "answered": { "status": 200, "headers": [], "body": { "text": "ok", "bytes": 2 } } },
    });
    let whole = json!({
        "inputs": { "Name": "n" }, "options": null, "envelope": { "StatusCode": 200, "Summary": "done" },
        "exchanges": [exchange], "log": [{ "attempt": 1, "at_ms": 0.5, "level": "info", "message": "m" }], "attempts": 1,
        "timing": { "waiting_ms": 0.0, "sandbox_ms": 1.0, "gate_ms": 20.0, "pausing_ms": 0.0 },
    });
    let without_contents = json!({
        "failure": "rate-limit", "attempts": 2, "timing": {}, "inputs": null, "options": null, "log": [],
        "envelope": { "StatusCode": 429, "Retryable": true, "OriginalStatusCode": 429 },
        "exchanges": [{ "method": "GET", "slot": null, "effect": "read", "attempt": 1, "started_ms": 0.0, "took_ms": 3.0,
            "host": "api.example.com", "status": 429 }],
    });
    for (run, status, message, detail) in
        [(SUCCEEDED, 200, "done", whole.to_string()), (FAILED, 429, "", without_contents.to_string())]
    {
        let (run, bytes) = (id(run), detail.len() as i64 + 400);
        let row = (run.as_bytes(), "sample/one", Some("main"), None::<String>, 12.5, status, message, bytes);
        connection.execute(put_run, row).unwrap();
        connection.execute(put_detail, (run.as_bytes(), detail.into_bytes())).unwrap();
    }
    let put_call = "INSERT INTO calls (caller, key, digest, run, instance, expires) VALUES (?, ?, ?, ?, ?, ?)";
    for (key, run) in [("done", SUCCEEDED), ("interrupted", INTERRUPTED)] {
        let run = id(run);
        let row = ("caller", key, digest().as_bytes().to_vec(), run.as_bytes(), "0198c5f01f2e", i64::MAX);
        connection.execute(put_call, row).unwrap();
    }
    let finish = "UPDATE calls SET envelope = ? WHERE key = 'done'";
    connection.execute(finish, [r#"{"StatusCode":200,"Summary":"done"}"#]).unwrap();
    connection.execute("INSERT INTO vault (only, key) VALUES (1, ?)", [b"12345678".as_slice()]).unwrap();
    let put_credential =
        "INSERT INTO credentials (name, provider, kind, created, key, sealed) VALUES (?, ?, ?, ?, ?, ?)";
    let row = ("main", "sample", "application", 1_700_000_000_000_i64, b"12345678".as_slice(), b"sealed".as_slice());
    connection.execute(put_credential, row).unwrap();
    let put_key = "INSERT INTO api_keys (id, name, digest, grants, created, expires) VALUES (?, ?, ?, ?, ?, ?)";
    for (key, grants) in [
        ("wide", r#"{"scopes":["invoke"],"nodes":[],"credentials":[]}"#),
        ("narrow", r#"{"scopes":["read","admin"],"nodes":["sample/*"],"credentials":["main"]}"#),
    ] {
        connection
            .execute(put_key, (key, key, [7_u8; 32].as_slice(), grants, 1_700_000_000_000_i64, None::<i64>))
            .unwrap();
    }
}

#[tokio::test]
async fn a_database_of_the_first_version_keeps_everything() {
    let data = tempfile::tempdir().unwrap();
    let connection = Connection::open(data.path().join("patchbay.db")).unwrap();
    connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL").unwrap();
    connection.execute_batch(MIGRATIONS[0]).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    fill(&connection);
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64));
    let (runs, bytes) = connection.query_row("SELECT runs, bytes FROM totals", (), read).unwrap();
    // A process that was killed closes nothing: what it wrote may stand in the log alone.
    std::mem::forget(connection);

    let store = SqliteStore::open(data.path(), clock()).await.unwrap();
    assert_eq!(store.usage().await.unwrap(), Usage { runs, bytes });
    assert_eq!(store.page(&RunFilter::default()).await.unwrap().runs.len(), 2);
    let succeeded = RunStore::by_id(&store, id(SUCCEEDED)).await.unwrap().unwrap();
    assert_eq!((succeeded.summary.state, succeeded.summary.status_code), (RunState::Ended, Some(200)));
    let detail = succeeded.detail.unwrap();
    assert_eq!((detail.exchanges[0].url.as_str(), detail.log[0].message.as_str()), ("https://api.example.com/x", "m"));
    let failed = RunStore::by_id(&store, id(FAILED)).await.unwrap().unwrap();
    assert_eq!(failed.detail.unwrap().failure.as_deref(), Some("rate-limit"));

    let call = |key: &str| NewCall {
        key: CallKey { caller: "caller".to_owned(), key: key.to_owned() },
        digest: digest(),
        run: StartedRun {
            id: RunId::begin(&patchbay_runtime::SystemClock),
            node: "sample/one".parse().unwrap(),
            credential: None,
            api_key: None,
        },
        expires: now(),
        may_repeat: false,
    };
    let outcome: Arc<str> = r#"{"StatusCode":200,"Summary":"done"}"#.into();
    assert_eq!(store.begin(call("done")).await.unwrap(), Begun::Finished { run: id(SUCCEEDED), outcome });
    let unknown = store.begin(call("interrupted")).await.unwrap();
    assert_eq!(unknown, Begun::Unknown { run: id(INTERRUPTED), began: id(INTERRUPTED).began() });

    assert_eq!(store.master_key().await.unwrap(), KeyId::from_slice(b"12345678"));
    let credential = store.by_name("main").await.unwrap().unwrap();
    assert_eq!(
        (credential.sealed.as_slice(), credential.created.as_millis()),
        (b"sealed".as_slice(), 1_700_000_000_000)
    );
    let wide = KeyStore::by_id(&store, "wide").await.unwrap().unwrap();
    assert_eq!(
        (wide.grants.nodes, wide.grants.credentials),
        (Grants::All, Grants::All),
        "an empty list was everything"
    );
    let narrow = KeyStore::by_id(&store, "narrow").await.unwrap().unwrap();
    assert_eq!(narrow.grants.scopes, [Scope::Read, Scope::Admin]);
    assert_eq!(narrow.grants.credentials, Grants::Only(vec!["main".to_owned()]));
    assert_eq!(narrow.created, Timestamp::from_millis(1_700_000_000_000));

    assert_eq!(RunStore::prune(&store, None, Some(0)).await.unwrap(), 2);
    assert_eq!(store.usage().await.unwrap(), Usage::default(), "what was counted before is counted on");
    store.close().await;
}
