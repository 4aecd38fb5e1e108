//! Where things are: the project, the built nodes, the data directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use etcetera::BaseStrategy;
use patchbay_runtime::{Engine, EngineConfig, Runtime, RuntimeConfig, Upstream};

/// Places that a command line or the environment can name.
#[derive(clap::Args)]
#[command(next_help_heading = "Places")]
pub struct Arguments {
    /// Where the built nodes are [default: target/nodes in the project]
    #[arg(long, global = true, value_name = "DIR", env = "PATCHBAY_NODES_DIR")]
    nodes_dir: Option<PathBuf>,
    /// Where Patchbay keeps its state [default: patchbay in the user's data directory]
    #[arg(long, global = true, value_name = "DIR", env = "PATCHBAY_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// Where things are for this process.
pub struct Places {
    /// The project: the nearest folder above the current one that has `nodes/` and `schemas/node.wit`.
    pub project: Option<PathBuf>,
    /// The built nodes.
    pub nodes: PathBuf,
    /// All state.
    pub data: PathBuf,
}

impl Places {
    /// Finds all places.
    pub fn find(arguments: &Arguments) -> Result<Self> {
        let here = std::env::current_dir().context("the current folder can not be read")?;
        let is_project = |folder: &&Path| folder.join("nodes").is_dir() && folder.join("schemas/node.wit").is_file();
        let project = here.ancestors().find(is_project).map(Path::to_owned);
        let nodes = arguments
            .nodes_dir
            .clone()
            .unwrap_or_else(|| project.as_deref().unwrap_or(&here).join("target").join("nodes"));
        let data = match &arguments.data_dir {
            Some(data) => data.clone(),
            None => etcetera::choose_base_strategy()
                .context("there is no home folder; name a folder for state with PATCHBAY_DATA_DIR")?
                .data_dir()
                .join("patchbay"),
        };
        Ok(Self { project, nodes, data })
    }

    /// Whether the built nodes are the project's own, where its build puts them.
    pub fn has_project_nodes(&self) -> bool {
        self.project.as_ref().is_some_and(|project| self.nodes == project.join("target").join("nodes"))
    }

    /// The engine, with its compiled components under the data directory.
    pub fn engine(&self) -> Result<Arc<Engine>> {
        let cache_directory = Some(self.data.join("compiled"));
        Ok(Arc::new(Engine::new(EngineConfig { cache_directory, ..EngineConfig::default() })?))
    }

    /// The runtime over the built nodes.
    pub fn runtime(&self, upstreams: Vec<Upstream>) -> Result<Runtime> {
        let config = RuntimeConfig { nodes_directory: self.nodes.clone(), upstreams, ..RuntimeConfig::default() };
        Runtime::new(self.engine()?, config).map_err(|error| match error {
            error @ patchbay_runtime::Error::NoNodes(_) => {
                anyhow::Error::new(error).context("nothing is built yet; run `patchbay build` first")
            }
            error => error.into(),
        })
    }
}
