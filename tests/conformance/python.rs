//! Python with the official SDK: an environment of its own in `target/conformance`, made when it is not there.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use crate::environment::{PROJECT, stderr};

/// How long a script may take.
const LIMIT: Duration = Duration::from_secs(120);

/// The environment's interpreter, or what is missing.
static PYTHON: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| environment(&PROJECT.join("target/conformance")));

/// Runs a script of `tests/conformance/python`: gives it JSON, takes JSON from it.
pub async fn run(script: &str, given: &Value) -> Value {
    let interpreter = PYTHON.as_ref().unwrap_or_else(|missing| panic!("{missing}"));
    let mut python = tokio::process::Command::new(interpreter);
    let cache = PROJECT.join("target/conformance/bytecode");
    // What the machine's environment says of Python and of proxies is not meant for this.
    python.args(["-E", "-s", "-X"]).arg(format!("pycache_prefix={}", cache.display()));
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        python.env_remove(variable);
    }
    let mut python = python
        .arg(PROJECT.join("tests/conformance/python").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdin = python.stdin.take().unwrap();
    let given = given.to_string();
    let give = async move {
        // When it ended before it read all, its own words say why.
        stdin.write_all(given.as_bytes()).await.unwrap_or_default();
    };
    let ended = tokio::time::timeout(LIMIT, async { tokio::join!(give, python.wait_with_output()).1 });
    let output = ended.await.unwrap_or_else(|_| panic!("{script} took more than {LIMIT:?}")).unwrap();
    assert!(output.status.success(), "{script}: {}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{script}: {error}: {}", stderr(&output)))
}

/// The environment for the packages and the Python that there are now: made in a folder aside and renamed, so that one
/// whose making was interrupted is not taken for a finished one.
fn environment(folder: &Path) -> Result<PathBuf, String> {
    let requirements = PROJECT.join("tests/conformance/requirements.txt");
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

    fs::create_dir_all(folder).unwrap();
    // Held until the end: another test run waits and finds what this one made.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    if interpreter.exists() {
        return Ok(interpreter);
    }
    for entry in fs::read_dir(folder).unwrap() {
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
            .args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--no-compile", "--no-deps"])
            .arg("--requirement")
            .arg(&requirements),
        "the packages of tests/conformance/requirements.txt can not be had: pip needs PyPI, or a package index that its \
         configuration names",
    )?;
    fs::rename(unfinished, &environment).unwrap();
    Ok(interpreter)
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
