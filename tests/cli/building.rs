//! `build`. None of these tests compiles: the nodes are built once for all tests, and a project that has them by a link
//! finds them current.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::{assert_says, run, stdout};
use crate::environment::{NODES, PROJECT, patchbay, stderr};

/// A project with schema files of its own and the nodes of this one.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let link = |path: &str| std::os::unix::fs::symlink(PROJECT.join(path), folder.path().join(path)).unwrap();
        fs::create_dir_all(folder.path().join("schemas/dingtalk")).unwrap();
        link("nodes");
        link("schemas/node.wit");
        for path in ["schemas", "schemas/dingtalk"] {
            for file in files(&PROJECT.join(path), "json") {
                fs::copy(&file, folder.path().join(path).join(file.file_name().unwrap())).unwrap();
            }
        }
        Self(folder)
    }

    fn build(&self, arguments: &[&str]) -> Output {
        let mut command = patchbay();
        command.arg("build").args(arguments).current_dir(self.0.path()).env("PATCHBAY_NODES_DIR", &*NODES);
        command.output().unwrap()
    }

    fn file(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

#[test]
fn a_second_build_says_that_all_is_current() {
    let output = run(&["build", "--check"]);
    assert_eq!(stdout(&output), "");
    assert_eq!(stderr(&output), "all nodes are current\n");
}

#[test]
fn check_accepts_schemas_that_are_current() {
    let output = Project::new().build(&["--check"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn check_fails_on_a_stale_schema_and_leaves_it_as_it_is() {
    let project = Project::new();
    let file = project.file("schemas/dingtalk/get-user.json");
    fs::write(&file, "{}\n").unwrap();
    let output = project.build(&["--check"]);
    assert_eq!(output.status.code(), Some(2));
    assert_says(&stderr(&output), &["stale", "schemas/dingtalk/get-user.json", "run `patchbay build`"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "{}\n");
}

#[test]
fn check_fails_on_the_schema_of_a_node_that_is_gone() {
    let project = Project::new();
    let file = project.file("schemas/dingtalk/gone.json");
    fs::write(&file, "{}\n").unwrap();
    let output = project.build(&["--check"]);
    assert_eq!(output.status.code(), Some(2));
    assert_says(&stderr(&output), &["schemas/dingtalk/gone.json"]);
    assert!(file.exists());
}

#[test]
fn check_fails_on_a_stale_schema_of_the_public_contract() {
    let project = Project::new();
    fs::remove_file(project.file("schemas/envelope.json")).unwrap();
    let output = project.build(&["--check"]);
    assert_eq!(output.status.code(), Some(2));
    assert_says(&stderr(&output), &["schemas/envelope.json"]);
    assert!(!project.file("schemas/envelope.json").exists());
}

#[test]
fn build_rewrites_what_is_stale_and_removes_what_is_of_no_node() {
    let project = Project::new();
    let (stale, gone) = (project.file("schemas/dingtalk/get-user.json"), project.file("schemas/dingtalk/gone.json"));
    fs::write(&stale, "{}\n").unwrap();
    fs::write(&gone, "{}\n").unwrap();
    let output = project.build(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let expected = fs::read_to_string(PROJECT.join("schemas/dingtalk/get-user.json")).unwrap();
    assert_eq!(fs::read_to_string(&stale).unwrap(), expected);
    assert!(!gone.exists());
}

/// A provider in a folder of its own that has never been built, and the command that would build it.
fn build_of_a_new_provider() -> (TempDir, Command) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("weather");
    fs::create_dir_all(source.join("src/bin")).unwrap();
    fs::write(source.join("Cargo.toml"), "[package]\nname = \"weather\"\nedition = \"2024\"\n").unwrap();
    fs::write(source.join("src/bin/forecast.rs"), "fn main() {}\n").unwrap();
    let provider = "id = \"weather\"\ntitle = \"Weather\"\ndescription = \"\"\nhosts = [\"api.example.com\"]\n";
    fs::write(source.join("provider.toml"), provider).unwrap();
    let mut command = patchbay();
    command.arg("build").arg(&source).env("PATCHBAY_NODES_DIR", folder.path().join("built/nodes"));
    command.current_dir(folder.path()).env("PATH", folder.path());
    (folder, command)
}

#[test]
fn without_a_toolchain_both_recipes_are_told() {
    let (_folder, mut command) = build_of_a_new_provider();
    let output = command.env("PATCHBAY_GUEST_TOOLCHAIN", "rustup").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let expected = [
        "there is no compiler for wasm32-unknown-unknown",
        "rustup target add wasm32-unknown-unknown",
        "apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-19",
    ];
    assert_says(&stderr(&output), &expected);
}

#[test]
fn a_toolchain_that_is_none_of_the_two_is_refused() {
    let (_folder, mut command) = build_of_a_new_provider();
    let output = command.env("PATCHBAY_GUEST_TOOLCHAIN", "nightly").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_says(&stderr(&output), &["PATCHBAY_GUEST_TOOLCHAIN is `nightly`", "rustup or debian"]);
}

/// A provider with two packages beneath its folder, each with a binary; its workspace has these as its members.
fn build_of_two_packages(binaries: [&str; 2], members: &str) -> (TempDir, Output) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("weather");
    for (package, binary) in ["land", "sea"].iter().zip(binaries) {
        fs::create_dir_all(source.join(package).join("src/bin")).unwrap();
        let manifest = format!("[package]\nname = \"weather-{package}\"\nedition = \"2024\"\n");
        fs::write(source.join(package).join("Cargo.toml"), manifest).unwrap();
        fs::write(source.join(package).join(format!("src/bin/{binary}.rs")), "fn main() {}\n").unwrap();
    }
    fs::write(source.join("Cargo.toml"), format!("[workspace]\nresolver = \"3\"\nmembers = {members}\n")).unwrap();
    let provider = "id = \"weather\"\ntitle = \"Weather\"\ndescription = \"\"\nhosts = [\"api.example.com\"]\n";
    fs::write(source.join("provider.toml"), provider).unwrap();
    let built = folder.path().join("built");
    let output = patchbay().arg("build").arg(&source).env("PATCHBAY_NODES_DIR", built).output().unwrap();
    (folder, output)
}

#[test]
fn an_operation_that_two_packages_have_is_refused_and_both_are_named() {
    let (_folder, output) = build_of_two_packages(["forecast", "forecast"], "[\"land\", \"sea\"]");
    assert_eq!(output.status.code(), Some(2));
    assert_says(&stderr(&output), &["weather/forecast is in two packages", "weather/land", "weather/sea"]);
}

#[test]
fn a_package_that_its_workspace_leaves_out_is_named() {
    let (_folder, output) = build_of_two_packages(["forecast", "tide"], "[\"land\"]");
    assert_eq!(output.status.code(), Some(2));
    assert_says(&stderr(&output), &["weather/sea", "not a member of its workspace"]);
}

#[test]
fn an_operation_is_named_as_a_node_is() {
    let (_folder, output) = build_of_two_packages(["forecast", "high_tide"], "[\"land\", \"sea\"]");
    assert_eq!(output.status.code(), Some(2));
    assert_says(&stderr(&output), &["weather/sea", "high_tide", "words joined by single hyphens"]);
}

#[test]
fn a_folder_without_a_provider_is_refused_with_what_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let output = patchbay()
        .arg("build")
        .arg(folder.path())
        .env("PATCHBAY_NODES_DIR", folder.path().join("nodes"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_says(&stderr(&output), &["has no provider", "a folder with a provider.toml"]);
}

#[test]
fn outside_a_project_a_folder_must_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = patchbay().arg("build").current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_says(&stderr(&output), &["patchbay build PATH"]);
}
