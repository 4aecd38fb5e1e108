//! What the attributes read off a struct's fields.

use proc_macro2::TokenStream;
use syn::{
    Attribute, Data, DataStruct, DeriveInput, Error, Field, Fields, FieldsNamed, Ident, LitStr, Result, ext::IdentExt,
    parse::Parser,
};

/// The struct's named fields.
pub(crate) fn named(item: &mut DeriveInput) -> Result<&mut FieldsNamed> {
    let whole = item.ident.clone();
    match &mut item.data {
        Data::Struct(DataStruct { fields: Fields::Named(fields), .. }) => Ok(fields),
        _ => Err(Error::new(whole.span(), "this attribute is for structs whose fields have names")),
    }
}

/// The field's name.
pub(crate) fn name(field: &Field) -> Result<&Ident> {
    field.ident.as_ref().ok_or_else(|| Error::new_spanned(field, "a field has a name"))
}

/// Removes the attribute of this name and gives it.
pub(crate) fn take(attributes: &mut Vec<Attribute>, name: &str) -> Option<Attribute> {
    let place = attributes.iter().position(|attribute| attribute.path().is_ident(name))?;
    Some(attributes.remove(place))
}

/// Those attributes that are documentation.
pub(crate) fn docs(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("doc"))
}

/// The text of `#[serde(name = "text")]`.
pub(crate) fn serde_setting(attributes: &[Attribute], name: &str) -> Result<Option<LitStr>> {
    let mut setting = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute.parse_nested_meta(|meta| {
            if meta.input.peek(syn::Token![=]) {
                let value = meta.value()?.parse()?;
                if meta.path.is_ident(name) {
                    setting = Some(value);
                }
            }
            Ok(())
        })?;
    }
    Ok(setting)
}

/// The value of the only argument that an attribute takes, `name = "text"`.
pub(crate) fn argument(arguments: TokenStream, name: &str) -> Result<Option<LitStr>> {
    let mut setting = None;
    let parser = syn::meta::parser(|meta| {
        if !meta.path.is_ident(name) {
            return Err(meta.error(format!("the only argument is `{name}`")));
        }
        setting = Some(meta.value()?.parse()?);
        Ok(())
    });
    parser.parse2(arguments)?;
    Ok(setting)
}

/// A case that fields written in `snake_case` get by `rename_all`.
#[derive(Clone, Copy)]
pub(crate) enum Renaming {
    Camel,
    Pascal,
}

impl Renaming {
    pub(crate) fn named(name: &LitStr) -> Result<Self> {
        match name.value().as_str() {
            "camelCase" => Ok(Self::Camel),
            "PascalCase" => Ok(Self::Pascal),
            _ => Err(Error::new_spanned(name, "an answer's fields are renamed to camelCase or PascalCase")),
        }
    }

    pub(crate) fn apply(self, field: &Ident) -> String {
        let mut name = String::new();
        let mut raise = matches!(self, Self::Pascal);
        for character in field.unraw().to_string().chars() {
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
