//! `patchbay serve`

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;
use patchbay_invoker::{Invoker, InvokerParts};
use patchbay_runtime::{Credential, Runtime, Upstream};
use patchbay_service::{self as service, Counts, KeyRule, Parts, Service};
use patchbay_state::State;
use tokio::net::{TcpListener, TcpSocket};

use super::loading;
use crate::places::{Places, RuntimeUse};
use crate::reloading::Reloading;
use crate::render;
use crate::session::invoker_config;
use crate::stop::stop_signal;
use patchbay_settings::{Flags, LogFormat, listen_address};

/// Connections that may wait to be taken.
const BACKLOG: u32 = 4096;

/// Serve invocations over HTTP
///
/// Takes the built nodes and the stored credentials, and answers until Ctrl-C or a request to terminate. Beyond loopback
/// it starts only when there is an API key. All other settings stand in patchbay.toml: see `patchbay config show`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay serve
  patchbay key create canvas              makes a key, which then every call
  patchbay serve --listen 0.0.0.0:8787    shows: authorization: Bearer KEY

The service describes itself: GET /docs is a page for people, /openapi.json the
document for programs.")]
pub struct Serve {
    /// The address to listen on [default: 127.0.0.1:8787]
    #[arg(long, value_name = "ADDRESS", value_parser = listen_address)]
    listen: Option<SocketAddr>,
    /// Send what is meant for a host to another base URL; may be repeated
    #[arg(long, value_name = "HOST=URL")]
    upstream: Vec<Upstream>,
}

impl Serve {
    /// The settings that the command line gives.
    pub fn flags(&self) -> Flags {
        let mut flags = Flags::default();
        flags.set("serve.listen", "--listen", self.listen);
        flags
    }

    pub async fn run(self, places: &Places, reloading: Option<Reloading<'_>>) -> Result<ExitCode> {
        let listener = listen(places.config.serve.listen)?;
        let open = if places.config.serve.require_key { KeyRule::Always } else { KeyRule::OnceMade };
        let (state, key_rule) = doors(places, open).await?;
        let runtime = Arc::new(
            places.runtime_with(self.upstream, RuntimeUse { follows_another: true, ..RuntimeUse::default() })?,
        );
        let service = assemble(places, Arc::clone(&runtime), Vec::new(), state.clone(), key_rule).await?;
        // Calls are taken meanwhile: one of a node that is not loaded yet waits for it alone.
        let loading = tokio::spawn(loading::load(Arc::clone(&runtime)));
        let stop = stop_signal().context("signals can not be listened to")?;
        let address = listener.local_addr()?;
        let nodes = runtime.node_ids().len();
        match places.config.process.log_format {
            LogFormat::Json => tracing::info!(%address, nodes, "serving"),
            LogFormat::Text => {
                let keys = if key_rule == KeyRule::Always { "Calls need an API key.\n" } else { "" };
                render::print(&format!(
                    "Patchbay serves {nodes} nodes at http://{address}\n{keys}It is described at http://{address}/docs\n\
                     Ctrl-C stops it.\n"
                ))?;
            }
        }
        serve_reloading(service::serve(listener, service, stop), reloading, places, runtime, state).await?;
        loading.abort();
        Ok(ExitCode::SUCCESS)
    }
}

/// Serves until it is told to stop, and reads nodes and settings anew whenever it is asked to.
pub async fn serve_reloading<E: Into<anyhow::Error>>(
    serving: impl Future<Output = Result<(), E>>,
    reloading: Option<Reloading<'_>>,
    places: &Places,
    runtime: Arc<Runtime>,
    state: State,
) -> Result<()> {
    let Some(reloading) = reloading else { return serving.await.map_err(Into::into) };
    tokio::select! {
        served = serving => served.map_err(Into::into),
        failed = reloading.keep(places, runtime, state) => match failed? {},
    }
}

/// Listens on an address.
pub fn listen(address: SocketAddr) -> Result<TcpListener> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // What an earlier service left behind on the port is no reason to wait.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().with_context(|| {
        format!("can not listen on {address}; choose another address with --listen, as in --listen 127.0.0.1:0")
    })
}

/// Opens what is stored, and finds when a call needs a key: always beyond loopback, else as `on_loopback` says.
pub async fn doors(places: &Places, on_loopback: KeyRule) -> Result<(State, KeyRule)> {
    let state = places.open_state().await?;
    let address = places.config.serve.listen;
    if address.ip().is_loopback() {
        return Ok((state, on_loopback));
    }
    if !state.keys.any_usable().await? {
        bail!(
            "{address} can be reached from other machines, and there is no API key; \
             make one with `patchbay key create NAME`, or listen on 127.0.0.1"
        );
    }
    Ok((state, KeyRule::Always))
}

/// The service over a runtime. What callers may name besides the stored credentials are `own_credentials`.
pub async fn assemble(
    places: &Places,
    runtime: Arc<Runtime>,
    own_credentials: Vec<Arc<Credential>>,
    state: State,
    key_rule: KeyRule,
) -> Result<Service> {
    raise_file_limit();
    state.vault.check().await.context("the stored credentials can not be opened")?;
    let counts = Arc::new(Counts::default());
    let invoker = Arc::new(Invoker::new(InvokerParts {
        runtime,
        state,
        own_credentials,
        counter: Some(Arc::clone(&counts) as _),
        config: invoker_config(&places.config),
    }));
    Ok(Service::new(Parts { invoker, counts, config: places.config.clone(), key_rule }))
}

/// Each call and each request of a node is a connection, and a connection is a file to the system: takes as many as it
/// gives without asking.
fn raise_file_limit() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) => tracing::debug!(files, "files that may be open"),
        Err(error) => tracing::warn!("the limit of open files stays as it is: {error}"),
    }
}
