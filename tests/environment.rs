//! What the tests stand on: built nodes, an engine, tenants, and the `patchbay` binary.

pub mod captured_log;
pub mod components;
pub mod hostile;
pub mod needs;
pub mod python;
pub mod script;
pub mod services;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, LazyLock};

use patchbay_runtime::{Credential, Engine, EngineConfig, Invocation, Provider, Run, Runtime, RuntimeConfig, Upstream};
use patchbay_tenant::{Tenant, TenantConfig};
use serde_json::Value;

/// The project's folder.
pub static PROJECT: LazyLock<PathBuf> =
    LazyLock::new(|| Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().canonicalize().unwrap());

/// The project's own nodes, built once.
pub static NODES: LazyLock<PathBuf> = LazyLock::new(|| build(&[], PROJECT.join("target/nodes")));

/// Nodes that misbehave, built once.
pub static HOSTILE_NODES: LazyLock<PathBuf> =
    LazyLock::new(|| build(&["tests/hostile"], PROJECT.join("target/tests/hostile-nodes")));

/// The example of a provider of one's own, built once.
pub static EXAMPLE_NODES: LazyLock<PathBuf> =
    LazyLock::new(|| build(&["examples/weather"], PROJECT.join("target/tests/example-nodes")));

/// One engine for all tests of the runtime.
pub static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| {
    let cache_directory = Some(data_directory().join("compiled"));
    Arc::new(Engine::new(EngineConfig { cache_directory, ..EngineConfig::default() }).unwrap())
});

/// State that tests share: compiled components alone.
pub fn data_directory() -> PathBuf {
    PROJECT.join("target/tests/data")
}

/// `patchbay build`, which also fails when a checked-in schema is stale.
pub fn build(arguments: &[&str], nodes: PathBuf) -> PathBuf {
    let output = patchbay().arg("build").args(arguments).arg("--check").env("PATCHBAY_NODES_DIR", &nodes).output();
    let output = output.unwrap();
    assert!(output.status.success(), "patchbay build {arguments:?}: {}", stderr(&output));
    nodes
}

/// The `patchbay` command in the project's folder. It has the nodes only after [`NODES`] was used.
pub fn patchbay() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
    command.current_dir(&*PROJECT).env("PATCHBAY_DATA_DIR", data_directory()).env_remove("PATCHBAY_LOG");
    // Another test may have the same data directory and be up.
    command.env("PATCHBAY_SERVICE", "none");
    command
}

/// What a command printed on stdout, as JSON.
pub fn stdout_json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", String::from_utf8_lossy(&output.stdout), stderr(output)))
}

/// What a command printed on stderr.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A tenant, and a runtime whose requests to DingTalk reach it.
pub struct TenantRuntime {
    pub tenant: Tenant,
    pub runtime: Runtime,
    pub credential: Arc<Credential>,
}

impl TenantRuntime {
    /// With the demo application.
    pub async fn start() -> Self {
        Self::start_with(TenantConfig::default()).await
    }

    /// With the application that the configuration names.
    pub async fn start_with(config: TenantConfig) -> Self {
        Self::start_configured(config, RuntimeConfig::default()).await
    }

    /// With a configured runtime too; its nodes and upstreams are set here.
    pub async fn start_configured(config: TenantConfig, runtime: RuntimeConfig) -> Self {
        let secret = config.app_secret.clone();
        let key = config.app_key.clone();
        let tenant = Tenant::start(config).await.unwrap();
        let upstreams =
            tenant_upstreams(&tenant).iter().map(|upstream| upstream.parse::<Upstream>().unwrap()).collect();
        let config = RuntimeConfig { nodes_directory: NODES.clone(), upstreams, ..runtime };
        let runtime = Runtime::new(Arc::clone(&ENGINE), config).unwrap();
        let credential = credential(&runtime.provider("dingtalk").unwrap(), &key, secret);
        Self { tenant, runtime, credential }
    }

    /// Runs a DingTalk node with the tenant's credential.
    pub async fn run(&self, operation: &str, inputs: Value, options: Value) -> Run {
        let invocation = Invocation {
            inputs,
            options,
            credentials: Arc::clone(&self.credential).into(),
            ..Invocation::new(format!("dingtalk/{operation}").parse().unwrap())
        };
        self.runtime.invoke(invocation).await.unwrap()
    }
}

/// The `--upstream` values that lead to a tenant.
pub fn tenant_upstreams(tenant: &Tenant) -> Vec<String> {
    patchbay_tenant::HOSTS.iter().map(|host| format!("{host}={}", tenant.base_url())).collect()
}

fn credential(provider: &Provider, key: &str, secret: secrecy::SecretString) -> Arc<Credential> {
    let value = |field: &str| match field {
        "AppKey" => Some(key.to_owned().into()),
        "AppSecret" => Some(secret.clone()),
        _ => None,
    };
    Arc::new(Credential::new(provider, "test", value).unwrap())
}
