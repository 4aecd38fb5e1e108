//! `patchbay`: runs workflow nodes from the command line and as a service. One command, one file, in `commands/`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]

mod columns;
mod commands;
mod credentials;
mod demo;
mod http;
mod json;
mod local_up;
mod places;
mod proxy;
mod reloading;
mod remote;
mod render;
mod session;
mod stop;
mod telemetry;
mod watching;

use std::cell::OnceCell;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use commands::{
    audit, backup, build, compile_component, completions, config as config_command, credential, describe, invoke, key,
    list, runs, serve, tenant, test, up,
};
use mimalloc::MiMalloc;
use patchbay_runtime::chain;
use patchbay_settings::{Flags, Loaded};
use places::Places;
use reloading::Reloading;

/// A run makes and drops thousands of small values: with the system's allocator they take a fifth of its processor time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The exit code of a command that could not be carried out: wrong arguments, a missing file, an unknown node.
const UNUSABLE: u8 = 2;

/// Runs workflow nodes: each is one operation of an outside service, a WebAssembly component in a sandbox.
#[derive(Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "\
Start here:
  patchbay up                              build the nodes, serve them
  patchbay list                            what can be run
  patchbay describe dingtalk/create-chat   what a node takes and gives
  patchbay invoke dingtalk/get-user \\
    --options '{\"UserId\":\"manager001\"}' --credential demo"
)]
struct Cli {
    #[command(flatten)]
    places: places::Arguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Up(up::Up),
    Serve(serve::Serve),
    List(list::List),
    Describe(describe::Describe),
    Invoke(invoke::Invoke),
    Build(build::Build),
    Test(test::Test),
    Tenant(tenant::TenantAlone),
    Config(config_command::Config),
    Completions(completions::Completions),
    Credential(credential::Credential),
    Key(key::Key),
    Runs(runs::Runs),
    Audit(audit::Audit),
    Backup(backup::Backup),
    #[command(hide = true)]
    CompileComponent(compile_component::CompileComponent),
}

/// Nodes compute on the threads that serve, in slices. Between so few of them what came in is looked at: the executor's own
/// choice, 61, would let it wait for a tenth of a second.
const SLICES_BETWEEN_EVENTS: u32 = 4;

fn main() -> ExitCode {
    let executor =
        tokio::runtime::Builder::new_multi_thread().enable_all().event_interval(SLICES_BETWEEN_EVENTS).build();
    match executor {
        Ok(executor) => executor.block_on(run()),
        Err(error) => {
            eprintln!("error: the system gives no threads: {error}");
            ExitCode::from(UNUSABLE)
        }
    }
}

async fn run() -> ExitCode {
    completions::answer_shell(Cli::command);
    let cli = Cli::parse();
    let is_service = matches!(cli.command, Command::Up(_) | Command::Serve(_));
    let telemetry = OnceCell::new();
    let places = |flags| -> anyhow::Result<Places> {
        let Loaded { config, strangers, .. } = cli.places.load(flags)?;
        telemetry.get_or_init(|| telemetry::init(is_service, &config));
        strangers.iter().for_each(|stranger| tracing::warn!("{stranger}"));
        Places::find(config)
    };
    let reloading = |flags| {
        let telemetry = telemetry.get()?;
        Some(Reloading { arguments: &cli.places, flags, telemetry })
    };
    let done = async {
        match cli.command {
            Command::Up(up) => {
                let places = places(up.flags())?;
                let reloading = reloading(up.flags());
                up.run(&places, reloading).await
            }
            Command::Serve(serve) => {
                let places = places(serve.flags())?;
                let reloading = reloading(serve.flags());
                serve.run(&places, reloading).await
            }
            Command::List(list) => list.run(&places(Flags::default())?).await,
            Command::Describe(describe) => describe.run(&places(Flags::default())?).await,
            Command::Invoke(invoke) => invoke.run(&places(Flags::default())?).await,
            Command::Build(build) => build.run(&places(Flags::default())?).await,
            Command::Test(test) => test.run(&places(Flags::default())?).await,
            Command::Credential(credential) => credential.run(&places(Flags::default())?).await,
            Command::Key(key) => key.run(&places(Flags::default())?).await,
            Command::Runs(runs) => runs.run(&places(Flags::default())?).await,
            Command::Audit(audit) => audit.run(&places(Flags::default())?).await,
            Command::Backup(backup) => backup.run(&places(Flags::default())?).await,
            Command::Tenant(tenant) => {
                places(Flags::default())?;
                tenant.run().await
            }
            // It explains what is wrong with the settings, so it reads them itself.
            Command::Config(config) => config.run(&cli.places),
            Command::Completions(completions) => completions.run(),
            Command::CompileComponent(compile) => Ok(compile.run()),
        }
    }
    .await;
    let code = done.unwrap_or_else(|error| {
        let error = chain(error.as_ref());
        match telemetry.get() {
            // A service whose lines are read by programs says this in one of them.
            Some(telemetry) if is_service && telemetry.is_json() => tracing::error!("{error}"),
            _ => {
                // Each line by itself: an error quotes what others wrote, and a terminal obeys control characters.
                let lines: Vec<_> = error.lines().map(patchbay_runtime::escape_controls).collect();
                eprintln!("error: {}", lines.join("\n"));
            }
        }
        ExitCode::from(UNUSABLE)
    });
    if let Some(telemetry) = telemetry.into_inner() {
        telemetry.end().await;
    }
    code
}
