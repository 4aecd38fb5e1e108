//! What a node is given: how its inputs and options are read.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{DeriveInput, Field, Ident, LitStr, Result, Type, parse_quote};

use crate::fields;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Inputs,
    Options,
    /// Beside others, in the inputs.
    Part,
}

impl ToTokens for Place {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Inputs | Self::Part => quote!(::patchbay_node::Place::Inputs),
            Self::Options => quote!(::patchbay_node::Place::Options),
        });
    }
}

pub(crate) fn expand(arguments: TokenStream, item: TokenStream, place: Place) -> Result<TokenStream> {
    let sent_as = fields::argument(arguments, "sent_as")?;
    let mut item: DeriveInput = syn::parse2(item)?;
    let fields = fields::named(&mut item)?;
    if sent_as.is_some() {
        fields.named.iter_mut().filter(|field| is_option(&field.ty)).for_each(leave_out_when_unset);
    }
    let mut parts = Vec::new();
    let mut own = fields.named.clone();
    own.clear();
    for field in &mut fields.named {
        match fields::take(&mut field.attrs, "part") {
            Some(_) => parts.push(field.clone()),
            None => own.push(field.clone()),
        }
    }
    if parts.is_empty() {
        whole(item, place, sent_as)
    } else {
        of_parts(item, &parts, own.into_iter().collect(), place)
    }
}

/// A struct that is read as it is declared. From bytes, as a service's answers are: a second reader, of text, would make each
/// component a fifth larger.
fn whole(item: DeriveInput, place: Place, sent_as: Option<LitStr>) -> Result<TokenStream> {
    let name = &item.ident;
    let (derives, renamed) = match sent_as {
        Some(case) => (
            quote!(::patchbay_node::serde::Serialize,),
            quote!(rename_all(deserialize = "PascalCase", serialize = #case)),
        ),
        None => (quote!(), quote!(rename_all = "PascalCase")),
    };
    // A part reads the same object as its neighbours.
    let closed = if place == Place::Part { quote!() } else { quote!(deny_unknown_fields) };
    Ok(quote! {
        #[derive(
            ::core::fmt::Debug,
            ::patchbay_node::serde::Deserialize,
            #derives
            ::patchbay_node::schemars::JsonSchema,
        )]
        #[serde(crate = "::patchbay_node::serde", #renamed, #closed)]
        #[schemars(crate = "::patchbay_node::schemars")]
        #item

        impl ::patchbay_node::Given for #name {
            const PLACE: ::patchbay_node::Place = #place;

            fn read(text: &str) -> ::patchbay_node::serde_json::Result<Self> {
                ::patchbay_node::serde_json::from_slice(text.as_bytes())
            }

            fn schema(generator: &mut ::patchbay_node::schemars::SchemaGenerator) -> ::patchbay_node::schemars::Schema {
                <Self as ::patchbay_node::schemars::JsonSchema>::json_schema(generator)
            }
        }
    })
}

/// A struct some of whose fields are structs that stand beside its own. Each reads the text and takes what it declares; that
/// there is nothing else has the host made sure.
fn of_parts(item: DeriveInput, parts: &[Field], own: Vec<Field>, place: Place) -> Result<TokenStream> {
    let name = &item.ident;
    let part_names = parts.iter().map(fields::name).collect::<Result<Vec<&Ident>>>()?;
    let part_types: Vec<&Type> = parts.iter().map(|part| &part.ty).collect();
    let own_names = own.iter().map(fields::name).collect::<Result<Vec<&Ident>>>()?;
    let mut plain = item.clone();
    for field in &mut fields::named(&mut plain)?.named {
        field.attrs.retain(|attribute| attribute.path().is_ident("doc"));
    }
    let declared = format_ident!("Own");
    Ok(quote! {
        #[derive(::core::fmt::Debug)]
        #plain

        const _: () = {
            #[derive(::patchbay_node::serde::Deserialize, ::patchbay_node::schemars::JsonSchema)]
            #[serde(crate = "::patchbay_node::serde", rename_all = "PascalCase")]
            #[schemars(crate = "::patchbay_node::schemars")]
            struct #declared {
                #(#own,)*
            }

            impl ::patchbay_node::Given for #name {
                const PLACE: ::patchbay_node::Place = #place;

                fn read(text: &str) -> ::patchbay_node::serde_json::Result<Self> {
                    let #declared { #(#own_names),* } = ::patchbay_node::serde_json::from_slice(text.as_bytes())?;
                    ::core::result::Result::Ok(Self {
                        #(#part_names: <#part_types as ::patchbay_node::Given>::read(text)?,)*
                        #(#own_names,)*
                    })
                }

                fn schema(
                    generator: &mut ::patchbay_node::schemars::SchemaGenerator,
                ) -> ::patchbay_node::schemars::Schema {
                    let parts = [#(<#part_types as ::patchbay_node::Given>::schema(generator)),*];
                    let own = <#declared as ::patchbay_node::schemars::JsonSchema>::json_schema(generator);
                    ::patchbay_node::joined_schema(parts, own)
                }
            }
        };
    })
}

fn is_option(kind: &Type) -> bool {
    let Type::Path(path) = kind else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Option")
}

fn leave_out_when_unset(field: &mut Field) {
    field.attrs.push(parse_quote!(#[serde(skip_serializing_if = "::core::option::Option::is_none")]));
}
