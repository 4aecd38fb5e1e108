//! `patchbay up`

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use patchbay_runtime::{Manifest, Runtime};
use patchbay_tenant::{Tenant, TenantConfig};
use serde_json::json;

use super::invoke::tenant_upstreams;
use super::{build, serve};
use crate::config::Flags;
use crate::places::Places;
use crate::service::{self, KeyRule};
use crate::stop::stop_signal;
use crate::{credentials, render};

/// Build the nodes, start a simulated DingTalk, and serve invocations over HTTP
///
/// Builds what is stale, starts the tenant with its credential `demo`, and answers until Ctrl-C: the same service as
/// `patchbay serve`, which on this machine asks for no API key. Prints a curl line that works when pasted.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay up
  patchbay up --listen 127.0.0.1:0     on any free port

The service:
  POST /v1/nodes/{provider}/{operation}/invoke
         {\"inputs\":{..},\"options\":{..},\"credential\":\"demo\"}
  GET  /v1/nodes                                 the nodes
  GET  /v1/nodes/{provider}/{operation}          a node's manifest
  GET  /v1/runs                                  what was run
  GET  /docs                                     all of it, to browse")]
pub struct Up {
    /// The address to listen on [default: 127.0.0.1:8787]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Up {
    /// The settings that the command line gives.
    pub fn flags(&self) -> Flags {
        let mut flags = Flags::default();
        flags.set("serve.listen", "--listen", self.listen);
        flags
    }

    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        // Before the build: a taken address should not cost a newcomer the build's time.
        let listener = serve::listen(places.config.serve.listen)?;
        let open = if places.config.serve.require_key { KeyRule::Always } else { KeyRule::Never };
        let (state, key_rule) = serve::doors(places, open).await?;
        build::build_project(places).await?;
        let tenant = Tenant::start(TenantConfig::default()).await.context("the simulated tenant can not start")?;
        let runtime = places.runtime(tenant_upstreams(&tenant)?)?;
        let credentials = demo_credentials(&runtime)?;
        let (service, manifests) = serve::assemble(places, runtime, credentials, state, key_rule).await?;
        let address = listener.local_addr()?;
        let stop = stop_signal().context("signals can not be listened to")?;
        render::print(&greeting(address, &tenant, &manifests))?;
        service::serve(listener, service, stop).await?;
        // What is left of a keep-alive connection must not hold up the end.
        let _ = tokio::time::timeout(Duration::from_secs(5), tenant.shutdown()).await;
        eprintln!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

fn demo_credentials(runtime: &Runtime) -> Result<Vec<Arc<patchbay_runtime::Credential>>> {
    let (owner, _) = patchbay_tenant::demo_credential();
    Ok(vec![Arc::new(credentials::demo(runtime.provider(owner)?)?)])
}

fn greeting(address: SocketAddr, tenant: &Tenant, manifests: &[Manifest]) -> String {
    let table: String = render::node_table(manifests).lines().map(|line| format!("  {line}\n")).collect();
    let curl = sample_node(manifests).map(|node| sample_call(address, node)).unwrap_or_default();
    format!(
        "Patchbay is up at http://{address}\n\
         A simulated DingTalk tenant is at {}; its credential is `demo`.\n\n\
         Nodes\n{table}\n\
         Try it:\n\n{curl}\n\n\
         Ctrl-C stops it.\n",
        tenant.base_url()
    )
}

/// The node of the product's own example workflow, else any.
fn sample_node(manifests: &[Manifest]) -> Option<&Manifest> {
    manifests.iter().find(|node| node.id.operation.as_str() == "send-work-notice").or(manifests.first())
}

fn sample_call(address: SocketAddr, node: &Manifest) -> String {
    let body = json!({ "inputs": render::examples(&node.inputs), "credential": "demo" });
    // The body stands between single quotes.
    let body = body.to_string().replace('\'', "\\u0027");
    format!("curl -s http://{address}/v1/nodes/{}/invoke -H 'content-type: application/json' -d '{body}'", node.id)
}
