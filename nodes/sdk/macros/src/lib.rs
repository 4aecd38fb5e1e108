//! The attributes of `patchbay-node`. Each puts derives and serde settings in front of the item and leaves the item as it
//! is. Use them through `patchbay_node`, which documents them again.

mod manifest;
mod shape;

use proc_macro::TokenStream;
use quote::quote;

/// Declares a node's inputs: the struct is read from JSON with names in `PascalCase`, and nothing undeclared is accepted.
#[proc_macro_attribute]
pub fn inputs(_: TokenStream, item: TokenStream) -> TokenStream {
    read_from_user(item)
}

/// Declares a node's options: as [`macro@inputs`], with every field an `Option`.
#[proc_macro_attribute]
pub fn options(_: TokenStream, item: TokenStream) -> TokenStream {
    read_from_user(item)
}

/// Declares a node's outputs: the struct is written as JSON with names in `PascalCase`.
#[proc_macro_attribute]
pub fn outputs(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    quote! {
        #[derive(
            ::core::fmt::Debug,
            ::patchbay_node::serde::Serialize,
            ::patchbay_node::schemars::JsonSchema,
        )]
        #[serde(crate = "::patchbay_node::serde", rename_all = "PascalCase")]
        #[schemars(crate = "::patchbay_node::schemars")]
        #item
    }
    .into()
}

/// Declares an enum whose unit variants are what a user may choose from, written in lower case: `Markdown` is `"markdown"`.
#[proc_macro_attribute]
pub fn choice(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    quote! {
        #[derive(
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::fmt::Debug,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
            ::patchbay_node::serde::Deserialize,
            ::patchbay_node::serde::Serialize,
            ::patchbay_node::schemars::JsonSchema,
        )]
        #[serde(crate = "::patchbay_node::serde", rename_all = "lowercase")]
        #[schemars(crate = "::patchbay_node::schemars")]
        #item
    }
    .into()
}

/// Declares the shape of a service's answer, for `Answer`. The fields are named as the service names them; a
/// `#[serde(rename_all = "camelCase")]` below the attribute applies. No value of the struct is ever made.
///
/// A field is text, a number, a boolean, a `Vec`, another such struct, or JSON of any kind.
#[proc_macro_attribute]
pub fn answer(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    let shape = shape::of(item.clone()).unwrap_or_else(syn::Error::into_compile_error);
    quote! {
        #[derive(::patchbay_node::schemars::JsonSchema)]
        #[schemars(crate = "::patchbay_node::schemars")]
        #[allow(dead_code, reason = "declares a shape; the values stay JSON")]
        #item

        #shape
    }
    .into()
}

/// The manifest that `patchbay build` has made of the node with this id, as `Some(text)`; `None` in any other build, where
/// the node makes it itself. `node!` expands to it.
#[doc(hidden)]
#[proc_macro]
pub fn built_manifest(id: TokenStream) -> TokenStream {
    let id = syn::parse_macro_input!(id as syn::LitStr);
    manifest::built(&id).into()
}

fn read_from_user(item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    quote! {
        #[derive(
            ::core::fmt::Debug,
            ::patchbay_node::serde::Deserialize,
            ::patchbay_node::schemars::JsonSchema,
        )]
        #[serde(crate = "::patchbay_node::serde", rename_all = "PascalCase", deny_unknown_fields)]
        #[schemars(crate = "::patchbay_node::schemars")]
        #item
    }
    .into()
}
