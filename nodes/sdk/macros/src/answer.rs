//! What a service answers: the declared struct becomes one that holds the service's object and has a reader for each of
//! its members.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, DeriveInput, Field, Ident, Meta, Result, Type, ext::IdentExt, parse_quote};

use crate::fields::{self, Renaming};

/// A member of the answer.
struct Member {
    field: Ident,
    /// Its name in the service's object.
    name: String,
    kind: Type,
    docs: Vec<Attribute>,
    promise: Promise,
}

#[derive(Clone, Copy, PartialEq)]
enum Promise {
    No,
    Yes,
    YesUnlessEmpty,
}

pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let mut declared: DeriveInput = syn::parse2(item)?;
    let renaming =
        fields::serde_setting(&declared.attrs, "rename_all")?.map(|name| Renaming::named(&name)).transpose()?;
    let members = fields::named(&mut declared)?
        .named
        .iter_mut()
        .map(|field| Member::of(field, renaming))
        .collect::<Result<Vec<_>>>()?;

    let name = declared.ident.clone();
    let title = name.to_string();
    let visibility = &declared.vis;
    let docs: Vec<_> = fields::docs(&declared.attrs).collect();
    let mut generics = declared.generics.clone();
    let kinds: Vec<Ident> = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    let plain = declared.generics.clone();
    let (_, arguments, _) = plain.split_for_impl();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(::patchbay_node::Answer));
        parameter.bounds.push(parse_quote!('static));
    }
    let mut described = generics.clone();
    for parameter in described.type_params_mut() {
        parameter.bounds.push(parse_quote!(::patchbay_node::schemars::JsonSchema));
    }
    let (parameters, _, conditions) = generics.split_for_impl();
    let (described_parameters, _, described_conditions) = described.split_for_impl();

    let shapes = members.iter().map(Member::shape);
    let methods = members.iter().map(|member| member.methods(visibility));
    declared.ident = format_ident!("Declared");
    let shape_of_kinds = quote!(::core::marker::PhantomData<fn() -> (#(#kinds,)*)>);

    Ok(quote! {
        #(#docs)*
        #visibility struct #name #plain {
            members: ::patchbay_node::serde_json::Map<::std::string::String, ::patchbay_node::serde_json::Value>,
            kinds: #shape_of_kinds,
        }

        #[allow(dead_code, missing_docs, reason = "a reader for each member that is declared, whether it is needed or not")]
        impl #parameters #name #arguments #conditions {
            #(#methods)*

            /// The answer with an empty list for each declared list that the service left out.
            #visibility fn with_empty_lists(mut self) -> Self {
                ::patchbay_node::add_empty_lists(&<Self as ::patchbay_node::Answer>::SHAPE, &mut self.members);
                self
            }

            /// Whether the service answered nothing.
            #visibility fn is_empty(&self) -> bool {
                self.members.is_empty()
            }

            /// A member of any name.
            #visibility fn get(&self, name: &str) -> ::core::option::Option<&::patchbay_node::serde_json::Value> {
                self.members.get(name)
            }
        }

        impl #parameters ::patchbay_node::Answer for #name #arguments #conditions {
            const SHAPE: ::patchbay_node::Shape = ::patchbay_node::Shape::Object(&[#(#shapes),*]);
            type Read<'a> = Self;

            fn read(value: &::patchbay_node::serde_json::Value) -> ::core::option::Option<Self> {
                Self::take(::core::clone::Clone::clone(value))
            }

            fn take(value: ::patchbay_node::serde_json::Value) -> ::core::option::Option<Self> {
                match value {
                    ::patchbay_node::serde_json::Value::Object(members) => {
                        ::core::option::Option::Some(Self { members, kinds: ::core::marker::PhantomData })
                    }
                    _ => ::core::option::Option::None,
                }
            }

            fn absent() -> Self {
                Self { members: ::core::default::Default::default(), kinds: ::core::marker::PhantomData }
            }
        }

        impl #parameters ::core::clone::Clone for #name #arguments #conditions {
            fn clone(&self) -> Self {
                Self { members: ::core::clone::Clone::clone(&self.members), kinds: ::core::marker::PhantomData }
            }
        }

        impl #parameters ::core::default::Default for #name #arguments #conditions {
            fn default() -> Self {
                <Self as ::patchbay_node::Answer>::absent()
            }
        }

        impl #parameters ::core::fmt::Debug for #name #arguments #conditions {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.members, f)
            }
        }

        impl #parameters ::core::convert::From<#name #arguments> for ::patchbay_node::serde_json::Value #conditions {
            fn from(answer: #name #arguments) -> Self {
                Self::Object(answer.members)
            }
        }

        impl #parameters ::patchbay_node::serde::Serialize for #name #arguments #conditions {
            fn serialize<S: ::patchbay_node::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                ::patchbay_node::serde::Serialize::serialize(&self.members, serializer)
            }
        }

        impl #described_parameters ::patchbay_node::schemars::JsonSchema for #name #arguments #described_conditions {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(#title)
            }

            fn json_schema(
                generator: &mut ::patchbay_node::schemars::SchemaGenerator,
            ) -> ::patchbay_node::schemars::Schema {
                #[derive(::patchbay_node::schemars::JsonSchema)]
                #[schemars(crate = "::patchbay_node::schemars")]
                #[allow(dead_code, reason = "only its schema is looked at")]
                #declared

                ::patchbay_node::declared_schema::<Declared #arguments>(generator)
            }
        }
    })
}

