//! No secret and no token appears anywhere: not on stdout, not on stderr at any log level, not in an envelope, a run, or a
//! file. Each test first makes sure that the secret was in play at all.

mod upstreams;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use patchbay_runtime::{Credential, Invocation, Run, Runtime, RuntimeConfig, Upstream};
use patchbay_tenant::{Fault, HOSTS, Tenant, TenantConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpSocket;

use crate::environment::{ENGINE, NODES, patchbay, stderr};
use crate::service::Up;
use upstreams::{Echo, Relay};

/// What every encoding of the secret below has in it as it is.
const CANARY: &str = "canary7f3a9c51";

/// Characters that JSON, a query and a header each write in their own way.
const SECRET: &str = "canary7f3a9c51+/=\"&\\";

/// Log levels, the second with the libraries that carry a request.
const LEVELS: [&str; 2] = ["trace", "trace,hyper=trace,reqwest=trace,hyper_util=trace,rustls=trace"];

fn canary_tenant() -> TenantConfig {
    TenantConfig { app_secret: SECRET.to_owned().into(), ..TenantConfig::default() }
}

/// A read by the older API and a write by the newer one: both tokens, and both ways to send them.
fn invocations() -> [(&'static str, Value, Value); 2] {
    let chat = json!({ "Name": "猎鹰", "Owner": "manager001", "UserIds": "user002" });
    [("get-user", json!({}), json!({ "UserId": "manager001" })), ("create-chat", chat, json!({}))]
}

/// Everything that was shown, by where.
#[derive(Default)]
struct Shown(Vec<(String, Vec<u8>)>);

impl Shown {
    fn add(&mut self, place: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.into(), bytes.into()));
    }

    /// Every file under a folder.
    fn add_files(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.add_files(&path);
            } else {
                self.add(path.display().to_string(), fs::read(&path).unwrap());
            }
        }
    }

    /// Fails if one of the secrets stands anywhere.
    #[track_caller]
    fn assert_without(&self, secrets: &[String]) {
        for (place, bytes) in &self.0 {
            let text = String::from_utf8_lossy(bytes);
            for secret in secrets {
                if let Some(at) = text.find(secret.as_str()) {
                    let line = text[..at].lines().count().max(1) - 1;
                    panic!("{secret} is on {place}: {}", text.lines().nth(line).unwrap_or_default());
                }
            }
        }
    }
}

/// The command with the canary credential, its requests sent to an address, at each log level and for each node; all that
/// it showed.
async fn shown_by_command(upstream: &str) -> Shown {
    let mut shown = Shown::default();
    let data = TempDir::new().unwrap();
    for level in LEVELS {
        for (operation, inputs, options) in invocations() {
            let mut command = patchbay();
            command.args(["invoke", &format!("dingtalk/{operation}"), "--credential", "env:CANARY"]);
            command.args(["--inputs", &inputs.to_string(), "--options", &options.to_string()]);
            HOSTS.iter().for_each(|host| {
                command.args(["--upstream", &format!("{host}={upstream}")]);
            });
            command.env("CANARY_APP_KEY", "demo").env("CANARY_APP_SECRET", SECRET).env("PATCHBAY_LOG", level);
            command.env("PATCHBAY_NODES_DIR", &*NODES).env("PATCHBAY_DATA_DIR", data.path());
            let output = tokio::process::Command::from(command).output().await.unwrap();
            assert!(matches!(output.status.code(), Some(0 | 1)), "{}", stderr(&output));
            assert!(stderr(&output).contains("DEBUG"), "nothing was logged");
            shown.add("stdout", output.stdout);
            shown.add("stderr", output.stderr);
        }
    }
    shown.add_files(data.path());
    shown
}

/// A runtime whose requests go to an address, with the canary credential, and what its runs show.
struct CanaryRuntime {
    runtime: Runtime,
    credential: Arc<Credential>,
}

impl CanaryRuntime {
    fn new(upstream: &str) -> Self {
        let upstreams = HOSTS.iter().map(|host| format!("{host}={upstream}").parse::<Upstream>().unwrap()).collect();
        let config = RuntimeConfig { nodes_directory: NODES.clone(), upstreams, ..RuntimeConfig::default() };
        let runtime = Runtime::new(Arc::clone(&ENGINE), config).unwrap();
        let value = |field: &str| match field {
            "AppKey" => Some("demo".to_owned().into()),
            "AppSecret" => Some(SECRET.to_owned().into()),
            _ => None,
        };
        let credential = Arc::new(Credential::new(&runtime.provider("dingtalk").unwrap(), "canary", value).unwrap());
        Self { runtime, credential }
    }

    async fn run(&self, operation: &str, inputs: Value, options: Value) -> Run {
        let invocation = Invocation {
            inputs,
            options,
            credentials: Arc::clone(&self.credential).into(),
            timeout: Some(Duration::from_secs(5)),
            ..Invocation::new(format!("dingtalk/{operation}").parse().unwrap())
        };
        let shown = format!("{invocation:?}");
        assert!(!shown.contains(CANARY), "{shown}");
        self.runtime.invoke(invocation).await.unwrap()
    }

    /// All that the runs of both nodes show.
    async fn shown(&self) -> Shown {
        let mut shown = Shown::default();
        for (operation, inputs, options) in invocations() {
            let run = self.run(operation, inputs, options).await;
            shown.add("the envelope", serde_json::to_vec(&run.envelope).unwrap());
            shown.add("the run as JSON", serde_json::to_vec(&run).unwrap());
            shown.add("the run as Debug", format!("{run:?}"));
        }
        shown
    }
}

/// The canary and these tokens.
fn secrets(tokens: impl IntoIterator<Item = String>) -> Vec<String> {
    [CANARY.to_owned()].into_iter().chain(tokens).collect()
}

