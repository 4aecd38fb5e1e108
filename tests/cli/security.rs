//! What SECURITY.md says of limits is what the program has.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::environment::{PROJECT, patchbay, stdout_json};

fn document() -> String {
    fs::read_to_string(PROJECT.join("SECURITY.md")).unwrap()
}

/// The cells of all rows of a section's table.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let document = document();
    let (_, section) = document.split_once(heading).unwrap_or_else(|| panic!("there is no section {heading}"));
    let section = section.split("\n## ").next().unwrap();
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    // Without the headings and the line below them.
    section.lines().filter(|line| line.starts_with('|')).skip(2).map(cells).collect()
}

fn code(cell: &str) -> &str {
    cell.split('`').nth(1).unwrap_or_else(|| panic!("{cell} names nothing"))
}

#[test]
fn the_limits_that_can_be_set_are_all_there_with_their_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let mut show = patchbay();
    show.args(["config", "show", "--json"]).current_dir(folder.path());
    let settings = stdout_json(&show.output().unwrap());
    let mut told = BTreeSet::new();
    for row in rows("## Limits that can be set") {
        let setting = code(&row[2]);
        let default = match &settings[setting]["value"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        // A minute is written as it is set.
        let default = if default == "1m" { "60s".to_owned() } else { default };
        assert_eq!(row[1], default, "{setting}");
        told.insert(setting.to_owned());
    }
    let limits = settings.as_object().unwrap().keys().filter(|key| key.starts_with("limits."));
    let untold: Vec<&String> = limits.filter(|key| !told.contains(*key)).collect();
    assert!(untold.is_empty(), "SECURITY.md does not tell of {untold:?}");
}

#[test]
fn the_limits_that_are_fixed_are_those_of_the_code() {
    for row in rows("## Limits that are fixed") {
        let (constant, file) = (code(&row[2]), row[2].rsplit(' ').next().unwrap());
        let source = fs::read_to_string(PROJECT.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let declared = source.lines().find_map(|line| {
            let (name, value) = line.trim_start().split_once("const ")?.1.split_once(':')?;
            (name == constant).then(|| value.split_once("= ").map(|(_, value)| value.trim_end_matches(';').to_owned()))
        });
        assert_eq!(declared.flatten().as_deref(), Some(code(&row[1])), "{constant} in {file}");
    }
}

#[test]
fn the_tests_that_show_a_promise_exist() {
    for row in rows("## Promises") {
        for file in row[2].split('`').skip(1).step_by(2) {
            assert!(PROJECT.join(file).is_file(), "there is no {file}");
        }
    }
}
