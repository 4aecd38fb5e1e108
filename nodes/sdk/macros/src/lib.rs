//! The attributes of `patchbay-node`. Use them through `patchbay_node`, which documents them again.
#![deny(missing_docs)]

mod answer;
mod fields;
mod given;
mod manifest;

use proc_macro::TokenStream;
use quote::quote;

/// Declares a node's inputs: the struct is read from JSON with names in `PascalCase`, and nothing undeclared is accepted.
///
/// A field under `#[part]` is a struct under [`macro@part`], whose fields stand before the struct's own.
#[proc_macro_attribute]
pub fn inputs(arguments: TokenStream, item: TokenStream) -> TokenStream {
    given::expand(arguments.into(), item.into(), given::Place::Inputs)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Declares a node's options: as [`macro@inputs`], for what may be left out.
///
/// `#[options(sent_as = "camelCase")]` makes the struct also what the service is sent: with its names in that case, and
/// without the options that are not set.
#[proc_macro_attribute]
pub fn options(arguments: TokenStream, item: TokenStream) -> TokenStream {
    given::expand(arguments.into(), item.into(), given::Place::Options)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Declares what several nodes take alike: a struct that is a `#[part]` of their inputs.
#[proc_macro_attribute]
pub fn part(arguments: TokenStream, item: TokenStream) -> TokenStream {
    given::expand(arguments.into(), item.into(), given::Place::Part)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
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

/// Declares an enum whose unit variants are what a user may choose from, written in lower case: `Markdown` is `"markdown"`,
/// also where it is displayed.
#[proc_macro_attribute]
pub fn choice(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = syn::parse_macro_input!(item as syn::DeriveInput);
    let name = &item.ident;
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

        impl ::core::fmt::Display for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::patchbay_node::serde::Serialize::serialize(self, f)
            }
        }
    }
    .into()
}

/// Declares what a service answers. The fields are named as the service names them; a
/// `#[serde(rename_all = "camelCase")]` below the attribute applies.
///
/// The struct holds the service's object as it came, with the declared members in their types (see `Answer`). For each
/// field `name` it gets a reader `name()`, which gives the member where it is there, and `with_name(value)`.
///
/// `#[promised]` on a field says that there is no success without this member: text that is not blank, a flag that is
/// true, anything else as long as it is there. Its reader gives the value itself. `#[promised(unless_empty)]` takes an
/// HTTP 204 for as good as the member, where the status alone proves that it was done. A promise is asked of the answer to a
/// call, not of items in its lists.
///
/// A field is text, a number, a boolean, a `Vec`, another such struct, or JSON of any kind.
#[proc_macro_attribute]
pub fn answer(_: TokenStream, item: TokenStream) -> TokenStream {
    answer::expand(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// The manifest that `patchbay build` has made of the binary that is being compiled, as `Some(text)`; `None` in any other
/// build, where the node makes it itself. `node!` expands to it.
#[doc(hidden)]
#[proc_macro]
pub fn built_manifest(_: TokenStream) -> TokenStream {
    manifest::built().into()
}
