//! `patchbay test`: the fixtures of this repository, and what the command promises of any.

mod changing;
mod coverage;
mod form;
mod matching;
mod mutations;
mod recording;
mod refusing;
mod reporting;
mod sharing;
mod signing;
mod watching;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Map, Value, json};
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
struct Folder {
    folder: TempDir,
    /// The copied cases, by operation.
    copied: RefCell<BTreeMap<String, Map<String, Value>>>,
}

impl Folder {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), copied: RefCell::default() }
    }

    fn path(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("dingtalk/fixtures").join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.file(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    /// Takes a case of the repository's over, changed. It stands there in full, so that its file has no base to speak of.
    fn copy(&self, operation: &str, case: &str, change: impl FnOnce(&mut Value)) {
        let mut full = original(operation, case);
        change(&mut full);
        let mut copied = self.copied.borrow_mut();
        let cases = copied.entry(operation.to_owned()).or_default();
        cases.insert(copied_name(case).to_owned(), in_a_file(full));
        self.write(&format!("{operation}.yaml"), &json!({ "base": {}, "cases": cases }).to_string());
    }

    /// Runs the copied cases; the base of all, when none was copied.
    fn test_with(&self, arguments: &[&str]) -> Tested {
        let copied = self.copied.borrow();
        let names = copied.values().flat_map(|cases| cases.keys()).map(String::as_str);
        run(&[self.path()].into_iter().chain(names).chain(arguments.iter().copied()).collect::<Vec<_>>())
    }

    fn test(&self) -> Tested {
        self.test_with(&[])
    }

    fn json(&self) -> Value {
        let tested = self.test_with(&["--json"]);
        serde_json::from_str(&tested.stdout).unwrap_or_else(|error| panic!("{error}: {}", tested.stderr))
    }
}

/// `base` is the name of a file's own base.
fn copied_name(case: &str) -> &str {
    if case == "base" { "as the base" } else { case }
}

/// A case in full as it stands among the cases of a file.
fn in_a_file(full: Value) -> Value {
    let Value::Object(mut members) = full else { panic!("a case is an object") };
    ["node", "case", "file", "line"].iter().for_each(|place| drop(members.shift_remove(*place)));
    let envelope = members.shift_remove("envelope").unwrap();
    let end = if envelope["StatusCode"] == json!(200) { "gives" } else { "fails" };
    members.insert(end.to_owned(), envelope);
    members.into()
}

/// A case of the repository's, in full.
fn original(operation: &str, case: &str) -> Value {
    let tested = run(&["--show", "--json", operation, case]);
    let cases: Value = serde_json::from_str(&tested.stdout).unwrap_or_else(|_| panic!("{}", tested.stderr));
    cases[0].clone()
}

/// The names of the cases that failed.
fn failed(report: &Value) -> Vec<&str> {
    let cases = report["cases"].as_array().unwrap().iter();
    cases.filter(|case| case["passed"] == json!(false)).map(|case| case["case"].as_str().unwrap()).collect()
}

/// The repository's fixture files.
fn repository_files() -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![PROJECT.join("nodes/dingtalk")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if folder.ends_with("fixtures") {
                files.push(path);
            }
        }
    }
    files
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
        let text = fs::read_to_string(&file).unwrap();
        let fixture = patchbay_replay::value_of(&file).unwrap();
        let errors: Vec<String> = schema.iter_errors(&fixture).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        let named = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=");
        let named = file.parent().unwrap().join(named.unwrap_or_else(|| panic!("{} names no schema", file.display())));
        assert_eq!(named.canonicalize().unwrap(), PROJECT.join("schemas/fixture.json"));
    }
}

/// For BENCHMARKS.md: `cargo test -p patchbay --test patchbay -- --ignored --nocapture all_cases_take`.
#[test]
#[ignore = "a measurement"]
fn all_cases_take_less_than_a_second() {
    // Once, so that the components are compiled.
    run(&[]).ends_with(0);
    let began = std::time::Instant::now();
    let tested = run(&[]);
    let took = began.elapsed();
    tested.ends_with(0);
    println!("{}the whole command: {:.2} s", tested.stdout, took.as_secs_f64());
    assert!(took.as_millis() < 1000, "{took:?}");
}
