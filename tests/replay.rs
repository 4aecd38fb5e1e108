//! `patchbay test`: the fixtures of this repository, and what the command promises of any.

mod changing;
mod coverage;
mod matching;
mod mutations;
mod recording;
mod refusing;
mod reporting;
mod signing;
mod watching;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::environment::{NODES, PROJECT, patchbay, stderr};

/// The command with the project's nodes built.
fn patchbay_with_nodes() -> Command {
    let mut command = patchbay();
    command.env("PATCHBAY_NODES_DIR", &*NODES).env_remove("NO_COLOR");
    command
}

/// What came of `patchbay test`.
struct Tested {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Tested {
    fn of(output: &Output) -> Self {
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        Self { code: output.status.code(), stdout, stderr: stderr(output) }
    }

    #[track_caller]
    fn says(&self, phrases: &[&str]) {
        for phrase in phrases {
            assert!(self.stdout.contains(phrase), "`{phrase}` is not in: {}{}", self.stdout, self.stderr);
        }
    }

    #[track_caller]
    fn ends_with(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
    }
}

fn run(arguments: &[&str]) -> Tested {
    Tested::of(&patchbay_with_nodes().arg("test").args(arguments).output().unwrap())
}

/// A folder of fixtures of the provider `dingtalk`, made at test time.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    fn file(&self, case: &str) -> PathBuf {
        let (operation, name) = case.split_once('/').unwrap();
        self.0.path().join("dingtalk/fixtures").join(operation).join(name)
    }

    fn write(&self, case: &str, text: &str) -> PathBuf {
        let file = self.file(case);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    /// Takes a case of the repository's over, changed.
    fn copy(&self, case: &str, change: impl FnOnce(&mut Value)) {
        let mut fixture = original(case);
        change(&mut fixture);
        self.write(&format!("{case}.json"), &fixture.to_string());
    }

    fn test(&self) -> Tested {
        run(&[self.path()])
    }

    fn json(&self) -> Value {
        let tested = run(&[self.path(), "--json"]);
        serde_json::from_str(&tested.stdout).unwrap_or_else(|error| panic!("{error}: {}", tested.stderr))
    }
}

/// A case of the repository's.
fn original(case: &str) -> Value {
    let file = PROJECT.join("nodes/dingtalk/fixtures").join(format!("{case}.json"));
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// The names of the cases that failed.
fn failed(report: &Value) -> Vec<&str> {
    let cases = report["cases"].as_array().unwrap().iter();
    cases.filter(|case| case["passed"] == json!(false)).map(|case| case["case"].as_str().unwrap()).collect()
}

/// The repository's fixture files.
fn repository_files() -> Vec<PathBuf> {
    let folders = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    folders(&PROJECT.join("nodes/dingtalk/fixtures")).iter().flat_map(|operation| folders(operation)).collect()
}

#[test]
fn every_fixture_of_the_repository_passes() {
    let tested = run(&[]);
    tested.ends_with(0);
    let manifests = fs::read_dir(PROJECT.join("schemas/dingtalk")).unwrap();
    for manifest in manifests {
        let operation = manifest.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        let node = format!("dingtalk/{operation} ");
        let line = tested.stdout.lines().find(|line| line.starts_with(&node));
        let line = line.unwrap_or_else(|| panic!("there is no line for {operation}: {}", tested.stdout));
        assert!(line.ends_with(" passed"), "{line}");
        // Past the harness, which keeps what a test that passes prints with `println!` to itself.
        writeln!(std::io::stdout(), "{line}").unwrap();
    }
}

#[test]
fn every_fixture_of_the_repository_meets_the_schema_that_editors_use() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(PROJECT.join("schemas/fixture.json")).unwrap()).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    for file in repository_files() {
        let fixture: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let errors: Vec<String> = schema.iter_errors(&fixture).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        let named = file.parent().unwrap().join(fixture["$schema"].as_str().unwrap());
        assert_eq!(named.canonicalize().unwrap(), PROJECT.join("schemas/fixture.json"));
    }
}

/// For BENCHMARKS.md: `cargo test -p patchbay --test patchbay -- --ignored --nocapture a_thousand`.
#[test]
#[ignore = "a measurement"]
fn a_thousand_cases_take_two_seconds_at_most() {
    let folder = Folder::new();
    let files = repository_files();
    for number in 0..1000 {
        let file = &files[number % files.len()];
        let operation = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let case = format!("{operation}/{number}-{}", file.file_name().unwrap().to_str().unwrap());
        folder.write(&case, &fs::read_to_string(file).unwrap());
    }
    // Once, so that the components are compiled.
    folder.test().ends_with(0);
    let began = std::time::Instant::now();
    let tested = folder.test();
    let took = began.elapsed();
    tested.ends_with(0);
    println!("{}the whole command: {:.2} s", tested.stdout, took.as_secs_f64());
    assert!(tested.stdout.contains("1000 passed") && took.as_secs() < 2, "{took:?}");
}
