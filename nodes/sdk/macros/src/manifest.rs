//! The manifest that `patchbay build` made beforehand.

use std::{env, path::Path};

use proc_macro2::TokenStream;
use quote::quote;

/// The folder of the manifests that have been made: `<package>/<operation>.json`.
const FOLDER: &str = "PATCHBAY_MANIFESTS";

pub(crate) fn built() -> TokenStream {
    // Says to cargo that another folder, or none, makes another node.
    let depends = quote!(
        const _: ::core::option::Option<&str> = ::core::option_env!(#FOLDER);
    );
    let (Ok(folder), Ok(package), Ok(operation)) =
        (env::var(FOLDER), env::var("CARGO_PKG_NAME"), env::var("CARGO_BIN_NAME"))
    else {
        return quote!({ #depends ::core::option::Option::<&'static str>::None });
    };
    let file = Path::new(&folder).join(package).join(format!("{operation}.json"));
    match file.to_str() {
        Some(file) => quote!({ #depends ::core::option::Option::Some(::core::include_str!(#file)) }),
        None => syn::Error::new(proc_macro2::Span::call_site(), format!("{FOLDER} is not UTF-8")).into_compile_error(),
    }
}