/// A tenant behind a relay that keeps what passes, tokens among it.
async fn relayed(config: TenantConfig) -> (Tenant, Relay) {
    let tenant = Tenant::start(config).await.unwrap();
    let relay = Relay::start(tenant.address()).await;
    (tenant, relay)
}

#[tokio::test]
async fn a_success_of_the_command_shows_no_secret_at_any_log_level() {
    let (_tenant, relay) = relayed(canary_tenant()).await;
    let shown = shown_by_command(&relay.base_url()).await;
    assert!(relay.seen().contains(CANARY), "the secret was not in play");
    let tokens = relay.tokens();
    assert!(!tokens.is_empty(), "no token was in play");
    shown.assert_without(&secrets(tokens));
}

#[tokio::test]
async fn a_success_of_a_run_keeps_no_secret() {
    let (tenant, relay) = relayed(canary_tenant()).await;
    let runtime = CanaryRuntime::new(&relay.base_url());
    let shown = runtime.shown().await;
    tenant.expire_tokens();
    let renewed = runtime.shown().await;
    let tokens = relay.tokens();
    assert!(tokens.len() > 1, "no token was replaced");
    shown.assert_without(&secrets(tokens.clone()));
    renewed.assert_without(&secrets(tokens));
}

/// Neither the command nor a run shows the credential's secret, whatever the upstream does with it.
async fn assert_shows_no_secret(upstream: &str) {
    shown_by_command(upstream).await.assert_without(&secrets([]));
    CanaryRuntime::new(upstream).shown().await.assert_without(&secrets([]));
}

#[tokio::test]
async fn a_wrong_secret_is_not_shown() {
    let (_tenant, relay) = relayed(TenantConfig::default()).await;
    assert_shows_no_secret(&relay.base_url()).await;
    assert!(relay.seen().contains(CANARY), "the secret was not in play");
}

#[tokio::test]
async fn an_upstream_that_is_not_there_shows_no_secret() {
    // Bound, so that nobody else takes the port, and not listening.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let upstream = format!("http://{}", socket.local_addr().unwrap());
    assert_shows_no_secret(&upstream).await;
}

#[tokio::test]
async fn a_connection_that_closes_on_the_token_shows_no_secret() {
    let (tenant, relay) = relayed(canary_tenant()).await;
    tenant.fail_next("/", 1_000, Fault::Close);
    assert_shows_no_secret(&relay.base_url()).await;
    assert!(relay.seen().contains(CANARY), "the secret was not in play");
}

#[tokio::test]
async fn a_connection_that_closes_on_a_call_shows_no_token() {
    let (tenant, relay) = relayed(canary_tenant()).await;
    tenant.fail_next("/topapi/", 1_000, Fault::Close);
    tenant.fail_next("/v1.0/im/", 1_000, Fault::Truncate);
    let by_command = shown_by_command(&relay.base_url()).await;
    let by_run = CanaryRuntime::new(&relay.base_url()).shown().await;
    let tokens = relay.tokens();
    assert!(!tokens.is_empty(), "no token was in play");
    by_command.assert_without(&secrets(tokens.clone()));
    by_run.assert_without(&secrets(tokens));
}

#[tokio::test]
async fn a_token_endpoint_that_echoes_the_request_does_not_bring_the_secret_out() {
    let echo = Echo::start(None).await;
    assert_shows_no_secret(&echo.base_url()).await;
    assert!(echo.seen().contains(CANARY), "the secret was not in play");
}

#[tokio::test]
async fn a_service_that_echoes_the_request_does_not_bring_the_token_out() {
    const TOKEN: &str = "token5b8e2d07f1c94a3e";
    let echo = Echo::start(Some(TOKEN)).await;
    let by_command = shown_by_command(&echo.base_url()).await;
    let by_run = CanaryRuntime::new(&echo.base_url()).shown().await;
    assert!(echo.seen().contains(TOKEN), "the token was not in play");
    let secrets = secrets([TOKEN.to_owned()]);
    by_command.assert_without(&secrets);
    by_run.assert_without(&secrets);
}

#[tokio::test]
async fn the_service_shows_no_token_at_any_log_level() {
    for level in LEVELS {
        let data = TempDir::new().unwrap();
        let up = Up::start_with(&[("PATCHBAY_LOG", level), ("PATCHBAY_DATA_DIR", data.path().to_str().unwrap())]).await;
        let mut shown = Shown::default();
        shown.add("stdout", up.greeting.clone());
        for (operation, inputs, options) in invocations() {
            let body = json!({ "inputs": inputs, "options": options, "credential": "demo" });
            let answer = up.invoke(operation, body).await;
            assert_eq!(answer.json()["StatusCode"], json!(200), "{}", answer.text);
            shown.add("the answer", answer.text);
        }
        let (_, said) = up.stop("INT").await;
        assert!(said.contains("DEBUG"), "nothing was logged: {said}");
        shown.add("stderr", said);
        shown.add_files(data.path());
        shown.assert_without(&[demo_token().await]);
    }
}

/// The token of every tenant with the default configuration: it comes from the seed.
async fn demo_token() -> String {
    let (_tenant, relay) = relayed(TenantConfig::default()).await;
    let runtime = CanaryRuntime::new(&relay.base_url());
    let value = |_: &str| Some("demo".to_owned().into());
    let demo = Credential::new(&runtime.runtime.provider("dingtalk").unwrap(), "demo", value).unwrap();
    let runtime = CanaryRuntime { credential: Arc::new(demo), ..runtime };
    assert!(runtime.run("get-user", json!({}), json!({ "UserId": "manager001" })).await.envelope.is_success());
    relay.tokens().pop().unwrap()
}
