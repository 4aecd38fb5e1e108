//! What the data directory holds, by the commands that put it there: credentials, API keys, run records.

mod credentials;
#[cfg(target_os = "linux")]
mod keyring;
mod keys;
mod runs;
mod sinks;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use patchbay_tenant::{Tenant, TenantConfig};
use tempfile::TempDir;

use crate::environment::{NODES, patchbay, stderr, tenant_upstreams};

/// What no place that is not sealed may hold.
const CANARY: &str = "canary7f3a9c51";

/// A data directory of a test's own.
struct Data(TempDir);

impl Data {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A command on it, with the project's nodes.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = patchbay();
        command.env("PATCHBAY_NODES_DIR", &*NODES).env("PATCHBAY_DATA_DIR", self.0.path()).args(arguments);
        command.env_remove("PATCHBAY_MASTER_KEY").env_remove("PATCHBAY_MASTER_KEY_NEW").stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command that must succeed printed on stdout.
    #[track_caller]
    fn stdout(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command said that could not be carried out.
    #[track_caller]
    fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        stderr(&output)
    }

    /// Stores a credential from JSON.
    #[track_caller]
    fn add(&self, name: &str, json: &str) {
        let output = fed(self.command(&["credential", "add", name, "--provider", "dingtalk"]), json);
        assert!(output.status.success(), "{}", stderr(&output));
    }

    /// `credential list`, as JSON.
    #[track_caller]
    fn credentials(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout(&["credential", "list", "--json"])).unwrap()
    }
}

/// Runs a command with something on stdin.
fn fed(mut command: Command, stdin: &str) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // A command that refuses before it reads closes its end.
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap_or_default();
    child.wait_with_output().unwrap()
}

/// A tenant whose application has the secret, and the arguments that lead to it.
async fn tenant(secret: &str) -> (Tenant, Vec<String>) {
    let config = TenantConfig { app_secret: secret.to_owned().into(), ..TenantConfig::default() };
    let tenant = Tenant::start(config).await.unwrap();
    let upstreams = tenant_upstreams(&tenant).into_iter().flat_map(|upstream| ["--upstream".to_owned(), upstream]);
    let upstreams = upstreams.collect();
    (tenant, upstreams)
}

/// Runs a command to its end while a tenant of the test answers.
async fn finish(command: Command) -> Output {
    tokio::process::Command::from(command).output().await.unwrap()
}
