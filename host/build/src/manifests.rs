//! Makes the nodes' manifests beforehand, so that a component carries its manifest as text and not the code that makes
//! it. A node compiled for this machine prints its manifest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::process::Command;
use tokio::sync::mpsc::unbounded_channel;

use crate::compile::{Binary, Job};
use crate::error::{Error, Result};
use crate::files::write_whole;
use crate::toolchain::Toolchain;
use crate::wording;

/// No manifest takes this long; a program that is not a node might.
const LIMIT: Duration = Duration::from_secs(10);

/// What tells where a manifest belongs.
#[derive(Deserialize)]
struct Manifest {
    id: String,
}

/// The folder with the manifests of all nodes of a job, as `<package>/<operation>.json`. What did not change is not
/// written, so cargo has nothing to do for it.
pub(crate) async fn make(toolchain: &Toolchain, job: Job<'_>) -> Result<PathBuf> {
    let (sender, mut programs) = unbounded_channel();
    let native = toolchain.native_target().await?;
    job.compile(toolchain.native_cargo("build", &native), sender).await?;
    let folder = folder(job.source, job.target)?;
    let mut made = BTreeMap::new();
    while let Some(program) = programs.recv().await {
        let Some((id, manifest)) = printed_by(&program).await? else { continue };
        let path = folder.join(&program.node.package).join(format!("{id}.json"));
        if made.insert(path, manifest).is_some() {
            return Err(Error::TwoIds { package: program.node.folder, id });
        }
    }
    for (path, manifest) in made {
        if fs::read(&path).ok().as_ref() != Some(&manifest) {
            let parent = path.parent().unwrap_or(&folder);
            fs::create_dir_all(parent).map_err(Error::write(parent))?;
            write_whole(&path, &manifest)?;
        }
    }
    Ok(folder)
}

/// The target folder may serve several sources whose packages have the same names.
fn folder(source: &Path, target: &Path) -> Result<PathBuf> {
    let source = Sha256::digest(source.canonicalize().map_err(Error::read(source))?.as_os_str().as_encoded_bytes());
    let name: String = source.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(std::path::absolute(target).map_err(Error::read(target))?.join("manifests").join(name))
}

/// A program that prints nothing is not declared with `node!` and makes its manifest itself.
async fn printed_by(program: &Binary) -> Result<Option<(String, Vec<u8>)>> {
    let operation = program.node.id.operation.as_str().to_owned();
    let running = Command::new(&program.file).stdin(Stdio::null()).kill_on_drop(true).output();
    let Ok(output) = tokio::time::timeout(LIMIT, running).await else {
        return Err(Error::EndlessManifest { operation });
    };
    let output = output.map_err(Error::run(program.file.display().to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        return Err(Error::NoManifest { operation, said });
    }
    let manifest = output.stdout.trim_ascii();
    if manifest.is_empty() {
        return Ok(None);
    }
    let not_a_manifest = |source| Error::NotAManifest { operation: operation.clone(), source };
    let Manifest { id } = serde_json::from_slice(manifest).map_err(not_a_manifest)?;
    let missing = wording::missing(&serde_json::from_slice(manifest).map_err(not_a_manifest)?);
    if !missing.is_empty() {
        return Err(Error::WithoutWords { operation, missing });
    }
    Ok(Some((id, manifest.to_owned())))
}
