//! What the benchmarks share: a transport that answers from this process, and the built DingTalk nodes without their
//! rate limit, which would make a benchmark measure DingTalk's pace.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use patchbay_runtime::{
    BoxFuture, Credential, Engine, GateLimits, Invocation, RawResponse, Runtime, RuntimeConfig, SignedRequest,
    Transport, TransportError,
};
use serde_json::json;

/// Answers every request after a while.
pub struct Stub {
    pub after: Duration,
}

impl Transport for Stub {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async { Ok(()) })
    }

    fn send(&self, request: SignedRequest) -> BoxFuture<'_, Result<RawResponse, TransportError>> {
        let body: &[u8] = if request.url.path() == "/gettoken" {
            br#"{"errcode":0,"errmsg":"ok","access_token":"96fc7a7a1b2c3d4e5f","expires_in":7200}"#
        } else {
            br#"{"errcode":0,"errmsg":"ok","task_id":256271667526,"request_id":"4jzllmte0wau"}"#
        };
        let after = self.after;
        Box::pin(async move {
            if !after.is_zero() {
                tokio::time::sleep(after).await;
            }
            Ok(RawResponse { status: 200, headers: Default::default(), body: body.into() })
        })
    }
}

/// The folder of built components; `PATCHBAY_NODES_DIR` compares with others.
pub fn built_nodes() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/nodes");
    let nodes = std::env::var_os("PATCHBAY_NODES_DIR").map_or_else(own, PathBuf::from);
    assert!(nodes.join("dingtalk").is_dir(), "the nodes are not built: run `cargo run -- build` first");
    nodes
}

/// A copy of the built DingTalk nodes without the provider's rate limit.
pub fn nodes_without_rate_limit() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let (from, to) = (built_nodes().join("dingtalk"), copy.path().join("dingtalk"));
    std::fs::create_dir(&to).unwrap();
    let mut provider: toml::Table = std::fs::read_to_string(from.join("provider.toml")).unwrap().parse().unwrap();
    provider.remove("rate_limit");
    std::fs::write(to.join("provider.toml"), provider.to_string()).unwrap();
    std::fs::copy(from.join("send-work-notice.wasm"), to.join("send-work-notice.wasm")).unwrap();
    copy
}

/// A runtime over the stub.
pub fn runtime(engine: Arc<Engine>, nodes: &Path, stub: Stub) -> Runtime {
    let gate = GateLimits { max_concurrent_per_host: 100_000, ..GateLimits::default() };
    let config = RuntimeConfig { nodes_directory: nodes.to_owned(), gate, ..RuntimeConfig::default() };
    Runtime::with_transport(engine, config, Arc::new(stub)).unwrap()
}

/// Send Work Notice, as the product's own example invokes it: one HTTP call.
pub fn invocation(runtime: &Runtime) -> Invocation {
    let provider = runtime.provider("dingtalk").unwrap();
    let credential = Credential::new(&provider, "bench", |field| match field {
        "AppKey" => Some("dingeqqpkv3xxxxxx".to_owned().into()),
        "AppSecret" => Some("GT-lsu-taDAxxxsTsxxxxGT-lsu-taDAxxxsTsxxxx".to_owned().into()),
        _ => None,
    });
    Invocation {
        inputs: json!({
            "AgentId": "123456789",
            "UserIds": "manager001,user002",
            "MsgType": "text",
            "Content": "This is a test message from an automated workflow.",
        }),
        options: json!({}),
        credentials: Arc::new(credential.unwrap()).into(),
        ..Invocation::new("dingtalk/send-work-notice".parse().unwrap())
    }
}
