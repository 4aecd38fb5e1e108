//! Components that no build makes: written as WebAssembly text, for what the SDK keeps a node from doing.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;
use wit_component::{ComponentEncoder, StringEncoding};

use super::PROJECT;

/// A folder of nodes of the provider `hostile`, made at test time.
pub struct NodesFolder(TempDir);

impl NodesFolder {
    /// Without nodes so far.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("hostile")).unwrap();
        fs::copy(PROJECT.join("tests/hostile/provider.toml"), folder.path().join("hostile/provider.toml")).unwrap();
        Self(folder)
    }

    /// Adds a node.
    pub fn with(self, operation: &str, component: impl AsRef<[u8]>) -> Self {
        fs::write(self.0.path().join(format!("hostile/{operation}.wasm")), component).unwrap();
        self
    }

    /// Changes the text of its `provider.toml`.
    pub fn with_provider(self, change: impl FnOnce(String) -> String) -> Self {
        let file = self.0.path().join("hostile/provider.toml");
        fs::write(&file, change(fs::read_to_string(&file).unwrap())).unwrap();
        self
    }

    pub fn path(&self) -> &std::path::Path {
        self.0.path()
    }
}

/// A component of the text of a core module that implements `schemas/node.wit`.
pub fn component(core_module: &str) -> Vec<u8> {
    component_of("schemas/node.wit", core_module)
}

/// A component of the text of a core module that implements the interface of that file.
pub fn component_of(interface_file: &str, core_module: &str) -> Vec<u8> {
    let mut module = wat::parse_str(core_module).unwrap();
    let mut interface = wit_parser::Resolve::default();
    let package = interface.push_file(PROJECT.join(interface_file)).unwrap();
    let world = interface.select_world(&[package], Some("node")).unwrap();
    wit_component::embed_component_metadata(&mut module, &interface, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

/// A core module of `definitions`, `manifest` and `run`, the bodies of the two exports. Its memory is zero up to 1024;
/// `$text` is where the manifest of a node without inputs and outputs lies, and `(call $manifest)` gives it.
pub fn core_module(operation: &str, definitions: &str, manifest: &str, run: &str) -> String {
    let nothing = r#"{"type":"object","properties":{}}"#;
    let text = format!(
        r#"{{"id":"{operation}","title":"","resource":"","description":"","effect":"read","idempotent":true,"inputs":{nothing},"options":{nothing},"outputs":{nothing}}}"#
    );
    core_module_of(&text, 2, definitions, manifest, run)
}

/// A node of inputs and outputs of those schemas; its memory has so many pages.
pub fn core_module_with(
    operation: &str,
    (inputs, outputs): (&Value, &Value),
    pages: u32,
    definitions: &str,
    run: &str,
) -> String {
    let manifest = json!({
        "id": operation, "title": "", "resource": "", "description": "", "effect": "read", "idempotent": true,
        "inputs": inputs, "options": { "type": "object", "properties": {} }, "outputs": outputs,
    });
    core_module_of(&manifest.to_string(), pages, definitions, MANIFEST, run)
}

/// The manifest lies below the second page.
fn core_module_of(text: &str, pages: u32, definitions: &str, manifest: &str, run: &str) -> String {
    assert!(text.len() < 60_000, "a manifest of {} bytes", text.len());
    let (length, data) = (text.len(), text.replace('\\', "\\5c").replace('"', "\\22"));
    format!(
        r#"(module
            {definitions}
            (memory (export "memory") {pages})
            (data (i32.const 1024) "{data}")
            (func $manifest (result i32)
                (i32.store (i32.const 8) (i32.const 1024))
                (i32.store (i32.const 12) (i32.const {length}))
                (i32.const 8))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
            (func (export "manifest") (result i32) {manifest})
            (func (export "run") (param i32 i32 i32 i32) (result i32) {run}))"#
    )
}

/// The body of an export that is not to be called.
pub const UNREACHABLE: &str = "unreachable";

/// The body of a `manifest` that tells the truth.
pub const MANIFEST: &str = "(call $manifest)";
