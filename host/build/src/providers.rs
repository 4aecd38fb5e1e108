//! The providers of a source, their packages, and the nodes that these have.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use patchbay_runtime::{NodeId, Provider};
use serde::Deserialize;
use tokio::process::Command;

use crate::compile::finished;
use crate::error::{Error, Result};

/// A folder with a `provider.toml`.
pub(crate) struct ProviderFolder {
    pub path: PathBuf,
    pub provider: Provider,
}

/// A node that can be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub id: NodeId,
    /// The name of its package.
    pub package: String,
    /// The folder of its package.
    pub folder: PathBuf,
}

/// The providers in a folder: itself, or those directly beneath it.
pub(crate) fn find(source: &Path) -> Result<Vec<ProviderFolder>> {
    let mut folders = vec![source.to_owned()];
    folders.extend(
        entries(source).map_err(|source_error| Error::Source { path: source.to_owned(), source: source_error })?,
    );
    let mut found = Vec::new();
    for path in folders {
        let data = path.join("provider.toml");
        if data.is_file() {
            found.push(ProviderFolder { provider: Provider::read(&data)?, path });
        }
    }
    if found.is_empty() { Err(Error::NoProvider(source.to_owned())) } else { Ok(found) }
}

fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

impl ProviderFolder {
    /// All nodes, in the order of their ids. `cargo` is a bare command of the toolchain that will build them.
    pub async fn nodes(&self, cargo: Command) -> Result<Vec<Source>> {
        let packages = self.packages(cargo).await?;
        let mut nodes: BTreeMap<NodeId, Source> = BTreeMap::new();
        for package in packages {
            let folder = package.manifest_path.parent().unwrap_or(&self.path).to_owned();
            for binary in package.targets.iter().filter(|target| target.is_binary()) {
                let named = |source| Error::Name { package: folder.clone(), source };
                let id = NodeId { provider: self.provider.id.clone(), operation: binary.name.parse().map_err(named)? };
                let node = Source { id: id.clone(), package: package.name.clone(), folder: folder.clone() };
                if let Some(first) = nodes.insert(id.clone(), node) {
                    return Err(Error::Twice { id, first: first.folder, second: folder.clone() });
                }
            }
        }
        if nodes.is_empty() { Err(Error::NoNodes(self.path.clone())) } else { Ok(nodes.into_values().collect()) }
    }

    /// Its own package and those directly beneath it, as cargo knows them.
    async fn packages(&self, mut cargo: Command) -> Result<Vec<Package>> {
        let mut folders = vec![self.path.clone()];
        folders.extend(entries(&self.path).map_err(Error::read(&self.path))?);
        let mut manifests = Vec::new();
        for folder in folders {
            let manifest = folder.join("Cargo.toml");
            if manifest.is_file() {
                manifests.push(manifest.canonicalize().map_err(Error::read(&manifest))?);
            }
        }
        // A workspace of its own that is no package has a manifest too, and cargo lists none for it.
        let own = self.path.join("Cargo.toml").canonicalize().ok();
        let Some(first) = manifests.first() else { return Ok(Vec::new()) };
        cargo.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]).arg(first);
        let listed = finished(cargo).await?;
        let Metadata { mut packages } = serde_json::from_slice(&listed)
            .map_err(|source| Error::Answer { program: "cargo metadata".to_owned(), source })?;
        packages.retain(|package| manifests.contains(&package.manifest_path));
        let is_left_out = |manifest: &&PathBuf| {
            own.as_ref() != Some(*manifest) && !packages.iter().any(|package| package.manifest_path == **manifest)
        };
        match manifests.iter().find(is_left_out) {
            Some(left_out) => Err(Error::NotAMember(left_out.clone())),
            None => Ok(packages),
        }
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

/// What cargo makes of a package.
#[derive(Deserialize)]
pub(crate) struct Target {
    pub name: String,
    pub kind: Vec<String>,
}

impl Target {
    pub fn is_binary(&self) -> bool {
        self.kind == ["bin"]
    }
}
