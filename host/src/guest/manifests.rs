//! Makes the nodes' manifests beforehand, so that a component carries its manifest as text and not the code that makes
//! it. A node compiled for this machine prints its manifest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::Progress;
use super::compile::{self, Binary};
use super::toolchain::Toolchain;

/// No manifest takes this long; a program that is not a node might.
const LIMIT: Duration = Duration::from_secs(10);

/// What tells where a manifest belongs.
#[derive(Deserialize)]
struct Manifest {
    id: String,
}

/// The folder with the manifests of all nodes in the source, as `<package>/<operation>.json`. What did not change is not
/// written, so cargo has nothing to do for it.
pub(super) async fn make(toolchain: &Toolchain, source: &Path, target: &Path, progress: &Progress) -> Result<PathBuf> {
    let programs = compile::compile(toolchain.native_cargo().await?, source, target, progress).await?;
    let folder = folder(source, target)?;
    let mut made = BTreeMap::new();
    for program in &programs {
        progress.state(format!("manifest of {}", program.operation));
        let Some((id, manifest)) = printed_by(program).await? else { continue };
        let path = folder.join(package_name(&program.package)?).join(format!("{id}.json"));
        if made.insert(path, manifest).is_some() {
            bail!("two nodes of {} have the id {id}; the id is the file's name", program.package.display());
        }
    }
    for (path, manifest) in made {
        if fs::read(&path).ok().as_ref() != Some(&manifest) {
            fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            crate::files::write_whole(&path, &manifest)?;
        }
    }
    Ok(folder)
}

/// The target folder may serve several sources whose packages have the same names.
fn folder(source: &Path, target: &Path) -> Result<PathBuf> {
    let source = Sha256::digest(source.canonicalize()?.as_os_str().as_encoded_bytes());
    let name: String = source.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(std::path::absolute(target)?.join("manifests").join(name))
}

/// A program that prints nothing is not declared with `node!` and makes its manifest itself.
async fn printed_by(program: &Binary) -> Result<Option<(String, Vec<u8>)>> {
    let operation = &program.operation;
    let running = Command::new(&program.file).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(LIMIT, running)
        .await
        .with_context(|| format!("{operation} does not print its manifest; is its `main` the one of `node!`?"))?
        .with_context(|| format!("{} can not be run", program.file.display()))?;
    if !output.status.success() {
        bail!("{operation} has no manifest:\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    let manifest = output.stdout.trim_ascii();
    if manifest.is_empty() {
        return Ok(None);
    }
    let Manifest { id } =
        serde_json::from_slice(manifest).with_context(|| format!("what {operation} prints is no manifest"))?;
    Ok(Some((id, manifest.to_owned())))
}

fn package_name(folder: &Path) -> Result<String> {
    #[derive(Deserialize)]
    struct File {
        package: Package,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
    }
    let file = folder.join("Cargo.toml");
    let text = fs::read_to_string(&file).with_context(|| format!("{} can not be read", file.display()))?;
    let File { package } = toml::from_str(&text).with_context(|| format!("{} names no package", file.display()))?;
    Ok(package.name)
}
