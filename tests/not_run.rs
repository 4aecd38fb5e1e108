//! Not a test: the last lines of `cargo test`. Names the tests that could not be run on this machine, each with what is
//! missing. It stands in a package of its own whose name is the last in the order in which cargo runs tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn main() {
    // Written by `tests/environment/needs.rs`; the test binaries of one `cargo test` have it as their parent.
    let parent = std::os::unix::process::parent_id().to_string();
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tests/not-run").join(parent);
    let Ok(text) = fs::read_to_string(&list) else { return };
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (reason, test) in text.lines().filter_map(|line| line.split_once('\t')) {
        by_reason.entry(reason).or_default().push(test);
    }
    let count: usize = by_reason.values().map(Vec::len).sum();
    println!("\n{count} tests could not be run here:");
    for (reason, tests) in by_reason {
        println!("  {reason}: {}", tests.join(", "));
    }
    if let Err(error) = fs::remove_file(&list) {
        eprintln!("{} can not be removed: {error}", list.display());
    }
}
