//! The rooms of the code: modules of a crate do not import each other in a circle. Crates can not: cargo refuses that.
//! Crates in [`WITH_CIRCLES`] still have some; the test fails when one of them has none any more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::environment::PROJECT;

/// The modules of a crate, and what each of them imports of the others.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// Crates whose modules still import each other in a circle.
const WITH_CIRCLES: [&str; 5] = ["host", "host/build", "host/replay", "host/tenant", "nodes/sdk"];

/// The folders of code: of the native crates, and of what nodes share.
fn sources() -> Vec<PathBuf> {
    let host = fs::read_dir(PROJECT.join("host")).unwrap().map(|entry| entry.unwrap().path());
    let folders = host.chain([PROJECT.join("host"), PROJECT.join("runtime"), PROJECT.join("nodes/sdk")]);
    folders.map(|folder| folder.join("src")).filter(|folder| folder.is_dir() && !folder.ends_with("src/src")).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The code of a file: without comments, and without its tests, which may look at everything.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The names that stand in code directly behind `crate::`, also in braces.
fn imported(code: &str, prefix: &str) -> BTreeSet<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with("::") {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0_usize;
                let mut begins = true;
                for (index, letter) in group.char_indices() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => begins = true,
                        _ if begins && letter.is_alphanumeric() => {
                            names.insert(name(&group[index..]));
                            begins = false;
                        }
                        _ => {}
                    }
                }
            }
            None => {
                names.insert(name(rest));
            }
        }
    }
    names
}

fn imports(source: &Path) -> Imports {
    let mut imports = Imports::new();
    for file in files(source) {
        let path = file.strip_prefix(source).unwrap().with_extension("");
        let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let is_rust = file.extension().is_some_and(|extension| extension == "rs");
        if !is_rust || ["lib", "main"].contains(&parts[0].as_str()) || parts.last().is_some_and(|part| part == "tests")
        {
            continue;
        }
        let code = code(&fs::read_to_string(&file).unwrap());
        let names = imported(&code, "crate::").into_iter().chain(imported(&code, &"super::".repeat(parts.len())));
        imports.entry(parts[0].clone()).or_default().extend(names);
    }
    let modules: BTreeSet<String> = imports.keys().cloned().collect();
    for (module, names) in &mut imports {
        names.retain(|name| modules.contains(name) && name != module);
    }
    imports
}

/// What a module imports, directly or by what it imports.
fn reached<'i>(imports: &'i Imports, from: &str) -> BTreeSet<&'i str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = imports.get(from).into_iter().flatten().map(String::as_str).collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(imports.get(module).into_iter().flatten().map(String::as_str));
        }
    }
    reached
}

#[test]
fn modules_do_not_import_each_other_in_a_circle() {
    let mut circles = Vec::new();
    for source in sources() {
        let imports = imports(&source);
        assert!(!imports.is_empty(), "{}", source.display());
        let of_circle = |module: &&String| reached(&imports, module).contains(module.as_str());
        let circle: Vec<String> = imports.keys().filter(of_circle).cloned().collect();
        let of_crate = source.parent().unwrap().strip_prefix(&*PROJECT).unwrap().to_owned();
        if WITH_CIRCLES.iter().any(|name| *name == of_crate.to_str().unwrap()) {
            assert!(!circle.is_empty(), "{} has no circle any more: take it from the list", of_crate.display());
        } else if !circle.is_empty() {
            circles.push(format!("{}: {}", source.display(), circle.join(", ")));
        }
    }
    assert!(circles.is_empty(), "modules import each other in a circle:\n{}", circles.join("\n"));
}

#[test]
fn a_circle_would_be_found() {
    let code = code("use crate::{a, b::{c, d}, e};\nuse super::f; // crate::g\nlet x = crate::h::new();\n");
    let names: Vec<String> = imported(&code, "crate::").into_iter().collect();
    assert_eq!(names, ["a", "b", "e", "h"]);
    assert_eq!(imported(&code, "super::").into_iter().collect::<Vec<_>>(), ["f"]);
    let circle = Imports::from([
        ("a".to_owned(), BTreeSet::from(["b".to_owned()])),
        ("b".to_owned(), BTreeSet::from(["c".to_owned()])),
        ("c".to_owned(), BTreeSet::from(["a".to_owned()])),
    ]);
    assert!(reached(&circle, "a").contains("a"));
}
