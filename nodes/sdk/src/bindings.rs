//! The boundary as `schemas/node.wit` draws it, generated. Everything else in this crate is written around it.
#![allow(missing_docs, reason = "documented in schemas/node.wit")]
#![allow(unused_qualifications, reason = "generated code qualifies every name")]

wit_bindgen::generate!({
    world: "node",
    path: "../../schemas/node.wit",
    pub_export_macro: true,
    default_bindings_module: "::patchbay_node::bindings",
    additional_derives: [PartialEq],
});
