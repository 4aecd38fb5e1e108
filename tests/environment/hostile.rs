//! A runtime over the hostile nodes, and short ways to run them.

use std::sync::Arc;
use std::time::Duration;

use patchbay_runtime::{Credential, Engine, EngineConfig, Invocation, Run, Runtime, RuntimeConfig, Transport};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ENGINE, HOSTILE_NODES, data_directory};

/// Secrets that no text may ever hold. All begin with "canary", so that one search finds any of them in any spelling.
pub const SECRET: &str = "canary-application-secret-91b7d2c40f";
pub const ROBOT_TOKEN: &str = "canary-robot-token-77aa01c3e8";
pub const SIGNING_SECRET: &str = "canary-signing-secret-5e0f3b7a9c";
pub const TOKEN: &str = "canary-session-token-";

/// Fails when a secret stands in the text.
#[track_caller]
pub fn assert_no_canary(sink: &str, text: &str) {
    if let Some(at) = text.find("canary") {
        let from = text.floor_char_boundary(at.saturating_sub(200));
        let to = text.floor_char_boundary(at + 80);
        panic!("a secret is in {sink}: …{}…", &text[from..to]);
    }
}

/// Waits until the condition holds; a test that waits in vain fails.
pub async fn eventually(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("what was waited for did not come");
}

/// How the runtime of a test is set up.
pub struct Setup {
    pub engine: Arc<Engine>,
    pub runtime: RuntimeConfig,
    /// None sends over HTTP.
    pub transport: Option<Arc<dyn Transport>>,
}

impl Default for Setup {
    fn default() -> Self {
        let runtime = RuntimeConfig {
            nodes_directory: HOSTILE_NODES.clone(),
            // Far more than any test needs, so that none fails for a slow machine.
            timeout: Duration::from_secs(60),
            ..RuntimeConfig::default()
        };
        Self { engine: Arc::clone(&ENGINE), runtime, transport: None }
    }
}

impl Setup {
    /// Everything that is sent goes to the transport.
    pub fn over(transport: Arc<impl Transport + 'static>) -> Self {
        Self { transport: Some(transport), ..Self::default() }
    }

    pub fn start(self) -> Arc<Hostile> {
        let Self { engine, runtime, transport } = self;
        let runtime = match transport {
            Some(transport) => Runtime::with_transport(engine, runtime, transport),
            None => Runtime::new(engine, runtime),
        };
        let runtime = runtime.unwrap();
        let provider = runtime.provider("hostile").unwrap();
        let application = Credential::new(&provider, "application", |field| match field {
            "Key" => Some("key-1".to_owned().into()),
            "Secret" => Some(SECRET.to_owned().into()),
            _ => None,
        });
        let robot = Credential::new(&provider, "robot", |field| match field {
            "RobotToken" => Some(ROBOT_TOKEN.to_owned().into()),
            "SigningSecret" => Some(SIGNING_SECRET.to_owned().into()),
            _ => None,
        });
        Arc::new(Hostile { application: Arc::new(application.unwrap()), robot: Arc::new(robot.unwrap()), runtime })
    }
}

/// An engine with limits of its own, for few runs.
pub fn engine(config: EngineConfig) -> Arc<Engine> {
    let cache_directory = Some(data_directory().join("compiled"));
    Arc::new(Engine::new(EngineConfig { cache_directory, ..config }).unwrap())
}

/// The hostile nodes, ready to run.
pub struct Hostile {
    pub runtime: Runtime,
    pub application: Arc<Credential>,
    pub robot: Arc<Credential>,
}

impl Hostile {
    /// Of a node, with the application's credential and without options.
    pub fn invocation(&self, operation: &str, inputs: Value) -> Invocation {
        Invocation {
            inputs,
            credentials: Arc::clone(&self.application).into(),
            ..Invocation::new(format!("hostile/{operation}").parse().unwrap())
        }
    }

    pub async fn invoke(&self, invocation: Invocation) -> Run {
        self.runtime.invoke(invocation).await.unwrap()
    }

    pub async fn run(&self, operation: &str, inputs: Value) -> Run {
        self.invoke(self.invocation(operation, inputs)).await
    }

    /// Runs all at once; the runs are in the order of the invocations.
    pub async fn run_side_by_side(self: &Arc<Self>, invocations: impl IntoIterator<Item = Invocation>) -> Vec<Run> {
        let begin = |invocation| {
            let hostile = Arc::clone(self);
            tokio::spawn(async move { hostile.invoke(invocation).await })
        };
        let begun: Vec<_> = invocations.into_iter().map(begin).collect();
        let mut runs = Vec::new();
        for run in begun {
            runs.push(run.await.unwrap());
        }
        runs
    }

    /// Has the gate send one request with the application's credential.
    pub async fn probe(&self, request: Value) -> Reply {
        reply(&self.run("probe", json!({ "Request": request })).await)
    }

    /// As an ordinary node does: without an answer the run fails.
    pub async fn probe_or_fail(&self, request: Value) -> Run {
        let probe = self.invocation("probe", json!({ "Request": request }));
        self.invoke(Invocation { options: json!({ "Raise": true }), ..probe }).await
    }
}

/// What came of a request, as the node saw it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Reply {
    pub status: u16,
    pub headers: std::collections::BTreeMap<String, String>,
    pub body: String,
    pub problem: String,
    pub message: String,
    pub hint: String,
    pub retryable: bool,
}

/// What a probe tells.
#[track_caller]
pub fn reply(run: &Run) -> Reply {
    assert!(run.envelope.is_success(), "{:?}", run.envelope);
    serde_json::from_value(run.envelope.outputs["Reply"].clone()).unwrap()
}
