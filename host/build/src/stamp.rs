//! Tells whether built nodes are current, by the content of all that they were made from.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::files::write_whole;

const FILE: &str = ".built-from";

/// Folders that no node is made from.
const SKIPPED: [&str; 3] = ["target", "fixtures", "schemas"];

/// The digest of all sources and of the program that builds.
#[derive(PartialEq, Eq)]
pub(crate) struct Stamp(String);

impl Stamp {
    /// Of a workspace or package, of the local packages that it depends on, and of further files.
    pub fn of(source: &Path, also_read: &[PathBuf]) -> Result<Self> {
        let mut files = BTreeSet::new();
        let mut folders = vec![workspace(&source.canonicalize().map_err(Error::read(source))?)?];
        let mut seen = BTreeSet::new();
        while let Some(folder) = folders.pop() {
            if !seen.insert(folder.clone()) {
                continue;
            }
            let mut found = Vec::new();
            collect(&folder, &mut found)?;
            for manifest in found.iter().filter(|file| file.ends_with("Cargo.toml")) {
                folders.extend(path_dependencies(manifest)?);
            }
            files.extend(found);
        }
        for file in also_read {
            files.insert(file.canonicalize().map_err(Error::read(file))?);
        }
        let mut digest = Sha256::new_with_prefix(concat!("patchbay ", env!("CARGO_PKG_VERSION")));
        for file in files {
            let bytes = fs::read(&file).map_err(Error::read(&file))?;
            digest.update(file.as_os_str().as_encoded_bytes());
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(&bytes);
        }
        Ok(Self(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Whether the folder was built from the same.
    pub fn is_on(&self, folder: &Path) -> bool {
        fs::read_to_string(folder.join(FILE)).is_ok_and(|stamp| stamp == self.0)
    }

    /// Notes that the folder was built from this.
    pub fn put_on(&self, folder: &Path) -> Result<()> {
        write_whole(&folder.join(FILE), self.0.as_bytes())
    }

    /// Notes that the folder is being changed: until it is stamped again it is current for no source.
    pub fn remove_from(folder: &Path) -> Result<()> {
        let file = folder.join(FILE);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::write(&file)(error)),
            _ => Ok(()),
        }
    }
}

/// The workspace that a package belongs to: its manifest and lock file count too.
fn workspace(source: &Path) -> Result<PathBuf> {
    for folder in source.ancestors() {
        let manifest = folder.join("Cargo.toml");
        if manifest.is_file() && read_toml(&manifest)?.contains_key("workspace") {
            // A workspace that excludes the package is not its own.
            return Ok(if folder == source || is_member(folder, source)? { folder } else { source }.to_owned());
        }
    }
    Ok(source.to_owned())
}

fn is_member(workspace: &Path, package: &Path) -> Result<bool> {
    let manifest = read_toml(&workspace.join("Cargo.toml"))?;
    let members =
        manifest.get("workspace").and_then(|workspace| workspace.get("members")).and_then(toml::Value::as_array);
    let names = |member: &toml::Value| member.as_str().is_some_and(|member| workspace.join(member) == package);
    Ok(members.is_some_and(|members| members.iter().any(names)))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::read(folder))? {
        let path = entry.map_err(Error::read(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with('.') || SKIPPED.contains(&name) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Folders that a manifest names with `path`, wherever it does.
fn path_dependencies(manifest: &Path) -> Result<Vec<PathBuf>> {
    let folder = manifest.parent().unwrap_or(manifest);
    let mut found = Vec::new();
    let mut tables = vec![read_toml(manifest)?];
    while let Some(table) = tables.pop() {
        for (name, value) in table {
            match value {
                toml::Value::String(path) if name == "path" => {
                    // Targets have paths too, to files.
                    found.extend(folder.join(path).canonicalize().ok().filter(|path| path.is_dir()));
                }
                toml::Value::Table(inner) => tables.push(inner),
                _ => {}
            }
        }
    }
    Ok(found)
}

fn read_toml(file: &Path) -> Result<toml::Table> {
    let text = fs::read_to_string(file).map_err(Error::read(file))?;
    text.parse().map_err(|source| Error::Toml { path: file.to_owned(), source })
}
