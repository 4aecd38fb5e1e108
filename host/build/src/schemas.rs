//! The generated schema files: one for each node, and those of the public contract.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_runtime::{Manifest, Name};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::files::write_whole;

/// All generated files of a schema folder, by path.
#[derive(Debug)]
pub struct Schemas {
    files: BTreeMap<PathBuf, String>,
    /// Folders that hold generated files alone; a file there that is not generated is of a node that is gone.
    folders: Vec<PathBuf>,
}

impl Schemas {
    /// Files under `folder`: `<provider>/<operation>.json` for each node of the providers.
    ///
    /// # Errors
    /// A manifest has no JSON form.
    pub fn of_nodes(folder: &Path, providers: &[Name], manifests: &[Arc<Manifest>]) -> Result<Self> {
        let folders = providers.iter().map(|provider| folder.join(provider.as_str())).collect();
        let mut schemas = Self { files: BTreeMap::new(), folders };
        for manifest in manifests.iter().filter(|manifest| providers.contains(&manifest.id.provider)) {
            schemas.add(folder.join(format!("{}.json", manifest.id)), manifest)?;
        }
        Ok(schemas)
    }

    /// Adds a file that is of no node.
    ///
    /// # Errors
    /// It has no JSON form.
    pub fn add(&mut self, path: PathBuf, schema: &impl Serialize) -> Result<()> {
        match serde_json::to_string_pretty(schema) {
            Ok(text) => {
                self.files.insert(path, text + "\n");
                Ok(())
            }
            Err(source) => Err(Error::Schema { path, source }),
        }
    }

    /// Writes what differs and removes what is of no node.
    ///
    /// # Errors
    /// A file can not be read, written or removed.
    pub fn write(&self) -> Result<()> {
        for path in self.differing()? {
            match self.files.get(&path) {
                Some(text) => {
                    let folder = path.parent().unwrap_or(&path);
                    fs::create_dir_all(folder).map_err(Error::write(folder))?;
                    write_whole(&path, text.as_bytes())?;
                }
                None => fs::remove_file(&path).map_err(Error::write(&path))?,
            }
        }
        Ok(())
    }

    /// Compares the files with what would be generated, and changes nothing.
    ///
    /// # Errors
    /// [`Error::Stale`] with those that differ, or a folder can not be read.
    pub fn check(&self) -> Result<()> {
        let differing = self.differing()?;
        if differing.is_empty() { Ok(()) } else { Err(Error::Stale(differing)) }
    }

    fn differing(&self) -> Result<Vec<PathBuf>> {
        let is_stale = |(path, text): &(&PathBuf, &String)| fs::read_to_string(path).ok().as_ref() != Some(*text);
        let mut differing: Vec<PathBuf> = self.files.iter().filter(is_stale).map(|(path, _)| path.clone()).collect();
        for folder in self.folders.iter().filter(|folder| folder.is_dir()) {
            for entry in fs::read_dir(folder).map_err(Error::read(folder))? {
                let path = entry.map_err(Error::read(folder))?.path();
                if path.extension().is_some_and(|extension| extension == "json") && !self.files.contains_key(&path) {
                    differing.push(path);
                }
            }
        }
        Ok(differing)
    }
}
