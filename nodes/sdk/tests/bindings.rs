//! The bindings are checked in, because generating them takes a compiler of interfaces, which takes longer to compile than
//! all nodes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator as _};
use wit_bindgen_rust::Opts;

/// Set it to have the file written.
const WRITE: &str = "PATCHBAY_WRITE_BINDINGS";

fn generated() -> String {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/node.wit")).unwrap();
    let world = resolve.select_world(&[package], Some("node")).unwrap();
    let options = Opts {
        format: true,
        pub_export_macro: true,
        default_bindings_module: Some("::patchbay_node::bindings".to_owned()),
        additional_derive_attributes: vec!["PartialEq".to_owned()],
        ..Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files).unwrap();
    let (_, text) = files.iter().next().unwrap();
    String::from_utf8(text.to_vec()).unwrap()
}

#[test]
fn the_bindings_are_those_of_the_boundary() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bindings.rs");
    let generated = generated();
    if std::env::var_os(WRITE).is_some() {
        fs::write(&file, &generated).unwrap();
    }
    let is_current = fs::read_to_string(&file).unwrap() == generated;
    assert!(is_current, "src/bindings.rs is stale: {WRITE}=1 cargo test -p patchbay-node --test bindings");
}
