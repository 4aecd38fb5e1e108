//! The generated schema files: one for each node, and those of the public contract.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use patchbay_runtime::{Manifest, Name};
use serde::Serialize;

/// All generated files of a schema folder, by path.
pub struct Schemas {
    files: BTreeMap<PathBuf, String>,
    /// Folders that hold generated files alone; a file there that is not generated is of a node that is gone.
    folders: Vec<PathBuf>,
}

/// Files that differ from what would be generated.
#[derive(Debug, thiserror::Error)]
#[error("these files are stale, run `patchbay build` and commit them: {}", list(.0))]
pub struct StaleSchemas(Vec<PathBuf>);

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

impl Schemas {
    /// Files under `folder`: `<provider>/<operation>.json` for each node of the providers.
    pub fn of_nodes(folder: &Path, providers: &[Name], manifests: &[Manifest]) -> Result<Self> {
        let mut files = BTreeMap::new();
        for manifest in manifests.iter().filter(|manifest| providers.contains(&manifest.id.provider)) {
            files.insert(folder.join(format!("{}.json", manifest.id)), text(manifest)?);
        }
        let folders = providers.iter().map(|provider| folder.join(provider.as_str())).collect();
        Ok(Self { files, folders })
    }

    /// Adds the schemas of the public contract.
    pub fn with_contract(mut self, folder: &Path) -> Result<Self> {
        let of_host = [("fixture.json", crate::fixtures::schema()), ("openapi.json", crate::service::document())];
        for (name, schema) in patchbay_runtime::schemas::contract().into_iter().chain(of_host) {
            self.files.insert(folder.join(name), text(&schema)?);
        }
        Ok(self)
    }

    /// Writes what differs and removes what is of no node.
    pub fn write(&self) -> Result<()> {
        for path in self.differing()? {
            match self.files.get(&path) {
                Some(text) => {
                    fs::create_dir_all(path.parent().unwrap_or(&path))?;
                    crate::files::write_whole(&path, text.as_bytes())?;
                }
                None => fs::remove_file(&path).with_context(|| format!("{} can not go", path.display()))?,
            }
        }
        Ok(())
    }

    /// Compares the files with what would be generated, and changes nothing.
    pub fn check(&self) -> Result<()> {
        let differing = self.differing()?;
        if differing.is_empty() { Ok(()) } else { Err(StaleSchemas(differing).into()) }
    }

    fn differing(&self) -> Result<Vec<PathBuf>> {
        let is_stale = |(path, text): &(&PathBuf, &String)| fs::read_to_string(path).ok().as_ref() != Some(*text);
        let mut differing: Vec<PathBuf> = self.files.iter().filter(is_stale).map(|(path, _)| path.clone()).collect();
        for folder in self.folders.iter().filter(|folder| folder.is_dir()) {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "json") && !self.files.contains_key(&path) {
                    differing.push(path);
                }
            }
        }
        Ok(differing)
    }
}

fn text(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
