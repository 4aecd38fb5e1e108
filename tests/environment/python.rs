//! Python for tools from its registry: an environment for each list of packages, made when it is not there.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::needs::not_run;
use super::{PROJECT, stderr};

/// An environment of its own, in a folder below `target`.
pub struct Python {
    folder: &'static str,
    requirements: &'static str,
    interpreter: OnceLock<Result<PathBuf, String>>,
}

impl Python {
    /// In this folder below `target`, with the packages of this file of the project.
    pub const fn new(folder: &'static str, requirements: &'static str) -> Self {
        Self { folder, requirements, interpreter: OnceLock::new() }
    }

    /// The folder.
    pub fn folder(&self) -> PathBuf {
        PROJECT.join("target").join(self.folder)
    }

    /// Whether it can be had. A test that is told no ends without a word: it is named later.
    #[must_use]
    #[track_caller]
    pub fn is_there(&self) -> bool {
        let interpreter = self.interpreter.get_or_init(|| self.environment());
        interpreter.as_ref().map_err(|missing| not_run(missing)).is_ok()
    }

    /// The interpreter with these arguments. What the machine's environment says of Python and of proxies is not meant for
    /// it.
    pub fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> tokio::process::Command {
        let interpreter = self.interpreter.get_or_init(|| self.environment());
        let interpreter = interpreter.as_ref().unwrap_or_else(|missing| panic!("{missing}"));
        let mut python = tokio::process::Command::new(interpreter);
        let cache = self.folder().join("bytecode");
        python.args(["-E", "-s", "-X"]).arg(format!("pycache_prefix={}", cache.display())).args(arguments);
        for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            python.env_remove(variable);
        }
        python.kill_on_drop(true);
        python
    }

    /// Where the programs are that came with its packages.
    pub fn programs(&self) -> PathBuf {
        let interpreter = self.interpreter.get_or_init(|| self.environment());
        let interpreter = interpreter.as_ref().unwrap_or_else(|missing| panic!("{missing}"));
        interpreter.parent().map(PathBuf::from).unwrap_or_default()
    }

    /// The environment for the packages and the Python that there are now: made in a folder aside and renamed, so that one
    /// whose making was interrupted is not taken for a finished one.
    fn environment(&self) -> Result<PathBuf, String> {
        let folder = self.folder();
        let requirements = PROJECT.join(self.requirements);
        let version = finished(
            Command::new("python3").args([
                "-c",
                "import sys; assert sys.version_info >= (3, 11), sys.version; print(sys.executable, sys.version)",
            ]),
            "Python 3.11 or newer is missing: `apt-get install python3-venv`, or see https://www.python.org",
        )?;
        let digest = Sha256::new().chain_update(fs::read(&requirements).unwrap()).chain_update(version).finalize();
        let key = digest.iter().take(8).fold(String::new(), |mut key, byte| {
            write!(key, "{byte:02x}").unwrap();
            key
        });
        let environment = folder.join(format!("venv-{key}"));
        let interpreter = environment.join("bin/python");

        fs::create_dir_all(&folder).unwrap();
        // Held until the end: another test run waits and finds what this one made.
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        if interpreter.exists() {
            return Ok(interpreter);
        }
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            }
        }
        let unfinished = folder.join("unfinished");
        finished(
            Command::new("python3").args(["-m", "venv"]).arg(&unfinished),
            "Python's `venv` or `pip` is missing: `apt-get install python3-venv`",
        )?;
        finished(
            Command::new(unfinished.join("bin/python"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--no-input",
                    "--disable-pip-version-check",
                    "--no-compile",
                    "--no-deps",
                ])
                .arg("--requirement")
                .arg(&requirements),
            &format!(
                "the packages of {} can not be had: pip needs PyPI, or a package index that its configuration names",
                self.requirements
            ),
        )?;
        fs::rename(unfinished, &environment).unwrap();
        Ok(interpreter)
    }
}

/// What the command prints; what is missing when it fails.
fn finished(command: &mut Command, missing: &str) -> Result<Vec<u8>, String> {
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(output.stdout),
        // Debian's `venv` says on stdout that `pip` is not there.
        Ok(output) => Err(format!("{missing}.\n{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output))),
        Err(error) => Err(format!("{missing}.\n{command:?}: {error}")),
    }
}
