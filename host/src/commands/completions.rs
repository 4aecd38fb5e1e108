//! `patchbay completions`

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Zsh};

use crate::places::{Arguments, Places};
use crate::render;
use patchbay_runtime::{IdError, NodeId, nearest};
use patchbay_settings::Flags;

/// By this variable a shell asks for completions.
const VARIABLE: &str = "PATCHBAY_COMPLETE";

/// Print a script that completes commands, flags and node ids in a shell
///
/// The script asks this program at each completion, so that it always knows the nodes that are built.
#[derive(Args)]
#[command(after_help = "\
Examples:
  echo 'source <(patchbay completions bash)' >> ~/.bashrc
  echo 'source <(patchbay completions zsh)' >> ~/.zshrc
  patchbay completions fish > ~/.config/fish/completions/patchbay.fish
  patchbay completions powershell >> $PROFILE")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

impl Completions {
    pub fn run(&self) -> Result<ExitCode> {
        let shell: &dyn EnvCompleter = match self.shell {
            Shell::Bash => &Bash,
            Shell::Zsh => &Zsh,
            Shell::Fish => &Fish,
            Shell::Powershell => &Powershell,
        };
        let mut script = Vec::new();
        shell.write_registration(VARIABLE, "patchbay", "patchbay", "patchbay", &mut script)?;
        render::print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Answers a shell that asks for completions, and ends the process; returns when none does.
pub fn answer_shell(command: fn() -> clap::Command) {
    CompleteEnv::with_factory(command).var(VARIABLE).bin("patchbay").complete();
}

/// Completes ids of nodes: first providers, then their operations.
pub fn node_ids() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let Some(current) = current.to_str() else { return Vec::new() };
        let known = node_ids_known().unwrap_or_default();
        known.into_iter().filter(|id| id.starts_with(current)).map(CompletionCandidate::new).collect()
    })
}

/// Reads a node's id. The error about anything else names the node that was probably meant.
pub fn node_id(text: &str) -> Result<NodeId, String> {
    text.parse().map_err(|error: IdError| {
        let known: Vec<String> = node_ids_known().unwrap_or_default();
        let operation = |id: &str| id.split_once('/').map_or("", |(_, operation)| operation).to_owned();
        let operations: Vec<String> = known.iter().map(|id| operation(id)).collect();
        let meant = nearest(text, operations.iter().map(String::as_str));
        match known.iter().find(|id| meant.is_some_and(|meant| operation(id) == meant)) {
            Some(meant) => format!("`{text}` is not a node id; did you mean {meant}?"),
            None => error.to_string(),
        }
    })
}

fn node_ids_known() -> Option<Vec<String>> {
    // What is wrong with the settings is told when the command is run.
    let loaded = Arguments::default().load(Flags::default()).ok()?;
    Some(ids(&Places::find(loaded.config).ok()?.nodes))
}

/// The ids of all nodes, by the names of their components: nothing is loaded.
fn ids(nodes: &Path) -> Vec<String> {
    let ids =
        files(nodes).into_iter().filter(|provider| provider.join("provider.toml").is_file()).flat_map(|provider| {
            let name = file_stem(&provider);
            let components = files(&provider).into_iter().filter(|file| file.extension() == Some(OsStr::new("wasm")));
            components.map(move |component| format!("{name}/{}", file_stem(&component))).collect::<Vec<_>>()
        });
    let mut ids: Vec<String> = ids.collect();
    ids.sort();
    ids
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn file_stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