impl Member {
    fn of(field: &mut Field, renaming: Option<Renaming>) -> Result<Self> {
        let promise = match fields::take(&mut field.attrs, "promised") {
            None => Promise::No,
            Some(Attribute { meta: Meta::Path(_), .. }) => Promise::Yes,
            Some(attribute) => {
                attribute.parse_nested_meta(|meta| match meta.path.is_ident("unless_empty") {
                    true => Ok(()),
                    false => Err(meta.error("a promise holds always, or `unless_empty`")),
                })?;
                Promise::YesUnlessEmpty
            }
        };
        let ident = fields::name(field)?.clone();
        let name = match (fields::serde_setting(&field.attrs, "rename")?, renaming) {
            (Some(name), _) => name.value(),
            (None, Some(renaming)) => renaming.apply(&ident),
            (None, None) => ident.unraw().to_string(),
        };
        let docs = fields::docs(&field.attrs).cloned().collect();
        Ok(Self { field: ident, name, kind: field.ty.clone(), docs, promise })
    }

    fn shape(&self) -> TokenStream {
        let Self { name, kind, .. } = self;
        let promise = match self.promise {
            Promise::No => quote!(No),
            Promise::Yes => quote!(Yes),
            Promise::YesUnlessEmpty => quote!(YesUnlessEmpty),
        };
        quote!(::patchbay_node::Member {
            name: #name,
            shape: &<#kind as ::patchbay_node::Answer>::SHAPE,
            promise: ::patchbay_node::Promise::#promise,
        })
    }

    fn methods(&self, visibility: &syn::Visibility) -> TokenStream {
        let Self { field, name, kind, docs, promise } = self;
        let with = format_ident!("with_{}", field.unraw());
        let value = quote!(self.members.get(#name).and_then(<#kind as ::patchbay_node::Answer>::read));
        let reader = match promise {
            Promise::Yes => quote! {
                #visibility fn #field(&self) -> <#kind as ::patchbay_node::Answer>::Read<'_> {
                    #value.unwrap_or_else(|| <#kind as ::patchbay_node::Answer>::absent())
                }
            },
            _ => quote! {
                #visibility fn #field(&self) -> ::core::option::Option<<#kind as ::patchbay_node::Answer>::Read<'_>> {
                    #value
                }
            },
        };
        quote! {
            #(#docs)*
            #reader

            /// Sets what the node itself knows.
            #visibility fn #with(mut self, value: impl ::core::convert::Into<#kind>) -> Self {
                let value: #kind = value.into();
                self.members.insert(#name.to_owned(), ::core::convert::Into::into(value));
                self
            }
        }
    }
}
