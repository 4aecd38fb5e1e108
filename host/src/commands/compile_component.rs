//! `patchbay compile-component`, which the engine runs for each component that it compiles.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use patchbay_runtime::CompilerCommand;

const NAME: &str = "compile-component";

/// Compile the component on standard input to standard output, within limits
#[derive(Args)]
pub struct CompileComponent {
    /// What it is compiled for, and the limits
    job: String,
}

impl CompileComponent {
    pub fn run(self) -> ExitCode {
        match patchbay_runtime::run_compiler(&self.job) {
            Ok(()) => ExitCode::SUCCESS,
            Err(reason) => {
                eprintln!("{reason}");
                ExitCode::FAILURE
            }
        }
    }
}

/// This program as the compiler of components.
pub fn command() -> Result<CompilerCommand> {
    let program = std::env::current_exe().context("this program's own file can not be found")?;
    Ok(CompilerCommand { program, arguments: vec![NAME.into()] })
}
