//! `patchbay up`

use std::net::SocketAddr;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use patchbay_runtime::{Manifest, NodeId, Runtime, Upstream};
use patchbay_service::{self as service, KeyRule};
use patchbay_settings::{Flags, listen_address};
use serde_json::json;

use super::build::{self, Building};
use super::tenant::CALLS_PER_SECOND;
use super::{loading, serve};
use crate::places::{Places, RuntimeUse};
use crate::reloading::Reloading;
use crate::stop::stop_signal;
use crate::{demo, local_up, render};

/// Build the nodes, start a simulated DingTalk, and serve invocations over HTTP
///
/// Builds what is stale, starts the tenant with its credential `demo`, and answers until Ctrl-C: the same service as
/// `patchbay serve`, which on this machine asks for no API key. It answers while nodes are still being built: a call waits
/// for its node. Prints a curl line that works when pasted.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay up
  patchbay up --listen 127.0.0.1:0     on any free port
  patchbay up --upstream api.example.com=http://127.0.0.1:9000

The service:
  POST /v1/nodes/{provider}/{operation}/invoke
         {\"inputs\":{..},\"options\":{..},\"credential\":\"demo\"}
  GET  /v1/nodes                                 the nodes
  GET  /v1/nodes/{provider}/{operation}          a node's manifest
  GET  /v1/runs                                  what was run
  GET  /docs                                     all of it, to browse")]
pub struct Up {
    /// The address to listen on [default: 127.0.0.1:8787]
    #[arg(long, value_name = "ADDRESS", value_parser = listen_address)]
    listen: Option<SocketAddr>,
    /// Send what is meant for a host to another base URL, in place of the simulated tenant; may be repeated
    #[arg(long, value_name = "HOST=URL")]
    upstream: Vec<Upstream>,
}

impl Up {
    /// The settings that the command line gives.
    pub fn flags(&self) -> Flags {
        let mut flags = Flags::default();
        flags.set("serve.listen", "--listen", self.listen);
        flags
    }

    pub async fn run(self, places: &Places, reloading: Option<Reloading<'_>>) -> Result<ExitCode> {
        places.check_nodes()?;
        // Before the build: a taken address should not cost a newcomer the build's time.
        let listener = serve::listen(places.config.serve.listen)?;
        let open = if places.config.serve.require_key { KeyRule::Always } else { KeyRule::Never };
        let (state, key_rule) = serve::doors(places, open).await?;
        // What is stale is built while the rest is served; a call of a node that is to come waits for it.
        let building = build::begin_project(places).await?;
        let coming = building.as_ref().map(|building| building.coming().to_vec()).unwrap_or_default();
        // As DingTalk's standard edition, so that what asks too fast shows here.
        let tenant = match has_simulated(places, &coming) {
            true => Some(demo::start(Some(CALLS_PER_SECOND)).await?),
            false => None,
        };
        let mut upstreams = self.upstream;
        for simulated in tenant.as_ref().map(demo::upstreams).transpose()?.unwrap_or_default() {
            if !upstreams.iter().any(|upstream| upstream.host == simulated.host) {
                upstreams.push(simulated);
            }
        }
        let runtime = Arc::new(places.runtime_with(upstreams, RuntimeUse { coming, ..RuntimeUse::default() })?);
        let credentials = demo::own_credentials(&runtime)?;
        let service = serve::assemble(places, Arc::clone(&runtime), credentials, state.clone(), key_rule).await?;
        let address = listener.local_addr()?;
        let _announced = local_up::announce(&places.data, address);
        let stop = stop_signal().context("signals can not be listened to")?;
        let simulated = tenant.as_ref().map(|tenant| {
            format!("A simulated DingTalk tenant is at {}; its credential is `demo`.\n", tenant.base_url())
        });
        render::print(&format!("Patchbay is up at http://{address}\n{}\n", simulated.unwrap_or_default()))?;
        let getting_ready = async {
            get_ready(&runtime, building).await?;
            let manifests: Vec<Arc<Manifest>> =
                runtime.snapshot().loaded().map(|node| Arc::clone(node.manifest())).collect();
            render::print(&greeting(address, &manifests))?;
            anyhow::Ok(())
        };
        let serving = std::pin::pin!(service::serve(listener, service, stop));
        let serving = serve_while(serving, getting_ready);
        serve::serve_reloading(serving, reloading, places, Arc::clone(&runtime), state).await?;
        if let Some(tenant) = tenant {
            demo::end(tenant).await;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether the simulated service is one that a node asks.
fn has_simulated(places: &Places, coming: &[NodeId]) -> bool {
    let is_there = places.nodes.join(demo::provider()).join("provider.toml").is_file();
    is_there || coming.iter().any(|node| node.provider.as_str() == demo::provider())
}

/// Serves until it is told to stop, whether all got ready before that or not.
async fn serve_while(
    mut serving: Pin<&mut impl Future<Output = Result<(), service::Error>>>,
    getting_ready: impl Future<Output = Result<()>>,
) -> Result<()> {
    tokio::select! {
        served = &mut serving => served?,
        ready = getting_ready => {
            ready?;
            serving.await?;
        }
    }
    Ok(())
}

/// Waits until what is built is there and all nodes are compiled, and tells how far that is. A node that can not be had is
/// told and stops nothing else.
///
/// # Errors
/// No node can be run.
async fn get_ready(runtime: &Arc<Runtime>, building: Option<Building>) -> Result<()> {
    let built = match building {
        Some(building) => building.follow(runtime).await,
        None => Ok(()),
    };
    // The line to paste is of this one.
    let first = runtime.node_ids().into_iter().find(is_sample);
    if let Some(sample) = first {
        // Why it can not be had is told below, with all others.
        drop(runtime.node(&sample).await);
    }
    loading::load(Arc::clone(runtime)).await;
    match built {
        Err(error) if runtime.snapshot().loaded().next().is_none() => return Err(error),
        Err(error) => eprintln!("error: {error:#}"),
        Ok(()) => {}
    }
    Ok(())
}

fn greeting(address: SocketAddr, manifests: &[Arc<Manifest>]) -> String {
    let curl = sample_node(manifests).map(|node| sample_call(address, node)).unwrap_or_default();
    let nodes = manifests.len();
    format!(
        "{nodes} nodes are ready: `patchbay list` shows them, http://{address}/docs has all that the service does.\n\
         Try one:\n\n{curl}\n\nCtrl-C stops it.\n"
    )
}

fn is_sample(id: &NodeId) -> bool {
    id.operation.as_str() == "send-work-notice"
}

/// The node of the product's own example workflow, else any.
fn sample_node(manifests: &[Arc<Manifest>]) -> Option<&Manifest> {
    let sample = manifests.iter().find(|node| is_sample(&node.id)).or(manifests.first());
    sample.map(|manifest| &**manifest)
}

fn sample_call(address: SocketAddr, node: &Manifest) -> String {
    let mut body = json!({ "inputs": render::examples(&node.inputs) });
    if node.id.provider.as_str() == demo::provider() {
        body["credential"] = demo::CREDENTIAL.into();
    }
    // The body stands between single quotes.
    let body = body.to_string().replace('\'', "\\u0027");
    format!("curl -s http://{address}/v1/nodes/{}/invoke -H 'content-type: application/json' -d '{body}'", node.id)
}
