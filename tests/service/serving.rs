//! `patchbay serve` on a data directory of its own, against a tenant of the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use patchbay_tenant::{Tenant, TenantConfig};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Answer, Up};
use crate::environment::{NODES, data_directory, patchbay, stderr, tenant_upstreams};

/// A service, its tenant and its state.
pub struct Serving {
    pub up: Up,
    pub tenant: Tenant,
    pub data: TempDir,
}

impl Serving {
    /// With default settings, and the tenant's credential stored as `main`.
    pub async fn start() -> Self {
        Self::start_with("", &[]).await
    }

    /// With settings and variables.
    pub async fn start_with(settings: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_against(TenantConfig::default(), settings, variables).await
    }

    /// With a tenant of a certain kind.
    pub async fn start_against(config: TenantConfig, settings: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_in(data(), config, settings, variables).await
    }

    async fn start_in(data: TempDir, config: TenantConfig, settings: &str, variables: &[(&str, &str)]) -> Self {
        fs::write(data.path().join("patchbay.toml"), settings).unwrap();
        let fields = json!({ "AppKey": config.app_key, "AppSecret": config.app_secret.expose_secret() });
        let tenant = Tenant::start(config).await.unwrap();
        let up = Up::spawn(serve(data.path(), &tenant, variables)).await;
        let body = json!({ "name": "main", "provider": "dingtalk", "fields": fields });
        let added = up.post("/v1/credentials", body.to_string()).await;
        assert_eq!(added.status, 201, "{}", added.text);
        Self { up, tenant, data }
    }

    /// With settings, and without the provider's limit of requests in a time.
    pub async fn start_unpaced(settings: &str) -> Self {
        let data = data_with_nodes();
        let file = own_nodes(data.path()).join("dingtalk/provider.toml");
        let provider = fs::read_to_string(&file).unwrap();
        let (paced, _) = provider.split_once("[rate_limit]").unwrap();
        fs::write(&file, paced).unwrap();
        Self::start_in(data, TenantConfig::default(), settings, &[]).await
    }

    /// With nodes of its own, to which something was done before it started.
    pub async fn start_with_nodes(change: impl FnOnce(&Path)) -> Self {
        Self::start_with_nodes_and("", change).await
    }

    /// With nodes of its own, and with settings.
    pub async fn start_with_nodes_and(settings: &str, change: impl FnOnce(&Path)) -> Self {
        let data = data_with_nodes();
        change(&own_nodes(data.path()));
        Self::start_in(data, TenantConfig::default(), settings, &[]).await
    }

    /// Ends the service with a crash, and starts it again on the same state.
    pub async fn crash_and_start_again(self) -> Self {
        let Self { up, tenant, data } = self;
        up.kill().await;
        let up = Up::spawn(serve(data.path(), &tenant, &[])).await;
        Self { up, tenant, data }
    }

    /// The command line on the same state.
    pub fn command(&self) -> Command {
        command(self.data.path())
    }

    /// What a command on the same state prints.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A new API key.
    #[track_caller]
    pub fn key(&self, arguments: &[&str]) -> String {
        let printed = self.run(&[&["key", "create"], arguments].concat());
        printed.lines().last().unwrap().to_owned()
    }

    /// A call with a key.
    pub async fn get_with(&self, key: &str, path: &str) -> Answer {
        self.up.get_with_key(key, path).await
    }
}

/// The body of a read that succeeds.
pub fn read_body() -> Value {
    json!({ "options": { "UserId": "manager001" }, "credential": "main" })
}

/// The body of a write.
pub fn write_body() -> Value {
    json!({ "inputs": { "Name": "猎鹰", "Owner": "manager001", "UserIds": "user002" }, "credential": "main" })
}

/// A data directory that has the compiled nodes already.
pub fn data() -> TempDir {
    let data = TempDir::new().unwrap();
    let (from, to) = (data_directory().join("compiled"), data.path().join("compiled"));
    if from.is_dir() {
        let status = Command::new("cp").arg("-a").args([&from, &to]).status().unwrap();
        assert!(status.success());
    }
    data
}

/// The same, with nodes of its own.
fn data_with_nodes() -> TempDir {
    let data = data();
    let status = Command::new("cp").arg("-a").args([&*NODES, &own_nodes(data.path())]).status().unwrap();
    assert!(status.success());
    data
}

/// Where a data directory has nodes of its own.
fn own_nodes(data: &Path) -> PathBuf {
    data.join("nodes")
}

/// The command line on a data directory.
pub fn command(data: &Path) -> Command {
    let mut command = patchbay();
    let nodes = Some(own_nodes(data)).filter(|nodes| nodes.is_dir()).unwrap_or_else(|| NODES.clone());
    command.env("PATCHBAY_NODES_DIR", nodes).env("PATCHBAY_DATA_DIR", data).env_remove("PATCHBAY_MASTER_KEY");
    command
}

/// The service on a data directory, against a tenant.
pub fn serve(data: &Path, tenant: &Tenant, variables: &[(&str, &str)]) -> Command {
    let mut command = command(data);
    command.args(["serve", "--listen", "127.0.0.1:0"]).envs(variables.iter().copied());
    for upstream in tenant_upstreams(tenant) {
        command.args(["--upstream", &upstream]);
    }
    told_of_limits(&command)
}

/// The same command for a process that is told when a file may not grow, instead of being ended for it.
fn told_of_limits(serve: &Command) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(serve.get_program()).args(serve.get_args());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(folder) = serve.get_current_dir() {
        command.current_dir(folder);
    }
    command
}
