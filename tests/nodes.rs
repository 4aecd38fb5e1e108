//! The unit tests of the SDK and of the nodes, each by its name. They are another workspace's, compiled as `patchbay build`
//! compiles nodes for this machine, so that the two share what they can.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};
use patchbay_build::{Progress, Step, Toolchain};
use serde::Deserialize;

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// A program that runs tests.
#[derive(Clone)]
struct Program {
    /// The crate whose tests it has.
    of: String,
    file: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // None of them has a long form, which is what is ignored elsewhere.
    let trials = if arguments.ignored { Vec::new() } else { trials().unwrap_or_else(|error| vec![broken(&error)]) };
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The failed test in place of those that can not be run.
fn broken(error: &dyn std::fmt::Display) -> Trial {
    let error = error.to_string();
    Trial::test("the_tests_of_the_nodes_compile", move || Err(error.into()))
}

fn trials() -> Result<Vec<Trial>> {
    let cargo = Cargo::find()?;
    let mut trials = Vec::new();
    for program in cargo.programs()? {
        let listed = finished(Command::new(&program.file).args(["--list", "--format", "terse"]))?;
        for name in String::from_utf8(listed.stdout)?.lines().filter_map(|line| line.strip_suffix(": test")) {
            let (program, test) = (program.clone(), name.to_owned());
            trials.push(Trial::test(format!("{}::{name}", program.of), move || program.run(&test)));
        }
    }
    trials.push(Trial::test("the_examples_in_the_documentation_of_the_sdk", move || {
        finished(cargo.test().args(["--doc", "--package", "patchbay-node"])).map(|_| ()).map_err(failed)
    }));
    Ok(trials)
}

fn failed(error: Box<dyn std::error::Error>) -> Failed {
    error.to_string().into()
}

impl Program {
    fn run(&self, test: &str) -> Result<(), Failed> {
        let mut program = Command::new(&self.file);
        finished(program.args([test, "--exact", "--include-ignored", "--nocapture"])).map(|_| ()).map_err(failed)
    }
}

/// Cargo for the nodes.
struct Cargo {
    toolchain: Toolchain,
    native: String,
}

impl Cargo {
    fn find() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let toolchain = Toolchain::find(&Silent).await?;
            let native = toolchain.native_target().await?;
            Ok(Self { toolchain, native })
        })
    }

    fn test(&self) -> Command {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut cargo = self.toolchain.native_cargo("test", &self.native).into_std();
        cargo.current_dir(project.join("nodes")).env("CARGO_TARGET_DIR", project.join("target/guest"));
        cargo.arg("--locked");
        cargo
    }

    /// Of all libraries, and of the nodes that have tests: a program for each of the others would have nothing to run.
    fn programs(&self) -> Result<Vec<Program>> {
        let nodes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../nodes");
        let mut cargo = self.test();
        cargo.args(["--no-run", "--message-format", "json-render-diagnostics", "--workspace", "--lib", "--test", "*"]);
        for node in with_tests(&nodes)? {
            cargo.args(["--bin", &node]);
        }
        let mut programs = Vec::new();
        for line in String::from_utf8(finished(&mut cargo)?.stdout)?.lines() {
            if let Ok(Message::CompilerArtifact { target, executable: Some(file) }) = serde_json::from_str(line) {
                programs.push(Program { of: target.name.replace('-', "_"), file });
            }
        }
        Ok(programs)
    }
}

/// The names of nodes whose source has a test.
fn with_tests(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if folder.ends_with("src/bin") && std::fs::read_to_string(&path)?.contains("#[test]") {
                found.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
            }
        }
    }
    Ok(found)
}

/// A line that cargo prints with `--message-format=json`.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact {
        target: Target,
        executable: Option<PathBuf>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// What a command that must succeed printed.
fn finished(command: &mut Command) -> Result<Output> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(output);
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Err(format!("{}{}", text(&output.stdout), text(&output.stderr)).into())
}

/// Tells nobody how far it is.
struct Silent;

impl Progress for Silent {
    fn reached(&self, _: Step<'_>) {}
}
