//! Compiles nodes with cargo, for the sandbox or for this machine.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::Progress;

/// A compiled node: a module that is not a component yet, or a program of this machine.
pub(super) struct Binary {
    /// The folder of its package.
    pub package: PathBuf,
    pub operation: String,
    pub file: PathBuf,
}

/// A line that cargo prints with `--message-format=json`.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact {
        manifest_path: PathBuf,
        target: Target,
        filenames: Vec<PathBuf>,
        executable: Option<PathBuf>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Compiles all binaries of the packages in a folder with a command of [`Toolchain`](super::toolchain::Toolchain). Cargo's
/// own messages go to stderr when it fails.
pub(super) async fn compile(
    mut cargo: Command,
    source: &Path,
    target: &Path,
    progress: &Progress,
) -> Result<Vec<Binary>> {
    progress.state("compiling".to_owned());
    cargo
        .args(["--bins", "--message-format", "json-render-diagnostics"])
        .current_dir(source)
        .env("CARGO_TARGET_DIR", std::path::absolute(target)?)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = cargo.spawn().context("cargo can not be run")?;
    let stdout = child.stdout.take().context("cargo's output can not be read")?;
    let mut stderr = child.stderr.take().context("cargo's messages can not be read")?;
    let said = tokio::spawn(async move {
        let mut said = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut stderr, &mut said).await.map(|_| said)
    });
    let mut lines = BufReader::new(stdout).lines();
    let mut binaries = Vec::new();
    let mut compiled = 0_usize;
    while let Some(line) = lines.next_line().await? {
        let Ok(Message::CompilerArtifact { manifest_path, target, filenames, executable }) =
            serde_json::from_str(&line)
        else {
            continue;
        };
        compiled += 1;
        progress.state(format!("compiled {compiled} crates, {}", target.name));
        let module = filenames.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "wasm"));
        let file = module.or(executable);
        if let (true, Some(file), Some(package)) = (target.kind == ["bin"], file, manifest_path.parent()) {
            binaries.push(Binary { package: package.canonicalize()?, operation: target.name, file });
        }
    }
    let status = child.wait().await?;
    let said = said.await??;
    if !status.success() {
        bail!("the nodes do not compile:\n{}", String::from_utf8_lossy(&said).trim_end());
    }
    Ok(binaries)
}
