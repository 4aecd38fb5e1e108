//! Clients that generators make of `/openapi.json`: generated, compiled, and used against a running service.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::process::Command;

use super::Up;
use crate::environment::needs::{NODE, NPM, has};
use crate::environment::python::Python;
use crate::environment::{PROJECT, stderr};

static PYTHON: Python = Python::new("clients/python", "tests/clients/requirements.txt");

/// Runs a command to its end; what it printed.
async fn done(mut command: Command) -> String {
    let output = command.kill_on_drop(true).output().await.unwrap();
    assert!(
        output.status.success(),
        "{:?}: {}{}",
        command.as_std(),
        String::from_utf8_lossy(&output.stdout),
        stderr(&output)
    );
    let said = String::from_utf8(output.stdout).unwrap();
    // A generator that leaves out what it can not read says so and succeeds.
    assert!(!format!("{said}{}", String::from_utf8_lossy(&output.stderr)).contains("Unable to"), "{said}");
    said
}

/// A folder with nothing in it but the document as `up` serves it.
async fn folder_with_document(up: &Up, name: &str) -> (PathBuf, PathBuf) {
    let folder = PROJECT.join("target/clients").join(name);
    fs::create_dir_all(&folder).unwrap();
    let document = folder.join("openapi.json");
    fs::write(&document, up.get("/openapi.json").await.text).unwrap();
    (folder, document)
}

/// Fails unless the program ran a node, was refused another, and listed nodes and runs.
#[track_caller]
fn assert_called(printed: &str) {
    let came: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    assert_eq!(
        came,
        json!({
            "status": 200, "summary": "Found 李静.", "hint": "Did you mean dingtalk/get-user?",
            "writes": ["dingtalk/create-chat"], "runs": [200],
        })
    );
}

/// An `up` that has run nothing yet.
async fn up() -> (Up, tempfile::TempDir) {
    let data = super::serving::data();
    (Up::start_with(&[("PATCHBAY_DATA_DIR", data.path().to_str().unwrap())]).await, data)
}

#[tokio::test]
async fn openapi_typescript_makes_types_that_compile_and_call() {
    if !has(&[NODE, NPM]) {
        return;
    }
    let (up, _data) = up().await;
    let (folder, document) = folder_with_document(&up, "typescript").await;
    for file in ["package.json", "package-lock.json", "tsconfig.json", "call.ts"] {
        fs::copy(PROJECT.join("tests/clients/typescript").join(file), folder.join(file)).unwrap();
    }
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&folder);
        done(command)
    };
    if !is_installed(&folder) {
        run("npm", &["ci", "--no-audit", "--no-fund"]).await;
        fs::copy(folder.join("package-lock.json"), folder.join("node_modules/installed.json")).unwrap();
    }
    let bin = |name: &str| folder.join("node_modules/.bin").join(name).to_str().unwrap().to_owned();
    run(&bin("openapi-typescript"), &[document.to_str().unwrap(), "-o", "api.d.ts"]).await;
    run(&bin("tsc"), &[]).await;
    assert_called(&run("node", &["call.js", up.url("").as_str()]).await);
}

/// Whether the packages of this list are there.
fn is_installed(folder: &Path) -> bool {
    fs::read(folder.join("node_modules/installed.json")).ok() == fs::read(folder.join("package-lock.json")).ok()
}

#[tokio::test]
async fn openapi_python_client_makes_a_package_that_calls() {
    if !PYTHON.is_there() {
        return;
    }
    let (up, _data) = up().await;
    let (folder, document) = folder_with_document(&up, "openapi-python-client").await;
    let generate = ["-m", "openapi_python_client", "generate", "--overwrite", "--fail-on-warning", "--meta", "none"];
    let mut generator = PYTHON.command(generate);
    generator.arg("--path").arg(document).arg("--output-path").arg(folder.join("patchbay_client"));
    generator.env("PATH", path_of_python()).current_dir(&folder);
    done(generator).await;
    assert_called(&call("python_client.py", &folder, &up).await);
}

#[tokio::test]
async fn openapi_generator_makes_a_package_that_calls() {
    if !PYTHON.is_there() {
        return;
    }
    let (up, _data) = up().await;
    let (folder, document) = folder_with_document(&up, "openapi-generator").await;
    let mut generator =
        PYTHON.command(["-c", "from openapi_generator_cli import cli; cli()", "generate", "-g", "python"]);
    generator.arg("-i").arg(document).arg("-o").arg(&folder).env("PATH", path_of_python()).current_dir(&folder);
    done(generator).await;
    assert_called(&call("generator_client.py", &folder, &up).await);
}

/// Runs a program of the project with a generated package beside it.
async fn call(program: &str, packages: &Path, up: &Up) -> String {
    // `-E` leaves PYTHONPATH out.
    let start =
        "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_path(sys.argv.pop(1), run_name='__main__')";
    let mut python = PYTHON.command(["-c", start]);
    python.arg(packages).arg(PROJECT.join("tests/clients").join(program)).arg(up.url(""));
    done(python).await
}

/// Generators call the programs that were installed with them.
fn path_of_python() -> std::ffi::OsString {
    let programs = PYTHON.programs();
    let others = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&others))).unwrap()
}
