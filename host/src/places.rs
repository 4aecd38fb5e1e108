//! Where things are and what is configured: the project, the built nodes, the data directory, the settings.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use etcetera::BaseStrategy;
use patchbay_runtime::{
    CompileLimits, Engine, EngineConfig, GateLimits, HttpLimits, NodeId, Runtime, RuntimeConfig, Upstream,
};
use patchbay_settings::{Config, Flags, Loaded, Problems, Sources};
use patchbay_state::audit::Actor;
use patchbay_state::vault::{self, MasterKeySettings};
use patchbay_state::{OpenError, Settings, State};
use secrecy::SecretString;

use crate::commands::compile_component;
use crate::proxy;

/// Places that a command line or the environment can name.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Places")]
pub struct Arguments {
    /// Where the built nodes are [default: target/nodes in the project] [env: PATCHBAY_NODES_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    nodes_dir: Option<PathBuf>,
    /// Where Patchbay keeps its state [default: patchbay in the user's data directory] [env: PATCHBAY_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The file of settings [default: patchbay.toml here, in the data directory or in /etc/patchbay] [env: PATCHBAY_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Where things are for this process.
pub struct Places {
    /// The project: the nearest folder above the current one that has `nodes/` and `schemas/node.wit`.
    pub project: Option<PathBuf>,
    /// The provider that one stands in: the nearest folder above the current one that has a `provider.toml`, unless it is one
    /// of the project's own.
    pub provider: Option<PathBuf>,
    /// The built nodes.
    pub nodes: PathBuf,
    /// All state.
    pub data: PathBuf,
    /// All settings.
    pub config: Config,
}

impl Arguments {
    /// Reads the configuration: the file, the environment and the flags. `flags` are the command's own.
    pub fn load(&self, flags: Flags) -> Result<Loaded, Problems> {
        self.load_file(None, flags)
    }

    /// The same, with `file` in place of the one that is in force.
    pub fn load_file(&self, file: Option<PathBuf>, mut flags: Flags) -> Result<Loaded, Problems> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        flags.set("data_dir", "--data-dir", path(&self.data_dir));
        flags.set("nodes_dir", "--nodes-dir", path(&self.nodes_dir));
        let of_process = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let data = self.data_dir.clone().or_else(|| of_process("PATCHBAY_DATA_DIR")).or_else(|| users_data().ok());
        let named = file.or_else(|| self.config.clone()).or_else(|| of_process("PATCHBAY_CONFIG"));
        let candidates = Sources::usual_places(data.as_deref());
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
        Loaded::load(Sources { named, candidates, variable: &|name| std::env::var(name).ok(), names, flags })
    }
}

impl Places {
    /// Finds all places.
    pub fn find(config: Config) -> Result<Self> {
        let here = std::env::current_dir().context("the current folder can not be read")?;
        let is_project = |folder: &&Path| folder.join("nodes").is_dir() && folder.join("schemas/node.wit").is_file();
        let project = here.ancestors().find(is_project).map(Path::to_owned);
        let is_elsewhere = |folder: &&Path| {
            let is_below =
                |project: &PathBuf| folder.starts_with(project) && !folder.starts_with(project.join("nodes"));
            project.as_ref().is_none_or(is_below)
        };
        let provider = here.ancestors().find(|folder| folder.join("provider.toml").is_file()).filter(is_elsewhere);
        let provider = provider.map(Path::to_owned);
        let nodes = match (&config.process.nodes_dir, &project, &provider) {
            (Some(nodes), ..) => nodes.clone(),
            (None, None, Some(provider)) => built(provider),
            (None, project, _) => built_nodes(project.as_deref().unwrap_or(&here)),
        };
        let data = match &config.process.data_dir {
            Some(data) => data.clone(),
            None => users_data()?,
        };
        Ok(Self { project, provider, nodes, data, config })
    }

    /// Tells early what would else be told once much was done: that there are no nodes, and none that could be built.
    pub fn check_nodes(&self) -> Result<()> {
        if self.project.is_none() && self.provider.is_none() && !self.nodes.is_dir() {
            bail!("there are no nodes in {}; {NO_PROJECT}", self.nodes.display());
        }
        Ok(())
    }

    /// Whether the built nodes are those of the project or of the provider that one stands in, where a build puts them.
    pub fn has_own_nodes(&self) -> bool {
        self.project.as_ref().or(self.provider.as_ref()).is_some_and(|home| self.nodes == built(home))
    }

    /// The sources that a build and a test without a name mean.
    pub fn sources(&self) -> Option<PathBuf> {
        self.provider.clone().or_else(|| self.project.as_ref().map(|project| project.join("nodes")))
    }

    /// Opens the data directory; makes it when it is not there.
    ///
    /// # Errors
    /// It can not be used, or the settings ask for a master key that is not given.
    pub async fn open_state(&self) -> Result<State, OpenError> {
        State::open(&self.state_settings()).await
    }

