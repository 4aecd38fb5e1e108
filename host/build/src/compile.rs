//! Compiles nodes with cargo, for the sandbox or for this machine.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc::UnboundedSender;

use crate::error::{Error, Result};
use crate::progress::{Progress, Step};
use crate::providers::{Source, Target};

/// A compiled node: a module that is not a component yet, or a program of this machine.
pub(crate) struct Binary {
    pub node: Source,
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

/// What is compiled, and where.
#[derive(Clone, Copy)]
pub(crate) struct Job<'build> {
    /// Nodes of one provider.
    pub nodes: &'build [Source],
    /// The folder in which cargo finds their packages.
    pub source: &'build Path,
    /// Cargo's target folder.
    pub target: &'build Path,
    pub progress: &'build dyn Progress,
}

impl Job<'_> {
    /// Compiles the nodes with a command of [`Toolchain`](crate::toolchain::Toolchain), and hands on each as soon as it
    /// is linked. Cargo's own messages are those of the error when it fails.
    pub async fn compile(self, mut cargo: Command, binaries: UnboundedSender<Binary>) -> Result<()> {
        let packages: BTreeSet<&str> = self.nodes.iter().map(|node| node.package.as_str()).collect();
        for package in packages {
            cargo.args(["--package", package]);
        }
        cargo
            .args(["--bins", "--message-format", "json-render-diagnostics"])
            .current_dir(self.source)
            .env("CARGO_TARGET_DIR", std::path::absolute(self.target).map_err(Error::read(self.target))?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = cargo.spawn().map_err(Error::run("cargo"))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let listening = async {
            let mut said = Vec::new();
            if let Some(mut stderr) = stderr {
                stderr.read_to_end(&mut said).await?;
            }
            Ok(said)
        };
        let following = async {
            if let Some(stdout) = stdout {
                let mut lines = BufReader::new(stdout).lines();
                let mut crates = 0;
                while let Some(line) = lines.next_line().await? {
                    if let Ok(message) = serde_json::from_str(&line) {
                        self.take(message, &mut crates, &binaries);
                    }
                }
            }
            Ok(())
        };
        let ended: std::io::Result<_> = tokio::try_join!(listening, following);
        let (said, ()) = ended.map_err(Error::run("cargo"))?;
        if child.wait().await.map_err(Error::run("cargo"))?.success() { Ok(()) } else { Err(compile_error(&said)) }
    }

    fn take(&self, message: Message, crates: &mut usize, binaries: &UnboundedSender<Binary>) {
        let Message::CompilerArtifact { manifest_path, target, filenames, executable } = message else { return };
        *crates += 1;
        self.progress.reached(Step::Compiled { crates: *crates, name: &target.name });
        if !target.is_binary() {
            return;
        }
        let module = filenames.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "wasm"));
        let is_it = |node: &&Source| {
            node.id.operation.as_str() == target.name && manifest_path.parent() == Some(node.folder.as_path())
        };
        if let (Some(node), Some(file)) = (self.nodes.iter().find(is_it), module.or(executable)) {
            // Nobody listens any more when another node could not be made; the build ends with the reason of that one.
            binaries.send(Binary { node: node.clone(), file }).ok();
        }
    }
}

fn compile_error(said: &[u8]) -> Error {
    Error::Compile(String::from_utf8_lossy(said).trim_end().to_owned())
}

/// What a command of cargo's prints when it succeeds.
pub(crate) async fn finished(mut cargo: Command) -> Result<Vec<u8>> {
    let output = cargo.stdin(Stdio::null()).kill_on_drop(true).output().await.map_err(Error::run("cargo"))?;
    if output.status.success() { Ok(output.stdout) } else { Err(compile_error(&output.stderr)) }
}
