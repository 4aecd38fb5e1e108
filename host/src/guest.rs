//! Builds nodes: finds the guest toolchain, compiles, makes components, and writes them with their provider's data.
//!
//! A provider is a Cargo package with a `provider.toml` beside its `Cargo.toml`; each of its binaries is a node.

mod compile;
mod component;
mod manifests;
mod schemas;
mod sources;
mod toolchain;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use patchbay_runtime::Provider;

use crate::files;
pub use schemas::Schemas;
use sources::Stamp;
use toolchain::Toolchain;

/// What to build, and where to.
pub struct Build {
    /// The folder of a provider's package, or of a workspace of such packages.
    pub source: PathBuf,
    /// Where `<provider>/<operation>.wasm` and `<provider>/provider.toml` are written.
    pub output: PathBuf,
    /// Cargo's target folder for guests.
    pub target: PathBuf,
    /// Files outside the source that the nodes are made from.
    pub also_read: Vec<PathBuf>,
}

/// A provider's package.
struct Package {
    folder: PathBuf,
    provider: Provider,
}

impl Build {
    /// Builds what is stale; false when all was current.
    pub async fn run(&self) -> Result<bool> {
        let packages = packages(&self.source)?;
        let stamp = Stamp::of(&self.source, &self.also_read)?;
        let is_current = || packages.iter().all(|package| stamp.is_on(&self.output_of(package)));
        if is_current() {
            return Ok(false);
        }
        // One build at a time, of whatever source: cargo puts what two sources name alike into the same file. Held until
        // the function returns.
        fs::create_dir_all(&self.target).with_context(|| format!("{} can not be made", self.target.display()))?;
        let lock = File::create(self.target.join(".patchbay.lock")).context("the build's lock can not be made")?;
        lock.lock().context("the build's lock can not be taken")?;
        if is_current() {
            return Ok(false);
        }
        let toolchain = Toolchain::find().await?;
        eprintln!("building nodes with {toolchain}");
        let progress = Progress::start();
        let manifests = manifests::make(&toolchain, &self.source, &self.target, &progress).await?;
        let mut cargo = toolchain.cargo();
        cargo.env("PATCHBAY_MANIFESTS", manifests);
        let modules = compile::compile(cargo, &self.source, &self.target, &progress).await?;
        for package in &packages {
            self.write(package, &modules, &progress)?;
            stamp.put_on(&self.output_of(package))?;
        }
        progress.finish();
        Ok(true)
    }

    /// The providers that the source has.
    pub fn providers(&self) -> Result<Vec<Provider>> {
        Ok(packages(&self.source)?.into_iter().map(|package| package.provider).collect())
    }

    fn output_of(&self, package: &Package) -> PathBuf {
        self.output.join(package.provider.id.as_str())
    }

    fn write(&self, package: &Package, modules: &[compile::Binary], progress: &Progress) -> Result<()> {
        let output = self.output_of(package);
        fs::create_dir_all(&output).with_context(|| format!("{} can not be made", output.display()))?;
        let folder = package.folder.canonicalize()?;
        let own: BTreeMap<String, &compile::Binary> = modules
            .iter()
            .filter(|module| module.package == folder)
            .map(|module| (format!("{}.wasm", module.operation), module))
            .collect();
        if own.is_empty() {
            bail!("{} has no nodes; a node is a file in its src/bin", package.folder.display());
        }
        for (file, module) in &own {
            let size = component::make(&module.file, &output.join(file))
                .with_context(|| format!("{}/{}", package.provider.id, module.operation))?;
            progress.line(&format!("  {}/{}  {} KB", package.provider.id, module.operation, size.div_ceil(1000)));
        }
        for entry in fs::read_dir(&output)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.ends_with(".wasm") && !own.contains_key(name) {
                fs::remove_file(&path).with_context(|| format!("{} is of no node and can not go", path.display()))?;
            }
        }
        let data = fs::read(package.folder.join("provider.toml"))?;
        files::write_whole(&output.join("provider.toml"), &data)
    }
}

/// The packages of a source that are providers.
fn packages(source: &Path) -> Result<Vec<Package>> {
    let mut folders = vec![source.to_owned()];
    let entries = fs::read_dir(source).with_context(|| {
        format!("{} can not be read; name the folder of a provider or of a workspace", source.display())
    })?;
    for entry in entries {
        folders.push(entry?.path());
    }
    folders.sort();
    let mut packages = Vec::new();
    for folder in folders {
        let data = folder.join("provider.toml");
        if data.is_file() {
            packages.push(Package { provider: Provider::read(&data)?, folder });
        }
    }
    if packages.is_empty() {
        bail!("{} has no provider: a package with a provider.toml beside its Cargo.toml", source.display());
    }
    Ok(packages)
}

/// How far a build is: a moving line on a terminal, and a line for each node everywhere.
struct Progress(ProgressBar);

impl Progress {
    fn start() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        Self(bar)
    }

    fn state(&self, text: String) {
        self.0.set_message(text);
    }

    fn line(&self, text: &str) {
        if self.0.is_hidden() {
            eprintln!("{text}");
        } else {
            self.0.println(text);
        }
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}
