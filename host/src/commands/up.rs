//! `patchbay up`

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use patchbay_runtime::Manifest;
use patchbay_tenant::Tenant;
use serde_json::json;

use super::tenant::CALLS_PER_SECOND;
use super::{build, serve};
use crate::places::Places;
use crate::stop::stop_signal;
use crate::{demo, render};
use patchbay_service::{self as service, KeyRule};
use patchbay_settings::Flags;

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
        // As DingTalk's standard edition, so that what asks too fast shows here.
        let tenant = demo::start(Some(CALLS_PER_SECOND)).await?;
        let runtime = Arc::new(places.runtime(demo::upstreams(&tenant)?)?);
        let credentials = demo::own_credentials(&runtime)?;
        let service = serve::assemble(places, Arc::clone(&runtime), credentials, state, key_rule).await?;
        serve::load(Arc::clone(&runtime)).await;
        let manifests: Vec<Arc<Manifest>> =
            runtime.snapshot().loaded().map(|node| Arc::clone(node.manifest())).collect();
        let address = listener.local_addr()?;
        let stop = stop_signal().context("signals can not be listened to")?;
        render::print(&greeting(address, &tenant, &manifests))?;
        service::serve(listener, service, stop).await?;
        demo::end(tenant).await;
        eprintln!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

fn greeting(address: SocketAddr, tenant: &Tenant, manifests: &[Arc<Manifest>]) -> String {
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
fn sample_node(manifests: &[Arc<Manifest>]) -> Option<&Manifest> {
    let sample = manifests.iter().find(|node| node.id.operation.as_str() == "send-work-notice").or(manifests.first());
    sample.map(|manifest| &**manifest)
}

fn sample_call(address: SocketAddr, node: &Manifest) -> String {
    let body = json!({ "inputs": render::examples(&node.inputs), "credential": "demo" });
    // The body stands between single quotes.
    let body = body.to_string().replace('\'', "\\u0027");
    format!("curl -s http://{address}/v1/nodes/{}/invoke -H 'content-type: application/json' -d '{body}'", node.id)
}
