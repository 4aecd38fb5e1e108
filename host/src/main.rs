//! `patchbay`: runs workflow nodes from the command line and as a service. One command, one file, in `commands/`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]

mod commands;
mod credentials;
mod files;
mod fixtures;
mod guest;
mod places;
mod render;
mod service;
mod stop;
mod telemetry;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{build, describe, invoke, list, tenant, test, up};
use places::Places;

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
    List(list::List),
    Describe(describe::Describe),
    Invoke(invoke::Invoke),
    Build(build::Build),
    Test(test::Test),
    Tenant(tenant::TenantAlone),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    telemetry::init(matches!(cli.command, Command::Up(_)));
    let done = async {
        let places = Places::find(&cli.places)?;
        match cli.command {
            Command::Up(up) => up.run(&places).await,
            Command::List(list) => list.run(&places).await,
            Command::Describe(describe) => describe.run(&places).await,
            Command::Invoke(invoke) => invoke.run(&places).await,
            Command::Build(build) => build.run(&places).await,
            Command::Test(test) => test.run(&places).await,
            Command::Tenant(tenant) => tenant.run().await,
        }
    }
    .await;
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(UNUSABLE)
    })
}
