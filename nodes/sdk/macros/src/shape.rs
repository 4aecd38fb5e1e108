//! The shape of a service's answer as a constant, read off the struct that declares it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Error, Fields, LitStr, Result, ext::IdentExt};

/// An implementation of `Shaped` for the struct.
pub(crate) fn of(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    let Data::Struct(data) = &item.data else { return Err(Error::new_spanned(&item, "an answer is a struct")) };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(&item, "an answer's fields have names"));
    };
    let renaming = serde_setting(&item.attrs, "rename_all")?.map(|name| Renaming::named(&name)).transpose()?;
    let mut members = Vec::new();
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        let name = match (serde_setting(&field.attrs, "rename")?, renaming) {
            (Some(name), _) => name.value(),
            (None, Some(renaming)) => renaming.apply(&ident.unraw().to_string()),
            (None, None) => ident.unraw().to_string(),
        };
        let kind = &field.ty;
        members.push(quote!((#name, &<#kind as ::patchbay_node::Shaped>::SHAPE)));
    }
    let name = &item.ident;
    let mut generics = item.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(syn::parse_quote!(::patchbay_node::Shaped));
    }
    let (parameters, arguments, conditions) = generics.split_for_impl();
    Ok(quote! {
        impl #parameters ::patchbay_node::Shaped for #name #arguments #conditions {
            const SHAPE: ::patchbay_node::Shape = ::patchbay_node::Shape::Object(&[#(#members),*]);
        }
    })
}

/// A case that fields written in `snake_case` get by `rename_all`.
#[derive(Clone, Copy)]
enum Renaming {
    Camel,
    Pascal,
}

impl Renaming {
    fn named(name: &LitStr) -> Result<Self> {
        match name.value().as_str() {
            "camelCase" => Ok(Self::Camel),
            "PascalCase" => Ok(Self::Pascal),
            _ => Err(Error::new_spanned(name, "an answer's fields are renamed to camelCase or PascalCase")),
        }
    }

    fn apply(self, field: &str) -> String {
        let mut name = String::new();
        let mut raise = matches!(self, Self::Pascal);
        for character in field.chars() {
            match character {
                '_' => raise = true,
                _ if raise => {
                    name.extend(character.to_uppercase());
                    raise = false;
                }
                _ => name.push(character),
            }
        }
        name
    }
}

/// The text of `#[serde(name = "text")]`.
fn serde_setting(attributes: &[Attribute], name: &str) -> Result<Option<LitStr>> {
    let mut setting = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute.parse_nested_meta(|meta| {
            let value = meta.value()?.parse()?;
            if meta.path.is_ident(name) {
                setting = Some(value);
            }
            Ok(())
        })?;
    }
    Ok(setting)
}