    fn state_settings(&self) -> Settings {
        let master_key = &self.config.master_key;
        let master_key = MasterKeySettings { source: master_key.source, file: master_key.file.clone() };
        let variable = std::env::var(vault::VARIABLE).ok().map(SecretString::from);
        Settings { master_key_variable: variable, ..Settings::new(&self.data, master_key) }
    }

    /// The engine, with its compiled components under the data directory.
    pub fn engine(&self) -> Result<Arc<Engine>> {
        let limits = &self.config.limits;
        Ok(Arc::new(Engine::new(EngineConfig {
            max_concurrent_runs: limits.concurrent.get(),
            max_memory_bytes: limits.memory_per_run.length(),
            max_total_memory_bytes: limits.memory.length(),
            max_handed_bytes: limits.handed_at_once.length(),
            max_compute: limits.compute_per_run,
            cache_directory: Some(self.data.join("compiled")),
            compile: CompileLimits {
                max_component_bytes: limits.component_size.bytes(),
                max_time: limits.compile_time,
                max_memory_bytes: limits.compile_memory.bytes(),
            },
            compiler: Some(compile_component::command()?),
            ..EngineConfig::default()
        })?))
    }

    /// The runtime over the built nodes. `upstreams` come before those of the configuration.
    pub fn runtime(&self, upstreams: Vec<Upstream>) -> Result<Runtime> {
        self.runtime_with(upstreams, RuntimeUse::default())
    }

    /// The runtime for a use of its own.
    pub fn runtime_with(&self, mut upstreams: Vec<Upstream>, runtime_use: RuntimeUse) -> Result<Runtime> {
        let RuntimeUse { coming, follows_another } = runtime_use;
        let limits = &self.config.limits;
        let is_new = |configured: &&Upstream| !upstreams.iter().any(|upstream| upstream.host == configured.host);
        let configured: Vec<Upstream> = self.config.process.upstreams.0.iter().filter(is_new).cloned().collect();
        upstreams.extend(configured);
        let config = RuntimeConfig {
            nodes_directory: self.nodes.clone(),
            upstreams,
            gate: GateLimits {
                max_requests: limits.requests_per_run.get(),
                max_concurrent_per_host: limits.per_host.get(),
                max_concurrent_per_credential: limits.per_credential.get(),
                request_timeout: limits.request_timeout,
                follows_another,
                ..GateLimits::default()
            },
            http: HttpLimits {
                connect_timeout: limits.connect_timeout,
                max_response_bytes: limits.max_response.length(),
                proxy: proxy::of(&self.config.http)?,
                ..HttpLimits::default()
            },
            timeout: limits.timeout,
            coming,
            ..RuntimeConfig::default()
        };
        Runtime::new(self.engine()?, config).map_err(|error| match error {
            error @ patchbay_runtime::Error::NoNodes(_) => match &self.project {
                Some(_) => anyhow::Error::new(error).context("nothing is built yet; run `patchbay build` first"),
                None if self.provider.is_some() => {
                    anyhow::Error::new(error).context("nothing is built yet; run `patchbay build` first")
                }
                None => anyhow!("{error}; {NO_PROJECT}"),
            },
            error => error.into(),
        })
    }
}

/// What a runtime is for.
#[derive(Default)]
pub struct RuntimeUse {
    /// Nodes that are being built: a call of one of these waits for it.
    pub coming: Vec<NodeId>,
    /// Whether another process may have asked the same services until now, as a service does that is started anew.
    pub follows_another: bool,
}

/// What to do where there is neither.
const NO_PROJECT: &str = "go to a Patchbay project (a folder with nodes/ and schemas/node.wit), or name the folder of built \
                          nodes with --nodes-dir";

/// The built nodes, where nobody names them: the first of these folders that there is.
///
/// | folder | whose |
/// | --- | --- |
/// | `target/nodes` in the project, or here | the project's own |
/// | `../share/patchbay/nodes` beside the program | those it was installed with |
/// | `target/nodes` in the checkout that the program was compiled in | after `cargo install --path host` |
fn built_nodes(project: &Path) -> PathBuf {
    let own = built(project);
    let program = std::env::current_exe().and_then(|program| program.canonicalize()).ok();
    let installed =
        program.as_deref().and_then(|program| Some(program.parent()?.parent()?.join("share/patchbay/nodes")));
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(built);
    let others = [installed, checkout].into_iter().flatten();
    std::iter::once(own.clone()).chain(others).find(|folder| folder.is_dir()).unwrap_or(own)
}

/// Where a build puts the nodes of a project or of a provider.
fn built(folder: &Path) -> PathBuf {
    folder.join("target").join("nodes")
}

fn users_data() -> Result<PathBuf> {
    let strategy = etcetera::choose_base_strategy()
        .context("there is no home folder; name a folder for state with PATCHBAY_DATA_DIR")?;
    Ok(strategy.data_dir().join("patchbay"))
}

/// The person at the command line, as the audit log names them: by what the system calls them here, which nobody vouches
/// for.
pub fn person() -> Actor {
    let name = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    Actor { name: name.unwrap_or_else(|| "somebody".to_owned()), origin: "command line".to_owned() }
}
