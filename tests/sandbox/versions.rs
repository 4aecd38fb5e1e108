//! Components that were built against different versions of the boundary, side by side.

use std::sync::Arc;

use axum::body::Bytes;
use patchbay_runtime::{
    BoxFuture, FileError, FileInfo, FileStore, Invocation, NewFile, OpenFile, Run, RuntimeConfig, Transport,
};
use serde_json::json;

use crate::environment::components::{MANIFEST, NodesFolder, component, component_of, core_module};
use crate::environment::hostile::Setup;
use crate::environment::script::{Script, answer};

/// What the modules of this file have in their memory: a method, a URL, an id, outputs and a summary.
const TEXTS: &str = r#"
    (data (i32.const 4096) "POST")
    (data (i32.const 4112) "https://api.example.com/rows")
    (data (i32.const 4160) "f1")
    (data (i32.const 4176) "{}")
    (data (i32.const 4192) "It runs.")"#;

/// Fails when the answer at 8192 is an error, and is done with the outputs and the summary otherwise.
const DONE: &str = "
    (if (i32.load8_u (i32.const 8192)) (then unreachable))
    (i32.store8 (i32.const 8448) (i32.const 0))
    (i32.store (i32.const 8452) (i32.const 4176)) (i32.store (i32.const 8456) (i32.const 2))
    (i32.store (i32.const 8460) (i32.const 4192)) (i32.store (i32.const 8464) (i32.const 8))
    (i32.const 8448)";

/// A node built against 0.1 that sends one request.
fn of_0_1() -> Vec<u8> {
    let import = r#"(import "patchbay:node/http@0.1.0" "send" (func $send
        (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))"#;
    let send = "(call $send
        (i32.const 4096) (i32.const 4) (i32.const 4112) (i32.const 28) (i32.const 0) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 8192))";
    let module = core_module("older", &format!("{import}{TEXTS}"), MANIFEST, &format!("{send}{DONE}"));
    component_of("schemas/node-0.1.wit", &module)
}

/// A node built against 0.2 that sends a file.
fn of_0_2() -> Vec<u8> {
    let import = r#"(import "patchbay:node/http@0.2.0" "send" (func $send (param i32 i32)))"#;
    // Method, URL, API, no headers, a body that is a file, no slot, a read, an answer as bytes.
    let members = [
        (0, 4096),
        (4, 4),
        (8, 4112),
        (12, 28),
        (16, 4135),
        (20, 5),
        (24, 0),
        (28, 0),
        (32, 1),
        (36, 2),
        (40, 4160),
        (44, 2),
        (48, 0),
        (60, 0),
        (64, 0),
    ];
    let store = |(at, value): (i32, i32)| format!("(i32.store (i32.const {}) (i32.const {value}))", 5120 + at);
    let request: String = members.map(store).concat();
    let send = format!("{request}(call $send (i32.const 5120) (i32.const 8192))");
    let module = core_module("newer", &format!("{import}{TEXTS}"), MANIFEST, &format!("{send}{DONE}"));
    component(&module)
}

/// A store with one file.
struct OneFile;

impl OneFile {
    fn info(owner: &str, id: &str) -> Option<FileInfo> {
        let found = owner == "somebody" && id == "f1";
        found.then(|| FileInfo {
            id: id.into(),
            name: "rows.csv".into(),
            media_type: "text/csv".into(),
            size: 3,
            sha256: "0".repeat(64),
        })
    }
}

impl FileStore for OneFile {
    fn describe<'a>(&'a self, owner: &'a str, id: &'a str) -> BoxFuture<'a, Result<Option<FileInfo>, FileError>> {
        Box::pin(std::future::ready(Ok(Self::info(owner, id))))
    }

    fn open<'a>(&'a self, owner: &'a str, id: &'a str) -> BoxFuture<'a, Result<OpenFile, FileError>> {
        let info = Self::info(owner, id).ok_or_else(|| FileError::NotFound(id.to_owned()));
        let content = futures_util::stream::iter([Ok(Bytes::from_static(b"1,2"))]);
        Box::pin(std::future::ready(info.map(|info| OpenFile { info, content: Box::pin(content) })))
    }

    fn create<'a>(&'a self, _: &'a str, _: NewFile) -> BoxFuture<'a, Result<FileInfo, FileError>> {
        Box::pin(std::future::ready(Err(FileError::NoRoom("it holds one file".into()))))
    }
}

async fn run(script: &Arc<impl Transport + 'static>, operation: &str, component: Vec<u8>) -> Run {
    let nodes = NodesFolder::new().with(operation, component);
    let setup = Setup::over(Arc::clone(script));
    let files: Arc<dyn FileStore> = Arc::new(OneFile);
    let runtime = RuntimeConfig { nodes_directory: nodes.path().to_owned(), files: Some(files), ..setup.runtime };
    let hostile = Setup { runtime, ..setup }.start();
    let invocation = hostile.invocation(operation, json!({}));
    hostile.invoke(Invocation { owner: "somebody".into(), ..invocation }).await
}

#[tokio::test]
async fn a_component_built_against_0_1_runs() {
    let script = Script::new(|_| answer(200, json!({ "rows": 2 })));
    let run = run(&script, "older", of_0_1()).await;
    assert!(run.envelope.is_success(), "{:?}", run.envelope);
    assert_eq!((&*run.envelope.summary, run.envelope.original_status_code), ("It runs.", 200));
    let sent = script.sent();
    assert_eq!((sent.len(), &*sent[0].method, sent[0].url.as_str()), (1, "POST", "https://api.example.com/rows"));
    assert_eq!(run.exchanges[0].api, "/rows", "it names no API: its path is taken for it");
}

#[tokio::test]
async fn a_component_built_against_0_2_sends_a_file_that_it_never_holds() {
    let script = Script::new(|_| answer(200, json!({})));
    let run = run(&script, "newer", of_0_2()).await;
    assert!(run.envelope.is_success(), "{:?}", run.envelope);
    let sent = script.sent();
    assert_eq!((&*sent[0].body, sent[0].header("content-type")), (&b"1,2"[..], Some("text/csv")));
    let recorded = run.exchanges[0].body.as_ref().unwrap();
    assert_eq!(&*recorded.text, br#"{"file":"f1"}"#);
}
