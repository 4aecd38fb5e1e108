//! A build, from what is stale to components.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use patchbay_runtime::{NodeId, Provider};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::compile::{Binary, Job};
use crate::error::{Error, Result};
use crate::files::write_whole;
use crate::progress::{Progress, Step};
use crate::providers::{ProviderFolder, Source, find};
use crate::stamp::Stamp;
use crate::toolchain::Toolchain;
use crate::{component, manifests, owner};

/// What to build, and where to.
#[derive(Debug, Clone)]
pub struct Build {
    /// The folder of a provider, or of a workspace of providers.
    pub source: PathBuf,
    /// Where `<provider>/<operation>.wasm` and `<provider>/provider.toml` are written.
    pub output: PathBuf,
    /// Cargo's target folder for guests.
    pub target: PathBuf,
    /// Files outside the source that the nodes are made from.
    pub also_read: Vec<PathBuf>,
}

impl Build {
    /// Builds what is stale; false when all was current.
    ///
    /// # Errors
    /// What keeps the nodes from being built. Those that were made before are there.
    pub async fn run(&self, progress: &dyn Progress) -> Result<bool> {
        let folders = find(&self.source)?;
        let stamp = Stamp::of(&self.source, &self.also_read)?;
        let is_current = || folders.iter().all(|folder| stamp.is_on(&self.output_of(folder)));
        if is_current() {
            return Ok(false);
        }
        // One build at a time, of whatever source: cargo puts what two sources name alike into the same file. Held until
        // the function returns.
        fs::create_dir_all(&self.target).map_err(Error::write(&self.target))?;
        let lock = self.target.join(".patchbay.lock");
        let lock = File::create(&lock).and_then(|file| file.lock().map(|()| file)).map_err(Error::write(&lock))?;
        if is_current() {
            return Ok(false);
        }
        for folder in &folders {
            owner::check(&self.output_of(folder), &folder.path, &folder.provider.id)?;
        }
        let toolchain = Toolchain::find(progress).await?;
        let mut nodes = Vec::new();
        for folder in &folders {
            nodes.push(folder.nodes(toolchain.bare_cargo()).await?);
        }
        for (folder, nodes) in folders.iter().zip(&nodes) {
            self.prepare(folder, nodes)?;
        }
        let ids: Vec<NodeId> = nodes.iter().flatten().map(|node| node.id.clone()).collect();
        progress.reached(Step::Began { toolchain: &toolchain.to_string(), nodes: &ids });
        // One provider after the other: cargo gives nodes of the same name, of two providers, the same file.
        for (folder, nodes) in folders.iter().zip(&nodes) {
            let output = self.output_of(folder);
            let job = Job { nodes, source: &self.source, target: &self.target, progress };
            let mut cargo = toolchain.cargo();
            cargo.env("PATCHBAY_MANIFESTS", manifests::make(&toolchain, job).await?);
            let (sender, modules) = unbounded_channel();
            tokio::try_join!(job.compile(cargo, sender), make_components(modules, &output, progress))?;
            stamp.put_on(&output)?;
        }
        drop(lock);
        Ok(true)
    }

    /// The providers that the source has.
    ///
    /// # Errors
    /// There are none, or one has a wrong `provider.toml`.
    pub fn providers(&self) -> Result<Vec<Provider>> {
        Ok(find(&self.source)?.into_iter().map(|folder| folder.provider).collect())
    }

    fn output_of(&self, folder: &ProviderFolder) -> PathBuf {
        self.output.join(folder.provider.id.as_str())
    }

    /// Makes the folder of a provider's components ready: with its data, without what is of no node, and not said to be
    /// current until it is.
    fn prepare(&self, folder: &ProviderFolder, nodes: &[Source]) -> Result<()> {
        let output = self.output_of(folder);
        fs::create_dir_all(&output).map_err(Error::write(&output))?;
        Stamp::remove_from(&output)?;
        owner::put_on(&output, &folder.path)?;
        let data = folder.path.join("provider.toml");
        write_whole(&output.join("provider.toml"), &fs::read(&data).map_err(Error::read(&data))?)?;
        for entry in fs::read_dir(&output).map_err(Error::read(&output))? {
            let path = entry.map_err(Error::read(&output))?.path();
            let is_component = path.extension().is_some_and(|extension| extension == "wasm");
            let is_of_a_node = nodes.iter().any(|node| component_of(node, &output) == path);
            if is_component && !is_of_a_node {
                fs::remove_file(&path).map_err(Error::write(&path))?;
            }
        }
        Ok(())
    }
}

fn component_of(node: &Source, output: &Path) -> PathBuf {
    output.join(format!("{}.wasm", node.id.operation))
}

/// Makes a component of each module as it comes.
async fn make_components(mut modules: UnboundedReceiver<Binary>, output: &Path, progress: &dyn Progress) -> Result<()> {
    while let Some(Binary { node, file }) = modules.recv().await {
        let component = component_of(&node, output);
        let id = node.id.clone();
        let bytes = tokio::task::spawn_blocking(move || component::make(&node.id, &file, &component)).await??;
        progress.reached(Step::Node { id: &id, bytes });
    }
    Ok(())
}
