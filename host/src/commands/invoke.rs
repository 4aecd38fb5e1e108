//! `patchbay invoke`

use std::io::Read;
use std::num::NonZeroU64;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use patchbay_runtime::{Invocation, NodeId, Upstream};
use patchbay_tenant::{Tenant, TenantConfig};
use serde_json::Value;

use crate::credentials::CredentialName;
use crate::places::Places;
use crate::render;

/// Run a node and print its envelope
///
/// The envelope goes to stdout as JSON, all else to stderr. The exit code is 0 exactly when StatusCode is 200, 1 when it
/// is not, and 2 when the node could not be invoked at all.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay invoke dingtalk/get-user \\
    --options '{\"UserId\":\"manager001\"}' --credential demo
  patchbay invoke dingtalk/append-rows \\
    --inputs @rows.json --credential env:DINGTALK
  jq -n '{Name: \"Falcon\", Owner: \"manager001\", UserIds: \"user002\"}' |
    patchbay invoke dingtalk/create-chat --inputs - --credential demo

Credentials:
  demo        the simulated DingTalk tenant; without --upstream one is started
              for this call alone
  env:PREFIX  variables named after the provider's fields: env:DINGTALK reads
              DINGTALK_APP_KEY and DINGTALK_APP_SECRET")]
pub struct Invoke {
    /// The node: provider/operation
    node: NodeId,
    /// The inputs: a JSON object, @FILE, or - for stdin
    #[arg(long, value_name = "JSON|@FILE|-", default_value = "{}", hide_default_value = true)]
    inputs: String,
    /// The options: a JSON object or @FILE
    #[arg(long, value_name = "JSON|@FILE", default_value = "{}", hide_default_value = true)]
    options: String,
    /// The credential to sign with: a name or env:PREFIX
    #[arg(long, value_name = "NAME|env:PREFIX")]
    credential: Option<CredentialName>,
    /// Send what is meant for a host to another base URL; may be repeated
    #[arg(long, value_name = "HOST=URL")]
    upstream: Vec<Upstream>,
    /// How long the run may take, in milliseconds [default: 30000]
    #[arg(long, value_name = "N")]
    timeout_ms: Option<NonZeroU64>,
}

impl Invoke {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        let inputs = read_json("--inputs", &self.inputs)?;
        let options = read_json("--options", &self.options)?;
        let mut upstreams = self.upstream;
        let mut tenant = None;
        let is_of_tenant = match &self.credential {
            Some(name) if upstreams.is_empty() => name.is_of_tenant(places).await?,
            _ => false,
        };
        if is_of_tenant {
            let started = Tenant::start(TenantConfig::default()).await.context("the simulated tenant can not start")?;
            eprintln!("against a simulated tenant that ends with this call; keep one with `patchbay up`");
            upstreams = tenant_upstreams(&started)?;
            tenant = Some(started);
        }
        let runtime = places.runtime(upstreams)?;
        // The node first: a misspelt one is a likelier mistake than its credential.
        runtime.manifest(&self.node).await?;
        let provider = runtime.provider(self.node.provider.as_str())?;
        let credential = match self.credential {
            Some(name) => Some(name.find(places, provider).await?),
            None => None,
        };
        let timeout = self.timeout_ms.map(|ms| Duration::from_millis(ms.get()));
        let run =
            runtime.invoke(Invocation { inputs, options, credential, timeout, ..Invocation::new(self.node) }).await?;
        render::print_json(&run.envelope)?;
        if let Some(tenant) = tenant {
            tenant.shutdown().await;
        }
        Ok(if run.envelope.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The upstreams that lead to a tenant.
pub fn tenant_upstreams(tenant: &Tenant) -> Result<Vec<Upstream>> {
    let upstream = |host: &&str| Ok(format!("{host}={}", tenant.base_url()).parse()?);
    patchbay_tenant::HOSTS.iter().map(upstream).collect()
}

/// JSON from an argument, a file or stdin.
fn read_json(argument: &str, text: &str) -> Result<Value> {
    let read;
    let json = if text == "-" {
        let mut stdin = String::new();
        std::io::stdin().read_to_string(&mut stdin).with_context(|| format!("{argument}: stdin can not be read"))?;
        read = stdin;
        &read
    } else if let Some(path) = text.strip_prefix('@') {
        read = std::fs::read_to_string(path).with_context(|| format!("{argument}: {path} can not be read"))?;
        &read
    } else {
        text
    };
    serde_json::from_str(json)
        .with_context(|| format!("{argument} is not JSON; write an object such as '{{\"UserId\":\"manager001\"}}'"))
}
